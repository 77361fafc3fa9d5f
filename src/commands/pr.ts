import { dirname } from 'node:path/posix';
import { EXIT, type ExitCode, ok, type Result } from '../domain/failure.ts';
import { openRepository, type Repository } from '../git/open-repository.ts';
import { listFolder } from '../git/read-blobs.ts';
import { type Change, resolveChange } from '../git/resolve-change.ts';
import { readFileAt, readFileInWorkTree } from '../git/tree-files.ts';
import { type ChangePlan, planCorners } from '../plan/plan-corners.ts';
import { type ChangeRoles, findChangeRoles } from './change-roles.ts';
import type { CommandInput, CommandMain } from './command.ts';
import { type RoledChange, readChangedPaths } from './read-change.ts';
import { readChangeOptions, runChange, tellChange } from './run-change.ts';
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
  const options = readChangeOptions(input, 'pr');
  if (!options.ok) return options;
  const opened = await openRepository(input.cwd);
  if (!opened.ok) return opened;
  const repo = opened.value;
  const configured = await findChangeRoles(readFileInWorkTree(repo), []);
  if (!configured.ok) return configured;
  const change = await resolveChange(repo, input.operands[0], configured.value.base);
  if (!change.ok) return change;
  const listed = await listFolder(repo, change.value.head, '.', true);
  if (!listed.ok) return listed;
  const files = listed.value.map(({ path }) => path);
  const roles = await findChangeRoles(readFileInWorkTree(repo), files);
  if (!roles.ok) return roles;
  const paths = await readChangedPaths(repo, change.value, roles.value);
  if (!paths.ok) return paths;
  const all = await planChange(repo, change.value, paths.value, files);
  const plan = restrict(all, input.options['target']);
  const planned = {
    repo,
    change: change.value,
    roles: roles.value,
    paths: paths.value,
    plan,
    notes: [...change.value.notes, ...notesOf(plan)],
    setupAt: setupForScripts(repo, plan.targets),
  };
  if (plan.nothing !== undefined) return ok(tellNothing(input, planned));
  return runChange(input, planned, options.value);
}

/** Which targets a change touches, from its paths and the files at H. */
export async function planChange(
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
  return planCorners(paths, (folder) => folders.has(folder), runnerOf);
}

/** What a person should know of a plan, one sentence each. */
export function notesOf({ notRun, unclassified }: ChangePlan): string[] {
  if (unclassified.length === 0) return [...notRun];
  const named = unclassified.slice(0, 3).join(', ');
  const more = unclassified.length > 3 ? ` and ${unclassified.length - 3} more` : '';
  return [...notRun, `${named}${more}: no rule names them, taken for implementation`];
}

/** `--target`: only these, whether the change touches them or not. */
function restrict(plan: ChangePlan, only: unknown): ChangePlan {
  if (!Array.isArray(only)) return plan;
  const named = (only as string[]).map((path) => path.replace(/^\.\//, '').replace(/\/+$/, '') || '.');
  const targets = named.map(
    (target) => plan.targets.find((one) => one.target === target) ?? { target, runner: 'go-test' as const },
  );
  const { nothing: _, ...rest } = plan;
  const notRun = plan.notRun.filter((why) => !named.some((target) => why.startsWith(`${target} `)));
  return { ...rest, targets, notRun };
}

/** A change that no test could show anything of is told at once; code without a test is a finding. */
export function tellNothing(
  input: CommandInput,
  planned: {
    readonly change: Change;
    readonly roles: ChangeRoles;
    readonly plan: ChangePlan;
    readonly notes: readonly string[];
  },
): ExitCode {
  const { change, plan, notes } = planned;
  const { reason, untestedCode } = plan.nothing as NonNullable<ChangePlan['nothing']>;
  const exit = untestedCode ? EXIT.unproven : EXIT.holds;
  const { label, title } = change;
  const verdict = { class: 'nothing-to-show' as const, reason, targets: [], cases: [] };
  const told = notes.filter((note) => !reason.includes(note));
  tellChange(input, planned, { label, title, verdict, exit, corners: [], notes: told });
  return exit;
}
