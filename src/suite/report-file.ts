import { stat } from 'node:fs/promises';
import type { ReportStatus } from '../domain/observation.ts';
import { describeEnd, type ProcessEnd } from '../domain/process-end.ts';
import type { ReadReport, RunnerResult } from './runner.ts';

export type BadStatus = Exclude<ReportStatus, { status: 'complete' }>;

/** File systems that keep whole seconds round a time down; a report of the same second is not stale. */
const CLOCK_TOLERANCE_MS = 1000;

/** What can be said of a report before it is read: missing, no file, older than its run, or empty. */
export async function inspectReport(
  result: Pick<RunnerResult, 'reportPath' | 'end' | 'startedAtMs'>,
): Promise<BadStatus | undefined> {
  const ended = describeEnd(result.end);
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(result.reportPath);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return { status: 'missing', detail: `the runner wrote no report (${ended})` };
    return { status: 'unreadable', detail: `the report cannot be read: ${code ?? 'unknown reason'}` };
  }
  if (!found.isFile()) return { status: 'unreadable', detail: 'the report is no regular file' };
  if (found.mtimeMs < result.startedAtMs - CLOCK_TOLERANCE_MS) {
    const seconds = Math.round((result.startedAtMs - found.mtimeMs) / 1000);
    return { status: 'stale', detail: `the report is ${seconds} s older than the run` };
  }
  if (found.size === 0) return { status: 'truncated', detail: `the report is empty (${ended})` };
  return undefined;
}

/** A report of which nothing could be read. */
export function emptyReport(status: ReportStatus): ReadReport {
  return { status, observations: [], expectedExit: 'any', suiteFailures: [] };
}

/** How a report that its runner never ended is described. */
export function truncated(end: ProcessEnd, missing: string): BadStatus {
  return { status: 'truncated', detail: `${missing} (${describeEnd(end)})` };
}

/** Turns what reading a file can throw (it vanished, a broken disk) into a status. */
export async function readSafely(read: () => Promise<ReadReport>): Promise<ReadReport> {
  try {
    return await read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return emptyReport({ status: 'unreadable', detail: `the report cannot be read: ${code}` });
  }
}
