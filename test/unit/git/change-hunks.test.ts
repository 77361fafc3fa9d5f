import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CommitId } from '../../../src/domain/brand.ts';
import type { TouchedLines } from '../../../src/domain/change.ts';
import { changeHunks } from '../../../src/git/change-hunks.ts';
import { makeRepository, type TempRepository, value } from './temp-repository.ts';

let temp: TempRepository;
beforeEach(async () => {
  temp = await makeRepository();
});
afterEach(() => temp.remove());

const LINES = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n';

async function hunks(from: CommitId, to: CommitId, wanted = /_test\.go$/): Promise<Record<string, TouchedLines>> {
  return Object.fromEntries(value(await changeHunks(temp.repo, from, to, (path) => wanted.test(path))));
}

it('gives lines on both sides, counted from 1, both ends included', async () => {
  const from = temp.commit('old', { 'a_test.go': LINES, 'a.go': LINES });
  const changed = LINES.replace('two\n', 'TWO\nTWO AND A HALF\n').replace('five\nsix\n', '').concat('nine\n');
  const to = temp.commit('new', { 'a_test.go': changed, 'a.go': 'x' });
  expect(await hunks(from, to)).toEqual({
    'a_test.go': {
      new: [
        [2, 3],
        [8, 8],
      ],
      old: [
        [2, 2],
        [5, 6],
      ],
    },
  });
});

it('follows a rename, and names the old path', async () => {
  const from = temp.commit('old', { 'old_test.go': LINES });
  const to = temp.commit('new', { 'old_test.go': null, 'new_test.go': LINES.replace('four', 'FOUR') });
  expect(await hunks(from, to)).toEqual({
    'new_test.go': { new: [[4, 4]], old: [[4, 4]], oldPath: 'old_test.go' },
  });
});

it('has whole files where they are added or deleted, and no lines for a mode or a binary', async () => {
  const from = temp.commit('old', { 'gone_test.go': 'a\nb\n', 'mode_test.go': LINES, 'blob_test.go': 'a\0b' });
  const to = temp.commit('new', {
    'gone_test.go': null,
    'fresh_test.go': 'x\ny\nz\n',
    'mode_test.go': `+x ${LINES}`,
    'blob_test.go': 'a\0c',
  });
  expect(await hunks(from, to)).toEqual({
    'gone_test.go': { new: [], old: [[1, 2]] },
    'fresh_test.go': { new: [[1, 3]], old: [] },
    'mode_test.go': { new: [], old: [] },
    'blob_test.go': { new: [], old: [] },
  });
});

it('is not misled by names and contents that look like a patch', async () => {
  const name = 'a b/it"s\tä_test.go';
  const text = 'diff --git a/x b/x\n@@ -1 +1 @@\n--- a\n';
  const from = temp.commit('old', { [name]: text, 'z_test.go': 'a\n' });
  const to = temp.commit('new', { [name]: `${text}@@ -9,9 +9,9 @@\ndiff --git a/y b/y\n`, 'z_test.go': 'b\n' });
  expect(await hunks(from, to)).toEqual({
    [name]: { new: [[4, 5]], old: [] },
    'z_test.go': { new: [[1, 1]], old: [[1, 1]] },
  });
});

it('reads a file that becomes a link, beside another', async () => {
  const from = temp.commit('old', { 'a_test.go': 'a\n', 'b_test.go': 'b\n' });
  temp.git('rm', '-q', 'a_test.go');
  const { symlinkSync } = await import('node:fs');
  symlinkSync('b_test.go', `${temp.dir}/a_test.go`);
  const to = temp.commit('new', { 'b_test.go': 'c\n' });
  const found = await hunks(from, to);
  expect(found['b_test.go']).toEqual({ new: [[1, 1]], old: [[1, 1]] });
});
