import { randomBytes, randomInt } from 'node:crypto';
import { EXIT, type ExitCode, fail, ok, type Result, worstExit } from '../domain/failure.ts';
import { makeRunId } from '../domain/run-id.ts';
import { foldRuns } from '../domain/run-record.ts';
import type { CaseVerdict, WholeCode } from '../domain/verdict.ts';
import type { Phase } from '../domain/vocabulary.ts';
import { runScenario, type ScenarioOutcome } from '../engine/run-scenario.ts';
import { cleanLeftovers, describeSelf } from '../environment/leftovers.ts';
import { roleOf } from '../git/path-roles.ts';
import { planRun } from '../plan/plan-run.ts';
import { type CommandInput, numberOption } from './command.ts';
import { openTree } from './open-tree.ts';
import { type PreparedCorner, prepareCorner } from './prepare-corner.ts';
import { reportOutcome } from './report-outcome.ts';
import { checkRunOptions, findUnknownSuite, suiteOption } from './run-options.ts';
import { openSession, type RunSession } from './run-session.ts';

export interface PhaseResult {
  readonly exit: ExitCode;
  readonly outcomes: readonly ScenarioOutcome[];
}

/**
 * Runs one phase of several features, one after the other on one environment, and reports each. Whatever happens, what
 * was started is ended and what was recorded stays.
 */
export async function runPhase(input: CommandInput, phase: Phase, features: readonly string[]): Promise<PhaseResult> {
  const { out } = input;
  if (features.length > 1) out.several();
  const usage = checkRunOptions(input);
  const opened = usage === undefined ? await openSession(input) : fail(usage);
  if (!opened.ok) {
    out.failure(opened.failure);
    return { exit: opened.failure.exit, outcomes: [] };
  }
  const session = opened.value;
  const outcomes: ScenarioOutcome[] = [];
  const exits: ExitCode[] = [];
  try {
    for (const [index, feature] of features.entries()) {
      if (input.signal.aborted) break;
      if (index > 0) await session.environments.resetAll();
      const ran = await runFeature(session, feature, phase);
      if (ran.ok) {
        outcomes.push(ran.value);
        exits.push(exitOf(ran.value));
      } else {
        out.failure(ran.failure, { feature, phase });
        exits.push(ran.failure.exit);
      }
    }
  } finally {
    const { failed } = await session.cleanup.unwind();
    await cleanLeftovers(session.token);
    for (const what of failed) process.stderr.write(`clean-up failed: ${what}\n`);
    if (failed.length > 0 || session.recorder.failedObservers.length > 0) exits.push(EXIT.environment);
    session.store.close();
  }
  return { exit: worstExit(exits), outcomes };
}

async function runFeature(session: RunSession, feature: string, phase: Phase): Promise<Result<ScenarioOutcome>> {
  const { input, store } = session;
  const runs = foldRuns(store.events());
  const prepared = await prepareCorner(session.project, feature, phase, input, runs);
  if (!prepared.ok) return prepared;
  const { files, corner } = prepared.value;
  for (const note of prepared.value.notes) input.out.print(`note: ${note}`);
  for (const { what } of files.warnings) input.out.print(`warning: ${what}`);

  const only = suiteOption(input);
  const unknown = only === undefined ? undefined : findUnknownSuite(files.scenario, only);
  if (unknown !== undefined) return fail(unknown);
  const draft = input.options['draft'] === true;
  const tree = await openTree(session, prepared.value, draft);
  if (!tree.ok) return tree;
  const seed = numberOption(input, 'seed', 0) ?? randomInt(2 ** 31);
  const attempts = numberOption(input, 'attempts', 1);
  const deadline = new AbortController();
  // Alone it keeps nothing alive: where nothing else is left to wait for, half an hour more would bring no answer.
  const timer = setTimeout(() => deadline.abort('deadline of the whole run'), files.scenario.runDeadlineMs).unref();
  try {
    const outcome = await runScenario(
      {
        ...prepared.value,
        isTestPath: (path) => roleOf(files.roles, path) === 'tests',
        run: makeRunId(Date.now(), randomBytes(2).toString('hex')),
        phase,
        scenario: files.scenario,
        scenarioArtifact: await store.putArtifact('scenario.yaml', { text: files.scenarioText }),
        corner,
        draft,
        plan: planRun(files.scenario, { phase, seed, ...(attempts ? { attempts } : {}), ...(only ? { only } : {}) }),
        seed,
        profiles: files.profiles,
        tree: tree.value,
        redVerdicts: phase === 'green' ? redVerdicts(session, feature, prepared.value) : undefined,
        environments: session.environments,
        runtimeDir: session.runtimeDir,
        recorderProcess: describeSelf(session.token),
        tool: input.tool,
        buildsOn: [store.head()],
        keepGoing: phase === 'red' ? input.options['failFast'] !== true : input.options['keepGoing'] === true,
        signal: AbortSignal.any([input.signal, deadline.signal]),
      },
      session.recorder,
    );
    reportOutcome(input.out, store, { feature, phase }, outcome);
    return ok(outcome);
  } finally {
    clearTimeout(timer);
    await tree.value.release();
  }
}

/** Verdicts of the newest red run of these very tests: a valid one before any other. */
function redVerdicts(session: RunSession, feature: string, prepared: PreparedCorner): CaseVerdict[] | undefined {
  const reds = foldRuns(session.store.events()).filter(
    ({ started, finished }) =>
      finished !== undefined &&
      started.feature === feature &&
      started.phase === 'red' &&
      !started.draft &&
      started.testDigest === prepared.testDigest,
  );
  const red = reds.filter(({ finished }) => finished?.body.verdict.code === 'red/valid').at(-1) ?? reds.at(-1);
  return red === undefined ? undefined : [...session.store.verdicts(red.run)];
}

const FAILED_ENVIRONMENT: ReadonlySet<WholeCode> = new Set<WholeCode>(['infrastructure', 'interrupted']);

function exitOf({ verdict, failure }: ScenarioOutcome): ExitCode {
  if (verdict.code === 'red/valid' || verdict.code === 'green/passed') return EXIT.holds;
  if (failure !== undefined) return failure.exit;
  return FAILED_ENVIRONMENT.has(verdict.code) ? EXIT.environment : EXIT.doesNotHold;
}
