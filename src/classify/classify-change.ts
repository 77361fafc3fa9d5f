import { type ChangeCase, type ChangeTarget, type ChangeVerdict, sideOf, type TouchIndex } from '../domain/change.ts';
import { hasFailed, type MissingName, type Observation } from '../domain/observation.ts';
import type { DeclaredRole, RedContract } from '../domain/scenario.ts';
import type { WholeCode } from '../domain/verdict.ts';
import type { CornerName } from '../domain/vocabulary.ts';
import type { AttemptFacts, Problem } from './attempt-problem.ts';
import { classOfAll, classOfCases, classOfProblem, codeOfClass, reasonOf, reasonOfTarget } from './change-class.ts';
import { judgeRedOfChange } from './change-red.ts';
import { decideRole } from './change-role.ts';
import { type CornerView, viewCorner } from './corner-view.ts';
import { type CaseTouch, pairRenames } from './pair-renames.ts';
import {
  carriersOf,
  isOnlyShared,
  leaveShared,
  lostThroughout,
  unbuiltThroughout,
  withoutBaseFailures,
  withParameters,
} from './set-aside.ts';

/** One target's attempts at the corners that were run. The first attempt of a corner is the one in declared order. */
export interface TargetFacts {
  readonly target: string;
  readonly corners: Readonly<Partial<Record<CornerName, readonly AttemptFacts[]>>>;
  /** Absolute paths, taken out of messages before they are compared. */
  readonly worktrees?: Readonly<Partial<Record<CornerName, string>>>;
}

export interface ChangeFacts {
  readonly targets: readonly TargetFacts[];
  readonly touch: TouchIndex;
  /** What a scenario or a person says that the red looks like. */
  readonly contractFor?: (target: string, name: string) => RedContract | undefined;
  readonly declaredRole?: (target: string, name: string) => DeclaredRole | undefined;
  /** Whether a missing name, or the type or function that it belongs to, is declared in the tests themselves. */
  readonly declaredInTests?: (target: string, missing: MissingName) => boolean;
}

/** Corners in the order in which a person reads them. */
const CORNERS: readonly CornerName[] = ['B', 'R', 'S', 'X', 'H'];

/** Observations at the corners of a change to roles, per case, and to one class for the whole; pure. */
export function classifyChange(facts: ChangeFacts): ChangeVerdict {
  const judged = facts.targets.map((target) => classifyTarget(facts, target));
  const targets = judged.map(({ target }) => target);
  const cases = judged.flatMap((one) => one.cases);
  const whole = classOfAll(targets.map((target) => target.class));
  return { class: whole, reason: reasonOf(whole, targets, cases), targets, cases };
}

function classifyTarget(facts: ChangeFacts, given: TargetFacts): { target: ChangeTarget; cases: ChangeCase[] } {
  const views: Partial<Record<CornerName, CornerView>> = {};
  const { corners, ignored } = withoutBaseFailures(given);
  for (const corner of CORNERS) {
    const attempts = corners[corner];
    if (attempts !== undefined && attempts.length > 0) views[corner] = viewCorner(corner, attempts);
  }
  if (views.R === undefined && views.S === undefined && views.H !== undefined) {
    return classifyHeadAlone(facts, given.target, views.H, views);
  }
  const lost = unbuiltThroughout(views.R, views.H);
  const unbuilt = (views.R?.unbuilt ?? []).filter((one) => !lost.includes(one));
  const missing = unbuilt.flatMap(({ failure }) => failure?.missing ?? []);
  const isCut = unbuilt.some(({ failure }) => failure?.missingCut === true);
  const own = missing.find((name) => facts.declaredInTests?.(given.target, name));
  // S speaks for a package that does not build at R, and only then.
  const isBlind = unbuilt.length > 0 && own === undefined;
  // A run of several packages or files shows at R what did build, and is blind for the rest.
  const isPartial = isBlind && (views.R?.byName.size ?? 0) > 0;
  const deciding = isBlind && !isPartial && views.S !== undefined ? views.S : views.R;
  const decidingOf = (name: string): CornerView | undefined =>
    isPartial && !views.R?.byName.has(name) ? (views.S ?? views.R) : deciding;
  const hasRun = [...(views.R?.byName.values() ?? [])].some((one) => !lost.includes(one));
  const isLost = lost.length > 0 && unbuilt.length === 0 && !hasRun;
  const problem = isLost ? lostThroughout(lost) : problemOf(deciding, own);
  const names = namesOf(views);
  const gone = goneOf(views);
  const touches = pairRenames(
    new Map([...names].map((name) => [name, touchOf(facts.touch, given.target, name, views, gone)])),
    (name) => freshOf(views, name),
    gone,
    (fresh, among) => facts.touch.renamedFrom(given.target, fresh, among),
  );
  // Who lives on under another name was not deleted.
  for (const { was } of touches.values()) if (was !== undefined) touches.delete(was.name);
  const cases = [...touches].map(([name, touch]) =>
    decideRole({
      target: given.target,
      name,
      views,
      deciding: decidingOf(name),
      problem: problem ?? (decidingOf(name) === deciding ? undefined : decidingOf(name)?.problem),
      blind: isBlind && decidingOf(name) === views.R && !views.R?.byName.has(name) ? missing : undefined,
      touch,
      contract: facts.contractFor?.(given.target, name),
      declared: facts.declaredRole?.(given.target, name),
      worktree: given.worktrees?.[decidingOf(name)?.corner ?? 'R'] ?? '',
    }),
  );
  // Where nobody knows which cases the package holds, the package itself is what is red.
  if (isBlind && views.S === undefined && views.H === undefined) cases.push(...unbuiltPackages(given.target, views.R));
  cases.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  leaveShared(cases, (name) => isOnlyShared(facts.touch, given.target, name, views));
  const touched = cases.filter(({ touch }) => touch !== 'untouched');
  const refactor =
    isBlind &&
    deciding === views.S &&
    problem === undefined &&
    touched.some(({ outcomes }) => outcomes.S === 'passed') &&
    touched.every(
      ({ touch, outcomes: { S, H } }) => touch === 'deleted' || (S === 'passed' && (H ?? 'passed') === 'passed'),
    );
  if (refactor) for (const [at, one] of cases.entries()) cases[at] = asRefactored(one);
  const kind = isLost
    ? 'not-judgeable'
    : problem === undefined
      ? classOfCases(touched, isBlind, isPartial)
      : classOfProblem(problem, isBlind);
  const code: WholeCode = problem?.code ?? codeOfClass(kind, touched);
  const base = views.B;
  const target: ChangeTarget = {
    target: given.target,
    class: kind,
    code,
    reason: problem?.detail ?? reasonOfTarget(kind, touched, missing, isCut, refactor),
    missing,
    missingCut: isCut,
    refactor,
    blind: isBlind ? ((base ?? views.H ?? views.S)?.byName.size ?? 0) : 0,
    ...controlsOf(cases, deciding, ignored),
  };
  return { target, cases };
}

/** Only H is at hand: what it shows is green or not, and what it is for nobody can say. */
function classifyHeadAlone(
  facts: ChangeFacts,
  target: string,
  head: CornerView,
  views: Partial<Record<CornerName, CornerView>>,
): { target: ChangeTarget; cases: ChangeCase[] } {
  const gone = goneOf(views);
  const cases = [...head.byName.keys()].sort().map((name) =>
    decideRole({
      target,
      name,
      views,
      deciding: undefined,
      problem: undefined,
      blind: undefined,
      touch: touchOf(facts.touch, target, name, views, gone),
      contract: undefined,
      declared: facts.declaredRole?.(target, name),
      worktree: '',
    }),
  );
  const failing = cases.find(({ role }) => role === 'failing');
  const [unbuilt] = head.unbuilt;
  const problem: Problem | undefined =
    head.problem ??
    (unbuilt === undefined
      ? undefined
      : { code: 'setup-failed', detail: `does not build: ${unbuilt.failure?.missingNames?.join(', ') ?? ''} missing` });
  const isGreen = problem === undefined && failing === undefined && cases.length > 0;
  return {
    target: {
      target,
      class: isGreen ? 'green' : 'not-green',
      code: problem?.code ?? (failing === undefined ? (isGreen ? 'green/passed' : 'no-tests') : 'still-red'),
      reason:
        problem?.detail ?? (failing === undefined ? `${cases.length} cases` : `${failing.name}: ${failing.detail}`),
      missing: head.unbuilt.flatMap(({ failure }) => failure?.missing ?? []),
      missingCut: head.unbuilt.some(({ failure }) => failure?.missingCut === true),
      refactor: false,
      blind: 0,
      controls: 0,
      failingAtBase: [],
      broken: [],
    },
    cases,
  };
}

function unbuiltPackages(target: string, view: CornerView | undefined): ChangeCase[] {
  return (view?.unbuilt ?? []).map((observation) => ({
    target,
    name: observation.name,
    touch: 'changed',
    role: 'pending',
    at: 'R',
    outcomes: { R: observation.outcome },
    ...judgeRedOfChange(observation, undefined, ''),
  }));
}

/** What is green before and after a refactoring pins behaviour; that it was green before is what a refactoring is. */
function asRefactored(one: ChangeCase): ChangeCase {
  if (one.role !== 'vacuous' && one.role !== 'pending') return one;
  const detail = 'green with declarations alone (S) and at H: pins behaviour across a refactoring, and proves nothing';
  return { ...one, role: 'characterization', code: 'characterization-passed', detail };
}

function namesOf(views: Partial<Record<CornerName, CornerView>>): Set<string> {
  const names = new Set<string>();
  for (const view of Object.values(views)) for (const name of view.byName.keys()) names.add(name);
  for (const { byName } of Object.values(views))
    for (const carrier of carriersOf(byName.keys())) if (!byName.has(carrier)) names.delete(carrier);
  const fresh = views.H ?? views.S ?? views.R;
  for (const plain of withParameters(fresh?.byName.keys() ?? [])) if (!fresh?.byName.has(plain)) names.delete(plain);
  return names;
}

/** What ends all judgement of a target at R: its tests are broken, or nobody can say what they did. */
function problemOf(deciding: CornerView | undefined, own: MissingName | undefined): Problem | undefined {
  if (deciding === undefined) return { code: 'not-finished', detail: 'it was not run at R' };
  if (own !== undefined) {
    return { code: 'setup-failed', detail: `${own.name} is missing, and it belongs to the tests` };
  }
  return deciding.problem;
}

/** New, changed, renamed, deleted or untouched: names are compared with B, text with the change. */
function touchOf(
  index: TouchIndex,
  target: string,
  name: string,
  views: Partial<Record<CornerName, CornerView>>,
  gone: readonly Observation[],
): CaseTouch {
  const fresh = freshOf(views, name);
  const old = views.B?.byName.get(name) ?? views.X?.byName.get(name);
  const changed = (['new', 'old'] as const).some((side) => {
    const seen = side === 'new' ? fresh : old;
    return seen !== undefined && index.touches(side, target, seen);
  });
  const newKnown = knowsSide(views, 'new');
  if (fresh === undefined) return { touch: newKnown ? 'deleted' : changed ? 'changed' : 'untouched' };
  const isNewFile = old === undefined && index.isNewFile?.(target, fresh) === true;
  if (!isNewFile && (old !== undefined || !knowsSide(views, 'old')))
    return { touch: changed ? 'changed' : 'untouched' };
  const was = index.renamedFrom(target, fresh, gone);
  return was === undefined ? { touch: 'new' } : { touch: 'renamed', was };
}

function freshOf(views: Partial<Record<CornerName, CornerView>>, name: string): Observation | undefined {
  return views.H?.byName.get(name) ?? views.R?.byName.get(name) ?? views.S?.byName.get(name);
}

/** Cases of the old side whose names are not there on the new one. */
function goneOf(views: Partial<Record<CornerName, CornerView>>): Observation[] {
  return [...((views.B ?? views.X)?.byName.values() ?? [])].filter(
    (candidate) => !(views.H ?? views.R ?? views.S)?.byName.has(candidate.name),
  );
}

/** Whether some corner of that side ran, built and can be believed, so that an absent name is really absent. */
function knowsSide(views: Partial<Record<CornerName, CornerView>>, side: 'new' | 'old'): boolean {
  return CORNERS.some((corner) => {
    const view = views[corner];
    if (view === undefined || sideOf(corner) !== side || view.unbuilt.length > 0) return false;
    // A package that holds no test yet is a report with nothing in it, and that is an answer too.
    return view.problem === undefined || view.problem.code === 'no-tests';
  });
}

function controlsOf(
  cases: readonly ChangeCase[],
  deciding: CornerView | undefined,
  ignored: readonly string[],
): Pick<ChangeTarget, 'controls' | 'failingAtBase' | 'broken'> {
  const untouched = cases.filter(({ touch }) => touch === 'untouched');
  const at = deciding?.corner ?? 'R';
  return {
    controls: untouched.filter(({ outcomes }) => outcomes.B === 'passed' && outcomes[at] === 'passed').length,
    failingAtBase: [...untouched.filter(({ outcomes }) => hasFailed(outcomes.B)).map(({ name }) => name), ...ignored],
    broken: untouched
      .filter(({ outcomes }) => outcomes.B === 'passed' && (hasFailed(outcomes[at]) || hasFailed(outcomes.H)))
      .map(({ name }) => name),
  };
}
