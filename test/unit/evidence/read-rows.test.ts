import { expect, it } from 'vitest';
import { attemptFinished, breaksOf, forge, makeFolder, open, passed, RUN } from './fixtures.ts';

it('a case that is gone moves no other case into its place', async () => {
  const directory = makeFolder();
  const store = open(directory);
  store.recordAttempt(attemptFinished(), [passed('a'), passed('b'), passed('c')]);
  store.close();
  forge(directory, (db) => db.exec(`DELETE FROM test_case WHERE name = 'a'`));
  expect(() => [...open(directory, { readOnly: true }).observations(RUN)]).toThrow('row 0 of event 2 names no case');
  expect(await breaksOf(directory)).toContain('event 2 vouches for 3 rows, but row 0 names no case');
});
