import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptFacts } from '../classify/attempt-problem.ts';
import type { Health } from '../domain/environment.ts';
import type { ArtifactRef, EventOf, PlannedAttempt } from '../domain/event.ts';
import { closeGrade } from '../domain/vocabulary.ts';
import type { Environment } from '../environment/provider.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import type { SuitePlan } from '../plan/plan-run.ts';
import { type AttemptResult, runAttempt } from '../suite/run-attempt.ts';
import type { Recorder } from './recorder.ts';
import type { ScenarioRun } from './scenario-run.ts';

export interface AttemptInput {
  readonly input: ScenarioRun;
  readonly plan: SuitePlan;
  readonly planned: PlannedAttempt;
  readonly only: readonly string[] | undefined;
  readonly environment: Environment;
  readonly recorder: Recorder;
  /** Whether something is not as this phase wants it: then the environment is asked what it has to say. */
  readonly fails: (made: AttemptFacts) => boolean;
}

export interface PerformedAttempt {
  readonly facts: AttemptFacts;
  /** What an event says of it. */
  readonly event: Omit<EventOf<'attempt-finished'>, 'type' | 'v' | 'run' | 'rows'>;
}

/**
 * Runs one attempt in a place of its own, under the environment's health witness, and keeps what it left behind. Records nothing: whoever asked
 * for it does so in `record`, before the place is removed and an environment that was unhealthy is reset.
 */
export async function performAttempt(
  attemptInput: AttemptInput,
  record: (performed: PerformedAttempt) => void,
): Promise<AttemptFacts> {
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
  const complaints = [before, during, after].flatMap((seen) => (seen.healthy ? [] : [seen.reason]));
  // While the attempt's own namespace is still there; and only where something is not as it should be: it takes its time.
  const diagnosis = complaints.length === 0 && !fails(facts) ? {} : await diagnose(environment, complaints);
  const artifacts = await keepArtifacts(recorder.store, folder, result, diagnosis);
  rmSync(folder, { recursive: true, force: true });

  record({
    facts,
    event: {
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
  });
  await place?.close();
  if (!during.healthy || !after.healthy) await environment.reset();
  return facts;
}

/** A diagnosis that fails itself (a full disk, an engine that is gone) takes nothing from what was observed. */
async function diagnose(
  environment: Environment,
  complaints: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  try {
    return await environment.diagnose(complaints);
  } catch {
    return {};
  }
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
