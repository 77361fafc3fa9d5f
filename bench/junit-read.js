// Reading JUnit against a bare saxes pass over the same bytes: processor time, interleaved, and peak memory of
// children that read 50 MB and 200 MB. Goals: at least 90 % of the bare pass's speed; peaks within 1.4 and 150 MB.
// usage: node bench/junit-read.js [MB=50] [rounds=7]
import { execFileSync } from 'node:child_process';
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { SaxesParser } from 'saxes';

const root = join(fileURLToPath(import.meta.url), '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'redfirst-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Writes a report of about `megabytes`; `output` characters of captured output for every tenth case. */
function generate(path, megabytes, output) {
  const fd = openSync(path, 'w');
  writeSync(fd, '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n');
  const log = 'level=info msg="reconciled &lt;virtual machine&gt;" attempt=3 result=requeue\n'
    .repeat(Math.ceil(output / 70))
    .slice(0, output);
  let bytes = 0;
  for (let suite = 0; bytes < megabytes * 1024 * 1024; suite++) {
    let text = `<testsuite name="suite ${suite}" timestamp="2026-01-01T00:00:00">\n`;
    for (let i = 0; i < 200; i++) {
      const head = `<testcase classname="kubevirt.io/pkg/virt-controller/watch.suite${suite}" name="should migrate guest ${i} [test_id:${suite * 200 + i}]" time="${(i / 97).toFixed(3)}"`;
      if (i % 40 === 0)
        text += `${head}><failure type="AssertionError" message="expected ${i} to equal ${i + 1}">Expected\n    &lt;int&gt;: ${i}\nto equal\n    &lt;int&gt;: ${i + 1}\nat watch_test.go:${i}</failure></testcase>\n`;
      else if (i % 10 === 0 && output > 0) text += `${head}><system-out>${log}</system-out></testcase>\n`;
      else if (i % 25 === 0) text += `${head}><skipped/></testcase>\n`;
      else text += `${head}/>\n`;
    }
    text += '</testsuite>\n';
    bytes += Buffer.byteLength(text);
    writeSync(fd, text);
  }
  writeSync(fd, '</testsuites>\n');
  closeSync(fd);
}

async function load(entry, name) {
  const outfile = join(folder, `${name}.mjs`);
  const banner = {
    js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(join(root, 'package.json'))});`,
  };
  await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    banner,
    logLevel: 'error',
  });
  return { module: await import(outfile), outfile };
}

async function bare(path) {
  const parser = new SaxesParser();
  const decoder = new TextDecoder();
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }))
    parser.write(decoder.decode(chunk, { stream: true }));
  parser.close();
}

const SPEC = { spec: { suite: 'unit', select: { files: [] } }, attempt: 1 };

/** Every case becomes an observation, as in `readJunit`, and is let go of. */
async function ours({ parseJunit, toObservation }, path) {
  let length = 0;
  const end = await parseJunit(path, {
    onCase: (one) => (length += toObservation(one, SPEC).name.length),
    onSuite: () => undefined,
  });
  if (!end.ok) throw new Error(end.reason);
  return length;
}

async function cpu(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

if (process.argv[2] === '--child') {
  const [, , , bundle, path] = process.argv;
  await ours(await import(bundle), path);
  console.log(process.resourceUsage().maxRSS);
} else {
  const megabytes = Number(process.argv[2] ?? 50);
  const rounds = Number(process.argv[3] ?? 7);
  const { module, outfile } = await load('bench/junit-entry.ts', 'junit');
  console.log('shape                     bare ms   ours ms   speed of ours / bare');
  for (const [shape, output] of [
    ['no output', 0],
    ['output 2 KB', 2000],
    ['output 200 KB', 200_000],
  ]) {
    const path = join(folder, 'report.xml');
    generate(path, megabytes, output);
    const times = { bare: [], ours: [] };
    await bare(path);
    await ours(module, path);
    for (let round = 0; round < rounds; round++) {
      times.bare.push(await cpu(() => bare(path)));
      times.ours.push(await cpu(() => ours(module, path)));
    }
    // The least of each is what the work itself costs; everything above it is the machine's other load.
    const ratio = Math.min(...times.bare) / Math.min(...times.ours);
    console.log(
      `${shape.padEnd(22)} ${Math.min(...times.bare)
        .toFixed(0)
        .padStart(9)} ${Math.min(...times.ours)
        .toFixed(0)
        .padStart(9)}   ${(ratio * 100).toFixed(0)} %  (goal >= 90 %)`,
    );
    rmSync(path);
  }
  for (const [shape, output] of [
    ['no output', 0],
    ['output 200 KB', 200_000],
  ]) {
    const peaks = [50, 200].map((size) => {
      const path = join(folder, `${size}.xml`);
      generate(path, size, output);
      const peak =
        Number(
          execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--child', outfile, path], {
            encoding: 'utf8',
          }),
        ) / 1024;
      console.log(
        `peak memory, ${shape}, ${(statSync(path).size / 1048576).toFixed(0)} MB file: ${peak.toFixed(0)} MB (goal <= 150)`,
      );
      rmSync(path);
      return peak;
    });
    console.log(`peak 200 MB / 50 MB, ${shape}: ${(peaks[1] / peaks[0]).toFixed(2)} (goal <= 1.4)`);
  }
}
