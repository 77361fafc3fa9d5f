/*
 * The evidence store against its peers, interleaved, on processor time. node bench/store.js [rows] [rounds]
 *
 * Recording: an attempt of `rows` passing cases whose names are known (repeated runs), and a first one (new names),
 * against the sqlite3 command line's .import into the same tables without triggers, indexes as here: one prepared
 * insert, one transaction. Beside it, where a C compiler and SQLite's library are at hand, the bare loop in C, which
 * parses nothing. Verify: against SHA-256 over the same canonical bytes, in memory.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const rows = Number(process.argv[2] ?? 200_000);
const rounds = Number(process.argv[3] ?? 5);
const root = join(import.meta.dirname, '..');
const cache = join(root, 'node_modules/.cache/redfirst-bench');
const folder = mkdtempSync(join(tmpdir(), 'redfirst-bench-store-'));

mkdirSync(cache, { recursive: true });
await build({
  stdin: {
    contents: ['open-store', 'verify-store', 'schema'].map((name) => `export * from './${name}.ts';`).join('\n'),
    resolveDir: join(root, 'src/evidence'),
    loader: 'ts',
  },
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile: join(cache, 'evidence.mjs'),
  external: ['better-sqlite3'],
  logLevel: 'error',
});
const { openStore, verifyStore, SCHEMA } = await import(join(cache, 'evidence.mjs'));

const nameOf = (i) => `pkg/virt-handler/migration.TestMigration/case_${i}_when_the_guest_is_paused`;
const fileOf = (i) => `pkg/virt-handler/migration_${i >> 8}_test.go`;
const durationOf = (i, attempt) => (i * 7919 + attempt * 31) % 20_000;

function attemptOf(attempt) {
  return Array.from({ length: rows }, (_, i) => ({
    suite: 'unit',
    attempt,
    name: nameOf(i),
    file: fileOf(i),
    outcome: 'passed',
    where: 'body',
    durationUs: durationOf(i, attempt),
  }));
}

function bodyOf(attempt) {
  const healthy = { healthy: true };
  return {
    type: 'attempt-finished',
    v: 1,
    run: 'r20261122T164105Z-3fa9',
    suite: 'unit',
    attempt,
    order: 'declared',
    orderGranularity: 'cases',
    seed: 1,
    argv: [],
    end: { cause: 'exited', code: 0 },
    durationMs: 1,
    report: { status: 'complete' },
    health: { before: healthy, during: healthy, after: healthy },
    dirtied: [],
    artifacts: [],
  };
}

/** Processor time of this process, ms. */
async function cpuOf(work) {
  globalThis.gc?.();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Processor time of a child, ms, as the kernel counted it (ticks of 10 ms). */
function childCpu(file, args, input) {
  const ticks = () => {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
    return Number(fields[13]) + Number(fields[14]);
  };
  const before = ticks();
  const { status, stderr, error } = spawnSync(file, args, { input, encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`${file}: ${error?.message ?? stderr}`);
  return (ticks() - before) * 10;
}

const tables = SCHEMA.filter((sql) => !sql.startsWith('CREATE TRIGGER')).join(';\n');
const PRAGMAS = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;';

function writeCsv(name, lineOf) {
  const path = join(folder, name);
  writeFileSync(path, Array.from({ length: rows }, (_, i) => lineOf(i)).join('\n'));
  return path;
}

const cases = writeCsv('cases.csv', (i) => `${i + 1},3,${nameOf(i)},${fileOf(i)},`);
const entries = writeCsv('entries.csv', (i) => `1,${i},${i + 1}`);

const peer = join(folder, 'peer.db');
const sqlite3 = (input) => childCpu('sqlite3', ['-bail', peer], input);
const importOf = (files) =>
  `${PRAGMAS}\n.mode csv\nBEGIN IMMEDIATE;\n${files.map(([path, table]) => `.import ${path} ${table}`).join('\n')}\nCOMMIT;\n`;

// .import gives every column a text: the columns that are NULL here are filled by a default of the peer's own table,
// and left out of its files, which is less work than ours.
const slim = tables
  .replace(/CREATE TABLE observation \([\s\S]*?WITHOUT ROWID/, (sql) =>
    sql.replace(/ {2}entry INTEGER,\n/, '').replace(/ {2}detail INTEGER.*\n/, ''),
  )
  .replace(/CREATE UNIQUE INDEX observation_out_of_order.*?;\n/, '');
sqlite3(`${PRAGMAS}\n${slim};\n`);

const archive = join(root, 'node_modules/better-sqlite3/build/Release/sqlite3.a');
const loop = join(folder, 'store-peer');
const cc = spawnSync('cc', [
  '-O2',
  `-I${join(root, 'node_modules/better-sqlite3/deps/sqlite3')}`,
  join(import.meta.dirname, 'store-peer.c'),
  archive,
  '-lm',
  '-lpthread',
  '-ldl',
  '-o',
  loop,
]); // prettier-ignore
const hasLoop = existsSync(archive) && cc.status === 0;
const loopDb = join(folder, 'loop.db');
if (hasLoop) {
  const Sqlite = createRequire(import.meta.url)('better-sqlite3');
  const db = new Sqlite(loopDb);
  db.pragma('journal_mode = WAL');
  db.exec(tables);
  db.close();
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const sizeOf = (directory) => statSync(join(directory, 'evidence.db')).size;
const directory = join(folder, 'store');
const reopen = () => {
  const opened = openStore({ directory, tool: 'bench' });
  if (!opened.ok) throw new Error(opened.failure.what);
  return opened.value;
};

const times = { first: [], ours: [], import: [], loop: [] };
reopen().close();
const observations = attemptOf(1);
let store = reopen();
times.first.push(await cpuOf(() => store.recordAttempt(bodyOf(1), observations)));
const attempt1 = writeCsv('observations.csv', (i) => `1,${i},0,0,${durationOf(i, 1)}`);
const firstPeer = sqlite3(
  importOf([
    [cases, 'test_case'],
    [entries, 'roster_entry'],
    [attempt1, 'observation'],
  ]),
); // prettier-ignore
store.close();
const sizeAfterFirst = sizeOf(directory);

for (let round = 2; round <= rounds + 1; round++) {
  for (let i = 0; i < rows; i++) {
    observations[i].attempt = round;
    observations[i].durationUs = durationOf(i, round);
  }
  store = reopen();
  times.ours.push(await cpuOf(() => store.recordAttempt(bodyOf(round), observations)));
  store.close();
  const file = writeCsv('observations.csv', (i) => `${round},${i},0,0,${durationOf(i, round)}`);
  times.import.push(sqlite3(importOf([[file, 'observation']])));
  if (hasLoop) times.loop.push(Number(spawnSync(loop, [loopDb, String(rows), String(round)]).stdout) / 1000);
}
store = reopen();
store.recordRunFinished({ type: 'run-finished', v: 1, run: bodyOf(1).run, verdict: { code: 'red/valid', detail: '' } });
store.close();

const perRow = (sizeOf(directory) - sizeAfterFirst) / (rows * rounds);

const bytes = Buffer.from(
  Array.from(
    { length: rows },
    (_, i) =>
      `["unit",1,${JSON.stringify(nameOf(i))},${JSON.stringify(fileOf(i))},null,"passed","body",${durationOf(i, 1)},null]\n`,
  ).join(''),
);
const total = rows * (rounds + 1);
const verifying = [];
const hashing = [];
for (let i = 0; i < 3; i++) {
  verifying.push(
    await cpuOf(async () => {
      const verified = await verifyStore(directory);
      if (!verified.ok || verified.value.breaks.length > 0 || verified.value.rows !== total)
        throw new Error('not consistent');
    }),
  );
  hashing.push(
    await cpuOf(() => {
      for (let attempt = 0; attempt <= rounds; attempt++) createHash('sha256').update(bytes).digest();
    }),
  );
}

const line = (what, figure, goal) => console.log(`${what.padEnd(66)} ${figure.padStart(9)}   ${goal}`);
const share = (theirs, ours) => `${Math.round((theirs / ours) * 100)} %`;
console.log(`${rows} cases, ${rounds} repeated attempts; processor time, medians\n`);
line(
  'recording a repeated attempt, speed against sqlite3 .import',
  share(median(times.import), median(times.ours)),
  'goal ≥ 80 %',
);
if (hasLoop)
  line('  … against the bare loop in C', share(median(times.loop), median(times.ours)), '(stricter than the goal)');
line('recording a first attempt (new names), speed against .import', share(firstPeer, times.first[0]), '(one round)');
line('bytes a row, repeated attempts', perRow.toFixed(1), 'goal ≤ 30');
line('bytes a row, first attempt, names and all', (sizeAfterFirst / rows).toFixed(1), '');
line(
  `verify of ${total} observations against SHA-256 of the same bytes`,
  `${(median(verifying) / median(hashing)).toFixed(1)} ×`,
  'goal ≤ 10 ×',
);
console.log(
  `\nns a row: ours ${((median(times.ours) * 1e6) / rows).toFixed(0)}, .import ${((median(times.import) * 1e6) / rows).toFixed(0)}${hasLoop ? `, C ${((median(times.loop) * 1e6) / rows).toFixed(0)}` : ''}, verify ${((median(verifying) * 1e6) / total).toFixed(0)}, SHA-256 ${((median(hashing) * 1e6) / total).toFixed(0)}`,
);
rmSync(folder, { recursive: true, force: true });
