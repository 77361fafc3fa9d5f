// Where the seconds of the demo go. The first time on a machine it also installs and compiles: run it twice.
// Goal: the second time, under a minute. Elapsed time, so the load of the machine counts.
// usage: node bench/demo.js [--json]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const folder = mkdtempSync(join(tmpdir(), 'redfirst-bench-demo-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const began = performance.now();
const phases = [];
const child = spawn(process.execPath, [join(import.meta.dirname, '../demo.js')], {
  env: { ...process.env, REDFIRST_DEMO_DIR: join(folder, 'demo') },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const lines = [];
// A line of the demo's own begins with its seconds: what follows, up to the next, is its phase.
for await (const line of createInterface({ input: child.stdout })) {
  lines.push(line);
  const said = /^\[ *[\d.]+ s\] (.*)/.exec(line);
  if (said !== null) phases.push({ phase: said[1], atMs: performance.now() - began });
}
const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
const totalMs = performance.now() - began;
const spans = phases.map(({ phase, atMs }, i) => ({
  phase,
  seconds: ((phases[i + 1]?.atMs ?? totalMs) - atMs) / 1000,
}));
if (code !== 0 || spans.length === 0) {
  process.stderr.write(`${lines.join('\n')}\nthe demo ended with ${code}\n`);
  process.exitCode = 1;
} else if (values.json) {
  console.log(
    JSON.stringify([{ name: 'demo', ours: totalMs / 1000, peer: 'a minute', ratio: totalMs / 60_000, goal: 1 }]),
  );
} else {
  for (const { phase, seconds } of spans) console.log(`${seconds.toFixed(1).padStart(6)} s  ${phase.slice(0, 100)}`);
  console.log(`${(totalMs / 1000).toFixed(1).padStart(6)} s  in all   goal under 60 s`);
}
