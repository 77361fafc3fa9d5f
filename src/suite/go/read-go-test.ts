import { readSafely } from '../report-file.ts';
import type { ReadReport, RunnerResult } from '../runner.ts';
import { readModulePath } from './module-path.ts';
import { readGoStream } from './read-go-stream.ts';

/**
 * Reads a `go test -json` stream, Go 1.19 to 1.27, that a run left behind. A suite of ginkgo is one test of it: its cases
 * stand in ginkgo's own report, which runner `ginkgo` reads.
 */
export function readGoTest(result: RunnerResult): Promise<ReadReport> {
  const { spec, attempt, end, startedAtMs, worktree } = result;
  return readSafely(async () => {
    const { report } = await readGoStream({
      gotest: result.reportPath,
      stderr: result.stderrPath,
      worktree,
      modulePath: await readModulePath(worktree),
      suite: spec.suite,
      attempt,
      end,
      startedAtMs,
      selected: spec.select.files,
    });
    return report;
  });
}
