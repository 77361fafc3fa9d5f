import type { ChangeFacts } from '../classify/classify-change.ts';
import { patternFinds } from '../classify/pattern.ts';
import { contractFor } from '../classify/red-contract.ts';
import { EXIT, type ExitCode, fail, ok, type Result } from '../domain/failure.ts';
import type { Scenario, SuiteSpec } from '../domain/scenario.ts';
import { resolveCommit } from '../git/commits.ts';
import { roleOf } from '../git/path-roles.ts';
import { listFolder } from '../git/read-blobs.ts';
import { resolveChange } from '../git/resolve-change.ts';
import { readFileInWorkTree } from '../git/tree-files.ts';
import type { ChangePlan, TargetPlan } from '../plan/plan-corners.ts';
import type { ChangeRoles } from './change-roles.ts';
import { type CommandInput, type CommandMain, textOption } from './command.ts';
import { type FeatureFiles, loadFeature } from './load-at.ts';
import { openProject } from './open-project.ts';
import { notesOf, planChange, tellNothing } from './pr.ts';
import { variablesOf } from './profile-variables.ts';
import { readChangedPaths } from './read-change.ts';
import { readChangeOptions, runChange } from './run-change.ts';

/** `redfirst corners FEATURE`: every corner of a scenario's suites, and the role of every touched case. Records nothing. */
export const main: CommandMain = async (input) => {
  const told = await showCorners(input);
  if (told.ok) return told.value;
  input.out.failure(told.failure);
  return told.failure.exit;
};

async function showCorners(input: CommandInput): Promise<Result<ExitCode>> {
  const options = readChangeOptions(input, 'corners');
  if (!options.ok) return options;
  const project = await openProject(input.cwd);
  if (!project.ok) return project;
  const { repo, config } = project.value;
  const files = await loadFeature(readFileInWorkTree(repo), input.operands[0] as string, variablesOf(repo));
  if (!files.ok) return files;
  const { scenario } = files.value;
  const [base, head] = [textOption(input, 'base'), textOption(input, 'head') ?? 'HEAD'];
  const change = await resolveChange(repo, base === undefined ? head : `${base}..${head}`, config.base);
  if (!change.ok) return change;
  const red = textOption(input, 'red');
  const redCommit = red === undefined ? ok(undefined) : await resolveCommit(repo, red);
  if (!redCommit.ok) return redCommit;
  const roles = rolesOf(files.value);
  const paths = await readChangedPaths(repo, change.value, roles);
  if (!paths.ok) return paths;
  const unclassified = paths.value.filter((path) => path.role === 'unclassified').map(({ path }) => path);
  if (unclassified.length > 0) {
    return fail({
      reason: 'path-unclassified',
      what: `no rule gives ${unclassified.slice(0, 3).join(', ')} a role`,
      next: `name it under \`paths\` in the scenario of ${scenario.feature}`,
      exit: EXIT.usage,
    });
  }
  const listed = await listFolder(repo, change.value.head, '.', true);
  if (!listed.ok) return listed;
  const touched = await planChange(
    repo,
    change.value,
    paths.value,
    listed.value.map(({ path }) => path),
  );
  const plan = ofScenario(touched, scenario);
  const planned = {
    repo,
    change: { ...change.value, label: scenario.feature },
    ...(redCommit.value === undefined ? {} : { red: redCommit.value }),
    roles,
    paths: paths.value,
    plan,
    notes: [...change.value.notes, ...notesOf(plan)],
    setupAt: () => Promise.resolve(scenario.setup),
    judge: judgeOf(plan),
  };
  if (plan.nothing !== undefined) return ok(tellNothing(input, planned));
  return runChange(input, planned, options.value);
}

function rolesOf({ roles, config }: FeatureFiles): ChangeRoles {
  return { roleOf: (path) => roleOf(roles, path), from: 'the scenario', kubevirt: false, base: config.base };
}

/** The touched targets that a suite of the scenario selects, each with that suite; the others are named and not run. */
function ofScenario(plan: ChangePlan, scenario: Scenario): ChangePlan {
  const targets: TargetPlan[] = [];
  const outside: string[] = [];
  for (const target of plan.targets) {
    const spec = scenario.suites.find((suite) => selects(suite, target));
    if (spec === undefined) outside.push(`${target.target} is not run: no suite of the scenario selects it`);
    else targets.push({ ...target, spec });
  }
  const notRun = [...plan.notRun, ...outside];
  if (targets.length > 0 || plan.nothing !== undefined) return { ...plan, targets, notRun };
  return { ...plan, targets, notRun, nothing: { reason: outside[0] ?? 'no suite selects it', untestedCode: true } };
}

const RUNS: Readonly<Record<TargetPlan['runner'], readonly SuiteSpec['runner'][]>> = {
  'go-test': ['go-test', 'ginkgo'],
  vitest: ['vitest'],
  'node-test': ['node-test'],
  pytest: ['pytest'],
};

/** Whether a suite hands a target to its runner: a folder or file by name, or below a folder (Go's `...`). */
function selects(suite: SuiteSpec, { target, runner }: TargetPlan): boolean {
  if (!RUNS[runner].includes(suite.runner)) return false;
  return suite.select.files.some((file) => {
    const named = file.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '') || '.';
    if (named.endsWith('...')) {
      const folder = named.slice(0, -3).replace(/\/+$/, '');
      return folder === '' || target === folder || target.startsWith(`${folder}/`);
    }
    return target === named || (runner !== 'go-test' && (named === '.' || target.startsWith(`${named}/`)));
  });
}

function judgeOf(plan: ChangePlan): Pick<ChangeFacts, 'contractFor' | 'declaredRole'> {
  const specs = new Map(plan.targets.map(({ target, spec }) => [target, spec]));
  return {
    contractFor: (target, name) => {
      const spec = specs.get(target);
      return spec === undefined ? undefined : contractFor(spec, name);
    },
    declaredRole: (target, name) => specs.get(target)?.roles.find(({ match }) => patternFinds(match, name))?.role,
  };
}
