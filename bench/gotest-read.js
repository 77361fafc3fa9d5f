// Reading `go test -json` against readline and JSON.parse of every line: processor time, interleaved. Goal: faster.
// usage: node bench/gotest-read.js [MB=50] [rounds=7]
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(fileURLToPath(import.meta.url), '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'redfirst-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const megabytes = Number(process.argv[2] ?? 50);
const rounds = Number(process.argv[3] ?? 7);

/** A stream of packages with 50 tests; each test prints `output` lines, and of every `failing` tests one fails (0: none). */
function generate(path, output, failing) {
  const fd = openSync(path, 'w');
  let bytes = 0;
  let packages = 0;
  for (; bytes < megabytes * 1024 * 1024; packages++) {
    const name = `kubevirt.io/kubevirt/pkg/virt-controller/watch/p${packages}`;
    const lines = [];
    const add = (event) =>
      lines.push(JSON.stringify({ Time: `2026-01-01T00:00:00.${100_000 + lines.length}Z`, ...event }));
    add({ Action: 'start', Package: name });
    let failed = false;
    for (let i = 0; i < 50; i++) {
      const Test = `TestReconcile/should_requeue_${i}`;
      const fails = failing > 0 && (packages * 50 + i) % failing === 0;
      failed ||= fails;
      add({ Action: 'run', Package: name, Test });
      add({ Action: 'output', Package: name, Test, Output: `=== RUN   ${Test}\n` });
      for (let n = 0; n < output; n++)
        add({ Action: 'output', Package: name, Test, Output: `{"level":"info","msg":"reconciled","attempt":${n}}\n` });
      if (fails) add({ Action: 'output', Package: name, Test, Output: `    watch_test.go:${i}: expected 1, got 2\n` });
      add({ Action: 'output', Package: name, Test, Output: `--- ${fails ? 'FAIL' : 'PASS'}: ${Test} (0.01s)\n` });
      add({ Action: fails ? 'fail' : 'pass', Package: name, Test, Elapsed: 0.01 });
    }
    add({ Action: failed ? 'fail' : 'pass', Package: name, Elapsed: 0.5 });
    const text = `${lines.join('\n')}\n`;
    bytes += text.length;
    writeSync(fd, text);
  }
  closeSync(fd);
  return packages * 50;
}

async function everyLine(path) {
  let ended = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const event = JSON.parse(line);
    if (event.Test !== undefined && (event.Action === 'pass' || event.Action === 'fail')) ended++;
  }
  return ended;
}

async function cpu(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const outfile = join(folder, 'gotest.mjs');
await build({
  entryPoints: [join(root, 'src/suite/go/read-go-test.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile,
  logLevel: 'error',
});
const { readGoTest } = await import(outfile);
const stderrPath = join(folder, 'stderr');
writeFileSync(stderrPath, '');
console.log('shape                               JSON.parse ms   ours ms   ours / JSON.parse');
for (const [shape, output, failing] of [
  ['no output, none fails', 0, 0],
  ['20 lines a test, none fails', 20, 0],
  ['20 lines a test, 1 in 1000 fails', 20, 1000],
  ['20 lines a test, every test fails', 20, 1],
]) {
  const path = join(folder, 'stream.json');
  const cases = generate(path, output, failing);
  const result = {
    spec: { suite: 'unit', select: { files: [] } },
    attempt: 1,
    worktree: folder,
    reportPath: path,
    stderrPath,
    end: { cause: 'exited', code: failing > 0 ? 1 : 0 },
    startedAtMs: 0,
    token: '',
  };
  const ours = async () => {
    const { observations, status } = await readGoTest(result);
    if (observations.length !== cases || status.status !== 'complete')
      throw new Error(`read ${observations.length} of ${cases}: ${JSON.stringify(status)}`);
  };
  const times = { parse: [], ours: [] };
  await everyLine(path);
  await ours();
  for (let round = 0; round < rounds; round++) {
    times.parse.push(await cpu(() => everyLine(path)));
    times.ours.push(await cpu(ours));
  }
  // The least of each is what the work itself costs; everything above it is the machine's other load.
  const [parse, own] = [Math.min(...times.parse), Math.min(...times.ours)];
  console.log(
    `${shape.padEnd(36)} ${parse.toFixed(0).padStart(12)} ${own.toFixed(0).padStart(9)}   ${(own / parse).toFixed(2)} (goal < 1)`,
  );
  rmSync(path);
}
