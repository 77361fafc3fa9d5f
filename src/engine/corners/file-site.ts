import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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
        spec: specOf(target, request.timeoutMs),
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

/** A test file as a suite that no scenario describes. */
function specOf({ target, runner }: TargetPlan, deadlineMs: number): SuiteSpec {
  return {
    suite: 'unit',
    runner,
    select: { files: [target] },
    profile: 'host',
    grade: [],
    contracts: [],
    controls: [],
    roles: [],
    deadlineMs,
    evidence: 'C',
    attempts: { red: 1, green: 1 },
    // Python finds a package that is not installed where projects keep it: at the root or below src/.
    env: runner === 'pytest' ? { PYTHONPATH: 'src:.', PYTHONDONTWRITEBYTECODE: '1' } : {},
    wrapper: [],
  };
}
