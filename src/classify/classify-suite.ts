import { compileUnit, liesInUnit, missingOf } from '../domain/compile-unit.ts';
import type { Observation } from '../domain/observation.ts';
import type { Scenario, SuiteSpec } from '../domain/scenario.ts';
import {
  type CaseVerdict,
  type InvalidCode,
  isInvalid,
  isValidRed,
  type Role,
  type Strength,
  type SuiteVerdict,
} from '../domain/verdict.ts';
import { type CornerName, type GradeMember, missingGrade, type Phase } from '../domain/vocabulary.ts';
import { type AttemptFacts, findAttemptProblem, type Problem } from './attempt-problem.ts';
import { criteriaOf, type ExpectedRole, expectedRole, type IsTouched, pendingCriteria } from './case-role.ts';
import { type AttemptVerdict, classifyGreenCase, classifyRedCase } from './classify-case.ts';
import { judgeAtStub } from './compile-red.ts';
import { patternFinds } from './pattern.ts';
import { contractFor } from './red-contract.ts';

export interface SuiteFacts {
  readonly scenario: Scenario;
  readonly spec: SuiteSpec;
  readonly phase: Phase;
  /** Found by probes, never claimed. */
  readonly gradeFound: readonly GradeMember[];
  readonly attempts: readonly AttemptFacts[];
  /** Tests-role paths that B..R changes; undefined where the change is not known. */
  readonly changedTests: ReadonlySet<string> | undefined;
  /** The red run's verdicts of this suite, for green; undefined where no red run is at hand. */
  readonly redVerdicts: readonly CaseVerdict[] | undefined;
  /** Absolute path of the worktree, taken out of messages before they are compared. */
  readonly worktree: string;
  /** Whether a path has the role `tests`; a missing one is a broken fixture and no missing code. */
  readonly isTestPath?: (path: string) => boolean;
  /** R (or H) unless named; at S less counts as red. */
  readonly corner?: CornerName;
  readonly isTouched?: IsTouched;
  /**
   * By a case's name: why the names that it misses are the tests' own fault (they are declared in the tests), as a sentence.
   */
  readonly testFaults?: ReadonlyMap<string, string>;
}

export interface SuiteJudgement {
  readonly verdict: SuiteVerdict;
  readonly cases: readonly CaseVerdict[];
}

/** Observations to verdicts, for one suite with all its attempts; pure. */
export function classifySuite(facts: SuiteFacts): SuiteJudgement {
  const names = new Map<string, (Observation[] | undefined)[]>();
  for (const [index, { observations }] of facts.attempts.entries()) {
    for (const observation of observations) {
      const perAttempt = names.get(observation.name) ?? [];
      names.set(observation.name, perAttempt);
      const seen = perAttempt[index] ?? [];
      perAttempt[index] = seen;
      seen.push(observation);
    }
  }
  const expectedDrivers = new Map(
    (facts.redVerdicts ?? []).filter(({ role }) => role === 'driver').map((verdict) => [verdict.name, verdict]),
  );
  const problems = facts.attempts.map(findAttemptProblem);
  const cases = [...names].map(([name, perAttempt]) =>
    classifyCase(facts, problems, name, perAttempt, expectedDrivers.has(name)),
  );
  if (facts.phase === 'green') {
    for (const [name, red] of expectedDrivers) if (!names.has(name)) cases.push(absentDriver(facts, name, red));
  }
  cases.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { verdict: foldSuite(facts, problems, cases), cases };
}

/** The cases of an attempt that a `drivers-alone` attempt runs: reds of the attempts before it, and the controls. */
export function driversAndControls(cases: readonly CaseVerdict[]): string[] {
  return cases.filter(({ role }) => role === 'driver' || role === 'control').map(({ name }) => name);
}

function classifyCase(
  facts: SuiteFacts,
  problems: readonly (Problem | undefined)[],
  name: string,
  perAttempt: readonly (Observation[] | undefined)[],
  isExpectedDriver: boolean,
): CaseVerdict {
  const { scenario, spec, changedTests } = facts;
  // Where observations of one name differ in file or labels, whichever makes it ours speaks: a failure is not explained away.
  const all = perAttempt.flatMap((seen) => seen ?? []);
  const roles = all.map((seen) => expectedRole(scenario, spec, seen, changedTests, facts.isTouched));
  const expected = isExpectedDriver
    ? 'candidate'
    : (roles.find((role) => role !== 'untouched' && role !== 'natural') ??
      roles.find((role) => role === 'natural') ??
      'untouched');
  const duplicate = perAttempt.some((seen) => (seen?.length ?? 0) > 1);
  const base = {
    suite: spec.suite,
    name,
    criteria: [...new Set(all.flatMap((seen) => criteriaOf(scenario, spec, seen)))].sort(),
    outcomes: facts.attempts.map((_, index) => perAttempt[index]?.map(({ outcome }) => outcome).sort()[0] ?? null),
  };
  if (expected === 'untouched') {
    return { ...base, role: 'untouched', code: 'untouched', signature: '', detail: 'not part of this change; ignored' };
  }
  if (expected === 'natural') return { ...base, ...judgeNatural(facts, problems, name, perAttempt) };
  if (duplicate) {
    const detail = 'several cases have this name, so that no result can be told from another; rename them';
    return {
      ...base,
      role: roleOf(expected, 'ambiguous-name', isExpectedDriver),
      code: 'ambiguous-name',
      signature: '',
      detail,
    };
  }
  const verdicts = facts.attempts.map((attempt, index) => {
    const seen = perAttempt[index]?.[0];
    const problem = problems[index];
    // The environment's fault, or the end of the whole attempt, is the suite's verdict and says nothing of a case.
    if (problem !== undefined && (seen === undefined || problem.code === 'infrastructure')) return undefined;
    if (seen !== undefined) return judgeExpected(facts, expected, seen, isExpectedDriver);
    if (attempt.only !== undefined && !attempt.only.includes(name)) return undefined;
    return { code: 'missing', signature: '', detail: `has no result in attempt ${attempt.attempt}` } as AttemptVerdict;
  });
  const settled = settleAttempts(verdicts) ?? {
    code: 'infrastructure',
    signature: '',
    detail: 'never seen in a healthy environment',
  };
  const role = roleOf(expected, settled.code, isExpectedDriver);
  const blind = settled.code === 'red/compile' && compileUnit(name) !== undefined;
  const criteria = blind ? pendingCriteria(scenario, spec) : base.criteria;
  return { ...base, criteria, role, ...settled };
}

/**
 * A case of a touched file that the change leaves alone. It is listed and not counted; but what passed before the code existed
 * has to pass with it, like any control.
 */
function judgeNatural(
  facts: SuiteFacts,
  problems: readonly (Problem | undefined)[],
  name: string,
  perAttempt: readonly (Observation[] | undefined)[],
): Pick<CaseVerdict, 'role' | 'code' | 'signature' | 'detail'> {
  const untouched = (detail: string) => ({ role: 'untouched', code: 'untouched', signature: '', detail }) as const;
  // What an unhealthy environment or a broken report shows of it is the attempt's fault.
  const seen = perAttempt.flatMap((found, index) => (problems[index] === undefined ? (found ?? []) : []));
  const bad = seen.map((one) => classifyGreenCase(one, facts.worktree)).find(({ code }) => code !== 'green/passed');
  if (facts.phase === 'red') {
    return untouched(
      bad === undefined
        ? 'the change does not touch it, and it passes: a natural control'
        : `the change does not touch it; listed and ignored: ${bad.detail}`,
    );
  }
  const before = (facts.redVerdicts ?? []).find((verdict) => verdict.name === name)?.outcomes ?? [];
  const passedBefore = before.includes('passed') && before.every((outcome) => outcome === 'passed' || outcome === null);
  if (bad === undefined || !passedBefore) return untouched('the change does not touch it: a natural control');
  return {
    role: 'control',
    code: 'control-failed',
    signature: bad.signature,
    detail: `a natural control, which the change does not touch and which passed at red: ${bad.detail}`,
  };
}

function judgeExpected(
  facts: SuiteFacts,
  expected: ExpectedRole,
  seen: Observation,
  isExpectedDriver: boolean,
): AttemptVerdict {
  if (expected === 'candidate') {
    if (facts.phase === 'red') return judgeRed(facts, seen);
    const green = classifyGreenCase(seen, facts.worktree);
    if (green.code !== 'green/passed' || isExpectedDriver || facts.redVerdicts === undefined) return green;
    // A package that did not compile at red was blind: which of its cases were red is not known, and P07 says so.
    if (facts.redVerdicts.some((red) => wasBlind(red, seen.name))) return green;
    return {
      code: 'vacuous',
      signature: '',
      detail:
        'passes at H and was not red at R: it shows nothing; declare its role (guard, characterization) or make it fail first',
    };
  }
  const green = classifyGreenCase(seen, facts.worktree);
  if (green.code === 'green/passed')
    return { ...green, code: `${expected as Exclude<ExpectedRole, 'candidate' | 'natural' | 'untouched'>}-passed` };
  if (expected === 'control')
    return { ...green, code: 'control-failed', detail: `a control that did not pass: ${green.detail}` };
  if (facts.phase === 'red' && green.code === 'still-red') {
    return { ...green, code: 'undeclared-failure', detail: `declared ${expected}, and did not pass: ${green.detail}` };
  }
  return green;
}

/** Whether a case was not seen at red because its package or file did not build. */
function wasBlind(red: CaseVerdict, name: string): boolean {
  const unit = red.code === 'red/compile' ? compileUnit(red.name) : undefined;
  return unit !== undefined && liesInUnit(unit, name);
}

/** A name that is missing in the tests themselves is a broken fixture: the code to come will not supply it. */
function judgeRed(facts: SuiteFacts, seen: Observation): AttemptVerdict {
  const verdict = classifyRedCase(seen, contractFor(facts.spec, seen.name), facts.worktree);
  if (verdict.code === 'red/compile') {
    const fixture = missingOf(seen.failure).find(({ name }) => facts.isTestPath?.(name));
    const fault =
      fixture === undefined
        ? facts.testFaults?.get(seen.name)
        : `${fixture.name} is missing, and it belongs to the tests`;
    if (fault !== undefined) return { code: 'setup-failed', signature: verdict.signature, detail: fault };
  }
  return facts.corner === 'S' ? judgeAtStub(seen, verdict) : verdict;
}

/** Attempts must agree in code and signature; one out of pattern ends the claim. */
function settleAttempts(verdicts: readonly (AttemptVerdict | undefined)[]): AttemptVerdict | undefined {
  const seen = verdicts.filter((verdict) => verdict !== undefined);
  const first = seen[0];
  if (first === undefined) return undefined;
  const odd = seen.find(({ code, signature }) => code !== first.code || signature !== first.signature);
  if (odd === undefined) return first;
  const controlFailed = seen.find(({ code }) => code === 'control-failed');
  if (controlFailed !== undefined) return controlFailed;
  const shown = verdicts
    .map((verdict, index) => (verdict === undefined ? '' : `attempt ${index + 1} ${verdict.code}: ${verdict.detail}`))
    .filter((text) => text !== '');
  return { code: 'unstable', signature: first.signature, detail: `attempts disagree: ${shown.join('; ')}` };
}

function roleOf(expected: ExpectedRole, code: CaseVerdict['code'], isExpectedDriver: boolean): Role {
  if (expected !== 'candidate') return expected === 'natural' ? 'untouched' : expected;
  return isExpectedDriver || isValidRed(code) ? 'driver' : 'undetermined';
}

/**
 * A red driver that has no result at green: it is missing, unless it was a build that failed, which leaves nothing behind
 * when it succeeds.
 */
function absentDriver(facts: SuiteFacts, name: string, red: CaseVerdict): CaseVerdict {
  const unit = red.code === 'red/compile' ? compileUnit(name) : undefined;
  const built = unit !== undefined && facts.attempts.some(({ observations }) => observations.length > 0);
  return {
    suite: facts.spec.suite,
    name,
    role: 'driver',
    code: built ? 'green/passed' : 'missing',
    criteria: red.criteria,
    signature: '',
    detail: built
      ? 'it builds now; which of its cases were red is not known'
      : 'was red, and no case of this name ran now: renamed, deleted or not selected',
    outcomes: facts.attempts.map(() => null),
  };
}

const WEAKEST: readonly Strength[] = ['weak', 'fair', 'strong'];

function foldSuite(
  facts: SuiteFacts,
  problems: readonly (Problem | undefined)[],
  cases: readonly CaseVerdict[],
): SuiteVerdict {
  const counts: Record<string, number> = {};
  for (const { code } of cases) counts[code] = (counts[code] ?? 0) + 1;
  const drivers = cases.filter(({ role }) => role === 'driver');
  const strength = WEAKEST.find((candidate) => drivers.some((driver) => driver.strength === candidate));
  const whole = { suite: facts.spec.suite, counts, ...(strength === undefined ? {} : { strength }) };
  const problem = findSuiteProblem(facts, problems, cases);
  if (problem !== undefined) return { ...whole, ...problem };
  if (facts.phase === 'red' && drivers.length === 0) {
    return { ...whole, code: 'red/valid', detail: 'no driver here: controls and declared guards passed' };
  }
  const said = `${drivers.length} driver${drivers.length === 1 ? '' : 's'}`;
  if (facts.phase === 'green') return { ...whole, code: 'green/passed', detail: `${said} passed in every attempt` };
  return { ...whole, code: 'red/valid', detail: `${said} red for the declared reason in every attempt` };
}

function findSuiteProblem(
  facts: SuiteFacts,
  problems: readonly (Problem | undefined)[],
  cases: readonly CaseVerdict[],
): Problem | undefined {
  const lacking = missingGrade(facts.spec.grade, facts.gradeFound);
  if (lacking.length > 0) return { code: 'below-grade', detail: `the environment lacks ${lacking.join(', ')}` };
  if (facts.attempts.length === 0) return { code: 'not-finished', detail: 'no attempt was made' };
  for (const [index, attempt] of facts.attempts.entries()) {
    const problem = problems[index];
    if (problem !== undefined) return { ...problem, detail: `attempt ${attempt.attempt}: ${problem.detail}` };
  }
  const ours = cases.filter(({ role }) => role !== 'untouched');
  if (ours.length === 0) {
    return { code: 'no-tests', detail: `${cases.length} cases ran, none of them belongs to the feature` };
  }
  const bad =
    INVALID_FIRST.map((code) => ours.find((verdict) => verdict.code === code)).find(
      (verdict) => verdict !== undefined,
    ) ?? ours.find(({ code }) => isInvalid(code));
  if (bad !== undefined) return { code: bad.code as InvalidCode, detail: `${bad.name}: ${bad.detail}` };
  // A package that does not build hides its controls too: S shows them, and until then the red is weak.
  const blind = facts.phase === 'red' && ours.some(({ code, name }) => code === 'red/compile' && compileUnit(name));
  for (const pattern of blind ? [] : facts.spec.controls) {
    if (!cases.some(({ role, name }) => role === 'control' && patternFinds(pattern, name))) {
      return { code: 'control-failed', detail: `no case matches the control /${pattern}/` };
    }
  }
  const undecided = ours.filter(({ role }) => role === 'undetermined');
  if (facts.phase === 'red' && undecided.length > 0 && !ours.some(({ role }) => role === 'driver')) {
    const named = undecided
      .map(({ name }) => name)
      .slice(0, 3)
      .join(', ');
    return {
      code: 'vacuous',
      detail:
        facts.corner === 'S'
          ? `class refactor: with the names declared and no behaviour behind them nothing failed (${named} pass), so this is a refactoring and no red`
          : `nothing failed: ${named} pass before the code exists`,
    };
  }
  return undefined;
}

/** What is named first where several cases are invalid: the cause before its consequences. */
const INVALID_FIRST: readonly InvalidCode[] = [
  'control-failed',
  'ambiguous-name',
  // It ends the process, and what has no result for that in one order is unstable.
  'panicked',
  'unstable',
  'setup-failed',
  'still-red',
  'missing',
];
