// Every measurement against its peer, in one table. Small sizes show that nothing is far off; --full takes those of the goals.
// usage: node bench/run-all.js [--full] [--only=startup,store] [--save]
// --save keeps the table as bench/results/last.json. Exit code 1 where a goal is missed or a bench fails.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    save: { type: 'boolean', default: false },
  },
});

/** A row of the table. `ratio` is compared with `max` or `min`; without either it is shown for comparison. */
const row = (name, ours, peer, ratio, limit = {}) => ({ name, ours, peer, ratio: Number(ratio), ...limit });
const ms = (figure) => `${Number(figure).toFixed(0)} ms`;
const ofJson = (text) =>
  JSON.parse(text).map(({ name, oursMs, peer, peerMs, ratio, goal }) =>
    row(name, ms(oursMs), `${peer} ${ms(peerMs)}`, ratio, goal === undefined ? {} : { max: goal }),
  );

/** Rows made of every match of a pattern; a bench whose output says nothing any more fails. */
function matches(text, pattern, toRow) {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) throw new Error(`nothing in its output is like ${pattern}`);
  return found.map(({ groups }) => toRow(groups));
}

/** Per bench: the arguments for small and full sizes, and its rows. */
const BENCHES = {
  startup: { small: ['--rounds=30', '--json'], full: ['--rounds=60', '--json'], rows: ofJson },
  orchestration: {
    small: ['--seconds=5', '--rounds=2', '--fixed-rounds=8', '--json'],
    full: ['--json'],
    rows: ofJson,
  },
  store: {
    small: ['20000', '3'],
    full: ['200000', '5'],
    rows: (text) => [
      ...matches(text, /^recording a repeated attempt.* (?<share>\d+) %/gm, ({ share }) =>
        row('recording, repeated attempt (speed)', '', 'sqlite3 .import', share / 100, { min: 0.8 }),
      ),
      ...matches(text, /^bytes a row, repeated attempts +(?<bytes>[\d.]+)/gm, ({ bytes }) =>
        row('bytes a row ÷ 30', `${bytes} B`, '30 B', bytes / 30, { max: 1 }),
      ),
      ...matches(text, /^verify of \d+ observations.* (?<ratio>[\d.]+) ×/gm, ({ ratio }) =>
        row('verify', '', 'SHA-256 of the same bytes', ratio, { max: 10 }),
      ),
    ],
  },
  'junit-read': {
    small: ['5', '3'],
    full: ['50', '7'],
    rows: (text) => [
      ...matches(
        text,
        /^(?<shape>\S.*?) +(?<bare>\d+) +(?<ours>\d+) +(?<speed>\d+) % /gm,
        ({ shape, bare, ours, speed }) =>
          row(`reading JUnit, ${shape} (speed)`, ms(ours), `bare saxes ${ms(bare)}`, speed / 100, { min: 0.9 }),
      ),
      ...matches(text, /^peak memory, (?<shape>.*), 2\d\d MB file: (?<peak>\d+) MB/gm, ({ shape, peak }) =>
        row(`JUnit of 200 MB, peak memory, ${shape}`, `${peak} MB`, '150 MB', peak / 150, { max: 1 }),
      ),
      ...matches(text, /^peak 200 MB \/ 50 MB, (?<shape>.*): (?<ratio>[\d.]+)/gm, ({ shape, ratio }) =>
        row(`JUnit, peak memory, ${shape}`, '200 MB', '50 MB', ratio, { max: 1.4 }),
      ),
    ],
  },
  'gotest-read': {
    small: ['5', '3'],
    full: ['50', '7'],
    rows: (text) =>
      matches(
        text,
        /^(?<shape>\S.*?) +(?<parse>\d+) +(?<ours>\d+) +(?<ratio>[\d.]+) \(goal/gm,
        ({ shape, parse, ours, ratio }) =>
          row(`reading go test -json, ${shape}`, ms(ours), `JSON.parse ${ms(parse)}`, ratio, { max: 1 }),
      ),
  },
  export: {
    small: ['20000', '3'],
    full: ['200000', '5'],
    rows: (text) => [
      ...matches(text, /'?same document'? *│ *(?<peer>\d+) *│ *'(?<ratio>[\d.]+)'/g, ({ peer, ratio }) =>
        row('exporting JUnit', '', `template strings ${ms(peer)}`, ratio, { max: 10 }),
      ),
      ...matches(text, /MB for one of them: (?<ratio>[\d.]+) x/g, ({ ratio }) =>
        row('exporting JUnit, peak memory', 'four suites', 'one of them', ratio),
      ),
    ],
  },
  'false-evidence': {
    small: ['--trials=10000'],
    full: ['--trials=100000'],
    // The bench judges the exact figure; few trials scatter around it.
    rows: (text) =>
      matches(text, /^worst exact (?<share>[\d.]+) %.*\n(?<verdict>goal met|GOAL MISSED)$/gm, ({ share, verdict }) => ({
        ...row('false evidence, worst flake rate', `${share} %`, 'all trials', share / 100, { max: 0.01 }),
        met: verdict === 'goal met',
      })),
  },
  // Elapsed, and it needs QEMU: only where the time is taken for it.
  demo: {
    full: ['--json'],
    rows: (text) =>
      JSON.parse(text).map(({ name, ours, peer, ratio, goal }) =>
        row(name, `${ours.toFixed(0)} s`, peer, ratio, { max: goal }),
      ),
  },
};

const only = values.only === '' ? Object.keys(BENCHES) : values.only.split(',');
const unknown = only.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(`there is no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}

const rows = [];
for (const name of only) {
  const { small, full, rows: read } = BENCHES[name];
  const args = values.full ? full : small;
  if (args === undefined) continue;
  process.stderr.write(`node bench/${name}.js ${args.join(' ')}\n`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.js`), ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  try {
    rows.push(...read(stdout).map((one) => ({ bench: name, met: isMet(one), ...one })));
  } catch (error) {
    process.stderr.write(`${stdout}${stderr}`);
    rows.push({
      bench: name,
      name: `it failed (exit ${status}): ${error.message}`,
      ours: '',
      peer: '',
      ratio: Number.NaN,
      met: false,
    });
  }
}

function isMet({ ratio, max, min }) {
  if (max === undefined && min === undefined) return undefined;
  return Number.isFinite(ratio) && ratio <= (max ?? Number.POSITIVE_INFINITY) && ratio >= (min ?? 0);
}

const cells = rows.map(({ bench, name, ours, peer, ratio, max, min, met }) => [
  bench,
  name,
  ours,
  peer,
  Number.isFinite(ratio) ? ratio.toFixed(3) : '',
  max === undefined ? (min === undefined ? '' : `≥ ${min}`) : `≤ ${max}`,
  met === undefined ? '' : met ? 'met' : 'NOT MET',
]);
const table = [['bench', 'what', 'ours', 'peer', 'ratio', 'goal', ''], ...cells];
const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
for (const line of table)
  console.log(
    line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );

if (values.save) {
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  const made = {
    date: new Date().toISOString(),
    sizes: values.full ? 'full' : 'small',
    node: process.version,
    processors: cpus().map(({ model }) => model),
    rows,
  };
  writeFileSync(join(results, 'last.json'), `${JSON.stringify(made, null, 2)}\n`);
}
process.exitCode = rows.some(({ met }) => met === false) ? 1 : 0;
