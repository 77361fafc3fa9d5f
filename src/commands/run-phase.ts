import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { EXIT, type ExitCode, type Failure, fail, ok, type Result, worstExit } from '../domain/failure.ts';
import { makeRunId } from '../domain/run-id.ts';
import { foldRuns } from '../domain/run-record.ts';
import type { CaseVerdict, WholeCode } from '../domain/verdict.ts';
import type { Phase, SuiteName } from '../domain/vocabulary.ts';
import { type CleanupStack, createCleanupStack } from '../engine/cleanup-stack.ts';
import { createEnvironmentPool, type EnvironmentPool } from '../engine/environment-pool.ts';
import { createRecorder, type Recorder } from '../engine/recorder.ts';
import { recoverInterrupted } from '../engine/recover.ts';
import { type RunTree, runScenario, type ScenarioOutcome } from '../engine/run-scenario.ts';
import { cleanLeftovers, describeSelf, runtimeDirOf } from '../environment/leftovers.ts';
import { openStore } from '../evidence/open-store.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { roleOf } from '../git/path-roles.ts';
import { prepareWorktree, setupOutputs } from '../git/prepare-worktree.ts';
import { gitEnvironment } from '../git/run-git.ts';
import { changedInWorktree } from '../git/work-tree-state.ts';
import { acquireWorktree, defaultCacheDirs, releaseStale } from '../git/worktree-pool.ts';
import { MANDATED_ORDER } from '../plan/mandated-order.ts';
import { planRun } from '../plan/plan-run.ts';
import { createProgress } from '../ui/terminal-progress.ts';
import { type CommandInput, numberOption } from './command.ts';
import { locateStore } from './open-evidence.ts';
import { openProject, type Project } from './open-project.ts';
import { type PreparedCorner, prepareCorner } from './prepare-corner.ts';
import { redactions } from './redactions.ts';
import { reportOutcome } from './report-outcome.ts';

/** Everything that the features of one invocation share. */
interface Session {
  readonly input: CommandInput;
  readonly project: Project;
  readonly store: EvidenceStore;
  readonly cleanup: CleanupStack;
  readonly environments: EnvironmentPool;
  readonly recorder: Recorder;
  readonly runtimeDir: string;
  readonly token: string;
  readonly waiting: (what: string) => void;
}

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
        out.failure(ran.failure);
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

function checkRunOptions(input: CommandInput): Failure | undefined {
  const wrong = (what: string, next: string): Failure => ({ reason: 'usage', what, next, exit: EXIT.usage });
  for (const name of ['attempts', 'seed']) {
    if (Number.isNaN(numberOption(input, name, name === 'seed' ? 0 : 1) ?? 0)) {
      return wrong(`--${name} takes a whole number, not ${JSON.stringify(input.options[name])}`, `redfirst red --help`);
    }
  }
  const unknown = suiteOption(input)?.find((suite) => !MANDATED_ORDER.includes(suite));
  if (unknown !== undefined)
    return wrong(`there is no suite ${JSON.stringify(unknown)}`, `one of ${MANDATED_ORDER.join(', ')}`);
  return undefined;
}

function suiteOption(input: CommandInput): SuiteName[] | undefined {
  const value = input.options['suite'];
  return Array.isArray(value) ? (value as SuiteName[]) : undefined;
}

async function openSession(input: CommandInput): Promise<Result<Session>> {
  const project = await openProject(input.cwd);
  if (!project.ok) return project;
  const directory =
    input.storeDir === undefined ? ok(join(project.value.repo.commonDir, 'redfirst')) : locateStore(input);
  if (!directory.ok) return directory;
  const redact = redactions(project.value.config, process.env);
  const store = openStore({ directory: directory.value, tool: input.tool, redact });
  if (!store.ok) return store;
  for (const { run, detail } of await recoverInterrupted(store.value))
    input.out.print(`run ${run} was interrupted: ${detail}`);
  await releaseStale(project.value.repo, defaultCacheDirs(process.env).poolDir);

  const token = randomBytes(6).toString('hex');
  const cleanup = createCleanupStack();
  const runtimeDir = runtimeDirOf(token);
  const progress = createProgress(process.stderr, { now: Date.now });
  const recorder = createRecorder(store.value, [{ name: 'progress', ...progress }]);
  cleanup.push('progress', async () => progress.close());
  const waiting = (what: string): void => recorder.progress({ type: 'waiting', what });
  const environments = createEnvironmentPool({ runtimeDir, token, signal: input.signal, cleanup, progress: waiting });
  return ok({
    input,
    project: project.value,
    store: store.value,
    cleanup,
    environments,
    recorder,
    runtimeDir,
    token,
    waiting,
  });
}

async function runFeature(session: Session, feature: string, phase: Phase): Promise<Result<ScenarioOutcome>> {
  const { input, store } = session;
  const runs = foldRuns(store.events());
  const prepared = await prepareCorner(session.project, feature, phase, input, runs);
  if (!prepared.ok) return prepared;
  const { files, corner } = prepared.value;
  for (const note of prepared.value.notes) input.out.print(`note: ${note}`);
  for (const { what } of files.warnings) input.out.print(`warning: ${what}`);

  const draft = input.options['draft'] === true;
  const tree = await openTree(session, prepared.value, draft);
  if (!tree.ok) return tree;
  const seed = numberOption(input, 'seed', 0) ?? randomInt(2 ** 31);
  const attempts = numberOption(input, 'attempts', 1);
  const only = suiteOption(input);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort('deadline of the whole run'), files.scenario.runDeadlineMs);
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
    reportOutcome(input.out, store, outcome);
    return ok(outcome);
  } finally {
    clearTimeout(timer);
    await tree.value.release();
  }
}

/** The pooled worktree at the corner, its set-up done; the author's own tree for a draft. */
async function openTree(
  session: Session,
  prepared: PreparedCorner,
  draft: boolean,
): Promise<Result<RunTree & { release(): Promise<void> }>> {
  const { repo } = session.project;
  const { setup } = prepared.files.scenario;
  if (draft) return ok({ path: repo.topLevel, changed: async () => [], release: () => Promise.resolve() });
  const { poolDir, setupDir } = defaultCacheDirs(process.env);
  const keepPaths = setupOutputs(setup);
  session.waiting(`worktree at ${prepared.corner.commit.slice(0, 10)}`);
  const worktree = await acquireWorktree(repo, { poolDir, commit: prepared.corner.commit, keepPaths });
  if (!worktree.ok) return worktree;
  const { path, commit, release } = worktree.value;
  const ready = await prepareWorktree(repo, { path, commit }, setup, {
    cacheDir: setupDir,
    env: { ...gitEnvironment(), REDFIRST_TOKEN: session.token },
    signal: session.input.signal,
    progress: session.waiting,
  });
  if (!ready.ok) {
    await release();
    return ready;
  }
  const changed = async (): Promise<readonly string[]> => {
    const found = await changedInWorktree({ path, commit }, keepPaths);
    return found.ok ? found.value.map((entry) => `${entry.path} (${entry.status})`) : [found.failure.what];
  };
  return ok({ path, changed, release });
}

/** Verdicts of the newest red run of these very tests: a valid one before any other. */
function redVerdicts(session: Session, feature: string, prepared: PreparedCorner): CaseVerdict[] | undefined {
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
