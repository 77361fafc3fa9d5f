import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../../src/domain/brand.ts';
import { composeCorner, findStub, stubCorner } from '../../../src/git/change-corners.ts';
import { changedPaths } from '../../../src/git/changed-paths.ts';
import { listFolder, readBlobs } from '../../../src/git/read-blobs.ts';
import { failure, makeRepository, type TempRepository, value } from './temp-repository.ts';

let temp: TempRepository;
let base: CommitId;
let head: CommitId;
beforeEach(async () => {
  temp = await makeRepository();
  base = temp.commit('base', { 'a.go': 'old code\n', 'a_test.go': 'old test\n', 'gone_test.go': 'gone\n' });
  head = temp.commit('change', { 'a.go': 'new code\n', 'a_test.go': 'new test\n', 'gone_test.go': null });
});
afterEach(() => temp.remove());

const show = (commit: string, path: string): string => temp.git('show', `${commit}:${path}`);

async function tests(from: CommitId, to: CommitId) {
  return value(await changedPaths(temp.repo, from, to)).filter(({ path }) => path.endsWith('_test.go'));
}

describe('composeCorner', () => {
  it('makes R of the base and the tests of the head, and leaves no ref', async () => {
    const refs = temp.git('for-each-ref');
    const ends = { onto: base, pathsFrom: head };
    const red = value(await composeCorner(temp.repo, 'R', ends, await tests(base, head)));
    expect([show(red.commit, 'a.go'), show(red.commit, 'a_test.go')]).toEqual(['old code', 'new test']);
    expect(temp.git('ls-tree', '--name-only', red.commit)).toBe('a.go\na_test.go');
    expect(red).toMatchObject({ corner: 'R', synthesised: true, from: [base, head] });
    expect(temp.git('for-each-ref')).toBe(refs);
    expect(temp.git('status', '--porcelain')).toBe('');
  });

  it('gives the same commit for the same ends', async () => {
    const ends = { onto: head, pathsFrom: base };
    const taken = await tests(head, base);
    const [one, two] = [
      await composeCorner(temp.repo, 'X', ends, taken),
      await composeCorner(temp.repo, 'X', ends, taken),
    ];
    expect(value(one).commit).toBe(value(two).commit);
    expect(show(value(one).commit, 'gone_test.go')).toBe('gone');
  });

  it('is the commit itself where nothing is taken', async () => {
    const red = value(await composeCorner(temp.repo, 'R', { onto: base, pathsFrom: head }, []));
    expect(red).toMatchObject({ commit: base, synthesised: false });
  });
});

describe('stubCorner', () => {
  it('puts a patch or the patch of a commit on R', async () => {
    temp.git('checkout', '-q', base);
    const stub = temp.commit('stub', { 'stub.go': 'declares\n' });
    const red = value(await composeCorner(temp.repo, 'R', { onto: base, pathsFrom: head }, await tests(base, head)));
    const patch = `${temp.git('diff', base, stub)}\n`;
    const byCommit = value(await stubCorner(temp.repo, red.commit, { commit: stub }));
    const byPatch = value(await stubCorner(temp.repo, red.commit, { patch }));
    expect(byCommit.tree).toBe(byPatch.tree);
    expect([show(byCommit.commit, 'stub.go'), show(byCommit.commit, 'a_test.go')]).toEqual(['declares', 'new test']);
    expect(byCommit).toMatchObject({ corner: 'S', synthesised: true, from: [red.commit, stub] });
  });

  it('refuses what does not apply', async () => {
    const patch = '--- a/a.go\n+++ b/a.go\n@@ -1 +1 @@\n-nothing like it\n+x\n';
    const refused = failure(await stubCorner(temp.repo, base, { patch }));
    expect(refused.what).toMatch(/^the stub does not apply to R/);
  });

  it('is found as a commit, as a patch file, or not at all', async () => {
    const patch = '--- a/a.go\n+++ b/a.go\n';
    expect(value(await findStub(temp.repo, base, () => undefined))).toEqual({ commit: base });
    expect(value(await findStub(temp.repo, 'stub.patch', () => patch))).toEqual({ patch });
    expect(failure(await findStub(temp.repo, 'notes.txt', () => 'no patch')).reason).toBe('usage');
    expect(failure(await findStub(temp.repo, 'nothing', () => undefined)).reason).toBe('commit-unknown');
  });
});

describe('listFolder and readBlobs', () => {
  it('lists regular files of one folder or all, and reads many at once', async () => {
    const commit = temp.commit('more', { 'sub/b.go': 'b\n\nlast', 'sub/deep/c.go': 'ä' });
    expect(value(await listFolder(temp.repo, commit, 'sub')).map(({ path }) => path)).toEqual(['sub/b.go']);
    const all = value(await listFolder(temp.repo, commit, '.', true));
    expect(all.map(({ path }) => path)).toEqual(['a.go', 'a_test.go', 'sub/b.go', 'sub/deep/c.go']);
    expect(value(await listFolder(temp.repo, commit, 'nowhere'))).toEqual([]);
    const texts = value(await readBlobs(temp.repo, [...all.map(({ blob }) => blob), '0'.repeat(40), '']));
    expect(all.map(({ blob }) => texts.get(blob))).toEqual(['new code\n', 'new test\n', 'b\n\nlast', 'ä']);
  });
});
