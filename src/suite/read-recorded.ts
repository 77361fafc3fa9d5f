import { createReadStream } from 'node:fs';
import type { ProcessEnd } from '../domain/process-end.ts';
import type { SuiteSpec } from '../domain/scenario.ts';
import { readGoRun } from './go/read-go-run.ts';
import { readJunit } from './junit/read-junit.ts';
import { readJestJson } from './read-jest-json.ts';
import { readReportLines } from './read-report-lines.ts';
import { emptyReport } from './report-file.ts';
import type { ReadReport, RunnerResult } from './runner.ts';
import { readTap } from './tap/read-tap.ts';

/** Output of a runner that somebody recorded. Paths are absolute; `folder` is the package's, relative to the repository. */
export interface RecordedOutput {
  readonly runner: 'go' | 'ginkgo' | 'vitest' | 'pytest' | 'junit' | 'tap';
  readonly gotest?: string;
  /** Absent where the package does not use ginkgo; a path that is not there is a report that was never written. */
  readonly ginkgo?: string;
  readonly report?: string;
  readonly end: ProcessEnd;
  readonly attempt: number;
  readonly folder?: string;
}

/** Reads recorded output with the readers that a run uses. A file that no reader knows is unreadable, and says why. */
export async function readRecorded(recorded: RecordedOutput): Promise<ReadReport> {
  const { runner, gotest, ginkgo, report, folder } = recorded;
  if (runner === 'go' || runner === 'ginkgo') {
    return readGoRun({
      gotest: gotest ?? '',
      ...(ginkgo === undefined ? {} : { ginkgo }),
      ...(folder === undefined ? {} : { folder }),
      suite: 'unit',
      attempt: recorded.attempt,
      end: recorded.end,
      expectGinkgo: runner === 'ginkgo' || ginkgo !== undefined,
    });
  }
  const result: RunnerResult = {
    spec: recordedSpec(runner === 'tap' ? 'tap' : 'junit'),
    attempt: recorded.attempt,
    worktree: '',
    reportPath: report ?? '',
    stderrPath: '',
    end: recorded.end,
    startedAtMs: 0,
    token: '',
  };
  if (runner === 'tap') return readTap(result);
  if (runner === 'junit') return readJunit(result);
  const start = await readStart(result.reportPath);
  if (start === undefined) return emptyReport({ status: 'missing', detail: 'there is no report' });
  if (/^\s*</.test(start)) return readJunit(result);
  const token = /^\{"redfirst":1[^\n]*?"token":"([^"\n]*)"/.exec(start)?.[1];
  if (token !== undefined) return readReportLines({ ...result, token });
  if (runner === 'vitest' && /^\s*[{[]/.test(start)) return readJestJson(result);
  const detail = `this is neither JUnit nor what redfirst's own ${runner} reporter writes; have ${runner} write JUnit`;
  return emptyReport({ status: 'unreadable', detail });
}

function recordedSpec(reportFormat: 'junit' | 'tap'): SuiteSpec {
  return {
    suite: 'unit',
    runner: 'command',
    select: { files: [] },
    reportFormat,
    profile: 'host',
    grade: [],
    contracts: [],
    controls: [],
    roles: [],
    deadlineMs: 0,
    evidence: 'C',
    attempts: { red: 1, green: 1 },
    env: {},
    wrapper: [],
  };
}

async function readStart(path: string): Promise<string | undefined> {
  try {
    for await (const chunk of createReadStream(path, { end: 4095 })) return (chunk as Buffer).toString('utf8');
    return '';
  } catch {
    return undefined;
  }
}
