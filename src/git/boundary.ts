import type { CommitId } from '../domain/brand.ts';
import { EXIT, type Failure, ok, type Result } from '../domain/failure.ts';
import type { PathRole } from '../domain/vocabulary.ts';
import { type ChangedPath, changedPaths } from './changed-paths.ts';
import type { Repository } from './open-repository.ts';
import { type PathRoles, roleOf } from './path-roles.ts';

/** The commits that a boundary, a digest or a patch-id speaks about. */
export interface CornerCommits {
  readonly base: CommitId;
  readonly red: CommitId;
  readonly head?: CommitId;
  /** Newest commit of the base branch that `head` contains; what it brought in since `base` is not the feature's. */
  readonly incoming?: CommitId;
}

export type BoundaryRange = 'B..R' | 'R..H';

export interface RangedChange extends ChangedPath {
  readonly range: BoundaryRange;
  readonly role: PathRole | 'unclassified';
}

export interface BoundaryReport {
  /** Implementation paths that B..R changes. */
  readonly violations: readonly RangedChange[];
  /** Paths that no rule names, in either range. */
  readonly unclassified: readonly RangedChange[];
  /** Tests-role paths that R..H changes (P06): each an amendment until it is shown to be formatting. */
  readonly testChanges: readonly RangedChange[];
  /** Changed paths by range and role. */
  readonly counts: Readonly<Record<BoundaryRange, Readonly<Record<PathRole | 'unclassified', number>>>>;
}

/**
 * Sorts every path that B..R and R..H change by its role. Support, generated and neutral paths may change on both sides.
 * Both ends of a rename count, each under its own name. In R..H, paths that only a merge of the base branch changed are left
 * out (`headChanges`).
 */
export async function checkBoundary(
  repo: Repository,
  roles: PathRoles,
  commits: CornerCommits,
): Promise<Result<BoundaryReport>> {
  const before = await changedPaths(repo, commits.base, commits.red);
  if (!before.ok) return before;
  const after = commits.head === undefined ? ok([]) : await headChanges(repo, { ...commits, head: commits.head });
  if (!after.ok) return after;
  const ranged = (range: BoundaryRange, changes: readonly ChangedPath[]): RangedChange[] =>
    changes.map((change) => ({ ...change, range, role: roleOf(roles, change.path) }));
  const red = ranged('B..R', before.value);
  const head = ranged('R..H', after.value);
  return ok({
    violations: red.filter((change) => change.role === 'implementation'),
    unclassified: [...red, ...head].filter((change) => change.role === 'unclassified'),
    testChanges: head.filter((change) => change.role === 'tests'),
    counts: { 'B..R': countRoles(red), 'R..H': countRoles(head) },
  });
}

/**
 * What R..H itself changes: without the paths that a merge of the base branch alone changed, which are those that neither
 * B..R nor incoming..H touches. A path that both the feature and the base branch changed stays in: a doubt is not resolved in
 * favour.
 */
export async function headChanges(
  repo: Repository,
  commits: CornerCommits & { readonly head: CommitId },
): Promise<Result<readonly ChangedPath[]>> {
  const changes = await changedPaths(repo, commits.red, commits.head);
  if (!changes.ok) return changes;
  const { incoming } = commits;
  if (incoming === undefined || incoming === commits.base) return changes;
  const fromBase = await changedPaths(repo, commits.base, incoming);
  if (!fromBase.ok) return fromBase;
  const byRed = await changedPaths(repo, commits.base, commits.red);
  if (!byRed.ok) return byRed;
  const byHead = await changedPaths(repo, incoming, commits.head);
  if (!byHead.ok) return byHead;
  const brought = new Set(fromBase.value.map((change) => change.path));
  for (const change of [...byRed.value, ...byHead.value]) brought.delete(change.path);
  return ok(changes.value.filter((change) => !brought.has(change.path)));
}

/**
 * The report as a failure, if it is one: `path-unclassified` first, since an unknown path could be anything, then
 * `boundary-violated`. Changed tests in R..H are no failure here; P06 judges them.
 */
export function boundaryFailure(report: BoundaryReport): Failure | undefined {
  if (report.unclassified.length > 0) {
    return {
      reason: 'path-unclassified',
      what: `${countOf(report.unclassified)} no path rule names: ${listPaths(report.unclassified)}`,
      next: 'Give each a role under `paths` in the scenario or in redfirst.yaml.',
      exit: EXIT.usage,
      details: report.unclassified.map((change) => ({ severity: 'error', what: describeChange(change) })),
    };
  }
  if (report.violations.length > 0) {
    return {
      reason: 'boundary-violated',
      what: `the red commit holds implementation: ${listPaths(report.violations)}`,
      next: 'Move it to a later commit, so that B..R changes tests only, or correct its role under `paths`.',
      exit: EXIT.doesNotHold,
      details: report.violations.map((change) => ({ severity: 'error', what: describeChange(change) })),
    };
  }
  return undefined;
}

/** `src/a.ts (implementation) modified in B..R`, with the other end of a rename. */
export function describeChange(change: RangedChange): string {
  const rename =
    change.renamedFrom !== undefined
      ? `, renamed from ${change.renamedFrom}`
      : change.renamedTo !== undefined
        ? `, renamed to ${change.renamedTo}`
        : '';
  return `${change.path} (${change.role}) ${change.status} in ${change.range}${rename}`;
}

const LISTED = 5;

function listPaths(changes: readonly RangedChange[]): string {
  const names = changes.slice(0, LISTED).map((change) => change.path);
  const more = changes.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

function countOf(changes: readonly RangedChange[]): string {
  return changes.length === 1 ? '1 changed path that' : `${changes.length} changed paths that`;
}

function countRoles(changes: readonly RangedChange[]): Record<PathRole | 'unclassified', number> {
  const counts = { tests: 0, implementation: 0, support: 0, generated: 0, neutral: 0, unclassified: 0 };
  for (const change of changes) counts[change.role]++;
  return counts;
}
