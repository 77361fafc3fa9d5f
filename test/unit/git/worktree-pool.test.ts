import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../../src/domain/brand.ts';
import { changedInWorktree } from '../../../src/git/work-tree-state.ts';
import {
  acquireWorktree,
  defaultCacheDirs,
  type PooledWorktree,
  pruneWorktrees,
  releaseStale,
} from '../../../src/git/worktree-pool.ts';
import { applyEdit, failure, makeRepository, runGitIn, type TempRepository, value } from './temp-repository.ts';

let t: TempRepository;
let one: CommitId;
let two: CommitId;
let poolDir: string;
let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  t = await makeRepository();
  one = t.commit('one', { a: '1', '.gitignore': 'node_modules\nlog\n', 'dir/x': '1', 'run.sh': '+x x' });
  two = t.commit('two', { a: '2', 'dir/x': null, b: '1' });
  poolDir = join(t.root, 'pool');
  folder = join(poolDir, t.repo.id);
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  t.remove();
});

const acquire = async (commit: CommitId, more: { slot?: number; keepPaths?: string[] } = {}): Promise<PooledWorktree> =>
  value(await acquireWorktree(t.repo, { poolDir, commit, keepPaths: [], ...more }));
const claims = (): string[] => readdirSync(folder).filter((name) => name.includes('.claim-'));

describe('acquireWorktree', () => {
  it('gives a clean, detached worktree at a stable path, and the same one again for another commit', async () => {
    const first = await acquire(one);
    expect(first.path).toBe(join(folder, 'w0'));
    expect(first.notes).toEqual([]);
    expect(readdirSync(first.path).sort()).toEqual(['.git', '.gitignore', 'a', 'dir', 'run.sh']);
    expect(runGitIn(first.path, ['rev-parse', 'HEAD'])).toBe(one);
    expect(() => runGitIn(first.path, ['symbolic-ref', '-q', 'HEAD'])).toThrow();
    await first.release();
    await first.release();
    const second = await acquire(two);
    expect(second.path).toBe(first.path);
    expect(readFileSync(join(second.path, 'a'), 'utf8')).toBe('2');
    expect(existsSync(join(second.path, 'dir'))).toBe(false);
    expect(runGitIn(t.dir, ['status', '--porcelain'])).toBe('');
    await second.release();
    expect(claims()).toEqual([]);
  });

  it('cleans everything that a suite left behind, except what is to be kept', async () => {
    const first = await acquire(one);
    applyEdit(first.path, {
      a: 'changed',
      'dir/x': null,
      'new\nfile': 'x',
      log: 'x',
      'node_modules/m/i.js': 'm',
      'out/keep/k': 'k',
      'out/other': 'o',
      'sp [a] *': 'x',
    });
    runGitIn(first.path, ['add', 'a']);
    mkdirSync(join(first.path, 'nested'));
    runGitIn(join(first.path, 'nested'), ['init', '-q']);
    symlinkSync(t.dir, join(first.path, 'to-repo'));
    writeFileSync(join(t.repo.commonDir, 'worktrees/w0/index.lock'), '');
    await first.release();
    const second = await acquire(one, { keepPaths: ['./node_modules/', 'out/keep', 'sp [a] *'] });
    expect(second.notes).toEqual([]);
    expect(readdirSync(second.path).sort()).toEqual([
      '.git',
      '.gitignore',
      'a',
      'dir',
      'node_modules',
      'out',
      'run.sh',
      'sp [a] *',
    ]);
    expect(readdirSync(join(second.path, 'out'))).toEqual(['keep']);
    expect(existsSync(join(t.dir, 'a'))).toBe(true);
    await second.release();
  });

  it('gives a second slot while the first is held, and refuses a named slot that is', async () => {
    const first = await acquire(one);
    const second = await acquire(two);
    expect([first.path, second.path]).toEqual([join(folder, 'w0'), join(folder, 'w1')]);
    const refused = failure(await acquireWorktree(t.repo, { poolDir, commit: one, keepPaths: [], slot: 0 }));
    expect(refused.reason).toBe('worktree-failed');
    expect(refused.what).toBe(`worktree w0 in ${folder} is in use (the last by process ${process.pid})`);
    await first.release();
    const third = await acquire(one, { slot: 0 });
    expect(third.path).toBe(first.path);
    await Promise.all([second.release(), third.release()]);
  });

  it('never gives one slot to two that ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => acquire(one)));
    expect(new Set(all.map((worktree) => worktree.path)).size).toBe(4);
    for (const worktree of all) expect(value(await changedInWorktree(worktree, []))).toEqual([]);
    await Promise.all(all.map((worktree) => worktree.release()));
    expect(claims()).toEqual([]);
  });

  it.each<[string, (path: string) => void]>([
    ['whose .git file is gone', (path) => rmSync(join(path, '.git'))],
    [
      'that points at another repository',
      (path) => runGitIn(path, ['init', '-q', '--separate-git-dir', join(path, '../evil')]),
    ],
    ['whose record in the repository is gone', () => rmSync(join(t.repo.commonDir, 'worktrees'), { recursive: true })],
    ['whose index is damaged', () => writeFileSync(join(t.repo.commonDir, 'worktrees/w0/index'), 'garbage')],
    ['whose HEAD is damaged', () => writeFileSync(join(t.repo.commonDir, 'worktrees/w0/HEAD'), 'garbage')],
    [
      'whose index hides a file',
      (path) => {
        runGitIn(path, ['update-index', '--assume-unchanged', 'a']);
        writeFileSync(join(path, 'a'), 'hidden');
      },
    ],
    [
      'that is a file',
      (path) => {
        rmSync(path, { recursive: true });
        writeFileSync(path, '');
      },
    ],
  ])('makes a worktree again %s', async (_what, breakIt) => {
    const first = await acquire(one);
    breakIt(first.path);
    await first.release();
    const second = await acquire(one);
    expect(second.path).toBe(first.path);
    expect(second.notes).toEqual([expect.stringContaining(`worktree ${first.path} was broken and was made again: `)]);
    expect(readFileSync(join(second.path, 'a'), 'utf8')).toBe('1');
    expect(value(await changedInWorktree(second, []))).toEqual([]);
    await second.release();
  });

  it('makes it again without a word when its folder is gone', async () => {
    const first = await acquire(one);
    await first.release();
    rmSync(first.path, { recursive: true });
    const second = await acquire(two);
    expect(second.notes).toEqual([]);
    expect(readFileSync(join(second.path, 'a'), 'utf8')).toBe('2');
    await second.release();
  });

  it('is not sparse and runs no hook, whatever the author’s repository says', async () => {
    t.git('sparse-checkout', 'set', '--no-cone', '/a');
    const hook = join(t.repo.commonDir, 'hooks/post-checkout');
    mkdirSync(join(t.repo.commonDir, 'hooks'), { recursive: true });
    writeFileSync(hook, `#!/bin/sh\ntouch ${t.root}/hooked\n`);
    chmodSync(hook, 0o755);
    const worktree = await acquire(two);
    expect(existsSync(join(worktree.path, 'b'))).toBe(true);
    expect(existsSync(join(t.root, 'hooked'))).toBe(false);
    await worktree.release();
  });

  it('says that submodules are not checked out', async () => {
    const sub = t.commit('sub', { '.gitmodules': '[submodule "s"]\n\tpath = s\n\turl = ./s\n' });
    const worktree = await acquire(sub);
    expect(worktree.notes).toEqual(['submodules are not checked out in worktrees']);
    await worktree.release();
  });

  it('refuses a pool inside the repository, one that cannot be made, and a tree that is never clean', async () => {
    const refuse = async (dir: string, commit = one): Promise<string> => {
      const failed = failure(await acquireWorktree(t.repo, { poolDir: dir, commit, keepPaths: [] }));
      expect(failed.reason).toBe('worktree-failed');
      return failed.what;
    };
    expect(await refuse(join(t.repo.commonDir, 'pool'))).toContain('lies inside the repository');
    expect(await refuse(join(t.dir, 'pool'))).toContain('lies inside the repository');
    writeFileSync(join(t.root, 'file'), '');
    expect(await refuse(join(t.root, 'file/pool'))).toContain('cannot be made');
    t.git('config', 'core.autocrlf', 'false');
    applyEdit(t.dir, { crlf: 'x\r\n' });
    t.git('add', '-A');
    t.git('commit', '-q', '-m', 'crlf');
    const odd = t.commit('attributes', { '.gitattributes': 'crlf text eol=lf\n' });
    t.git('update-index', '--cacheinfo', `100644,${t.git('rev-parse', 'HEAD~1:crlf')},crlf`);
    t.git('commit', '-q', '-m', 'crlf again');
    expect(await refuse(poolDir, t.git('rev-parse', 'HEAD') as CommitId)).toContain(
      'it is not clean after a reset: crlf (changed)',
    );
    expect(claims()).toEqual([]);
    expect(odd).toHaveLength(40);
  });
});

describe('changedInWorktree', () => {
  it('lists what a suite changed: tracked, untracked, hidden, a moved HEAD; not what is ignored or kept', async () => {
    const worktree = await acquire(one);
    applyEdit(worktree.path, { a: 'x', log: 'x', 'snap/1': 'x', 'keep/1': 'x', keeper: 'x' });
    runGitIn(worktree.path, ['update-index', '--skip-worktree', 'dir/x']);
    expect(value(await changedInWorktree(worktree, ['keep/']))).toEqual([
      { path: 'a', status: 'changed' },
      { path: 'keeper', status: 'untracked' },
      { path: 'snap/1', status: 'untracked' },
      { path: 'dir/x', status: 'hidden' },
    ]);
    runGitIn(worktree.path, ['checkout', '-q', '-f', '--detach', two]);
    expect(value(await changedInWorktree(worktree, []))[0]).toEqual({ path: 'HEAD', status: 'head-moved' });
    await worktree.release();
  });
});

describe('several processes', () => {
  async function startHolder(): Promise<{ child: ChildProcess; path: string }> {
    const script = join(t.root, 'hold.mjs');
    if (!existsSync(script)) {
      await build({
        entryPoints: [join(import.meta.dirname, 'hold-worktree.ts')],
        outfile: script,
        bundle: true,
        platform: 'node',
        format: 'esm',
        banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      });
    }
    const child = spawn(process.execPath, [script, t.dir, poolDir, one], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const [bytes] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, path: String(bytes).trim() };
  }

  it('get two slots at once; the claim of a killed one is released and its worktree used again', async () => {
    const first = await startHolder();
    const second = await startHolder();
    expect([first.path, second.path]).toEqual([join(folder, 'w0'), join(folder, 'w1')]);
    expect(await releaseStale(t.repo, poolDir)).toEqual([]);
    writeFileSync(join(first.path, 'a'), 'left dirty');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const again = await acquire(one);
    expect(again.path).toBe(first.path);
    expect(readFileSync(join(again.path, 'a'), 'utf8')).toBe('1');
    expect(claims()).toHaveLength(2);
    second.child.kill('SIGKILL');
    await once(second.child, 'exit');
    expect(await releaseStale(t.repo, poolDir)).toEqual([
      `released worktree ${second.path}, left by process ${second.child.pid}`,
    ]);
    expect(value(await pruneWorktrees(t.repo, poolDir))).toEqual([second.path]);
    await again.release();
  });

  it('started together get different slots, and give them back when they end', async () => {
    const warm = await startHolder();
    const holders = [warm, ...(await Promise.all([startHolder(), startHolder(), startHolder()]))];
    expect(new Set(holders.map((holder) => holder.path)).size).toBe(4);
    for (const { child } of holders) {
      child.stdin?.end();
      if (child.exitCode === null) await once(child, 'exit');
      expect(child.exitCode).toBe(0);
    }
    expect(claims()).toEqual([]);
  });

  it('treats a claim from another machine as alive, and a reused pid as dead', async () => {
    const first = await acquire(one);
    await first.release();
    writeFileSync(join(folder, 'w0.claim-1-1-00000000-00000000'), '');
    const mine = await acquire(one);
    expect(mine.path).toBe(join(folder, 'w1'));
    const [name = ''] = claims().filter((claim) => claim.startsWith('w1.'));
    const reused = name.replace(/^w1\.claim-(\d+)-(\d+)-/, (_all, pid: string) => `w2.claim-${pid}-1-`);
    writeFileSync(join(folder, reused), '');
    expect((await acquire(one, { slot: 2 })).path).toBe(join(folder, 'w2'));
    expect(existsSync(join(folder, reused))).toBe(false);
  });
});

describe('pruneWorktrees', () => {
  it('removes what nobody holds, read-only folders included, with git’s record, and nothing of the user', async () => {
    t.git('worktree', 'add', '-q', '--detach', join(t.root, 'mine'));
    rmSync(join(t.root, 'mine'), { recursive: true });
    const first = await acquire(one);
    const second = await acquire(one);
    mkdirSync(join(second.path, 'mod/cache'), { recursive: true });
    writeFileSync(join(second.path, 'mod/cache/f'), 'x');
    chmodSync(join(second.path, 'mod/cache'), 0o555);
    await second.release();
    expect(value(await pruneWorktrees(t.repo, poolDir))).toEqual([second.path]);
    await first.release();
    expect(value(await pruneWorktrees(t.repo, poolDir))).toEqual([first.path]);
    expect(readdirSync(folder)).toEqual([]);
    expect(readdirSync(join(t.repo.commonDir, 'worktrees'))).toEqual(['mine']);
    expect(value(await pruneWorktrees(t.repo, join(t.root, 'none')))).toEqual([]);
  });
});

it('puts caches where XDG says, and ignores a relative setting', () => {
  expect(defaultCacheDirs({ XDG_CACHE_HOME: '/c', HOME: '/h' })).toEqual({
    poolDir: '/c/redfirst/pool',
    setupDir: '/c/redfirst/setup',
  });
  expect(defaultCacheDirs({ XDG_CACHE_HOME: 'c', HOME: '/h' }).poolDir).toBe('/h/.cache/redfirst/pool');
});
