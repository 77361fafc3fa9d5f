import { createHash } from 'node:crypto';
import type { CommitId, Sha256 } from '../domain/brand.ts';
import { ok, type Result } from '../domain/failure.ts';
import { ABSENT_MODE, changedPaths, comparePaths } from './changed-paths.ts';
import type { Repository } from './open-repository.ts';
import { type PathRoles, roleOf } from './path-roles.ts';
import { treeEntries } from './tree-files.ts';

/** First bytes of what is hashed, so that a later format never gives the same digest. */
const FORMAT = 'redfirst-test-digest 1';

/**
 * SHA-256 over the tests of a feature as they stand at R: the sorted (path, mode, blob) of the tests-role paths that B..R
 * changes, and of the scenario, which counts whether or not B..R changes it.
 */
export function testDigest(repo: Repository, roles: PathRoles, base: CommitId, red: CommitId): Promise<Result<Sha256>> {
  return testDigestAt(repo, roles, base, red, red);
}

/**
 * The same set of paths (those that B..R changes) looked up at another commit, usually H: equal to `testDigest` only while no
 * test was weakened, deleted, renamed or given another mode. Tests that R..H adds are not in it; `checkBoundary` lists them.
 *
 * Hashed, each followed by NUL: the format's name, then per path its name, mode (`000000` when missing) and blob.
 */
export async function testDigestAt(
  repo: Repository,
  roles: PathRoles,
  base: CommitId,
  red: CommitId,
  at: CommitId,
): Promise<Result<Sha256>> {
  const paths = await testPaths(repo, roles, base, red);
  if (!paths.ok) return paths;
  const entries = await treeEntries(repo, at, paths.value);
  if (!entries.ok) return entries;
  const hash = createHash('sha256').update(`${FORMAT}\0`);
  for (const path of paths.value) {
    const entry = entries.value.get(path);
    hash.update(`${path}\0${entry?.mode ?? ABSENT_MODE}\0${entry?.blob ?? ''}\0`);
  }
  return ok(hash.digest('hex') as Sha256);
}

/** The paths that a test digest speaks about: tests-role paths that B..R changes, and the scenario; sorted by bytes. */
export async function testPaths(
  repo: Repository,
  roles: PathRoles,
  base: CommitId,
  red: CommitId,
): Promise<Result<readonly string[]>> {
  const changes = await changedPaths(repo, base, red);
  if (!changes.ok) return changes;
  const paths = new Set(changes.value.map((change) => change.path).filter((path) => roleOf(roles, path) === 'tests'));
  if (roles.scenarioPath !== undefined) paths.add(roles.scenarioPath);
  return ok([...paths].sort(comparePaths));
}
