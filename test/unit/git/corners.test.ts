import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../../src/domain/brand.ts';
import { type CornersRequest, resolveCorners } from '../../../src/git/resolve-corners.ts';
import { CORNER_REFS, synthesise, synthesiseCorner } from '../../../src/git/synthesise-corner.ts';
import { failure, makeRepository, ROLES, type TempRepository, value } from './temp-repository.ts';

let t: TempRepository;
beforeEach(async () => {
  t = await makeRepository();
});
afterEach(() => t.remove());

const resolve = (request: Partial<CornersRequest>) =>
  resolveCorners(t.repo, { phase: 'green', configBase: 'main', ...request });
const files = (commit: string): string[] => t.git('ls-tree', '-r', '--name-only', commit).split('\n');

function branchOff(): { base: CommitId; red: CommitId; head: CommitId } {
  const base = t.commit('base', { 'src/a.ts': '1' });
  t.git('checkout', '-q', '-b', 'feature');
  const red = t.commit('red', { 'test/a.test.ts': '1' });
  const head = t.commit('head', { 'src/a.ts': '2' });
  return { base, red, head };
}

describe('resolveCorners', () => {
  it('finds B, R and H of a branch', async () => {
    const { base, red, head } = branchOff();
    const corners = value(await resolve({ red: 'HEAD~1' }));
    expect(corners).toEqual({
      base: { corner: 'B', commit: base, tree: t.git('rev-parse', `${base}^{tree}`), synthesised: false, from: [] },
      red: { corner: 'R', commit: red, tree: t.git('rev-parse', `${red}^{tree}`), synthesised: false, from: [] },
      head: { corner: 'H', commit: head, tree: t.git('rev-parse', `${head}^{tree}`), synthesised: false, from: [] },
      incoming: base,
      notes: [],
    });
  });

  it('takes HEAD as R in a red phase, without H', async () => {
    const { base, red } = branchOff();
    t.git('checkout', '-q', '--detach', red);
    const corners = value(await resolve({ phase: 'red' }));
    expect([corners.base.commit, corners.red.commit, corners.head]).toEqual([base, red, undefined]);
  });

  it('refuses corners that are the same or in the wrong order, and says how to mend it', async () => {
    const { base, red, head } = branchOff();
    const refused = async (request: Partial<CornersRequest>): Promise<string> => {
      const found = failure(await resolve(request));
      expect(found.reason).toBe('corners-invalid');
      expect(found.exit).toBe(2);
      return `${found.what} | ${found.next}`;
    };
    const [b, r, h] = [base, red, head].map((commit) => commit.slice(0, 12));
    expect(await refused({ red, head: red })).toBe(
      `R and H are the same commit, ${r} | Commit the implementation first; H is a later commit.`,
    );
    expect(await refused({ base: red, red })).toBe(`B and R are the same commit, ${r} | Name another commit for B.`);
    expect(await refused({ base: head, red })).toBe(
      `R ${r} does not descend from B ${h} | Name a commit for B that the branch grew from, with \`--base\`.`,
    );
    expect(await refused({})).toBe(
      'no red commit is named | Name it with `--red`, or have R synthesised from the tests of H.',
    );
    t.git('checkout', '-q', '-b', 'rebased', base);
    t.commit('other', { 'src/z.ts': '1' });
    expect(await refused({ red })).toContain(`does not descend from R ${r} | If the branch was rebased`);
    expect(b).toHaveLength(12);
    expect(failure(await resolve({ red: 'nope' })).reason).toBe('commit-unknown');
  });

  it('takes the first parent on main, with a note, and refuses a root commit', async () => {
    const root = t.commit('root', { a: '1' });
    expect(failure(await resolve({ phase: 'red' })).what).toBe(
      `${root.slice(0, 12)} is the first commit: there is nothing before it that could be B`,
    );
    const red = t.commit('red', { 'test/a': '1' });
    const corners = value(await resolve({ phase: 'red' }));
    expect(corners.base.commit).toBe(root);
    expect(corners.notes).toEqual([
      `main already holds ${red.slice(0, 12)}, so B is its first parent ${root.slice(0, 12)}`,
    ]);
    const head = t.commit('head', { 'src/a': '1' });
    const green = value(await resolve({ red }));
    expect([green.base.commit, green.head?.commit, green.incoming]).toEqual([root, head, root]);
  });

  it('prefers of local and remote base the one nearest to R', async () => {
    const old = t.commit('old', { a: '1' });
    const newer = t.commit('newer', { a: '2' });
    t.git('checkout', '-q', '-b', 'feature');
    t.commit('red', { 'test/a': '1' });
    t.git('branch', '-f', 'main', old);
    expect(value(await resolve({ phase: 'red' })).base.commit).toBe(old);
    t.git('update-ref', 'refs/remotes/origin/main', newer);
    expect(value(await resolve({ phase: 'red' })).base.commit).toBe(newer);
    t.git('branch', '-D', 'main');
    expect(value(await resolve({ phase: 'red' })).base.commit).toBe(newer);
  });

  it('falls back to master with a note, and refuses where there is no base branch or no common ancestor', async () => {
    const { base, red } = branchOff();
    t.git('branch', '-m', 'main', 'master');
    const corners = value(await resolve({ phase: 'red', red, configBase: 'develop' }));
    expect(corners.base.commit).toBe(base);
    expect(corners.notes).toEqual(['the configured base develop does not exist; master was taken']);
    t.git('checkout', '-q', '--orphan', 'alone');
    t.commit('alone', {});
    expect(failure(await resolve({ phase: 'red' })).what).toContain('and master have no common ancestor');
    t.git('branch', '-D', 'master');
    expect(failure(await resolve({ phase: 'red' })).what).toBe(
      'there is no base branch: none of main, master exists here or on origin',
    );
  });

  it('knows what a merge brought in, and does not let a base branch that holds R hide anything', async () => {
    const { base, red } = branchOff();
    t.git('checkout', '-q', 'main');
    const foreign = t.commit('foreign', { 'src/b.ts': '1' });
    t.git('checkout', '-q', 'feature');
    t.git('merge', '-q', '--no-edit', 'main');
    expect(value(await resolve({ red })).incoming).toBe(foreign);
    t.git('branch', '-f', 'main', 'feature');
    expect(value(await resolve({ red, base })).incoming).toBe(base);
  });
});

describe('synthesised corners', () => {
  it('makes R of a mixed change: B plus the tests of H, the same commit every time, kept by a ref', async () => {
    const base = t.commit('base', {
      'src/a.ts': '1',
      'test/gone.ts': 'x',
      'test/moved.ts': 'long\n'.repeat(30),
      'src/dir': 'file',
    });
    t.git('checkout', '-q', '-b', 'feature');
    t.git('mv', 'test/moved.ts', 'test/here.ts');
    const head = t.commit('mixed', {
      'src/a.ts': '2',
      'src/new.ts': '1',
      'test/gone.ts': null,
      'test/a\n"b.ts': '+x 1',
      'scenarios/f/scenario.yaml': 's',
      'README.md': 'r',
    });
    const status = t.git('status', '--porcelain');
    const red = value(await synthesiseCorner(t.repo, ROLES, base, head));
    expect(files(red.commit)).toEqual([
      'scenarios/f/scenario.yaml',
      'src/a.ts',
      'src/dir',
      '"test/a\\n\\"b.ts"',
      'test/here.ts',
    ]);
    expect(t.git('show', `${red.commit}:src/a.ts`)).toBe('1');
    expect(t.git('ls-tree', red.commit, 'test/')).toMatch(/^100755 blob/);
    expect(red).toEqual({
      corner: 'R',
      commit: red.commit,
      tree: t.git('rev-parse', `${red.commit}^{tree}`),
      synthesised: true,
      from: [base, head],
    });
    expect(t.git('rev-parse', `${red.commit}^`)).toBe(base);
    expect(t.git('for-each-ref', '--format=%(refname)', CORNER_REFS)).toBe(`${CORNER_REFS}/${red.commit}`);
    expect(t.git('status', '--porcelain')).toBe(status);
    t.git('gc', '-q', '--prune=now');
    expect(value(await synthesiseCorner(t.repo, ROLES, base, head))).toEqual(red);

    const corners = value(await resolve({ synthesiseRed: ROLES }));
    expect(corners.red).toEqual(red);
    expect([corners.base.commit, corners.head?.commit]).toEqual([base, head]);
    expect(corners.notes).toEqual([
      `R is synthesised: B ${base.slice(0, 12)} plus the tests of H ${head.slice(0, 12)}`,
    ]);
    expect(failure(await resolve({ synthesiseRed: ROLES, red: head })).what).toBe(
      'R is both named and to be synthesised',
    );
  });

  it('makes X (old tests, new code) and the counterfactual (new tests, old code)', async () => {
    const { base, red, head } = branchOff();
    const x = value(await synthesise(t.repo, ROLES, { corner: 'X', onto: head, pathsFrom: base, wanted: ['tests'] }));
    expect(files(x.commit)).toEqual(['src/a.ts']);
    expect(t.git('show', `${x.commit}:src/a.ts`)).toBe('2');
    const back = value(
      await synthesise(t.repo, ROLES, { corner: 'R', onto: head, pathsFrom: red, wanted: ['implementation'] }),
    );
    expect(back.tree).toBe(t.git('rev-parse', `${red}^{tree}`));
  });

  it('lets a test file take the place of a test folder', async () => {
    const base = t.commit('base', { 'test/x/a.ts': '1' });
    const head = t.commit('head', { 'test/x': null });
    const later = t.commit('later', { 'test/x': 'file', 'src/a.ts': '1' });
    expect(files(value(await synthesiseCorner(t.repo, ROLES, base, later)).commit)).toEqual(['test/x']);
    expect(
      files(
        value(await synthesise(t.repo, ROLES, { corner: 'X', onto: later, pathsFrom: base, wanted: ['tests'] })).commit,
      ),
    ).toEqual(['src/a.ts', 'test/x/a.ts']);
    expect(head).not.toBe(later);
  });

  it('refuses to let a test displace a file of another role', async () => {
    const base = t.commit('base', { 'src/dir': 'implementation' });
    t.commit('gone', { 'src/dir': null });
    const head = t.commit('head', { 'src/dir/x.test.ts': '1' });
    const failed = failure(await synthesiseCorner(t.repo, ROLES, base, head));
    expect([failed.reason, failed.what]).toEqual([
      'corners-invalid',
      'the trees cannot be combined: src/dir is a file in one and a folder in the other, with different roles',
    ]);
  });

  it('refuses a change without tests', async () => {
    const base = t.commit('base', { 'src/a.ts': '1' });
    const head = t.commit('head', { 'src/a.ts': '2' });
    expect(failure(await synthesiseCorner(t.repo, ROLES, base, head)).what).toBe(
      `R cannot be synthesised: ${head.slice(0, 12)} and ${base.slice(0, 12)} do not differ in any path of role tests`,
    );
  });
});
