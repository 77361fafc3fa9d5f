// What a command costs before it does anything: processor time against Node running an empty file, interleaved.
// Goals: `--help` and `explain` at most 1.10 ×, `status` on a store of 100 runs at most 1.25 ×.
// usage: node bench/startup.js [--rounds=40] [--runs=100] [--program=dist/cli.js] [--json]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { interleave, median, medianRatio } from './processor-time.js';
import { writeSampleStore } from './sample-store.js';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '40' },
    runs: { type: 'string', default: '100' },
    program: { type: 'string', default: join(root, 'dist/cli.js') },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const runs = Number(values.runs);
const program = resolve(values.program);

const folder = mkdtempSync(join(tmpdir(), 'redfirst-bench-startup-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const empty = join(folder, 'empty.js');
writeFileSync(empty, '');
// One that does what every answer does: it shows how much of a figure is Node's own price of writing.
const hello = join(folder, 'hello.js');
writeFileSync(hello, `process.stdout.write('hello\\n');\n`);
const store = join(folder, 'store');
await writeSampleStore(store, { runs });

const PEER = 'node empty.js';
const measured = [
  { name: 'redfirst --help', args: ['--help'], goal: 1.1 },
  { name: 'redfirst explain red/assertion', args: ['explain', 'red/assertion'], goal: 1.1 },
  { name: `redfirst status, ${runs} runs`, args: ['status', '--store', store], goal: 1.25 },
];
const spent = interleave(
  {
    [PEER]: { argv: [process.execPath, empty] },
    'node hello.js': { argv: [process.execPath, hello] },
    ...Object.fromEntries(
      measured.map(({ name, args }) => [name, { argv: [process.execPath, program, ...args], cwd: folder }]),
    ),
  },
  rounds,
);

const results = [...measured, { name: 'node hello.js, for comparison' }].map(({ name, goal }) => {
  const ours = spent[name.split(',')[0] === 'node hello.js' ? 'node hello.js' : name];
  return {
    name,
    oursMs: median(ours),
    peer: PEER,
    peerMs: median(spent[PEER]),
    ...medianRatio(ours, spent[PEER]),
    goal,
  };
});
if (values.json) console.log(JSON.stringify(results));
else {
  console.log(`processor time, medians of ${rounds} interleaved rounds, Node ${process.versions.node}\n`);
  console.log(`${'command'.padEnd(34)} ${'ms'.padStart(7)} ${PEER.padStart(14)}   ratio (95 %)`);
  for (const { name, oursMs, peerMs, ratio, low, high, goal } of results) {
    const against = goal === undefined ? '' : `   goal ≤ ${goal} ×`;
    console.log(
      `${name.padEnd(34)} ${oursMs.toFixed(1).padStart(7)} ${peerMs.toFixed(1).padStart(14)}   ${ratio.toFixed(3)} × (${low.toFixed(3)}–${high.toFixed(3)})${against}`,
    );
  }
}
