import { expect, it } from 'vitest';
import { likelyCausesOf } from '../../../src/commands/likely-causes.ts';
import type { RunRecord } from '../../../src/domain/run-record.ts';
import type { EvidenceStore } from '../../../src/evidence/store.ts';

/** A store that has these artifacts, each in two pieces that break a letter. */
function store(texts: Record<string, string>): EvidenceStore {
  return {
    readArtifact: async function* (sha256: string) {
      const bytes = Buffer.from(texts[sha256] ?? '');
      yield bytes.subarray(0, 3);
      yield bytes.subarray(3);
    },
  } as unknown as EvidenceStore;
}
const attempt = (number: number, ...names: string[]) => ({
  attempt: number,
  artifacts: names.map((name) => ({ name, sha256: `${number}/${name}` })),
});
const record = (...suites: { suite: string; attempts: object[] }[]) => ({ suites }) as unknown as RunRecord;
const CAUSE = 'environment/cluster/likely-cause.txt';

it('says of each attempt what its diagnosis named, the nearest first, five at most', async () => {
  const texts = { [`1/${CAUSE}`]: 'géant: a\nb\n\n', [`2/${CAUSE}`]: '1\n2\n3\n4\n5\n6\n7\n' };
  const run = record(
    { suite: 'integration', attempts: [attempt(1, 'stdout')] },
    { suite: 'e2e', attempts: [attempt(1, 'stdout', CAUSE), attempt(2, CAUSE), attempt(3)] },
  );
  expect(await likelyCausesOf(store(texts), run)).toEqual([
    { suite: 'e2e', attempt: 1, causes: ['géant: a', 'b'] },
    { suite: 'e2e', attempt: 2, causes: ['1', '2', '3', '4', '5'] },
  ]);
});

it('reads no file that a suite named nearly so, and says nothing of an empty one', async () => {
  const run = record({
    suite: 'e2e',
    attempts: [attempt(1, 'files/unlikely-cause.txt', 'files/likely-cause.txt.old'), attempt(2, CAUSE)],
  });
  expect(await likelyCausesOf(store({}), run)).toEqual([]);
});

it('does not take what a suite wrote for what the environment says', async () => {
  const run = record({ suite: 'e2e', attempts: [attempt(1, 'files/likely-cause.txt')] });
  expect(await likelyCausesOf(store({ '1/files/likely-cause.txt': 'the environment is to blame\n' }), run)).toEqual([]);
});
