import type { CommitId, TreeId } from '../domain/brand.ts';
import { EXIT, fail, ok, type Result } from '../domain/failure.ts';
import type { Repository } from './open-repository.ts';
import { line, runGit } from './run-git.ts';

/** The full name of the commit that `rev` (branch, tag, abbreviation, `HEAD~2` …) stands for; else `commit-unknown`. */
export async function resolveCommit(repo: Repository, rev: string): Promise<Result<CommitId>> {
  const unknown = fail({
    reason: 'commit-unknown' as const,
    what: `${JSON.stringify(rev)} names no commit in ${repo.topLevel}`,
    next: repo.shallow
      ? 'This is a shallow clone: run `git fetch --unshallow`, or check the name.'
      : 'Check the name with `git log`, or fetch the branch it is on.',
    exit: EXIT.usage,
  });
  // Neither can be part of a revision, and NUL cannot be part of an argument.
  if (/[\0\n]/.test(rev) || rev === '') return unknown;
  const found = await runGit(
    repo.topLevel,
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${rev}^{commit}`],
    {
      codes: [0, 1, 128],
    },
  );
  if (!found.ok) return found;
  const name = line(found.value);
  return found.value.code === 0 && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name) ? ok(name as CommitId) : unknown;
}

/** The first twelve digits of a commit, for people. */
export function short(commit: CommitId): string {
  return commit.slice(0, 12);
}

/** The tree of a commit. */
export async function treeOf(repo: Repository, commit: CommitId): Promise<Result<TreeId>> {
  const found = await runGit(repo.topLevel, ['rev-parse', '--verify', '--end-of-options', `${commit}^{tree}`]);
  return found.ok ? ok(line(found.value) as TreeId) : found;
}

/** Parents in order; none for a root commit (and for the last commit of a shallow clone). */
export async function parentsOf(repo: Repository, commit: CommitId): Promise<Result<readonly CommitId[]>> {
  const found = await runGit(repo.topLevel, ['rev-list', '--parents', '--no-walk', commit]);
  return found.ok ? ok(line(found.value).split(' ').slice(1) as CommitId[]) : found;
}

/** The best common ancestor (git's first one where there are several); undefined for unrelated histories. */
export async function mergeBase(repo: Repository, a: CommitId, b: CommitId): Promise<Result<CommitId | undefined>> {
  const found = await runGit(repo.topLevel, ['merge-base', a, b], { codes: [0, 1] });
  if (!found.ok) return found;
  return ok(found.value.code === 0 ? (line(found.value) as CommitId) : undefined);
}

/** Whether `ancestor` is reachable from `descendant`; a commit is its own ancestor. */
export async function isAncestor(repo: Repository, ancestor: CommitId, descendant: CommitId): Promise<Result<boolean>> {
  const found = await runGit(repo.topLevel, ['merge-base', '--is-ancestor', ancestor, descendant], { codes: [0, 1] });
  return found.ok ? ok(found.value.code === 0) : found;
}

/** Short names of branches, remote branches and tags that point at the commit, sorted; our own refs are left out. */
export async function refsPointingAt(repo: Repository, commit: CommitId): Promise<Result<readonly string[]>> {
  const args = [
    'for-each-ref',
    `--points-at=${commit}`,
    '--format=%(refname:short)',
    'refs/heads',
    'refs/remotes',
    'refs/tags',
  ];
  const found = await runGit(repo.topLevel, args);
  if (!found.ok) return found;
  return ok(
    line(found.value)
      .split('\n')
      .filter((name) => name !== '')
      .sort(),
  );
}

/**
 * The commits of R..H, oldest first (parents before children), without what merges brought in from the base branch.
 *
 * "Brought in" means reachable from `incoming`, the newest commit of the base branch that H contains (`resolveCorners` finds
 * it). This is decided by reachability and not by following first parents, so it does not depend on which side of a merge
 * somebody was on; a side branch that forked before R and is not on the base branch belongs to R..H. Without `incoming`
 * nothing is left out.
 */
export async function firstCommitsOf(
  repo: Repository,
  red: CommitId,
  head: CommitId,
  incoming?: CommitId,
): Promise<Result<readonly CommitId[]>> {
  const exclude = incoming === undefined ? [] : [`^${incoming}`];
  const found = await runGit(repo.topLevel, ['rev-list', '--topo-order', '--reverse', head, `^${red}`, ...exclude]);
  if (!found.ok) return found;
  return ok(
    line(found.value)
      .split('\n')
      .filter((name) => name !== '') as CommitId[],
  );
}

/** A commit's whole message, as UTF-8. */
export async function commitMessage(repo: Repository, commit: CommitId): Promise<Result<string>> {
  const found = await runGit(repo.topLevel, ['log', '-1', '--format=%B', commit]);
  return found.ok ? ok(line(found.value)) : found;
}

/**
 * The values of a trailer in a commit's message, in order; empty when there is none. Folded values are unfolded.
 * @param key matched without regard to case, as git does, e.g. `Redfirst-Red`.
 * @throws {TypeError} for a key that is no trailer key: a bug of the caller.
 */
export async function readTrailer(repo: Repository, commit: CommitId, key: string): Promise<Result<readonly string[]>> {
  if (!/^[A-Za-z0-9-]+$/.test(key)) throw new TypeError(`not a trailer key: ${key}`);
  const format = `%(trailers:key=${key},valueonly=true,unfold=true,separator=%x00)`;
  const found = await runGit(repo.topLevel, ['log', '-1', `--format=${format}`, commit]);
  if (!found.ok) return found;
  return ok(
    line(found.value)
      .split('\0')
      .map((value) => value.trim())
      .filter((value) => value !== ''),
  );
}
