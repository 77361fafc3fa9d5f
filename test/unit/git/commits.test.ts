import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  commitMessage,
  firstCommitsOf,
  isAncestor,
  mergeBase,
  parentsOf,
  readTrailer,
  refsPointingAt,
  resolveCommit,
  treeOf,
} from '../../../src/git/commits.ts';
import { openRepository, repositoryId } from '../../../src/git/open-repository.ts';
import { decodePath, escapePath, gitEnvironment, nulFields, runGit } from '../../../src/git/run-git.ts';
import { readFileAt, readFileInWorkTree } from '../../../src/git/tree-files.ts';
import { failure, makeRepository, type TempRepository, value } from './temp-repository.ts';

let t: TempRepository;
beforeEach(async () => {
  t = await makeRepository();
});
afterEach(() => t.remove());

describe('openRepository', () => {
  it('finds the same repository from a folder below, and from another worktree', async () => {
    t.commit('one', { 'a/b/c': 'x' });
    expect(t.repo).toEqual({
      topLevel: t.dir,
      commonDir: join(t.dir, '.git'),
      id: repositoryId(join(t.dir, '.git')),
      objectFormat: 'sha1',
      shallow: false,
    });
    expect(value(await openRepository(join(t.dir, 'a/b')))).toEqual(t.repo);
    t.git('worktree', 'add', '-q', '--detach', join(t.root, 'other'));
    const other = value(await openRepository(join(t.root, 'other')));
    expect(other).toEqual({ ...t.repo, topLevel: join(t.root, 'other') });
  });

  it('refuses what is no repository, a bare one, and a git folder', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'redfirst-none-'));
    expect(failure(await openRepository(outside)).reason).toBe('not-a-repository');
    rmSync(outside, { recursive: true });
    expect(failure(await openRepository(t.repo.commonDir)).reason).toBe('not-a-repository');
    t.git('init', '-q', '--bare', join(t.root, 'bare'));
    expect(failure(await openRepository(join(t.root, 'bare'))).reason).toBe('not-a-repository');
  });

  it('says that the folder or git is missing', async () => {
    expect(failure(await openRepository(join(t.root, 'nowhere'))).reason).toBe('tool-missing');
  });

  it('keeps a newline in the path of the repository', async () => {
    const odd = join(t.root, 'new\nline\n');
    mkdirSync(odd);
    t.git('init', '-q', odd);
    expect(value(await openRepository(odd)).topLevel).toBe(odd);
  });

  it('knows SHA-256 repositories and shallow clones', async () => {
    const other = await makeRepository('--object-format=sha256');
    expect(other.repo.objectFormat).toBe('sha256');
    expect(value(await resolveCommit(other.repo, other.commit('one', { a: '1' })))).toMatch(/^[0-9a-f]{64}$/);
    other.remove();
    t.commit('one', { a: '1' });
    t.commit('two', { a: '2' });
    t.git('clone', '-q', '--depth=1', `file://${t.dir}`, join(t.root, 'shallow'));
    const shallow = value(await openRepository(join(t.root, 'shallow')));
    expect(shallow.shallow).toBe(true);
    expect(failure(await resolveCommit(shallow, 'HEAD~1')).next).toContain('git fetch --unshallow');
  });
});

describe('git environment', () => {
  it('passes nothing that would point git at another repository', () => {
    const env = gitEnvironment({
      PATH: '/bin',
      HOME: '/h',
      GIT_DIR: '/evil',
      GIT_INDEX_FILE: '/evil',
      SSH_AUTH_SOCK: '/s',
    });
    expect(Object.keys(env).sort()).toEqual([
      'GIT_LFS_SKIP_SMUDGE',
      'GIT_LITERAL_PATHSPECS',
      'GIT_NO_REPLACE_OBJECTS',
      'GIT_OPTIONAL_LOCKS',
      'GIT_TERMINAL_PROMPT',
      'HOME',
      'LC_ALL',
      'PATH',
    ]);
  });

  it('reports an unexpected exit with git’s own words', async () => {
    const failed = failure(await runGit(t.dir, ['cat-file', '-e', 'nonsense']));
    expect(failed.reason).toBe('git-failed');
    expect(failed.what).toContain('fatal: Not a valid object name nonsense');
  });

  it('splits and decodes path bytes without loss', () => {
    expect(nulFields(Buffer.from('a\nb\0-c\0')).map(String)).toEqual(['a\nb', '-c']);
    expect(decodePath(Buffer.from('é'))).toBe('é');
    expect(decodePath(Buffer.from([0xe9]))).toBeUndefined();
    expect(escapePath(Buffer.from([0x63, 0xe9, 0x0a]))).toBe('c\\xe9\\x0a');
  });
});

describe('commits', () => {
  it('resolves names to full commits and refuses the rest, options and odd bytes included', async () => {
    const one = t.commit('one', { a: '1' });
    t.git('tag', '-a', '-m', 'x', 'v1');
    for (const rev of ['HEAD', 'main', 'v1', one.slice(0, 8)])
      expect(value(await resolveCommit(t.repo, rev))).toBe(one);
    for (const rev of ['', 'nope', '--all', '--git-dir', 'HEAD:a', 'a\0b', 'a\nb', 'HEAD..main', '^HEAD', "'", '-h']) {
      expect([rev, failure(await resolveCommit(t.repo, rev)).reason]).toEqual([rev, 'commit-unknown']);
    }
    expect(failure(await resolveCommit(t.repo, 'nope')).what).toBe(`"nope" names no commit in ${t.dir}`);
  });

  it('is not deceived by `git replace`', async () => {
    const one = t.commit('one', { a: 'true' });
    const two = t.commit('two', { a: 'false' });
    t.git('replace', one, two);
    expect(await readFileAt(t.repo, one)('a')).toBe('true');
  });

  it('answers ancestry, merge bases, parents, trees and refs', async () => {
    const root = t.commit('root', { a: '1' });
    t.git('checkout', '-q', '-b', 'side');
    const side = t.commit('side', { b: '1' });
    t.git('checkout', '-q', 'main');
    const main = t.commit('main', { c: '1' });
    t.git('tag', 'here');
    expect(value(await mergeBase(t.repo, side, main))).toBe(root);
    expect(value(await isAncestor(t.repo, root, main))).toBe(true);
    expect(value(await isAncestor(t.repo, side, main))).toBe(false);
    expect(value(await parentsOf(t.repo, main))).toEqual([root]);
    expect(value(await parentsOf(t.repo, root))).toEqual([]);
    expect(value(await treeOf(t.repo, main))).toBe(t.git('rev-parse', 'main^{tree}'));
    expect(value(await refsPointingAt(t.repo, main))).toEqual(['here', 'main']);
    t.git('checkout', '-q', '--orphan', 'alone');
    const alone = t.commit('alone', {});
    expect(value(await mergeBase(t.repo, alone, main))).toBeUndefined();
  });

  it('reads trailers, folded and repeated, and nothing from the body', async () => {
    const one = t.commit(
      'subject\n\nRedfirst-Red: in the body\n\nmore\n\nredfirst-red: 7:ab\n cd\nSigned-off-by: x\nRedfirst-Red: 8:ef',
      {},
    );
    expect(value(await readTrailer(t.repo, one, 'Redfirst-Red'))).toEqual(['7:ab cd', '8:ef']);
    expect(value(await readTrailer(t.repo, one, 'Absent'))).toEqual([]);
    expect(value(await commitMessage(t.repo, one))).toContain('subject\n\nRedfirst-Red: in the body');
    await expect(readTrailer(t.repo, one, 'a,b)')).rejects.toThrow('not a trailer key: a,b)');
  });

  it('leaves out of R..H what merges brought in, on whichever side of the merge the feature was', async () => {
    const base = t.commit('base', { a: '1' });
    t.git('checkout', '-q', '-b', 'feature');
    const red = t.commit('red', { 'a.test.ts': '1' });
    const early = t.commit('early', { 'src/a.ts': '1' });
    t.git('checkout', '-q', 'main');
    const foreign = t.commit('foreign', { 'src/b.ts': '1' });
    t.git('checkout', '-q', '-b', 'sideways', base);
    const sideways = t.commit('sideways', { 'src/c.ts': '1' });
    t.git('checkout', '-q', 'feature');
    t.git('merge', '-q', '--no-edit', 'main');
    t.git('merge', '-q', '--no-edit', 'sideways');
    const head = t.git('rev-parse', 'HEAD') as typeof red;
    const names = value(await firstCommitsOf(t.repo, red, head, foreign));
    expect(names).not.toContain(foreign);
    expect(names).toHaveLength(4);
    expect(names).toEqual(expect.arrayContaining([early, sideways, head]));
    expect(names.indexOf(early)).toBeLessThan(names.indexOf(head));
    expect(value(await firstCommitsOf(t.repo, red, head))).toContain(foreign);

    t.git('checkout', '-q', '-b', 'reversed', 'main');
    t.git('merge', '-q', '--no-ff', '--no-edit', early);
    const reversed = t.git('rev-parse', 'HEAD') as typeof red;
    expect(value(await firstCommitsOf(t.repo, red, reversed, foreign))).toEqual([early, reversed]);
  });
});

describe('reading files', () => {
  it('reads regular files of a commit and of the work tree, and neither folders, links nor what lies outside', async () => {
    t.git('config', 'core.symlinks', 'true');
    const { symlinkSync, writeFileSync } = await import('node:fs');
    writeFileSync(join(t.root, 'secret'), 'secret');
    symlinkSync(join(t.root, 'secret'), join(t.dir, 'link'));
    symlinkSync(t.root, join(t.dir, 'up'));
    const one = t.commit('one', { 'dir/a': 'ä\n', '-lead': '1', 'new\nline"': '2', '*': 'star' });
    t.commit('two', { 'dir/a': 'changed' });
    const at = readFileAt(t.repo, one);
    const here = readFileInWorkTree(t.repo);
    expect(await at('dir/a')).toBe('ä\n');
    expect(await here('dir/a')).toBe('changed');
    for (const read of [at, here]) {
      expect(await read('-lead')).toBe('1');
      expect(await read('new\nline"')).toBe('2');
      expect(await read('*')).toBe('star');
      for (const path of ['dir', 'link', 'up/secret', '../secret', 'absent', '', 'a\0b', '?lead']) {
        expect([path, await read(path)]).toEqual([path, undefined]);
      }
    }
  });
});
