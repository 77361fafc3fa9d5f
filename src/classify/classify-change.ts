import {
  type ChangeCase,
  type ChangeClass,
  type ChangeTarget,
  type ChangeVerdict,
  sideOf,
  type Touch,
  type TouchIndex,
} from '../domain/change.ts';
import type { MissingName, Observation, Outcome } from '../domain/observation.ts';
import type { DeclaredRole, RedContract } from '../domain/scenario.ts';
import { isValidRed, type WholeCode } from '../domain/verdict.ts';
import type { CornerName } from '../domain/vocabulary.ts';
import type { AttemptFacts, Problem } from './attempt-problem.ts';
import { decideRole } from './change-role.ts';
import { type CornerView, viewCorner } from './corner-view.ts';

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
  for (const corner of CORNERS) {
    const attempts = given.corners[corner];
    if (attempts !== undefined && attempts.length > 0) views[corner] = viewCorner(corner, attempts);
  }
  if (views.R === undefined && views.S === undefined && views.H !== undefined) {
    return classifyHeadAlone(facts, given.target, views.H, views);
  }
  const missing = (views.R?.unbuilt ?? []).flatMap(({ failure }) => failure?.missing ?? []);
  const own = missing.find((name) => facts.declaredInTests?.(given.target, name));
  // S speaks for a package that does not build at R, and only then.
  const isBlind = (views.R?.unbuilt.length ?? 0) > 0 && own === undefined;
  const deciding = isBlind && views.S !== undefined ? views.S : views.R;
  const problem = problemOf(deciding, own);
  const cases = [...namesOf(views)].map((name) =>
    decideRole({
      target: given.target,
      name,
      views,
      deciding,
      problem,
      blind: isBlind && deciding === views.R ? missing : undefined,
      touch: touchOf(facts.touch, given.target, name, views),
      contract: facts.contractFor?.(given.target, name),
      declared: facts.declaredRole?.(given.target, name),
      worktree: (deciding === undefined ? undefined : given.worktrees?.[deciding.corner]) ?? '',
    }),
  );
  cases.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const touched = cases.filter(({ touch }) => touch !== 'untouched');
  const refactor =
    isBlind &&
    deciding === views.S &&
    problem === undefined &&
    touched.length > 0 &&
    touched.every(({ outcomes }) => outcomes.S === 'passed' && (outcomes.H ?? 'passed') === 'passed');
  const kind = problem === undefined ? classOfCases(touched, isBlind) : classOfProblem(problem, isBlind);
  const code: WholeCode =
    problem?.code ?? (kind === 'vacuous' ? 'vacuous' : kind === 'nothing-to-show' ? 'no-tests' : 'red/valid');
  const base = views.B;
  const target: ChangeTarget = {
    target: given.target,
    class: kind,
    code,
    reason: problem?.detail ?? reasonOfTarget(kind, touched, missing, refactor),
    missing,
    missingCut: (views.R?.unbuilt ?? []).some(({ failure }) => failure?.missingCut === true),
    refactor,
    blind: isBlind ? ((base ?? views.H ?? views.S)?.byName.size ?? 0) : 0,
    ...controlsOf(cases, deciding),
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
  const cases = [...head.byName.keys()].sort().map((name) =>
    decideRole({
      target,
      name,
      views,
      deciding: undefined,
      problem: undefined,
      blind: undefined,
      touch: touchOf(facts.touch, target, name, views),
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

function namesOf(views: Partial<Record<CornerName, CornerView>>): Set<string> {
  const names = new Set<string>();
  for (const view of Object.values(views)) for (const name of view.byName.keys()) names.add(name);
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
): { readonly touch: Touch; readonly was?: Observation } {
  const fresh = views.H?.byName.get(name) ?? views.R?.byName.get(name) ?? views.S?.byName.get(name);
  const old = views.B?.byName.get(name) ?? views.X?.byName.get(name);
  const changed = (['new', 'old'] as const).some((side) => {
    const seen = side === 'new' ? fresh : old;
    return seen !== undefined && index.touches(side, target, seen);
  });
  const newKnown = knowsSide(views, 'new');
  if (fresh === undefined) return { touch: newKnown ? 'deleted' : changed ? 'changed' : 'untouched' };
  if (old !== undefined || !knowsSide(views, 'old')) return { touch: changed ? 'changed' : 'untouched' };
  const gone = [...((views.B ?? views.X)?.byName.values() ?? [])].filter(
    (candidate) => !(views.H ?? views.R ?? views.S)?.byName.has(candidate.name),
  );
  const was = index.renamedFrom(target, fresh, gone);
  return was === undefined ? { touch: 'new' } : { touch: 'renamed', was };
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
): Pick<ChangeTarget, 'controls' | 'failingAtBase' | 'broken'> {
  const untouched = cases.filter(({ touch }) => touch === 'untouched');
  const at = deciding?.corner ?? 'R';
  const failed = (outcome: Outcome | null | undefined): boolean =>
    outcome !== undefined && outcome !== null && outcome !== 'passed' && outcome !== 'skipped';
  return {
    controls: untouched.filter(({ outcomes }) => outcomes.B === 'passed' && outcomes[at] === 'passed').length,
    failingAtBase: untouched.filter(({ outcomes }) => failed(outcomes.B)).map(({ name }) => name),
    broken: untouched
      .filter(({ outcomes }) => outcomes.B === 'passed' && (failed(outcomes[at]) || failed(outcomes.H)))
      .map(({ name }) => name),
  };
}

function classOfProblem({ code }: Problem, isBlind: boolean): ChangeClass {
  if (code === 'no-tests') return 'nothing-to-show';
  if (isBlind) return 'compile';
  return code === 'setup-failed' || code === 'timed-out' ? 'wrong-reason' : 'not-judgeable';
}

/** What the touched cases of one target show. A package that did not build at R showed exactly that, whatever S adds. */
function classOfCases(touched: readonly ChangeCase[], isBlind: boolean): ChangeClass {
  if (isBlind) return 'compile';
  const reds = touched.filter(
    ({ role, at }) => (role === 'driver' || role === 'failing') && (at === 'R' || at === 'S'),
  );
  if (reds.some(({ code }) => code === 'red/assertion' || code === 'red/declared')) return 'assertion';
  if (reds.some(({ code }) => code === 'red/compile')) return 'compile';
  if (reds.some(({ code }) => code === 'panicked')) return 'panic';
  if (touched.length === 0) return 'nothing-to-show';
  return touched.some(({ role }) => role === 'not-judged') && !touched.some(({ role }) => role === 'vacuous')
    ? 'wrong-reason'
    : 'vacuous';
}

/** Kinds of red that differ between targets are mixed; what shows nothing does not change what another target shows. */
function classOfAll(classes: readonly ChangeClass[]): ChangeClass {
  const reds = new Set(classes.filter((one) => one === 'assertion' || one === 'compile' || one === 'panic'));
  if (reds.size > 1) return 'mixed';
  const [only] = reds;
  if (only !== undefined) return only;
  for (const one of ['not-green', 'green', 'not-judgeable', 'wrong-reason', 'vacuous'] as const)
    if (classes.includes(one)) return one;
  return 'nothing-to-show';
}

function reasonOfTarget(
  kind: ChangeClass,
  touched: readonly ChangeCase[],
  missing: readonly MissingName[],
  refactor: boolean,
): string {
  if (kind === 'nothing-to-show') return 'no case that ran is touched by the change';
  const names = [...new Set(missing.map(({ name }) => name))];
  const unbuilt =
    names.length === 0
      ? ''
      : `does not build at R: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''} missing`;
  if (refactor) return `${unbuilt}; with declarations alone everything touched is green: a refactoring`;
  const counted = describeRoles(touched);
  return unbuilt === '' ? counted : `${unbuilt}; ${counted}`;
}

const ROLE_WORDS = [
  ['driver', 'driver', 'drivers'],
  ['adaptation', 'adaptation', 'adaptations'],
  ['guard', 'guard', 'guards'],
  ['characterization', 'characterization', 'characterizations'],
  ['rename', 'rename', 'renames'],
  ['retired', 'retired', 'retired'],
  ['pending', 'pending', 'pending'],
  ['failing', 'failing at H', 'failing at H'],
  ['not-judged', 'not judged', 'not judged'],
] as const;

/** `3 drivers, 8 adaptations, 0 vacuous`. */
export function describeRoles(cases: readonly ChangeCase[]): string {
  const count = (role: ChangeCase['role']): number => cases.filter((one) => one.role === role).length;
  const words = ROLE_WORDS.flatMap(([role, one, many]) => {
    const found = count(role);
    return found === 0 ? [] : [`${found} ${found === 1 ? one : many}`];
  });
  return [...words, `${count('vacuous')} vacuous`].join(', ');
}

function reasonOf(whole: ChangeClass, targets: readonly ChangeTarget[], cases: readonly ChangeCase[]): string {
  const bad = targets.find((target) => target.class === whole);
  if (whole === 'not-judgeable' || whole === 'wrong-reason' || whole === 'not-green') {
    return bad === undefined ? 'nothing could be judged' : `${bad.target}: ${bad.reason}`;
  }
  if (whole === 'nothing-to-show') return 'no case that could run is touched by the change';
  const touched = cases.filter(({ touch }) => touch !== 'untouched');
  if (targets.length === 1 && targets[0] !== undefined) return targets[0].reason;
  const reds = touched.filter(({ code, role }) => role === 'driver' && isValidRed(code)).length;
  return `${describeRoles(touched)}${reds > 0 ? '' : '; nothing is red before the code exists'}`;
}
