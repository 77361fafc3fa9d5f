import { randomBytes, randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { EXIT, type ExitCode, fail, ok, type Result, worstExit } from '../domain/failure.ts';
import { makeRunId } from '../domain/run-id.ts';
import { foldRuns } from '../domain/run-record.ts';
import type { CaseVerdict, WholeCode } from '../domain/verdict.ts';
import type { Phase } from '../domain/vocabulary.ts';
import { runScenario, type ScenarioOutcome } from '../engine/run-scenario.ts';
import { prepareSystem } from '../environment/build-system.ts';
import { clusterFolder, listRecords } from '../environment/kind/cluster-record.ts';
import { cleanLeftovers, describeSelf, makeRuntimeDir } from '../environment/leftovers.ts';
import { roleOf } from '../git/path-roles.ts';
import { gitEnvironment } from '../git/run-git.ts';
import { planRun } from '../plan/plan-run.ts';
import { settleReds, validReds } from '../proof/claim.ts';
import type { ProofRun } from '../proof/proof-facts.ts';
import { checkStubCorner } from './check-stub-corner.ts';
import { type CommandInput, numberOption } from './command.ts';
import { openTree } from './open-tree.ts';
import { type PreparedCorner, prepareCorner } from './prepare-corner.ts';
import { readTouched, testFaultsAt } from './read-touched.ts';
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
    if (input.options['keep'] === true) for (const line of describeKept()) out.print(line);
    if (failed.length > 0 || session.recorder.failedObservers.length > 0) exits.push(EXIT.environment);
    session.store.close();
  }
  return { exit: worstExit(exits), outcomes };
}

async function runFeature(session: RunSession, feature: string, phase: Phase): Promise<Result<ScenarioOutcome>> {
  const { input, store } = session;
  const { repo } = session.project;
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
  const refused = await checkStubCorner(repo, prepared.value);
  if (refused !== undefined) return fail(refused);
  // A draft's texts are in no commit: its files alone decide what is touched.
  const touched = draft ? ok(undefined) : await readTouched(repo, prepared.value.commits, files.roles);
  if (!touched.ok) return touched;
  const tree = await openTree(session, prepared.value, draft);
  if (!tree.ok) return tree;
  const system = await prepareSystem(files.scenario.system, phase, {
    worktree: tree.value.path,
    commit: corner.commit,
    dir: join(makeRuntimeDir(session.token), 'system'),
    env: { ...gitEnvironment(), REDFIRST_TOKEN: session.token },
    signal: input.signal,
    progress: session.waiting,
  });
  if (!system.ok) {
    await tree.value.release();
    return system;
  }
  const seed = numberOption(input, 'seed', 0) ?? randomInt(2 ** 31);
  const attempts = numberOption(input, 'attempts', 1);
  const deadline = new AbortController();
  const signal = AbortSignal.any([input.signal, deadline.signal]);
  // As many listen as processes run at once.
  setMaxListeners(0, signal);
  // Alone it keeps nothing alive: where nothing else is left to wait for, half an hour more would bring no answer.
  const timer = setTimeout(() => deadline.abort('deadline of the whole run'), files.scenario.runDeadlineMs).unref();
  try {
    const outcome = await runScenario(
      {
        ...prepared.value,
        isTestPath: (path) => roleOf(files.roles, path) === 'tests',
        ...(touched.value === undefined ? {} : { isTouched: touched.value }),
        ...(draft ? {} : { findTestFaults: testFaultsAt(repo, prepared.value.commits.red, files.roles) }),
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
        ...(system.value === undefined ? {} : { system: system.value }),
        runtimeDir: session.runtimeDir,
        recorderProcess: describeSelf(session.token),
        tool: input.tool,
        buildsOn: [store.head()],
        keepGoing: phase === 'red' ? input.options['failFast'] !== true : input.options['keepGoing'] === true,
        signal,
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

/** How to reach the clusters that are up now. */
function describeKept(): string[] {
  return listRecords().map(
    ({ cluster, profile }) =>
      `cluster ${cluster} stays up: export KUBECONFIG=${clusterFolder(cluster).kubeconfig}; redfirst cluster down ${profile}`,
  );
}

/**
 * What red showed of these very tests: the newest run at R, a valid one before any other, and where something did not build
 * there the newest valid run at S.
 */
function redVerdicts(session: RunSession, feature: string, prepared: PreparedCorner): CaseVerdict[] | undefined {
  const redRuns = foldRuns(session.store.events())
    .filter(
      ({ started, finished }) =>
        finished !== undefined &&
        started.feature === feature &&
        started.phase === 'red' &&
        !started.draft &&
        started.testDigest === prepared.testDigest,
    )
    .map((record) => ({ record, cases: [] }));
  const { atRed, atStub } = validReds({ redRuns });
  const verdicts = (run: ProofRun | undefined) =>
    run === undefined ? undefined : [...session.store.verdicts(run.record.run)];
  const stubbed = verdicts(atStub.at(-1));
  // Without a valid run at R what S shows stands alone; without either, whatever there is.
  const red = verdicts(atRed.at(-1) ?? (stubbed === undefined ? redRuns.at(-1) : undefined));
  return red === undefined ? stubbed : settleReds(red, stubbed);
}

const FAILED_ENVIRONMENT: ReadonlySet<WholeCode> = new Set<WholeCode>(['infrastructure', 'interrupted']);

function exitOf({ verdict, failure }: ScenarioOutcome): ExitCode {
  if (verdict.code === 'red/valid' || verdict.code === 'green/passed') return EXIT.holds;
  if (failure !== undefined) return failure.exit;
  return FAILED_ENVIRONMENT.has(verdict.code) ? EXIT.environment : EXIT.doesNotHold;
}
