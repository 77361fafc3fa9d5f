import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { dirname } from 'node:path/posix';
import type { ChangeFacts } from '../classify/classify-change.ts';
import { parseDuration } from '../config/duration.ts';
import type { CommitId } from '../domain/brand.ts';
import { EXIT, type ExitCode, type Failure, fail, ok, type Result, worstExit } from '../domain/failure.ts';
import type { MissingName } from '../domain/observation.ts';
import type { SetupStep } from '../domain/scenario.ts';
import type { PathRole } from '../domain/vocabulary.ts';
import { runCorners } from '../engine/run-corners.ts';
import { cleanLeftovers, makeRuntimeDir } from '../environment/leftovers.ts';
import { findStub } from '../git/change-corners.ts';
import type { Repository } from '../git/open-repository.ts';
import type { Change } from '../git/resolve-change.ts';
import { composeStub, type StubSource } from '../git/stub-corner.ts';
import { defaultCacheDirs, releaseStale } from '../git/worktree-pool.ts';
import type { ChangePlan } from '../plan/plan-corners.ts';
import { declaredInTests } from '../syntax/missing-names.ts';
import { buildTouchIndex } from '../syntax/touch-index.ts';
import { type ChangeReport, renderChangeMarkdown, renderChangeReport } from '../ui/change-report.ts';
import { createProgress } from '../ui/terminal-progress.ts';
import { exitOfChange } from './change-exit.ts';
import type { ChangeRoles } from './change-roles.ts';
import { describeProblem, findStubProblems } from './check-stub-corner.ts';
import { type CommandInput, numberOption, textOption } from './command.ts';
import { type RoledChange, readTouchInput } from './read-change.ts';
import { readHeadSources } from './stub-task.ts';

/** A change whose targets are known. */
export interface PlannedChange {
  readonly repo: Repository;
  readonly change: Change;
  /** R where it is a commit; composed of B and the tests of H where it is absent. */
  readonly red?: CommitId;
  readonly roles: ChangeRoles;
  readonly paths: readonly RoledChange[];
  readonly plan: ChangePlan;
  readonly notes: readonly string[];
  readonly setupAt: (commit: CommitId) => Promise<readonly SetupStep[]>;
  /** What a scenario says of its cases. */
  readonly judge?: Pick<ChangeFacts, 'contractFor' | 'declaredRole'>;
}

/** Options that `pr` and `corners` share. */
export interface ChangeOptions {
  readonly timeoutMs: number;
  readonly shuffles: number;
  readonly seed: number;
}

/** Reads the shared options; the first that is wrong is a usage failure. */
export function readChangeOptions(input: CommandInput, name: string): Result<ChangeOptions> {
  const wrong = (what: string) =>
    fail<Failure>({ reason: 'usage', what, next: `redfirst ${name} --help`, exit: EXIT.usage });
  const given = (option: string): string => JSON.stringify(input.options[option]);
  const timeoutMs = parseDuration(textOption(input, 'timeout') ?? '10m');
  if (timeoutMs === undefined) return wrong(`--timeout takes a time such as 90s or 20m, not ${given('timeout')}`);
  const shuffles = numberOption(input, 'shuffles', 0) ?? 1;
  if (!(shuffles <= 20)) return wrong(`--shuffles takes a whole number from 0 to 20, not ${given('shuffles')}`);
  const seed = numberOption(input, 'seed', 0) ?? 1;
  if (Number.isNaN(seed)) return wrong(`--seed takes a whole number, not ${given('seed')}`);
  return ok({ timeoutMs, shuffles, seed });
}

/** Runs a change at its corners and tells what its tests show. What was started is ended, whatever happens. */
export async function runChange(
  input: CommandInput,
  planned: PlannedChange,
  options: ChangeOptions,
): Promise<Result<ExitCode>> {
  const { repo, change, roles, paths, plan } = planned;
  const touched = await readTouchInput(repo, change, paths, roles);
  if (!touched.ok) return touched;
  const touch = await buildTouchIndex(touched.value);
  const texts = [
    ...touched.value.files.flatMap(({ path, newText }) => (newText === undefined ? [] : [{ path, text: newText }])),
    ...touched.value.others,
  ];
  const named = textOption(input, 'stub');
  const stub =
    named === undefined || named === 'auto'
      ? ok(undefined)
      : await findStub(repo, named, (path) => readText(resolve(input.cwd, path)));
  if (!stub.ok) return stub;
  const token = randomBytes(6).toString('hex');
  const { poolDir, setupDir } = defaultCacheDirs(process.env);
  await releaseStale(repo, poolDir);
  const progress = createProgress(process.stderr, { now: Date.now });
  try {
    const outcome = await runCorners({
      repo,
      base: change.base,
      head: change.head,
      ...(planned.red === undefined ? {} : { red: planned.red }),
      paths,
      targets: plan.targets,
      judge: { touch, ...planned.judge },
      readDeclared: (target, missing) =>
        declaredInTests(
          missing,
          texts.filter(({ path }) => path === target || dirname(path) === target),
        ),
      ...(stub.value === undefined ? {} : { stub: stub.value }),
      ...(named === 'auto' ? { stub: (red, missing) => proposeFor(repo, red, change.head, missing) } : {}),
      refuseStub: (red, stubbed) => refuseStub(repo, roles, red, stubbed),
      setupAt: planned.setupAt,
      poolDir,
      setupDir,
      folder: makeRuntimeDir(token),
      token,
      ...options,
      caller: process.env,
      signal: input.signal,
      progress: (what) => progress.onProgress({ type: 'waiting', what }),
    });
    progress.close();
    if (!outcome.ok) return outcome;
    const { verdict, corners } = outcome.value;
    // Tests that only moved leave code unproven, as no test at all does.
    const hasCode = paths.some(({ role }) => role === 'implementation' || role === 'unclassified');
    const isUntested = hasCode && verdict.class === 'nothing-to-show';
    const exit = worstExit([exitOfChange(verdict, 'change'), isUntested ? EXIT.unproven : EXIT.holds]);
    const canPropose = named === undefined && verdict.targets.some(({ missing }) => missing.length > 0);
    const hint = canPropose && plan.targets.some(({ runner }) => runner === 'go-test') ? [STUB_HINT] : [];
    const { label, title } = change;
    tellChange(input, planned, {
      label,
      title,
      verdict,
      exit,
      corners,
      notes: [...planned.notes, ...outcome.value.notes, ...hint],
    });
    return ok(exit);
  } finally {
    progress.close();
    await cleanLeftovers(token);
  }
}

const STUB_HINT = '`--stub auto` proposes declarations of what is missing, and runs the tests with them (corner S)';

/** A stub for Go from what H declares; `redfirst stub` shows the same as a patch. */
async function proposeFor(
  repo: Repository,
  red: CommitId,
  head: CommitId,
  missing: readonly MissingName[],
): Promise<StubSource | { readonly not: string }> {
  const sources = await readHeadSources(repo, red, head);
  if (!sources.ok) return { not: sources.failure.what };
  const { proposeStub } = await import('../syntax/stub-proposal.ts');
  const { files } = await proposeStub(missing, sources.value.head, sources.value.base);
  if (files.length === 0) return { not: 'H declares none of the missing names in Go' };
  const composed = await composeStub(repo, red, files);
  return composed.ok ? { patch: composed.value.patch } : { not: composed.failure.what };
}

/** Why a stub must not run; as in `pr` everywhere, what no rule names is taken for implementation. */
async function refuseStub(
  repo: Repository,
  roles: ChangeRoles,
  red: CommitId,
  stubbed: CommitId,
): Promise<Failure | undefined> {
  const roleOf = (path: string): PathRole => {
    const role = roles.roleOf(path);
    return role === 'unclassified' ? 'implementation' : role;
  };
  const problems = await findStubProblems(repo, roleOf, red, stubbed);
  if (!problems.ok) return problems.failure;
  const [first] = problems.value;
  if (first === undefined) return undefined;
  return {
    reason: 'boundary-violated',
    what: `the stub does more than declare: ${describeProblem(first)}`,
    next: 'A stub only adds what the tests miss: types, fields, constants, signatures, bodies that return nothing or zero values.',
    exit: EXIT.doesNotHold,
    details: problems.value,
  };
}

/** Prints the report as it was asked for: for a person, as a review comment, or as one document. */
export function tellChange(
  input: CommandInput,
  { change, roles }: Pick<PlannedChange, 'change' | 'roles'>,
  report: ChangeReport,
): void {
  const { label, title, base, head } = change;
  const { verdict, exit, corners, notes } = report;
  input.out.document({
    change: { label, title, base, head, roles: roles.from },
    exit,
    verdict,
    corners,
    notes,
  });
  if (input.options['markdown'] === true) {
    input.out.print(renderChangeMarkdown(report));
    return;
  }
  const width = process.stdout.isTTY ? process.stdout.columns : undefined;
  const verbose = input.options['verbose'] === true;
  input.out.print(renderChangeReport(report, { colour: input.out.colour, verbose, ...(width ? { width } : {}) }));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
