import { classifyRun } from '../classify/classify-run.ts';
import type { RunId } from '../domain/brand.ts';
import type { Checkpoint } from '../domain/event.ts';
import { type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { CaseVerdict, RunVerdict, SuiteVerdict } from '../domain/verdict.ts';
import { isInvalid } from '../domain/verdict.ts';
import type { SuiteName } from '../domain/vocabulary.ts';
import { makeRuntimeDir } from '../environment/leftovers.ts';
import type { Environment } from '../environment/provider.ts';
import { keepsMandatedOrder } from '../plan/mandated-order.ts';
import { describePlan } from '../plan/plan-run.ts';
import { type GateWindows, gateWindows } from './gate-windows.ts';
import type { Recorder } from './recorder.ts';
import { runSuite } from './run-suite.ts';
import type { ScenarioRun } from './scenario-run.ts';

export interface ScenarioOutcome {
  readonly run: RunId;
  readonly verdict: RunVerdict;
  readonly suites: readonly SuiteVerdict[];
  readonly cases: readonly CaseVerdict[];
  readonly checkpoint: Checkpoint;
  /** An environment that could not be had; the run is recorded all the same. */
  readonly failure?: Failure;
}

/**
 * Executes the suites of a plan, strictly in order, at one corner, and records what happened. Every fact is
 * committed before anybody is told. A run that cannot go on ends as `run-interrupted`, never silently.
 */
export async function runScenario(input: ScenarioRun, recorder: Recorder): Promise<ScenarioOutcome> {
  const { run, phase, scenario, plan } = input;
  const { store } = recorder;
  recorder.tell(
    store.record<'run-started'>({
      type: 'run-started',
      v: 1,
      run,
      feature: scenario.feature,
      phase,
      corner: input.corner,
      corners: input.corners,
      draft: input.draft,
      testDigest: input.testDigest,
      patchId: input.patchId,
      scenario: input.scenarioArtifact,
      plan: describePlan(plan),
      seed: input.seed,
      tool: input.tool,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      recorderProcess: input.recorderProcess,
      buildsOn: input.buildsOn,
      refs: input.refs,
    }),
  );
  // Only now: whoever finds the folder after a crash finds its token in the record too.
  makeRuntimeDir(input.recorderProcess.token);
  const suites: SuiteVerdict[] = [];
  const cases: CaseVerdict[] = [];
  const started: SuiteName[] = [];
  let failure: Failure | undefined;
  const identified = new Set<string>();

  const provision = async (name: string): Promise<Result<Environment>> => {
    const profile = input.profiles.get(name);
    if (profile === undefined) throw new Error(`profile ${name} was not loaded`);
    const environment = await input.environments.use(profile, input.system);
    if (environment.ok && !identified.has(name)) {
      identified.add(name);
      const { identity } = environment.value;
      recorder.tell(store.record<'environment-identified'>({ type: 'environment-identified', v: 1, run, identity }));
    }
    return environment;
  };
  const gates = await openGates(input, recorder, provision);
  failure = gates.ok ? undefined : gates.failure;
  for (const [position, suitePlan] of failure === undefined ? plan.entries() : []) {
    if (input.signal.aborted) break;
    const environment = await provision(suitePlan.profile);
    if (!environment.ok) {
      failure = environment.failure;
      break;
    }
    started.push(suitePlan.suite);
    const judged = await runSuite(input, suitePlan, position + 1, environment.value, recorder);
    suites.push(judged.verdict);
    for (const verdict of judged.cases) cases.push(verdict);
    if (isInvalid(judged.verdict.code) && !input.keepGoing) break;
  }
  if (gates.ok && failure === undefined) await gates.value.close();

  for (const { suite } of plan.slice(suites.length)) {
    suites.push({ suite, code: 'not-run', detail: 'an earlier suite ended the run', counts: {} });
  }
  const cause: RunVerdict | undefined = input.signal.aborted
    ? { code: 'interrupted', detail: String(input.signal.reason ?? 'stopped') }
    : failure === undefined
      ? undefined
      : { code: 'infrastructure', detail: failure.what };
  const declared = scenario.suites.map(({ suite }) => suite);
  const verdict = cause ?? classifyRun(scenario, phase, suites, cases, keepsMandatedOrder(started, declared));
  if (cause === undefined) {
    recorder.tell(store.recordRunFinished({ type: 'run-finished', v: 1, run, verdict }));
  } else {
    const how = failure !== undefined ? 'failed' : /deadline/.test(cause.detail) ? 'deadline' : 'signal';
    const ended = { type: 'run-interrupted', v: 1, run, how, detail: cause.detail, cleaned: [] } as const;
    recorder.tell(store.record<'run-interrupted'>(ended));
  }
  const outcome = { run, verdict, suites, cases, checkpoint: store.head() };
  return failure === undefined ? outcome : { ...outcome, failure };
}

/** A scenario behind a gate needs all its environments before its first suite; any other provisions each when it is its turn. */
async function openGates(
  input: ScenarioRun,
  recorder: Recorder,
  provision: (profile: string) => Promise<Result<Environment>>,
): Promise<Result<GateWindows>> {
  const environments = new Map<string, Environment>();
  if (input.scenario.gate !== undefined) {
    for (const { profile } of input.plan) {
      const environment = await provision(profile);
      if (!environment.ok) return environment;
      environments.set(profile, environment.value);
    }
  }
  const windows = gateWindows(input, recorder, environments);
  const failure = await windows.open();
  return failure === undefined ? ok(windows) : fail(failure);
}
