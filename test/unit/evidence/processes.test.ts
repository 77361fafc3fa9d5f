import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';
import { verifyStore } from '../../../src/evidence/verify-store.ts';
import { makeFolder, open } from './fixtures.ts';

// Within node_modules, so that the bundle finds the native add-on from where it lies.
const writer = join(import.meta.dirname, '../../../node_modules/.cache/redfirst-test/evidence-writer.mjs');

beforeAll(async () => {
  mkdirSync(dirname(writer), { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, 'writer.ts')],
    outfile: writer,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['better-sqlite3'],
  });
});

interface Writer {
  readonly done: Promise<{ code: number | null; stderr: string }>;
  readonly acknowledged: { seq: number; hash: string; rows: number }[];
  kill(): void;
}

function startWriter(directory: string, number: number, count: number): Writer {
  const child = spawn(process.execPath, [writer, directory, String(number), String(count)]);
  const acknowledged: Writer['acknowledged'] = [];
  let pending = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) {
      const [seq, hash, rows] = line.split(':');
      acknowledged.push({ seq: Number(seq), hash: hash as string, rows: Number(rows) });
    }
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const done = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stderr }));
  });
  return { done, acknowledged, kill: () => child.kill('SIGKILL') };
}

/** Everything that was acknowledged is there, under the same number and hash, and the whole is consistent. */
async function expectNothingLost(directory: string, writers: readonly Writer[]): Promise<number> {
  const verified = await verifyStore(directory);
  if (!verified.ok) throw new Error(verified.failure.what);
  expect(verified.value.breaks).toEqual([]);
  const store = open(directory, { readOnly: true });
  const events = new Map([...store.events()].map((event) => [event.seq, event]));
  store.close();
  for (const { acknowledged } of writers) {
    for (const { seq, hash, rows } of acknowledged) {
      const event = events.get(seq);
      expect([seq, event?.hash, event?.body.type === 'attempt-finished' ? event.body.rows.count : 0]).toEqual([
        seq,
        hash,
        rows,
      ]);
    }
  }
  return events.size;
}

it('four processes record into one chain at once, from its creation on, and none is turned away', async () => {
  const directory = join(makeFolder(), 'store');
  const writers = [1, 2, 3, 4].map((number) => startWriter(directory, number, 100));
  for (const { done } of writers) expect(await done).toEqual({ code: 0, stderr: '' });
  expect(writers.map(({ acknowledged }) => acknowledged.length)).toEqual([100, 100, 100, 100]);
  expect(await expectNothingLost(directory, writers)).toBe(401);
});

it('kill -9 at any moment loses nothing that was acknowledged', async () => {
  const directory = join(makeFolder(), 'store');
  const writers: Writer[] = [];
  // The moments are seeded by a linear congruence; the first fall into the start and the store’s creation.
  let seed = 20261122;
  let killed = 0;
  for (let round = 0; round < 10; round++) {
    const pair = [1, 2].map((number) => startWriter(directory, round * 2 + number, 100_000));
    writers.push(...pair);
    for (const one of pair) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      if (round >= 2) while (one.acknowledged.length === 0) await sleep(5);
      await sleep(seed % (round < 2 ? 400 : 100));
      one.kill();
    }
    for (const { done } of pair) if ((await done).code === null) killed += 1;
    // A crash before the very first commit leaves no store, which is as good.
    const store = open(directory);
    store.record({ type: 'observer-failed', v: 1, observer: 'round', message: String(round) });
    store.close();
    await expectNothingLost(directory, writers);
  }
  expect(killed).toBe(20);
  // Every writer of the last eight rounds had one acknowledged before it was killed.
  expect(writers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)).toBeGreaterThanOrEqual(16);
});
