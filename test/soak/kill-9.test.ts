import { afterEach, expect, it } from 'vitest';
import { labWithGuest } from '../cli/beating.ts';
import { labAtRed } from '../cli/doubling.ts';
import type { Lab } from '../cli/lab.ts';
import { killOnce, staleClaims } from '../faults/kill-rounds.ts';

let lab: Lab | undefined;
afterEach(() => lab?.remove());

it('survives kill -9 at 200 random moments of a red run', { timeout: 3_600_000 }, async () => {
  lab = labAtRed();
  const seed = process.env['REDFIRST_SOAK_SEED'] ?? String(Date.now());
  let killed = 0;
  for (let round = 0; round < 200; round++)
    if ((await killOnce(lab, 'double', seed, round, 2500)) === 'killed') killed++;
  process.stdout.write(`kill -9: ${killed} of 200 rounds hit the running program, seed ${seed}\n`);
  expect(killed).toBeGreaterThan(100);
  expect(lab.json('red', 'double').document.verdict.code).toBe('red/valid');
  expect(staleClaims(lab)).toEqual([]);
});

it('survives kill -9 at 60 random moments of a red run with guests', { timeout: 3_600_000 }, async () => {
  lab = labWithGuest();
  const seed = process.env['REDFIRST_SOAK_SEED'] ?? String(Date.now());
  let killed = 0;
  for (let round = 0; round < 60; round++) if ((await killOnce(lab, 'pause', seed, round, 3500)) === 'killed') killed++;
  process.stdout.write(`kill -9 with guests: ${killed} of 60 rounds hit the running program, seed ${seed}\n`);
  expect(killed).toBeGreaterThan(30);
  expect(lab.json('red', 'pause').document.verdict.code).toBe('red/valid');
  expect(staleClaims(lab)).toEqual([]);
});
