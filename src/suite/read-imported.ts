import type { ReportFormat } from '../domain/event.ts';
import { hasFailed } from '../domain/observation.ts';
import type { ProcessEnd } from '../domain/process-end.ts';
import { readGinkgoReport } from './ginkgo/parse-report.ts';
import { readSuite } from './ginkgo/read-suite.ts';
import { readHead } from './read-chunks.ts';
import { readRecorded } from './read-recorded.ts';
import { emptyReport, readSafely } from './report-file.ts';
import type { ReadReport } from './runner.ts';

/** What a report looks like from its first characters; JUnit where nothing else fits, whose reader then says what it is. */
export async function guessFormat(path: string): Promise<ReportFormat> {
  const bytes = await readHead(path, 4096);
  const head = bytes.replace(/^\ufeff/, '').trimStart();
  const ours = /^\{"redfirst":1[^\n]*?"runner":"([^"\n]*)"/.exec(head)?.[1];
  if (ours === 'vitest' || ours === 'pytest') return ours;
  if (ours === 'node-test') return 'vitest';
  if (/^\{[^\n]*"Action":/.test(head)) return 'go';
  if (/^\[\s*(?:\{|$)/.test(head)) return 'ginkgo';
  return /^(?:TAP version \d|1\.\.\d|(?:not )?ok\b|#)/.test(head) ? 'tap' : 'junit';
}

/** Reads a report that another tool wrote; `exit` is -1 where it is not known. Never throws for what the file holds. */
export async function readImported(path: string, format: ReportFormat, exit: number): Promise<ReadReport> {
  const end: ProcessEnd = { cause: 'exited', code: exit };
  if (format === 'ginkgo') return readSafely(() => readGinkgoAlone(path));
  return readRecorded({ runner: format, ...(format === 'go' ? { gotest: path } : { report: path }), end, attempt: 1 });
}

/** Without the stream of `go test` beside it nothing tells that the test binary ended; imported reports are weaker anyway. */
async function readGinkgoAlone(path: string): Promise<ReadReport> {
  const parsed = await readGinkgoReport(path);
  if (!parsed.ok) return emptyReport(parsed.status);
  const readings = await Promise.all(
    parsed.suites.map((suite) =>
      readSuite(suite, suite.path, { worktree: '', modulePath: '', importPath: suite.path, packageFolder: undefined }),
    ),
  );
  const observations = readings.flatMap(({ cases }) =>
    cases.map((one) => ({ suite: 'unit' as const, attempt: 1, ...one })),
  );
  const suiteFailures = readings.flatMap((reading) => [
    ...reading.suiteFailures,
    ...(reading.contradiction === undefined ? [] : [{ what: reading.contradiction, where: 'suite' as const }]),
  ]);
  const failing = suiteFailures.length > 0 || observations.some(({ outcome }) => hasFailed(outcome));
  const expectedExit = failing ? 'nonzero' : observations.length > 0 ? 'zero' : 'any';
  return { status: { status: 'complete' }, observations, expectedExit, suiteFailures };
}
