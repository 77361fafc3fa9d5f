import type { AttemptFacts } from '../classify/attempt-problem.ts';
import { classifySuite, driversAndControls, type SuiteFacts, type SuiteJudgement } from '../classify/classify-suite.ts';
import { compileUnit } from '../domain/compile-unit.ts';
import { type CaseVerdict, isInvalid } from '../domain/verdict.ts';
import type { Environment } from '../environment/provider.ts';
import type { SuitePlan } from '../plan/plan-run.ts';
import { performAttempt } from './perform-attempt.ts';
import type { Recorder } from './recorder.ts';
import type { ScenarioRun } from './scenario-run.ts';

/** Runs all attempts of one suite, records each, and judges the suite. */
export async function runSuite(
  input: ScenarioRun,
  plan: SuitePlan,
  position: number,
  environment: Environment,
  recorder: Recorder,
): Promise<SuiteJudgement> {
  const { run } = input;
  const { store } = recorder;
  recorder.tell(store.record<'suite-started'>({ type: 'suite-started', v: 1, run, suite: plan.suite, position }));
  const attempts: AttemptFacts[] = [];
  const testFaults = new Map<string, string>();
  let diagnosed = false;
  const judge = (): SuiteJudgement => classifySuite(suiteFacts(input, plan, environment, attempts, testFaults));

  for (const planned of plan.attempts) {
    if (input.signal.aborted) break;
    const only = planned.order === 'drivers-alone' ? driversAndControls(judge().cases) : undefined;
    // Nothing was red so far: there are no drivers to run alone, and the suite is judged by what it has.
    if (only?.length === 0) break;
    // What fails in a healthy environment does so again: the diagnosis of its first failure says why.
    const fails = (made: AttemptFacts): boolean => {
      if (diagnosed) return false;
      const facts = suiteFacts(input, plan, environment, [...attempts, made], testFaults);
      diagnosed = classifySuite(facts).cases.some(({ code }) => isInvalid(code));
      return diagnosed;
    };
    const made = await performAttempt(
      { input, plan, planned, only, environment, recorder, fails },
      ({ facts, event }) =>
        recorder.tell(store.recordAttempt({ type: 'attempt-finished', v: 1, run, ...event }, facts.observations)),
    );
    const faults = input.phase === 'red' ? await input.findTestFaults?.(made.observations) : undefined;
    for (const [name, why] of faults ?? []) testFaults.set(name, why);
    attempts.push(made);
    // It did not come back with its reset: more attempts would show nothing, and each would wait for every deadline there is.
    const { before, during, after } = made.health;
    if (![before, during, after].every(({ healthy }) => healthy) && !(await environment.health()).healthy) break;
    if (input.phase === 'red' && isSettledByCompiler(judge().cases)) break;
  }
  const judgement = judge();
  recorder.tell(
    store.recordJudgement({ type: 'suite-judged', v: 1, run, verdict: judgement.verdict }, judgement.cases),
  );
  return judgement;
}

/** What does not compile does so again: more attempts would show nothing, and are never counted. */
function isSettledByCompiler(cases: readonly CaseVerdict[]): boolean {
  const ours = cases.filter(({ role }) => role !== 'untouched' && role !== 'control');
  return ours.length > 0 && ours.every(({ code, name }) => code === 'red/compile' && compileUnit(name) !== undefined);
}

function suiteFacts(
  input: ScenarioRun,
  plan: SuitePlan,
  environment: Environment,
  attempts: readonly AttemptFacts[],
  testFaults: ReadonlyMap<string, string>,
): SuiteFacts {
  return {
    scenario: input.scenario,
    spec: plan.spec,
    phase: input.phase,
    gradeFound: environment.identity.grade,
    attempts,
    changedTests: input.changedTests,
    redVerdicts: input.redVerdicts?.filter(({ suite }) => suite === plan.suite),
    worktree: input.tree.path,
    isTestPath: input.isTestPath,
    corner: input.corner.corner,
    ...(input.isTouched === undefined ? {} : { isTouched: input.isTouched }),
    testFaults,
  };
}
