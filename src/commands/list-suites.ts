import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { criteriaOf } from '../classify/case-role.ts';
import { patternFinds } from '../classify/pattern.ts';
import type { Scenario, SuiteSpec } from '../domain/scenario.ts';
import type { Phase, SuiteName } from '../domain/vocabulary.ts';
import { listCases } from '../suite/list-cases.ts';
import { suiteVariables } from '../suite/suite-variables.ts';

/** What a suite would run, as far as its runner can say beforehand. */
export interface ListedSuite {
  readonly suite: SuiteName;
  /** Cases that the scenario selects; undefined where the runner cannot say. */
  readonly cases?: readonly {
    readonly name: string;
    readonly criteria: readonly string[];
    readonly control: boolean;
  }[];
  /** Cases that run beside them, and belong to somebody else. */
  readonly others?: number;
  /** Why nobody can say. */
  readonly reason?: string;
  /** What a run would find as well: files that do not load yet, a selector or a control that names nothing. */
  readonly problems: readonly string[];
  /** It is certain already that a run could show nothing: no case is selected, though everything could be listed. */
  readonly empty: boolean;
}

/** Most runners answer in seconds; those that have to build first get as long as a suite. */
const LEAST_DEADLINE_MS = 60_000;

/** Asks every suite's runner what it would run in `worktree`; nothing of it runs, though files are loaded and tests built. */
export async function listSuites(
  scenario: Scenario,
  specs: readonly SuiteSpec[],
  phase: Phase,
  worktree: string,
  signal: AbortSignal,
): Promise<ListedSuite[]> {
  const folder = await mkdtemp(join(tmpdir(), 'redfirst-list-'));
  try {
    const listed: ListedSuite[] = [];
    for (const spec of specs) listed.push(await listSuite(scenario, spec, phase, worktree, folder, signal));
    return listed;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function listSuite(
  scenario: Scenario,
  spec: SuiteSpec,
  phase: Phase,
  worktree: string,
  root: string,
  signal: AbortSignal,
): Promise<ListedSuite> {
  const folder = join(root, spec.suite);
  for (const name of ['home', 'tmp', 'files']) await mkdir(join(folder, name), { recursive: true });
  const env = suiteVariables({
    spec,
    phase,
    attempt: 0,
    seed: 0,
    grade: [],
    home: join(folder, 'home'),
    tmp: join(folder, 'tmp'),
    artifacts: join(folder, 'files'),
    report: join(folder, 'report'),
    token: 'list',
    environment: {},
    runner: {},
    caller: process.env,
  });
  const listing = await listCases({
    spec,
    worktree,
    env,
    folder,
    deadlineMs: Math.max(spec.deadlineMs, LEAST_DEADLINE_MS),
    signal,
  });
  if (listing.status === 'cannot-say') {
    return { suite: spec.suite, reason: listing.reason, problems: [], empty: false };
  }
  const isControl = (name: string): boolean => spec.controls.some((pattern) => patternFinds(pattern, name));
  const selected = listing.cases.filter(
    ({ name }) => isControl(name) || spec.select.cases === undefined || patternFinds(spec.select.cases, name),
  );
  const problems = listing.problems.map(({ what }) => what);
  const isWhole = problems.length === 0;
  const candidates = selected.filter(({ name }) => !isControl(name));
  if (isWhole && candidates.length === 0) {
    const selector = spec.select.cases === undefined ? spec.select.files.join(' ') : `/${spec.select.cases}/`;
    problems.push(`no case is selected by ${selector}: ${listing.cases.length} are there`);
  }
  for (const pattern of isWhole ? spec.controls : []) {
    if (!selected.some(({ name }) => patternFinds(pattern, name)))
      problems.push(`no case matches the control /${pattern}/`);
  }
  return {
    suite: spec.suite,
    cases: selected.map((one) => ({
      name: one.name,
      criteria: criteriaOf(scenario, spec, one),
      control: isControl(one.name),
    })),
    others: listing.cases.length - selected.length,
    problems,
    empty: isWhole && candidates.length === 0,
  };
}
