import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../domain/brand.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import { captureProcess } from '../process/run-process.ts';
import type { Repository } from './open-repository.ts';
import { gitEnvironment, line, runGit } from './run-git.ts';
import { treeEntries } from './tree-files.ts';
import { changedInWorktree, keptPath } from './work-tree-state.ts';

/** A checkout of a large tree takes its time; a hung filter must not take for ever. */
const CHECKOUT_DEADLINE_MS = 900_000;

/** A sparse author's tree must not make a sparse worktree. */
const CHECKOUT = { deadlineMs: CHECKOUT_DEADLINE_MS, config: ['core.sparseCheckout=false'] };

/**
 * Brings the worktree at `path` to `commit`, making it where there is none, and checks that it is clean. One that is broken is
 * removed and made again, once. The caller holds the claim on `path`.
 * @returns notes for a person.
 */
export async function checkOutWorktree(
  repo: Repository,
  path: string,
  commit: CommitId,
  keepPaths: readonly string[],
): Promise<Result<readonly string[]>> {
  const notes: string[] = [];
  const submodules = await treeEntries(repo, commit, ['.gitmodules']);
  if (!submodules.ok) return submodules;
  if (submodules.value.size > 0) notes.push('submodules are not checked out in worktrees');
  if (await exists(path)) {
    const reused = await reuse(repo, path, commit, keepPaths);
    if (reused === undefined) return ok(notes);
    notes.push(`worktree ${path} was broken and was made again: ${reused}`);
  }
  const removed = await removeWorktree(repo, path);
  if (!removed.ok) return removed;
  const add = ['worktree', 'add', '--force', '--force', '--detach', '--no-checkout', path, commit];
  const added = await runGit(repo.topLevel, add, CHECKOUT);
  if (!added.ok) return fail(worktreeFailure(path, added.failure.what));
  const broken = await bringTo(path, commit, []);
  return broken === undefined ? ok(notes) : fail(worktreeFailure(path, broken));
}

/** Why the existing worktree cannot be used; undefined when it now is at the commit. */
async function reuse(
  repo: Repository,
  path: string,
  commit: CommitId,
  keepPaths: readonly string[],
): Promise<string | undefined> {
  const facts = await runGit(path, [
    'rev-parse',
    '--path-format=absolute',
    '--show-toplevel',
    '--git-common-dir',
    '--git-dir',
  ]);
  if (!facts.ok) return facts.failure.what;
  const [top, common, gitDir = ''] = line(facts.value).split('\n');
  if (top !== path || common !== repo.commonDir) return `it belongs to ${top} (${common})`;
  // Left by a git that was killed; nobody else runs git here, since the slot is ours.
  await rm(join(gitDir, 'index.lock'), { force: true });
  return bringTo(path, commit, keepPaths);
}

/** Checks out, cleans and verifies; returns what is wrong. */
async function bringTo(path: string, commit: CommitId, keepPaths: readonly string[]): Promise<string | undefined> {
  const head = await runGit(
    path,
    ['checkout', '--quiet', '--force', '--detach', '--no-recurse-submodules', commit],
    CHECKOUT,
  );
  if (!head.ok) return head.failure.what;
  const reset = await runGit(path, ['reset', '--quiet', '--hard', commit], CHECKOUT);
  if (!reset.ok) return reset.failure.what;
  const cleaned = await cleanWorktree(path, keepPaths);
  if (!cleaned.ok) return cleaned.failure.what;
  const changed = await changedInWorktree({ path, commit }, keepPaths);
  if (!changed.ok) return changed.failure.what;
  const first = changed.value[0];
  return first === undefined ? undefined : `it is not clean after a reset: ${first.path} (${first.status})`;
}

/** Removes everything untracked, ignored files included, except what lies at or below `keepPaths`. */
export async function cleanWorktree(path: string, keepPaths: readonly string[]): Promise<Result<void>> {
  const kept = keepPaths.flatMap((keep) => ['-e', `/${escapeGlob(keptPath(keep))}`]);
  const cleaned = await runGit(path, ['clean', '-ffdxq', ...kept], { deadlineMs: CHECKOUT_DEADLINE_MS });
  return cleaned.ok ? ok(undefined) : cleaned;
}

/** Removes a worktree's folder and git's record of it; fine when either is gone already. */
export async function removeWorktree(repo: Repository, path: string): Promise<Result<void>> {
  const gone = await removeTree(path);
  if (!gone.ok) return fail(worktreeFailure(path, gone.failure));
  // With its folder gone, git drops the record without looking at the content; it fails where there is no record.
  const dropped = await runGit(repo.topLevel, ['worktree', 'remove', '--force', '--force', path], { codes: [0, 128] });
  return dropped.ok ? ok(undefined) : dropped;
}

/** Removes a folder, with what tools made read-only inside (Go's module cache). */
export async function removeTree(path: string): Promise<Result<void, string>> {
  try {
    await rm(path, { recursive: true, force: true });
    return ok(undefined);
  } catch {
    await captureProcess({ argv: ['chmod', '-R', 'u+rwX', '--', path], cwd: '/', env: gitEnvironment() });
  }
  try {
    await rm(path, { recursive: true, force: true });
    return ok(undefined);
  } catch (error) {
    return fail(`it cannot be removed: ${String(error)}`);
  }
}

/** Whether anything is there; an empty folder is nothing. */
async function exists(path: string): Promise<boolean> {
  try {
    return !(await lstat(path)).isDirectory() || (await readdir(path)).length > 0;
  } catch {
    return false;
  }
}

/** A path as a gitignore pattern that matches itself alone. */
function escapeGlob(path: string): string {
  return path.replace(/[\\*?[\]!#]/g, '\\$&').replace(/ +$/, (blanks) => blanks.replaceAll(' ', '\\ '));
}

function worktreeFailure(path: string, why: string): Failure {
  return {
    reason: 'worktree-failed',
    what: `the worktree ${path} cannot be brought to its commit: ${why}`,
    next: 'Remove the folder and run again; a filter or an attribute that changes files on checkout also leaves it unclean.',
    exit: EXIT.environment,
  };
}
