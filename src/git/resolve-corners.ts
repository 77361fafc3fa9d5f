import type { CommitId } from '../domain/brand.ts';
import type { Corner } from '../domain/event.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { CornerName, Phase } from '../domain/vocabulary.ts';
import { findDefaultBase, findIncoming } from './base-branch.ts';
import { isAncestor, resolveCommit, short } from './commits.ts';
import type { Repository } from './open-repository.ts';
import type { PathRoles } from './path-roles.ts';
import { commitAsCorner, synthesiseCorner } from './synthesise-corner.ts';

export interface CornersRequest {
  readonly phase: Phase;
  /** Revisions as a person gave them. R is `HEAD` in a red phase, H is `HEAD` in a green one, unless named. */
  readonly base?: string;
  readonly red?: string;
  readonly head?: string;
  /** `base` of redfirst.yaml. */
  readonly configBase: string;
  /** Asks for a synthesised R (B plus the tests of H); `red` must not be named then. */
  readonly synthesiseRed?: PathRoles;
}

export interface ResolvedCorners {
  readonly base: Corner;
  readonly red: Corner;
  /** Only where H is known: in a green phase, and where R was synthesised. */
  readonly head?: Corner;
  /** Newest commit of the base branch that H contains; B itself where it brought in nothing. */
  readonly incoming: CommitId;
  /** What was assumed, one sentence each, for a person. */
  readonly notes: readonly string[];
}

/**
 * Finds B, R and, where it exists, H, and checks that they stand in that order: B before R before H, all different.
 * A synthesised R is in nobody's history; then B before H is what is checked.
 *
 * @returns `commit-unknown` for a name that is none, `corners-invalid` for an order that is none, each with how to mend it.
 */
export async function resolveCorners(repo: Repository, request: CornersRequest): Promise<Result<ResolvedCorners>> {
  if (request.synthesiseRed !== undefined) return synthesisedCorners(repo, request, request.synthesiseRed);
  if (request.red === undefined && request.phase === 'green') {
    return fail(invalid('no red commit is named', 'Name it with `--red`, or have R synthesised from the tests of H.'));
  }
  const red = await resolveCommit(repo, request.red ?? 'HEAD');
  if (!red.ok) return red;
  const notes: string[] = [];
  const base = await findBase(repo, request, red.value, notes);
  if (!base.ok) return base;
  const before = await checkOrder(repo, ['B', base.value], ['R', red.value]);
  if (before !== undefined) return fail(before);

  const corners = {
    base: await commitAsCorner(repo, 'B', base.value),
    red: await commitAsCorner(repo, 'R', red.value),
  };
  if (!corners.base.ok) return corners.base;
  if (!corners.red.ok) return corners.red;
  const pair = { base: corners.base.value, red: corners.red.value };
  if (request.phase === 'red') return ok({ ...pair, incoming: base.value, notes });

  const head = await resolveCommit(repo, request.head ?? 'HEAD');
  if (!head.ok) return head;
  const after = await checkOrder(repo, ['R', red.value], ['H', head.value]);
  if (after !== undefined) return fail(after);
  return withHead(repo, request, pair, head.value, red.value, notes);
}

async function synthesisedCorners(
  repo: Repository,
  request: CornersRequest,
  roles: PathRoles,
): Promise<Result<ResolvedCorners>> {
  if (request.red !== undefined) {
    return fail(invalid('R is both named and to be synthesised', 'Leave out one of the two.'));
  }
  const head = await resolveCommit(repo, request.head ?? 'HEAD');
  if (!head.ok) return head;
  const notes: string[] = [];
  const base = await findBase(repo, request, head.value, notes);
  if (!base.ok) return base;
  const order = await checkOrder(repo, ['B', base.value], ['H', head.value]);
  if (order !== undefined) return fail(order);
  const red = await synthesiseCorner(repo, roles, base.value, head.value);
  if (!red.ok) return red;
  notes.push(`R is synthesised: B ${short(base.value)} plus the tests of H ${short(head.value)}`);
  const corner = await commitAsCorner(repo, 'B', base.value);
  if (!corner.ok) return corner;
  return withHead(repo, request, { base: corner.value, red: red.value }, head.value, head.value, notes);
}

/** Adds H and what the base branch brought into it. `feature` is a commit that the base branch does not hold yet. */
async function withHead(
  repo: Repository,
  request: CornersRequest,
  pair: { readonly base: Corner; readonly red: Corner },
  head: CommitId,
  feature: CommitId,
  notes: readonly string[],
): Promise<Result<ResolvedCorners>> {
  const corner = await commitAsCorner(repo, 'H', head);
  if (!corner.ok) return corner;
  const incoming = await findIncoming(repo, request.configBase, { base: pair.base.commit, feature, head });
  if (!incoming.ok) return incoming;
  return ok({ ...pair, head: corner.value, incoming: incoming.value, notes });
}

async function findBase(
  repo: Repository,
  request: CornersRequest,
  feature: CommitId,
  notes: string[],
): Promise<Result<CommitId>> {
  if (request.base !== undefined) return resolveCommit(repo, request.base);
  const found = await findDefaultBase(repo, request.configBase, feature);
  if (!found.ok) return found;
  notes.push(...found.value.notes);
  return ok(found.value.base);
}

type Named = readonly [CornerName, CommitId];

/** Why `earlier` does not come before `later`; undefined when it does. */
async function checkOrder(repo: Repository, earlier: Named, later: Named): Promise<Failure | undefined> {
  const [first, firstCommit] = earlier;
  const [second, secondCommit] = later;
  if (firstCommit === secondCommit) {
    const next =
      second === 'H' ? 'Commit the implementation first; H is a later commit.' : `Name another commit for ${first}.`;
    return invalid(`${first} and ${second} are the same commit, ${short(firstCommit)}`, next);
  }
  const before = await isAncestor(repo, firstCommit, secondCommit);
  if (!before.ok) return before.failure;
  if (before.value) return undefined;
  const next = repo.shallow
    ? 'This is a shallow clone: run `git fetch --unshallow`.'
    : first === 'R'
      ? 'If the branch was rebased, name the red commit as it is now with `--red`, or put the implementation on top of it.'
      : 'Name a commit for B that the branch grew from, with `--base`.';
  return invalid(`${second} ${short(secondCommit)} does not descend from ${first} ${short(firstCommit)}`, next);
}

function invalid(what: string, next: string): Failure {
  return { reason: 'corners-invalid', what, next, exit: EXIT.usage };
}
