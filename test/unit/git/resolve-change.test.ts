import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveChange } from '../../../src/git/resolve-change.ts';
import { failure, makeRepository, type TempRepository, value } from './temp-repository.ts';

let temp: TempRepository;
beforeEach(async () => {
  temp = await makeRepository();
});
afterEach(() => temp.remove());

/** A mainline of one commit, a branch of two beside it, one more commit on the mainline. */
function branchAndMain(): { readonly fork: string; readonly tip: string; readonly main: string } {
  const fork = temp.commit('base', { 'src/a.ts': '1' });
  temp.git('checkout', '-q', '-b', 'topic');
  temp.commit('first step', { 'src/a.ts': '2' });
  const tip = temp.commit('second step', { 'src/b.ts': '1' });
  temp.git('checkout', '-q', 'main');
  const main = temp.commit('elsewhere', { 'README.md': 'x' });
  return { fork, tip, main };
}

describe('a number', () => {
  it('is the pull ref that was merged: B is where it left the mainline, the title is the merge body', async () => {
    const { fork, tip } = branchAndMain();
    temp.git('update-ref', 'refs/pull/7/head', tip);
    temp.git('merge', '-q', '--no-ff', '-m', 'Merge pull request #7 from me/topic', '-m', 'Pause guests', 'topic');
    temp.commit('later', { 'src/a.ts': '3' });
    for (const spec of ['7', '#7']) {
      expect(value(await resolveChange(temp.repo, spec))).toEqual({
        label: '#7',
        title: 'Pause guests',
        base: fork,
        head: tip,
        notes: [],
      });
    }
  });

  it('is the pull ref that is still open, and the newest mainline commit that it contains is B', async () => {
    const { main, tip } = branchAndMain();
    temp.git('checkout', '-q', 'topic');
    temp.git('merge', '-q', '--no-ff', '-m', "Merge branch 'main' into topic", 'main');
    const head = temp.commit('third step', { 'src/b.ts': '2' });
    temp.git('update-ref', 'refs/remotes/upstream/pr/12', head);
    temp.git('checkout', '-q', 'main');
    const change = value(await resolveChange(temp.repo, '12'));
    expect(change).toMatchObject({ base: main, head, label: '#12', title: 'third step (and 2 more commits)' });
    expect(change.base).not.toBe(tip);
  });

  it('is the merge whose subject names it where no pull ref is at hand', async () => {
    const { fork, tip } = branchAndMain();
    temp.git('merge', '-q', '--no-ff', '-m', 'Merge pull request #41 from me/topic', '-m', 'Add pause', 'topic');
    const later = ['Revert "x (#41)" (#5)', 'see (#41) for more'];
    for (const subject of later) temp.commit(subject, {});
    expect(value(await resolveChange(temp.repo, '41'))).toMatchObject({ base: fork, head: tip, title: 'Add pause' });
  });

  it('is the squash whose subject ends in it', async () => {
    const before = temp.commit('base', { 'src/a.ts': '1' });
    const squash = temp.commit('Add pause (#42)', { 'src/a.ts': '2' });
    temp.commit('later (#421)', { 'src/a.ts': '3' });
    expect(value(await resolveChange(temp.repo, '42'))).toMatchObject({
      label: '#42',
      title: 'Add pause (#42)',
      base: before,
      head: squash,
    });
  });

  it('that nobody knows is refused with the command that fetches it', async () => {
    temp.commit('base', {});
    const refused = failure(await resolveChange(temp.repo, '99'));
    expect(refused.reason).toBe('commit-unknown');
    expect(refused.next).toBe('git fetch origin pull/99/head:refs/pull/99/head, then once more');
  });
});

describe('a commit', () => {
  it('that is a merge brings in its second parent', async () => {
    const { fork, tip } = branchAndMain();
    temp.git('merge', '-q', '--no-ff', '-m', "Merge branch 'topic'", 'topic');
    const merge = temp.git('rev-parse', 'HEAD');
    expect(value(await resolveChange(temp.repo, merge))).toMatchObject({
      base: fork,
      head: tip,
      label: merge.slice(0, 12),
      title: "Merge branch 'topic'",
    });
  });

  it('that is none is a change by itself', async () => {
    const before = temp.commit('base', {});
    const one = temp.commit('one', { 'src/a.ts': '1' });
    temp.commit('two', { 'src/a.ts': '2' });
    expect(value(await resolveChange(temp.repo, 'HEAD~1'))).toMatchObject({ base: before, head: one, title: 'one' });
  });

  it('that is the first has nothing before it', async () => {
    temp.commit('base', {});
    expect(failure(await resolveChange(temp.repo, 'HEAD')).what).toMatch(
      /^[0-9a-f]{12} is the first commit: there is nothing before it that could be B$/,
    );
  });

  it('that does not exist is refused', async () => {
    temp.commit('base', {});
    expect(failure(await resolveChange(temp.repo, 'nowhere')).reason).toBe('commit-unknown');
  });
});

describe('a range and a branch', () => {
  it('BASE..HEAD begins at their merge base', async () => {
    const { fork, tip } = branchAndMain();
    expect(value(await resolveChange(temp.repo, 'main..topic'))).toEqual({
      label: 'main..topic',
      title: 'second step (and 1 more commit)',
      base: fork,
      head: tip,
      notes: [],
    });
  });

  it('a range that holds nothing is refused', async () => {
    branchAndMain();
    expect(failure(await resolveChange(temp.repo, 'main..main~1')).what).toMatch(/holds nothing/);
  });

  it('nothing named is the branch that is checked out, since it left the base branch', async () => {
    const { fork, tip } = branchAndMain();
    temp.git('checkout', '-q', 'topic');
    expect(value(await resolveChange(temp.repo, undefined))).toMatchObject({ label: 'topic', base: fork, head: tip });
  });

  it('the base branch that redfirst.yaml names counts before main', async () => {
    branchAndMain();
    temp.git('checkout', '-q', 'topic');
    const middle = temp.git('rev-parse', 'HEAD~1');
    temp.git('branch', 'release', middle);
    const tip = temp.git('rev-parse', 'HEAD');
    expect(value(await resolveChange(temp.repo, undefined, 'release'))).toMatchObject({ base: middle, head: tip });
  });

  it('on the mainline itself it is the newest commit', async () => {
    const before = temp.commit('base', {});
    const head = temp.commit('straight to main', { 'src/a.ts': '1' });
    expect(value(await resolveChange(temp.repo, undefined))).toMatchObject({ base: before, head });
  });
});
