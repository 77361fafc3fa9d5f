import { EXIT, type ExitCode, type Failure } from '../domain/failure.ts';
import type { Scenario } from '../domain/scenario.ts';
import type { Phase } from '../domain/vocabulary.ts';
import { readFileInWorkTree } from '../git/tree-files.ts';
import { planRun, type SuitePlan } from '../plan/plan-run.ts';
import { type PlanTextRow, renderListing, renderPlan } from '../ui/terminal-text.ts';
import { type CommandMain, textOption } from './command.ts';
import { listSuites } from './list-suites.ts';
import { loadFeature } from './load-at.ts';
import { openProject } from './open-project.ts';
import { variablesOf } from './profile-variables.ts';

/**
 * `redfirst plan FEATURE`: what `red` or `green` would do, from the work tree. No case runs; runners are asked which cases they
 * would run, so that a wrong selector is found before an environment is started.
 */
export const main: CommandMain = async (input) => {
  const refuse = (failure: Failure): ExitCode => {
    input.out.failure(failure);
    return failure.exit;
  };
  const phase = textOption(input, 'phase') ?? 'red';
  if (phase !== 'red' && phase !== 'green') {
    return refuse({
      reason: 'usage',
      what: `--phase is red or green, not ${JSON.stringify(phase)}`,
      next: 'redfirst plan --help',
      exit: EXIT.usage,
    });
  }
  const project = await openProject(input.cwd);
  if (!project.ok) return refuse(project.failure);
  const files = await loadFeature(
    readFileInWorkTree(project.value.repo),
    input.operands[0] as string,
    variablesOf(project.value.repo),
  );
  if (!files.ok) return refuse(files.failure);
  const { scenario, warnings } = files.value;
  const plan = planRun(scenario, { phase: phase as Phase, seed: 0 });
  const coverage = describeCoverage(scenario);
  for (const { what } of warnings) input.out.print(`warning: ${what}`);
  input.out.print(renderPlan(scenario, plan.map(planRow), coverage));
  const specs = plan.map(({ spec }) => spec);
  const { topLevel } = project.value.repo;
  const asked = input.options['cases'] !== false;
  const listed = asked ? await listSuites(scenario, specs, phase as Phase, topLevel, input.signal) : [];
  if (asked) input.out.print(renderListing(listed));
  input.out.document({
    feature: scenario.feature,
    phase,
    suites: plan.map(({ spec, ...rest }) => ({ ...rest, spec })),
    coverage,
    ...(asked ? { listed } : {}),
  });
  return listed.some(({ empty }) => empty) ? EXIT.usage : EXIT.holds;
};

function planRow({ suite, runner, profile, grade, attempts, spec }: SuitePlan): PlanTextRow {
  const red =
    spec.red === undefined
      ? 'assertion'
      : `${spec.red.class}${spec.red.pattern === undefined ? '' : ` /${spec.red.pattern}/`}`;
  return {
    suite,
    runner,
    profile,
    grade: grade.length === 0 ? 'host' : grade.join('+'),
    attempts: attempts.map(({ order }) => order).join(', '),
    files: spec.select.files.join(' ') || (spec.command ?? []).join(' '),
    red,
  };
}

/** What shows each criterion: the patterns that bind it, or its id in a case's name. */
function describeCoverage(scenario: Scenario): { readonly id: string; readonly text: string; readonly by: string }[] {
  return scenario.criteria.map(({ id, text, cases }) => ({
    id,
    text,
    by: [...cases.map(({ suite, match }) => `${suite} /${match}/`), `cases named ${id}`].join(', '),
  }));
}
