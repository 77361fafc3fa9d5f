import { afterEach, expect, it } from 'vitest';
import { HEAD, labAtRed } from '../cli/doubling.ts';
import type { Lab } from '../cli/lab.ts';
import { killOnce, staleClaims } from './kill-rounds.ts';

let lab: Lab | undefined;
afterEach(() => lab?.remove());

it('survives kill -9 at ten seeded moments of a red run', async () => {
  lab = labAtRed();
  const ends: string[] = [];
  for (let round = 0; round < 10; round++) ends.push(await killOnce(lab, 'double', 'sample', round, 2500));
  expect(ends).toContain('killed');
  // The next command that runs something takes everything over and goes on as if nothing had happened.
  expect(lab.json('red', 'double').document.verdict.code).toBe('red/valid');
  expect(staleClaims(lab)).toEqual([]);
  lab.commit('double', HEAD);
  expect(lab.json('green', 'double').exit).toBe(0);
  expect(lab.json('prove', 'double').exit).toBe(0);
});
