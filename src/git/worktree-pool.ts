import { mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import type { CommitId } from '../domain/brand.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { Repository } from './open-repository.ts';
import { claimSlot, listClaims } from './slot-claims.ts';
import { checkOutWorktree, removeWorktree } from './worktree.ts';

export interface PoolRequest {
  /** Holds one folder per repository; `defaultCacheDirs` names the usual one. */
  readonly poolDir: string;
  readonly commit: CommitId;
  /** Demands `w<slot>`; otherwise the first free one. */
  readonly slot?: number;
  /** Untracked paths that survive from one use to the next: outputs of set-up. */
  readonly keepPaths: readonly string[];
}

/** A worktree that is at its commit, clean, and nobody else's until `release`. */
export interface PooledWorktree {
  readonly path: string;
  readonly commit: CommitId;
  /** What a person should know: submodules that are not checked out, a broken worktree that was made again. */
  readonly notes: readonly string[];
  /** Gives the slot back; the folder stays for the next one. May be called twice. */
  release(): Promise<void>;
}

const MAX_SLOTS = 32;

/** Usual places: `$XDG_CACHE_HOME/redfirst`, else `~/.cache/redfirst`. */
export function defaultCacheDirs(env: Readonly<Record<string, string | undefined>>): {
  poolDir: string;
  setupDir: string;
} {
  const configured = env['XDG_CACHE_HOME'];
  // The XDG specification: a relative path is to be ignored.
  const cache = configured?.startsWith('/') === true ? configured : join(env['HOME'] ?? homedir(), '.cache');
  return { poolDir: join(cache, 'redfirst', 'pool'), setupDir: join(cache, 'redfirst', 'setup') };
}

/**
 * Takes a detached worktree at a stable path, `<poolDir>/<repository id>/w<n>`: compilers key their caches on the directory.
 * The pool must not lie inside `.git` (test runners ignore paths with that name in it) nor inside the author's work tree.
 *
 * A slot is reused by `checkout --force` and `clean -ffdx` (all but `keepPaths`) and then checked: HEAD is the commit, nothing
 * changed, nothing untracked, no path hidden from status. A worktree that fails the check is removed and made once more.
 * Attributes and line endings are left as the repository and the user have them; hooks do not run; LFS files stay pointers;
 * submodules are not checked out (`notes` says so).
 *
 * @returns `worktree-failed` when no slot is free, the place is unsuitable, or a fresh worktree is not clean either.
 */
export async function acquireWorktree(repo: Repository, request: PoolRequest): Promise<Result<PooledWorktree>> {
  const folder = await openPool(repo, request.poolDir);
  if (!folder.ok) return folder;
  const slots =
    request.slot === undefined ? Array.from({ length: MAX_SLOTS }, (_, n) => `w${n}`) : [`w${request.slot}`];
  let holder = 0;
  for (const slot of slots) {
    const claim = await claimSlot(folder.value, slot).catch((error: unknown) => ({ error: String(error) }));
    if ('error' in claim)
      return fail(poolFailure(`no worktree can be claimed: ${claim.error}`, 'Name a writable folder.'));
    if ('heldBy' in claim) {
      holder = claim.heldBy.pid;
      continue;
    }
    const made = await checkOutWorktree(repo, join(folder.value, slot), request.commit, request.keepPaths);
    if (!made.ok) {
      await claim.release();
      return made;
    }
    return ok({ path: join(folder.value, slot), commit: request.commit, notes: made.value, release: claim.release });
  }
  return fail(
    poolFailure(
      `${slots.length === 1 ? `worktree ${slots[0]}` : `each of the ${slots.length} worktrees`} in ${folder.value} is in use (the last by process ${holder})`,
      `Wait for the other run to end; if there is none, remove ${folder.value}/*.claim-*.`,
    ),
  );
}

/**
 * Removes the claims of processes that died.
 * @returns what was cleaned, one sentence each. The worktrees stay: the next use cleans them.
 */
export async function releaseStale(repo: Repository, poolDir: string): Promise<readonly string[]> {
  const folder = join(poolDir, repo.id);
  const cleaned: string[] = [];
  for (const claim of await listClaims(folder)) {
    if (claim.alive) continue;
    await rm(claim.file, { force: true });
    cleaned.push(`released worktree ${join(folder, claim.slot)}, left by process ${claim.pid}`);
  }
  return cleaned;
}

/** The worktrees that `pruneWorktrees` would remove now: those that no living process holds. Paths, sorted. */
export async function prunableWorktrees(repo: Repository, poolDir: string): Promise<readonly string[]> {
  const folder = await realpath(join(poolDir, repo.id)).catch(() => undefined);
  if (folder === undefined) return [];
  const held = new Set((await listClaims(folder)).filter(({ alive }) => alive).map(({ slot }) => slot));
  return (await listSlots(folder)).filter((slot) => !held.has(slot)).map((slot) => join(folder, slot));
}

/** Names of the worktrees in a pool folder, sorted. */
async function listSlots(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^w\d+$/.test(name)).sort();
}

/**
 * Removes every worktree of this repository's pool that nobody uses, with git's record of it. `git worktree prune` is not run:
 * it would also forget worktrees of the user that happen to be out of reach.
 * @returns the paths removed, sorted.
 */
export async function pruneWorktrees(repo: Repository, poolDir: string): Promise<Result<readonly string[]>> {
  const folder = await realpath(join(poolDir, repo.id)).catch(() => undefined);
  if (folder === undefined) return ok([]);
  const removed: string[] = [];
  for (const slot of await listSlots(folder)) {
    const claim = await claimSlot(folder, slot);
    if ('heldBy' in claim) continue;
    const gone = await removeWorktree(repo, join(folder, slot));
    await claim.release();
    if (!gone.ok) return gone;
    removed.push(join(folder, slot));
  }
  return ok(removed);
}

/** Makes the repository's folder in the pool and returns its real path, as git will name it. */
async function openPool(repo: Repository, poolDir: string): Promise<Result<string>> {
  let folder: string;
  try {
    await mkdir(join(poolDir, repo.id), { recursive: true });
    folder = await realpath(join(poolDir, repo.id));
  } catch (error) {
    return fail(
      poolFailure(`the worktree pool ${poolDir} cannot be made: ${String(error)}`, 'Name a writable folder.'),
    );
  }
  const inside = (outer: string): boolean => folder.startsWith(outer + sep);
  if (folder.split(sep).includes('.git') || inside(repo.commonDir) || inside(repo.topLevel)) {
    return fail(
      poolFailure(
        `the worktree pool ${folder} lies inside the repository`,
        'Name a folder outside of it: test runners ignore `.git`, and the pool would be untracked in the work tree.',
      ),
    );
  }
  return ok(folder);
}

function poolFailure(what: string, next: string): Failure {
  return { reason: 'worktree-failed', what, next, exit: EXIT.environment };
}
