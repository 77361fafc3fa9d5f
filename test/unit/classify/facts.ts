import type { AttemptFacts } from '../../../src/classify/attempt-problem.ts';
import { classifySuite, type SuiteFacts, type SuiteJudgement } from '../../../src/classify/classify-suite.ts';
import type { FeatureName } from '../../../src/domain/brand.ts';
import type { Health } from '../../../src/domain/environment.ts';
import type { Observation, ObservedFailure } from '../../../src/domain/observation.ts';
import type { Criterion, Scenario, SuiteSpec } from '../../../src/domain/scenario.ts';
import type { CaseVerdict } from '../../../src/domain/verdict.ts';

export const HEALTHY: Health = { healthy: true };
export const WORKTREE = '/srv/worktrees/7';

export function makeSpec(over: Partial<SuiteSpec> = {}): SuiteSpec {
  return {
    suite: 'contract',
    runner: 'vitest',
    select: { files: ['test'] },
    profile: 'host',
    grade: [],
    contracts: [],
    controls: [],
    roles: [],
    deadlineMs: 60_000,
    evidence: 'A',
    attempts: { red: 4, green: 3 },
    env: {},
    wrapper: [],
    ...over,
  };
}

export function makeCriterion(id: string, over: Partial<Criterion> = {}): Criterion {
  return { id, text: `what ${id} asks`, cases: [], ...over };
}

export function makeScenario(over: Partial<Scenario> = {}): Scenario {
  return {
    feature: 'pause-guest' as FeatureName,
    kind: 'feature',
    problem: 'a guest cannot be paused',
    stories: [],
    criteria: [makeCriterion('AC-1')],
    nonFunctional: [],
    integrationPoints: [],
    paths: [],
    setup: [],
    suites: [makeSpec()],
    runDeadlineMs: 600_000,
    ...over,
  };
}

export function passing(name: string, over: Partial<Observation> = {}): Observation {
  return { suite: 'contract', attempt: 1, name, outcome: 'passed', where: 'body', durationUs: 10, ...over };
}

export function failing(
  name: string,
  failure: Partial<ObservedFailure> = {},
  over: Partial<Observation> = {},
): Observation {
  return passing(name, {
    outcome: 'failed',
    failure: { kind: 'assertion', type: 'AssertionError', message: 'expected running to be paused', ...failure },
    ...over,
  });
}

/** An attempt whose report and exit code agree, in a healthy environment. */
export function makeAttempt(observations: readonly Observation[], over: Partial<AttemptFacts> = {}): AttemptFacts {
  const bad = observations.some(({ outcome }) => outcome !== 'passed' && outcome !== 'skipped');
  return {
    attempt: 1,
    order: 'declared',
    end: { cause: 'exited', code: bad ? 1 : 0 },
    report: { status: 'complete' },
    expectedExit: bad ? 'nonzero' : 'zero',
    suiteFailures: [],
    health: { before: HEALTHY, during: HEALTHY, after: HEALTHY },
    dirtied: [],
    observations,
    ...over,
  };
}

export interface Judged {
  readonly spec?: Partial<SuiteSpec>;
  readonly scenario?: Partial<Scenario>;
  readonly facts?: Partial<SuiteFacts>;
}

function makeFacts(
  phase: 'red' | 'green',
  attempts: readonly (AttemptFacts | readonly Observation[])[],
  given: Judged,
): SuiteFacts {
  const spec = makeSpec(given.spec);
  return {
    scenario: makeScenario({ suites: [spec], ...given.scenario }),
    spec,
    phase,
    gradeFound: [],
    attempts: attempts.map((attempt, index) => ({
      ...('observations' in attempt ? attempt : makeAttempt(attempt)),
      attempt: index + 1,
    })),
    changedTests: undefined,
    redVerdicts: undefined,
    worktree: WORKTREE,
    ...given.facts,
  };
}

/** Judges attempts at red; an attempt may be given by its observations alone. */
export function judgeRed(
  attempts: readonly (AttemptFacts | readonly Observation[])[],
  given: Judged = {},
): SuiteJudgement {
  return classifySuite(makeFacts('red', attempts, given));
}

export function judgeGreen(
  attempts: readonly (AttemptFacts | readonly Observation[])[],
  given: Judged = {},
): SuiteJudgement {
  return classifySuite(makeFacts('green', attempts, given));
}

export function verdictOf({ cases }: SuiteJudgement, name: string): CaseVerdict {
  const found = cases.find((verdict) => verdict.name === name);
  if (found === undefined)
    throw new Error(`no verdict of ${name} among ${cases.map((verdict) => verdict.name).join(', ')}`);
  return found;
}

/** A verdict as short as a table needs: `driver red/assertion strong`. */
export function brief(judgement: SuiteJudgement, name: string): string {
  const { role, code, strength } = verdictOf(judgement, name);
  return [role, code, strength].filter((part) => part !== undefined).join(' ');
}

/** Verdicts of a red run in which these cases of suite contract were drivers. */
export function redDrivers(...names: string[]): CaseVerdict[] {
  return judgeRed([names.map((name) => failing(name))]).cases.slice();
}
