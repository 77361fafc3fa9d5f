import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../../src/domain/brand.ts';
import { composeStub, resolveStubCorner } from '../../../src/git/stub-corner.ts';
import { CORNER_REFS } from '../../../src/git/synthesise-corner.ts';
import { failure, makeRepository, type TempRepository, value } from './temp-repository.ts';

let t: TempRepository;
let red: CommitId;
beforeEach(async () => {
  t = await makeRepository();
  t.commit('base', { 'src/a.go': 'package a\n' });
  red = t.commit('red', { 'test/a.test.ts': '1' });
});
afterEach(() => t.remove());

const PATCH = `diff --git a/src/a.go b/src/a.go
--- a/src/a.go
+++ b/src/a.go
@@ -1 +1,3 @@
 package a
+
+func Double(int) int { return 0 }
`;

describe('S from a patch', () => {
  it('is R with the patch on it; work tree, index and branch stay as they are', async () => {
    const before = [t.git('status', '--porcelain'), t.git('rev-parse', 'HEAD'), t.git('ls-files', '-s')];
    const corner = value(await resolveStubCorner(t.repo, red, { patch: PATCH }));
    expect(corner).toMatchObject({ corner: 'S', synthesised: true, from: [red] });
    expect(t.git('show', `${corner.commit}:src/a.go`)).toContain('func Double(int) int { return 0 }');
    expect(t.git('diff', '--name-only', red, corner.commit)).toBe('src/a.go');
    expect([t.git('status', '--porcelain'), t.git('rev-parse', 'HEAD'), t.git('ls-files', '-s')]).toEqual(before);
  });

  it('gives the same commit for the same patch, and keeps it', async () => {
    const one = value(await resolveStubCorner(t.repo, red, { patch: PATCH }));
    const two = value(await resolveStubCorner(t.repo, red, { patch: PATCH }));
    expect(two).toEqual(one);
    expect(t.git('rev-parse', `${CORNER_REFS}/${one.commit}`)).toBe(one.commit);
  });

  it("is refused in git's words where it does not apply", async () => {
    const found = failure(await resolveStubCorner(t.repo, red, { patch: PATCH.replace(' package a', ' package b') }));
    expect(found).toMatchObject({
      reason: 'corners-invalid',
      what: `the stub does not apply to R ${red.slice(0, 12)}: error: patch failed: src/a.go:1; error: src/a.go: patch does not apply`,
      exit: 2,
    });
  });

  it('cannot leave the repository', async () => {
    const out = PATCH.replaceAll('src/a.go', '../outside.go').replace('@@ -1 +1,3 @@\n package a', '@@ -0,0 +1,2 @@');
    expect(failure(await resolveStubCorner(t.repo, red, { patch: out })).reason).toBe('corners-invalid');
  });
});

describe('S as a commit', () => {
  it('descends from R, over one commit or several', async () => {
    t.commit('one', { 'src/a.go': 'package a\n\nvar A int\n' });
    const stub = t.commit('two', { 'src/b.go': 'package a\n' });
    const corner = value(await resolveStubCorner(t.repo, red, { commit: stub }));
    expect(corner).toEqual({
      corner: 'S',
      commit: stub,
      tree: t.git('rev-parse', `${stub}^{tree}`),
      synthesised: false,
      from: [],
    });
  });

  it('is refused elsewhere, and where it is R itself', async () => {
    t.git('checkout', '-q', '--detach', `${red}~1`);
    const aside = t.commit('aside', { 'src/a.go': 'package a\n\nvar A int\n' });
    expect(failure(await resolveStubCorner(t.repo, red, { commit: aside })).what).toBe(
      `S ${aside.slice(0, 12)} does not descend from R ${red.slice(0, 12)}`,
    );
    expect(failure(await resolveStubCorner(t.repo, red, { commit: red })).what).toBe(
      `the stub changes nothing: S has the tree of R ${red.slice(0, 12)}`,
    );
  });
});

describe('a proposed stub', () => {
  it('is a patch that gives the same tree', async () => {
    const files = [
      { path: 'src/a.go', newText: 'package a\n\nvar A int\n' },
      { path: 'src/b/b.go', newText: 'package b' },
    ];
    const { commit, patch } = value(await composeStub(t.repo, red, files));
    expect(t.git('show', `${commit}:src/b/b.go`)).toBe('package b');
    const corner = value(await resolveStubCorner(t.repo, red, { patch }));
    expect(corner.tree).toBe(t.git('rev-parse', `${commit}^{tree}`));
    expect(t.git('status', '--porcelain')).toBe('');
  });
});
