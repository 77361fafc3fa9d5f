import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptFacts } from '../classify/attempt-problem.ts';
import { classifySuite, driversAndControls, type SuiteFacts, type SuiteJudgement } from '../classify/classify-suite.ts';
import { compileUnit } from '../domain/compile-unit.ts';
import type { Health } from '../domain/environment.ts';
import type { ArtifactRef, PlannedAttempt } from '../domain/event.ts';
import { type CaseVerdict, isInvalid } from '../domain/verdict.ts';
import { closeGrade } from '../domain/vocabulary.ts';
import type { Environment } from '../environment/provider.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import type { SuitePlan } from '../plan/plan-run.ts';
import { type AttemptResult, runAttempt } from '../suite/run-attempt.ts';
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
  const judge = (): SuiteJudgement => classifySuite(suiteFacts(input, plan, environment, attempts, testFaults));

  for (const planned of plan.attempts) {
    if (input.signal.aborted) break;
    const only = planned.order === 'drivers-alone' ? driversAndControls(judge().cases) : undefined;
    // Nothing was red so far: there are no drivers to run alone, and the suite is judged by what it has.
    if (only?.length === 0) break;
    const fails = (made: AttemptFacts): boolean => {
      const all = [...attempts, made];
      return classifySuite(suiteFacts(input, plan, environment, all, testFaults)).cases.some(({ code }) =>
        isInvalid(code),
      );
    };
    const made = await makeAttempt({ input, plan, planned, only, environment, recorder, fails });
    const faults = input.phase === 'red' ? await input.findTestFaults?.(made.observations) : undefined;
    for (const [name, why] of faults ?? []) testFaults.set(name, why);
    attempts.push(made);
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

interface AttemptInput {
  readonly input: ScenarioRun;
  readonly plan: SuitePlan;
  readonly planned: PlannedAttempt;
  readonly only: readonly string[] | undefined;
  readonly environment: Environment;
  readonly recorder: Recorder;
  /** Whether something is not as this phase wants it: then the environment is asked what it has to say. */
  readonly fails: (made: AttemptFacts) => boolean;
}

async function makeAttempt(attemptInput: AttemptInput): Promise<AttemptFacts> {
  const { input, plan, planned, only, environment, recorder, fails } = attemptInput;
  const { attempt, order, seed } = planned;
  recorder.progress({ type: 'attempt-started', suite: plan.suite, attempt, of: plan.attempts.length, order });
  const place = await environment.openAttempt?.(`${plan.suite}-${attempt}`);
  const before = place?.health.healthy === false ? place.health : await environment.health();
  const watch = environment.watch();
  let during: Health = { healthy: false, reason: 'the watch was not read' };
  const folder = join(input.runtimeDir, 'a', `${plan.suite}-${attempt}`);
  mkdirSync(folder, { recursive: true });
  const result = await runAttempt({
    spec: plan.spec,
    phase: input.phase,
    attempt,
    order,
    seed,
    ...(only === undefined ? {} : { only }),
    worktree: input.tree.path,
    grade: closeGrade(plan.spec.grade),
    folder,
    token: `${input.recorderProcess.token}.${plan.suite}.${attempt}`,
    environment: { ...environment.suiteVariables(), ...place?.variables },
    deadlineMs: plan.spec.deadlineMs,
    signal: input.signal,
    onCases: (finished) => recorder.progress({ type: 'cases', finished }),
    onEnd: async () => {
      during = await watch.stop();
    },
  });
  const after = await environment.health();
  const health = { before, during, after };
  const dirtied = input.draft ? [] : await input.tree.changed();
  const { status: report, expectedExit, suiteFailures, observations } = result.report;
  const facts: AttemptFacts = {
    ...{ attempt, order, end: result.end, report, expectedExit, suiteFailures, health, dirtied, observations },
    ...(only === undefined ? {} : { only }),
  };
  const healthy = before.healthy && during.healthy && after.healthy;
  // While the attempt's own namespace is still there; and only where something is not as it should be: it takes its time.
  const diagnosis = healthy && !fails(facts) ? {} : await environment.diagnose();
  const artifacts = await keepArtifacts(recorder.store, folder, result, diagnosis);
  rmSync(folder, { recursive: true, force: true });

  recorder.tell(
    recorder.store.recordAttempt(
      {
        type: 'attempt-finished',
        v: 1,
        run: input.run,
        suite: plan.suite,
        attempt,
        order,
        orderGranularity: result.command.orderGranularity,
        seed,
        argv: result.command.argv,
        end: result.end,
        durationMs: result.durationMs,
        report,
        health,
        dirtied,
        artifacts,
      },
      observations,
    ),
  );
  await place?.close();
  if (!during.healthy || !after.healthy) await environment.reset();
  return facts;
}

/** Streams, report, and whatever the suite put into `$REDFIRST_ARTIFACTS`, in a stable order. */
async function keepArtifacts(
  store: EvidenceStore,
  folder: string,
  result: AttemptResult,
  diagnosis: Readonly<Record<string, string>>,
): Promise<ArtifactRef[]> {
  const own = listFiles(join(folder, 'files')).map((path) => [path, path.slice(folder.length + 1)] as const);
  const all = [
    ...Object.entries(result.files),
    ...own,
    ...Object.entries(diagnosis).map(([path, name]) => [path, `environment/${name}`] as const),
  ];
  const kept: ArtifactRef[] = [];
  for (const [path, name] of all) {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > 0) kept.push(await store.putArtifact(name, { path }));
  }
  return kept;
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
