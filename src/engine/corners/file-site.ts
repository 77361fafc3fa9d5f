import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AttemptFacts } from '../../classify/attempt-problem.ts';
import type { SuiteSpec } from '../../domain/scenario.ts';
import type { TargetPlan } from '../../plan/plan-corners.ts';
import { runAttempt } from '../../suite/run-attempt.ts';
import { type CornerSite, HEALTHY, type SiteAttempt, type SiteRequest } from './corner-site.ts';
import { nothingThere } from './go-site.ts';

/** Opens a corner for targets that are test files: each run is one start of its runner, through the adapters that suites use. */
export function openFileSite(request: SiteRequest): CornerSite {
  const commands: (readonly string[])[] = [];
  let runs = 0;
  const run = async (target: TargetPlan, attempt: SiteAttempt): Promise<AttemptFacts> => {
    if (!existsSync(join(request.worktree, target.target))) return nothingThere(attempt);
    const folder = join(request.folder, String(runs++));
    mkdirSync(folder, { recursive: true });
    const { only } = attempt;
    try {
      const result = await runAttempt({
        spec: specOf(target, request),
        phase: request.corner === 'H' || request.corner === 'B' ? 'green' : 'red',
        attempt: attempt.attempt,
        order: attempt.order,
        seed: attempt.seed,
        ...(only === undefined ? {} : { only }),
        worktree: request.worktree,
        grade: [],
        folder,
        token: `${request.token}.${runs}`,
        environment: { REDFIRST_CORNER: request.corner },
        deadlineMs: request.timeoutMs,
        signal: request.signal,
        onCases: () => undefined,
        onEnd: () => Promise.resolve(),
      });
      commands.push(result.command.argv);
      const { status, observations, expectedExit, suiteFailures } = result.report;
      const wanted = only === undefined ? undefined : new Set(only);
      return {
        ...(only === undefined ? {} : { only }),
        attempt: attempt.attempt,
        order: attempt.order,
        end: result.end,
        report: status,
        expectedExit,
        suiteFailures,
        health: HEALTHY,
        dirtied: [],
        observations: wanted === undefined ? observations : observations.filter(({ name }) => wanted.has(name)),
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  return { commands, buildMs: 0, run };
}

/** A test file as a suite: that of its scenario, else one that nobody wrote. */
function specOf({ target, runner, spec }: TargetPlan, { worktree, timeoutMs }: SiteRequest): SuiteSpec {
  if (spec !== undefined) return { ...spec, select: { ...spec.select, files: [target] } };
  return {
    suite: 'unit',
    runner,
    select: { files: [target] },
    profile: 'host',
    grade: [],
    contracts: [],
    controls: [],
    roles: [],
    deadlineMs: timeoutMs,
    evidence: 'C',
    attempts: { red: 1, green: 1 },
    env: runner === 'pytest' ? { PYTHONPATH: pythonPath(worktree, target) } : {},
    wrapper: [],
  };
}

/** Where a Python project keeps a package that is not installed: below src/ of the project around the test, or beside it. */
function pythonPath(worktree: string, target: string): string {
  const folders: string[] = [];
  for (let at = dirname(target); ; at = dirname(at)) {
    const isProject = ['pyproject.toml', 'setup.py', 'setup.cfg'].some((name) => existsSync(join(worktree, at, name)));
    if (isProject || at === '.') folders.push(join(worktree, at, 'src'), join(worktree, at));
    if (at === '.') return folders.join(':');
  }
}
