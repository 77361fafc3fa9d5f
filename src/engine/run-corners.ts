import type { AttemptFacts } from '../classify/attempt-problem.ts';
import { type ChangeFacts, classifyChange } from '../classify/classify-change.ts';
import type { CommitId } from '../domain/brand.ts';
import type { ChangeCase, ChangeVerdict, TouchIndex } from '../domain/change.ts';
import { missingOf } from '../domain/compile-unit.ts';
import type { Corner } from '../domain/event.ts';
import { type Failure, fail, ok, type Result } from '../domain/failure.ts';
import { hasFailed, type MissingName } from '../domain/observation.ts';
import type { CornerName } from '../domain/vocabulary.ts';
import { composeCorner, stubCorner } from '../git/change-corners.ts';
import { changedPaths } from '../git/changed-paths.ts';
import { setupOutputs } from '../git/prepare-worktree.ts';
import type { StubSource } from '../git/stub-corner.ts';
import { commitAsCorner } from '../git/synthesise-corner.ts';
import { acquireWorktree } from '../git/worktree-pool.ts';
import type { RoledPath, TargetPlan } from '../plan/plan-corners.ts';
import { type RanCorner, type VisitContext, visitCorner } from './corners/visit-corner.ts';

export type { RanCorner } from './corners/visit-corner.ts';

/** Makes a stub out of the names that are missing so far; a sentence where it cannot. */
export type ProposeStub = (
  red: CommitId,
  missing: readonly MissingName[],
) => Promise<StubSource | { readonly not: string }>;

/** A proposed stub may show what else is missing; more rounds than this lead nowhere. */
const PROPOSALS = 3;

export interface RunCornersInput extends Omit<VisitContext, 'worktree' | 'memory'> {
  readonly base: CommitId;
  readonly head: CommitId;
  /** R where somebody committed it; composed of B and the tests of H where it is absent. */
  readonly red?: CommitId;
  /** Everything that B..H changes, with its role. */
  readonly paths: readonly RoledPath[];
  readonly targets: readonly TargetPlan[];
  /** What the facts are judged with. */
  readonly judge: Omit<ChangeFacts, 'targets' | 'declaredInTests'>;
  /** Which of the names that a target misses at R belong to its tests themselves. */
  readonly readDeclared?: (target: string, missing: readonly MissingName[]) => Promise<ReadonlySet<string>>;
  readonly stub?: StubSource | ProposeStub;
  /** Why S must not run: its stub does more than declare. Undefined for one that only declares. */
  readonly refuseStub?: (red: CommitId, stubbed: CommitId) => Promise<Failure | undefined>;
  readonly poolDir: string;
}

export interface ChangeOutcome {
  readonly verdict: ChangeVerdict;
  /** In the order in which they ran. */
  readonly corners: readonly RanCorner[];
  readonly notes: readonly string[];
}

/**
 * Runs a change's touched targets at the corners that are needed: H, B and R always, S where R does not build and there is a
 * stub, X where a touched case is green before and after, or gone. All corners share one pooled worktree: compilers key their
 * caches on the directory, so what the corners have in common is compiled once.
 */
export async function runCorners(input: RunCornersInput): Promise<Result<ChangeOutcome>> {
  const worktree = await acquireWorktree(input.repo, {
    poolDir: input.poolDir,
    commit: input.head,
    keepPaths: setupOutputs(await input.setupAt(input.head)),
  });
  if (!worktree.ok) return worktree;
  const { path, notes, release } = worktree.value;
  try {
    const walk = createWalk(input, { ...input, worktree: path, memory: { clean: input.head } }, notes);
    const failure = (await walk.ends()) ?? (await walk.red()) ?? (await walk.stubbed()) ?? (await walk.crossed());
    return failure === undefined ? ok(walk.outcome()) : fail(failure);
  } finally {
    await release();
  }
}

interface Walk {
  ends(): Promise<Failure | undefined>;
  red(): Promise<Failure | undefined>;
  stubbed(): Promise<Failure | undefined>;
  crossed(): Promise<Failure | undefined>;
  outcome(): ChangeOutcome;
}

function createWalk(input: RunCornersInput, context: VisitContext, first: readonly string[]): Walk {
  const { repo, base, head, targets } = input;
  const facts = new Map<string, Partial<Record<CornerName, readonly AttemptFacts[]>>>();
  const corners: RanCorner[] = [];
  const notes = [...first];
  const declared = new Map<string, ReadonlySet<string>>();
  const touch = rememberTouch(input.judge.touch);
  let redCorner: Corner | undefined;

  const judge = (): ChangeVerdict => {
    const worktrees = Object.fromEntries(corners.map(({ corner }) => [corner, context.worktree]));
    const known = targets.map(({ target }) => ({ target, corners: facts.get(target) ?? {}, worktrees }));
    const declaredInTests = (target: string, { name }: MissingName): boolean =>
      declared.get(target)?.has(name) === true;
    return classifyChange({ ...input.judge, touch, declaredInTests, targets: known });
  };
  const keep = (corner: CornerName, found: ReadonlyMap<string, readonly AttemptFacts[]>): void => {
    for (const [target, attempts] of found) facts.set(target, { ...facts.get(target), [corner]: attempts });
  };
  /** Cases that the change touches, that fail here and pass at H: what they are red through is asked once more. */
  const redsAt =
    (corner: CornerName) =>
    (found: ReadonlyMap<string, readonly AttemptFacts[]>): readonly ChangeCase[] => {
      keep(corner, found);
      return judge().cases.filter(
        ({ touch, target, outcomes }) =>
          touch !== 'untouched' && found.has(target) && hasFailed(outcomes[corner]) && outcomes.H === 'passed',
      );
    };
  const visit = async (
    corner: Corner,
    wanted: readonly TargetPlan[],
    repeats: boolean,
  ): Promise<Failure | undefined> => {
    if (wanted.length === 0) return undefined;
    const visited = await visitCorner(context, corner, wanted, repeats ? redsAt(corner.corner) : undefined);
    if (!visited.ok) return visited.failure;
    keep(corner.corner, visited.value.facts);
    corners.push(visited.value.ran);
    return undefined;
  };
  const compose = async (
    corner: CornerName,
    onto: CommitId,
    pathsFrom: CommitId,
    roles: readonly RoledPath['role'][],
  ): Promise<Result<Corner>> => {
    const changes = await changedPaths(repo, onto, pathsFrom);
    if (!changes.ok) return changes;
    const wanted = new Set(input.paths.filter(({ role }) => roles.includes(role)).map(({ path }) => path));
    return composeCorner(
      repo,
      corner,
      { onto, pathsFrom },
      changes.value.filter(({ path }) => wanted.has(path)),
    );
  };
  const unbuilt = (): ReadonlyMap<string, readonly MissingName[]> =>
    new Map(judge().targets.flatMap(({ target, missing }) => (missing.length > 0 ? [[target, missing]] : [])));

  return {
    async ends() {
      for (const [name, commit] of [
        ['H', head],
        ['B', base],
      ] as const) {
        const corner = await commitAsCorner(repo, name, commit);
        const failure = corner.ok ? await visit(corner.value, targets, false) : corner.failure;
        if (failure !== undefined) return failure;
      }
      return undefined;
    },
    async red() {
      const corner =
        input.red === undefined
          ? await compose('R', base, head, ['tests'])
          : await commitAsCorner(repo, 'R', input.red);
      if (!corner.ok) return corner.failure;
      redCorner = corner.value;
      const failure = await visit(corner.value, targets, true);
      if (failure !== undefined) return failure;
      return (await supported()) ?? (await readDeclarations());
    },
    async stubbed() {
      const missing = unbuilt();
      const { stub } = input;
      if (stub === undefined || missing.size === 0 || redCorner === undefined) return undefined;
      const wanted = targets.filter(({ target }) => missing.has(target));
      if (typeof stub !== 'function') return visitStub(redCorner.commit, stub, wanted);
      let known = [...missing.values()].flat();
      for (let round = 1; round <= PROPOSALS; round++) {
        const proposed = await stub(redCorner.commit, known);
        if ('not' in proposed) {
          notes.push(`no stub is proposed: ${proposed.not}`);
          return undefined;
        }
        const failure = await visitStub(redCorner.commit, proposed, wanted);
        if (failure?.reason === 'boundary-violated') {
          notes.push(`no stub is proposed: ${failure.what}`);
          return undefined;
        }
        const more = missingAt('S').filter(
          (one) => !known.some(({ name, kind }) => one.name === name && one.kind === kind),
        );
        if (failure !== undefined || more.length === 0) return failure;
        known = [...known, ...more];
      }
      return undefined;
    },
    async crossed() {
      const asked = new Set(
        judge()
          .cases.filter(needsCross)
          .map(({ target }) => target),
      );
      if (asked.size === 0) return undefined;
      const corner = await compose('X', head, base, ['tests']);
      if (!corner.ok) return corner.failure;
      return visit(
        corner.value,
        targets.filter(({ target }) => asked.has(target)),
        false,
      );
    },
    outcome: () => ({ verdict: judge(), corners, notes }),
  };

  async function visitStub(
    red: CommitId,
    stub: StubSource,
    wanted: readonly TargetPlan[],
  ): Promise<Failure | undefined> {
    const corner = await stubCorner(repo, red, stub);
    if (!corner.ok) return corner.failure;
    const refused = await input.refuseStub?.(red, corner.value.commit);
    return refused ?? visit(corner.value, wanted, true);
  }

  function missingAt(corner: CornerName): MissingName[] {
    return [...facts.values()].flatMap((corners) =>
      (corners[corner]?.[0]?.observations ?? []).flatMap(({ failure }) => missingOf(failure)),
    );
  }

  async function readDeclarations(): Promise<undefined> {
    for (const [target, missing] of unbuilt()) {
      const own = await input.readDeclared?.(target, missing);
      if (own !== undefined) declared.set(target, own);
    }
    return undefined;
  }

  /**
   * Tests may need a dependency that only the change brings: where a package is missing at R, and the change touches manifests
   * or vendored code (role `support`, allowed on both sides), R is made once more with these.
   */
  async function supported(): Promise<Failure | undefined> {
    const lacking = new Set(
      [...unbuilt()].filter(([, missing]) => missing.some(({ kind }) => kind === 'package')).map(([target]) => target),
    );
    if (input.red !== undefined || lacking.size === 0 || !input.paths.some(({ role }) => role === 'support'))
      return undefined;
    const corner = await compose('R', base, head, ['tests', 'support']);
    if (!corner.ok) return corner.failure;
    notes.push(`R was made once more with the dependencies of H: ${[...lacking].join(', ')} needs them`);
    redCorner = corner.value;
    return visit(
      corner.value,
      targets.filter(({ target }) => lacking.has(target)),
      true,
    );
  }
}

/** What a case's text says does not change while the change is walked through; reading it does cost. */
function rememberTouch(index: TouchIndex): TouchIndex {
  const known = new Map<string, boolean>();
  return {
    ...index,
    touches: (side, target, observation) => {
      const { name, place } = observation;
      const key = JSON.stringify([side, target, name, place?.file, place?.line]);
      const answer = known.get(key) ?? index.touches(side, target, observation);
      known.set(key, answer);
      return answer;
    },
  };
}

/** Green before and after, by a case that has an old text; or a text that is gone. */
function needsCross({ touch, role, code, outcomes }: ChangeCase): boolean {
  if (touch === 'deleted') return true;
  if (touch !== 'changed' && touch !== 'renamed') return false;
  return (role === 'vacuous' || role === 'pending' || code === 'role-pending') && outcomes.H === 'passed';
}
