import { findForeign } from '../foreign-report.ts';
import { readGoRun } from '../go/read-go-run.ts';
import { emptyReport, inspectReport, readSafely } from '../report-file.ts';
import type { ReadReport, RunnerResult } from '../runner.ts';

/**
 * Reads ginkgo's JSON report of a compiled test binary, such as KubeVirt's functional tests
 * (`tests.test --ginkgo.json-report=$REDFIRST_REPORT`). Its JUnit file would not do: KubeVirt's own reporter writes nothing
 * for specs that timed out or were aborted, which then look passed.
 */
export function readGinkgo(result: RunnerResult): Promise<ReadReport> {
  return readSafely(async () => {
    const bad = await inspectReport(result);
    if (bad !== undefined) return emptyReport(bad);
    const { spec, attempt, end, worktree, reportPath } = result;
    const { packages: _, ...report } = await readGoRun({
      gotest: '',
      ginkgo: reportPath,
      worktree,
      suite: spec.suite,
      attempt,
      end,
    });
    if (report.status.status !== 'complete') return report;
    return { ...report, status: findForeign(report.observations, result) ?? report.status };
  });
}
