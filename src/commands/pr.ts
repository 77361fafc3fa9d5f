import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { dirname } from 'node:path/posix';
import { parseDuration } from '../config/duration.ts';
import { EXIT, type ExitCode, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import { runCorners, type Stub } from '../engine/run-corners.ts';
import { cleanLeftovers, makeRuntimeDir } from '../environment/leftovers.ts';
import { findStub } from '../git/change-corners.ts';
import { openRepository, type Repository } from '../git/open-repository.ts';
import { listFolder } from '../git/read-blobs.ts';
import { type Change, resolveChange } from '../git/resolve-change.ts';
import { readFileAt, readFileInWorkTree } from '../git/tree-files.ts';
import { defaultCacheDirs, releaseStale } from '../git/worktree-pool.ts';
import { type ChangePlan, planCorners } from '../plan/plan-corners.ts';
import { declaredInTests } from '../syntax/missing-names.ts';
import { buildTouchIndex } from '../syntax/touch-index.ts';
import { type ChangeReport, renderChangeMarkdown, renderChangeReport } from '../ui/change-report.ts';
import { createProgress } from '../ui/terminal-progress.ts';
import { exitOfChange } from './change-exit.ts';
import { findChangeRoles } from './change-roles.ts';
import { type CommandInput, type CommandMain, numberOption, textOption } from './command.ts';
import { type RoledChange, readChangedPaths, readTouchInput } from './read-change.ts';
import { createScriptRunners } from './script-runners.ts';
import { setupForScripts } from './script-setup.ts';

/** `redfirst pr [NUMBER | COMMIT | BASE..HEAD]`: what the tests of a change show. Reads, runs in the pool, writes nothing else. */
export const main: CommandMain = async (input) => {
  const told = await showChange(input);
  if (told.ok) return told.value;
  input.out.failure(told.failure);
  return told.failure.exit;
};

async function showChange(input: CommandInput): Promise<Result<ExitCode>> {
  const timeoutMs = parseDuration(textOption(input, 'timeout') ?? '10m');
  if (timeoutMs === undefined)
    return fail(usage(`--timeout takes a time such as 90s or 20m, not ${JSON.stringify(input.options['timeout'])}`));
  const shuffles = numberOption(input, 'shuffles', 0) ?? 1;
  if (!(shuffles >= 0 && shuffles <= 20))
    return fail(
      usage(`--shuffles takes a whole number from 0 to 20, not ${JSON.stringify(input.options['shuffles'])}`),
    );
  const opened = await openRepository(input.cwd);
  if (!opened.ok) return opened;
  const repo = opened.value;
  const configured = await findChangeRoles(readFileInWorkTree(repo), []);
  if (!configured.ok) return configured;
  const change = await resolveChange(repo, input.operands[0], configured.value.base);
  if (!change.ok) return change;
  const files = await listTree(repo, change.value);
  if (!files.ok) return files;
  const roles = await findChangeRoles(readFileInWorkTree(repo), files.value);
  if (!roles.ok) return roles;
  const paths = await readChangedPaths(repo, change.value, roles.value);
  if (!paths.ok) return paths;
  const plan = await planChange(input, repo, change.value, paths.value, files.value);
  const notes = [...change.value.notes, ...plan.notRun];
  if (plan.unclassified.length > 0) {
    const named = plan.unclassified.slice(0, 3).join(', ');
    notes.push(
      `${named}${plan.unclassified.length > 3 ? ` and ${plan.unclassified.length - 3} more` : ''}: no rule names them, taken for implementation`,
    );
  }
  if (plan.nothing !== undefined) return ok(tellNothing(input, change.value, plan, notes));

  const touched = await readTouchInput(repo, change.value, paths.value, roles.value);
  if (!touched.ok) return touched;
  const touch = await buildTouchIndex(touched.value);
  const texts = [
    ...touched.value.files.flatMap(({ path, newText }) => (newText === undefined ? [] : [{ path, text: newText }])),
    ...touched.value.others,
  ];
  const named = textOption(input, 'stub');
  const stub =
    named === undefined ? ok(undefined) : await findStub(repo, named, (path) => readText(resolve(input.cwd, path)));
  if (!stub.ok) return stub;
  const token = randomBytes(6).toString('hex');
  const { poolDir, setupDir } = defaultCacheDirs(process.env);
  await releaseStale(repo, poolDir);
  const progress = createProgress(process.stderr, { now: Date.now });
  try {
    const outcome = await runCorners({
      repo,
      base: change.value.base,
      head: change.value.head,
      paths: paths.value,
      targets: plan.targets,
      judge: { touch },
      readDeclared: (target, missing) =>
        declaredInTests(
          missing,
          texts.filter(({ path }) => path === target || dirname(path) === target),
        ),
      ...(stub.value === undefined ? {} : { stub: stub.value satisfies Stub }),
      setupAt: setupForScripts(repo, plan.targets),
      poolDir,
      setupDir,
      folder: makeRuntimeDir(token),
      token,
      timeoutMs,
      shuffles,
      seed: numberOption(input, 'seed', 0) ?? 1,
      caller: process.env,
      signal: input.signal,
      progress: (what) => progress.onProgress({ type: 'waiting', what }),
    });
    progress.close();
    if (!outcome.ok) return outcome;
    const { verdict, corners } = outcome.value;
    const exit = exitOfChange(verdict, 'change');
    const { label, title, base, head } = change.value;
    const report = { label, title, verdict, exit, corners, notes: [...notes, ...outcome.value.notes] };
    tell(input, report);
    input.out.document({ change: { label, title, base, head, roles: roles.value.from }, ...report });
    return ok(exit);
  } finally {
    progress.close();
    await cleanLeftovers(token);
  }
}

async function listTree(repo: Repository, { head }: Change): Promise<Result<readonly string[]>> {
  const files = await listFolder(repo, head, '.', true);
  return files.ok ? ok(files.value.map(({ path }) => path)) : files;
}

async function planChange(
  input: CommandInput,
  repo: Repository,
  change: Change,
  paths: readonly RoledChange[],
  files: readonly string[],
): Promise<ChangePlan> {
  const folders = new Set(files.filter((path) => path.endsWith('_test.go')).map((path) => dirname(path)));
  const runnerOf = await createScriptRunners(
    readFileAt(repo, change.head),
    readFileAt(repo, change.base),
    paths,
    files,
  );
  const plan = planCorners(paths, (folder) => folders.has(folder), runnerOf);
  const only = input.options['target'];
  if (!Array.isArray(only)) return plan;
  const named = (only as string[]).map((path) => path.replace(/^\.\//, '').replace(/\/+$/, '') || '.');
  const targets = named.map(
    (target) => plan.targets.find((one) => one.target === target) ?? { target, runner: 'go-test' as const },
  );
  const { nothing: _, ...rest } = plan;
  return {
    ...rest,
    targets,
    notRun: plan.notRun.filter((why) => !named.some((target) => why.startsWith(`${target} `))),
  };
}

/** A change that no test could show anything of is told at once; code without a test is a finding. */
function tellNothing(input: CommandInput, change: Change, plan: ChangePlan, notes: readonly string[]): ExitCode {
  const { reason, untestedCode } = plan.nothing as NonNullable<ChangePlan['nothing']>;
  const exit = untestedCode ? EXIT.unproven : EXIT.holds;
  const { label, title, base, head } = change;
  const verdict = { class: 'nothing-to-show' as const, reason, targets: [], cases: [] };
  const report = { label, title, verdict, exit, corners: [], notes: notes.filter((note) => !reason.includes(note)) };
  tell(input, report);
  input.out.document({ change: { label, title, base, head }, ...report });
  return exit;
}

function tell(input: CommandInput, report: ChangeReport): void {
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

function usage(what: string): Failure {
  return { reason: 'usage', what, next: 'redfirst pr --help', exit: EXIT.usage };
}
