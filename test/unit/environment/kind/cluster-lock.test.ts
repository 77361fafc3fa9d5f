import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { lockCluster } from '../../../../src/environment/kind/cluster-lock.ts';
import { processStartTicks } from '../../../../src/process/process-group.ts';
import { failureIn, valueIn } from '../cluster-fixtures.ts';

const lab = mkdtempSync(join(tmpdir(), 'rf-lock-program-'));
const script = join(lab, 'hold.mjs');
let base: string;
let dir: string;
let lock: string;
const children: ChildProcessByStdio<Writable, Readable, null>[] = [];

beforeAll(() =>
  build({
    entryPoints: [join(import.meta.dirname, 'hold-lock.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  }),
);
afterAll(() => rmSync(lab, { recursive: true, force: true }));
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'rf-lock-'));
  dir = join(base, 'redfirst-lab');
  lock = `${dir}.lock`;
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(base, { recursive: true, force: true });
});

interface Holder {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** The next line that it prints. */
  readonly line: () => Promise<string>;
}

function start(...args: string[]): Holder {
  const child = spawn(process.execPath, [script, dir, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines: Interface = createInterface({ input: child.stdout });
  const iterator = lines[Symbol.asyncIterator]();
  return { child, line: async () => String((await iterator.next()).value) };
}

const take = (progress: (what: string) => void = () => undefined, signal = new AbortController().signal) =>
  lockCluster({ dir, what: 'a test', signal, progress });

it('is a file beside the folder, which names its holder and goes with it', async () => {
  const release = valueIn(await take());
  expect(JSON.parse(readFileSync(lock, 'utf8'))).toEqual({
    pid: process.pid,
    startedAtTicks: processStartTicks(process.pid),
    what: 'a test',
  });
  release();
  expect(readdirSync(base)).toEqual([]);
});

it('is taken again by the process that has it, and let go with the last', async () => {
  const [first, second] = [valueIn(await take()), valueIn(await take())];
  first();
  expect(existsSync(lock)).toBe(true);
  second();
  expect(existsSync(lock)).toBe(false);
  valueIn(await take())();
  expect(existsSync(lock)).toBe(false);
});

it('makes another process wait, tells it for whom and for what, and goes to it in the end', async () => {
  const first = start('redfirst red pause-vm');
  expect(await first.line()).toBe('has it');
  const second = start('redfirst green pause-vm');
  expect(await second.line()).toBe(
    `waits for process ${first.child.pid}, which has the cluster (redfirst red pause-vm)`,
  );
  first.child.stdin.end();
  // Told once however often it looked.
  expect(await second.line()).toBe('has it');
  expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ pid: second.child.pid });
  second.child.stdin.end();
  await once(second.child, 'exit');
  expect(readdirSync(base)).toEqual([]);
});

it('goes to all in one process that waited for it', async () => {
  const holder = start('redfirst red pause-vm');
  expect(await holder.line()).toBe('has it');
  const waiting = [take(() => holder.child.stdin.end()), take()];
  const [first, second] = (await Promise.all(waiting)).map((taken) => valueIn(taken));
  first?.();
  expect(existsSync(lock)).toBe(true);
  second?.();
  expect(readdirSync(base)).toEqual([]);
});

it('is taken over from a process that was killed', async () => {
  const holder = start('redfirst red pause-vm');
  expect(await holder.line()).toBe('has it');
  holder.child.kill('SIGKILL');
  await once(holder.child, 'exit');
  expect(existsSync(lock)).toBe(true);
  const told: string[] = [];
  valueIn(await take((what) => told.push(what)))();
  expect(told).toEqual([]);
  expect(readdirSync(base)).toEqual([]);
});

it.each([
  ['rubbish', 'not JSON'],
  ['nothing', ''],
  ['null', 'null'],
  ['a process that had this number before', JSON.stringify({ pid: process.pid, startedAtTicks: 1, what: 'x' })],
])('is taken over from %s', async (_, text) => {
  writeFileSync(lock, text);
  valueIn(await take())();
  expect(readdirSync(base)).toEqual([]);
});

it('is not waited for once the wait is interrupted', async () => {
  const holder = start('redfirst red pause-vm');
  expect(await holder.line()).toBe('has it');
  const stop = new AbortController();
  const waiting = take(() => stop.abort('SIGTERM'), stop.signal);
  expect(failureIn(await waiting)).toMatchObject({ reason: 'interrupted', exit: 143 });
  expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ pid: holder.child.pid });
});

it('is held by one at a time, though many come at once and find a dead one', async () => {
  const log = join(base, 'log');
  writeFileSync(lock, JSON.stringify({ pid: 2 ** 22 + 1, startedAtTicks: 1, what: 'dead' }));
  const all = Array.from({ length: 6 }, () => start('round', log, '5'));
  await Promise.all(all.map(({ child }) => once(child, 'exit')));
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  expect(lines).toHaveLength(6 * 5 * 2);
  for (let at = 0; at < lines.length; at += 2)
    expect([lines[at]?.split(' ')[1], lines[at + 1]]).toEqual(['in', `${lines[at]?.split(' ')[0]} out`]);
  expect(readdirSync(base)).toEqual(['log']);
});
