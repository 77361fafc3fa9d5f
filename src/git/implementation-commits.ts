import type { CommitId, TreeId } from '../domain/brand.ts';
import { ok, type Result } from '../domain/failure.ts';
import type { CornerCommits } from './boundary.ts';
import { changedPaths } from './changed-paths.ts';
import { firstCommitsOf, parentsOf } from './commits.ts';
import type { Repository } from './open-repository.ts';
import { type PathRoles, roleOf } from './path-roles.ts';

/** Git knows the empty tree without its being stored. */
const EMPTY_TREE = {
  sha1: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  sha256: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
} as const;

/**
 * The first commit of R..H, oldest first, that changes an implementation path: the one whose `Redfirst-Red` trailer anchors
 * the red run (P15). Of a merge only what differs from every parent counts, which is what the merge itself wrote.
 * @returns undefined when R..H changes no implementation.
 */
export async function firstImplementationCommit(
  repo: Repository,
  roles: PathRoles,
  commits: CornerCommits & { readonly head: CommitId },
): Promise<Result<CommitId | undefined>> {
  const range = await firstCommitsOf(repo, commits.red, commits.head, commits.incoming);
  if (!range.ok) return range;
  for (const commit of range.value) {
    const paths = await pathsWrittenBy(repo, commit);
    if (!paths.ok) return paths;
    if (paths.value.some((path) => roleOf(roles, path) === 'implementation')) return ok(commit);
  }
  return ok(undefined);
}

/** Paths that differ from every parent; all paths of a root commit. */
async function pathsWrittenBy(repo: Repository, commit: CommitId): Promise<Result<readonly string[]>> {
  const parents = await parentsOf(repo, commit);
  if (!parents.ok) return parents;
  const origins: readonly (CommitId | TreeId)[] =
    parents.value.length > 0 ? parents.value : [EMPTY_TREE[repo.objectFormat] as TreeId];
  let written: readonly string[] | undefined;
  for (const origin of origins) {
    const changes = await changedPaths(repo, origin, commit);
    if (!changes.ok) return changes;
    const paths = new Set(changes.value.map((change) => change.path));
    written = written === undefined ? [...paths] : written.filter((path) => paths.has(path));
  }
  return ok(written ?? []);
}
