import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessEnd } from '../domain/process-end.ts';
import type { SuiteSpec } from '../domain/scenario.ts';
import type { AttemptOrder, GradeMember, Phase } from '../domain/vocabulary.ts';
import { sweepToken } from '../process/process-group.ts';
import { runProcess } from '../process/run-process.ts';
import type { ReadReport, RunnerCommand } from './runner.ts';
import { countFinishedCases, runnerFor } from './runners.ts';
import { suiteVariables } from './suite-variables.ts';

export interface AttemptRequest {
  readonly spec: SuiteSpec;
  readonly phase: Phase;
  readonly attempt: number;
  readonly order: AttemptOrder;
  readonly seed: number;
  readonly only?: readonly string[];
  readonly worktree: string;
  readonly grade: readonly GradeMember[];
  /** Empty, private folder; streams, report and the suite's own artifacts land here. */
  readonly folder: string;
  readonly token: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly onCases: (finished: number) => void;
  /** Called as soon as the runner is gone, before its leftovers are ended and its report is read. */
  readonly onEnd: () => Promise<void>;
}

export interface AttemptResult {
  readonly command: RunnerCommand;
  readonly end: ProcessEnd;
  readonly durationMs: number;
  readonly report: ReadReport;
  /** Absolute path → artifact name. */
  readonly files: Readonly<Record<string, string>>;
  /** Processes that outlived the runner and were killed. */
  readonly leftovers: readonly number[];
}

/** How often progress is read, which is also how late it may be. */
const PROGRESS_MS = 250;

/** Runs one attempt of a suite through its runner and reads what it left behind. Never throws for what a runner does. */
export async function runAttempt(request: AttemptRequest): Promise<AttemptResult> {
  const { folder, spec } = request;
  const place = (name: string): string => join(folder, name);
  for (const name of ['home', 'tmp', 'files']) mkdirSync(place(name), { recursive: true });
  const runner = runnerFor(spec.runner);
  const command = runner.command({
    spec,
    worktree: request.worktree,
    reportPath: place('report'),
    order: request.order,
    seed: request.seed,
    ...(request.only === undefined ? {} : { only: request.only }),
  });
  const env = suiteVariables({
    ...request,
    home: place('home'),
    tmp: place('tmp'),
    artifacts: place('files'),
    report: place('report'),
    runner: command.env,
    caller: process.env,
  });
  const reportPath = command.report === 'stdout' ? place('stdout') : place('report');
  const stopCounting = countAppended(spec, reportPath, request.onCases);
  const running = runProcess({
    argv: command.argv,
    cwd: request.worktree,
    env,
    deadlineMs: request.deadlineMs,
    signal: request.signal,
    stdoutPath: place('stdout'),
    stderrPath: place('stderr'),
  });
  const ran = await running.finally(stopCounting);
  await request.onEnd();
  const leftovers = await sweepToken(request.token);
  const report = await runner.read({
    spec,
    attempt: request.attempt,
    worktree: request.worktree,
    reportPath,
    stderrPath: place('stderr'),
    end: ran.end,
    startedAtMs: ran.startedAtMs,
    token: request.token,
  });
  const files = Object.fromEntries(
    ['stdout', 'stderr', 'report'].filter((name) => existsSync(place(name))).map((name) => [place(name), name]),
  );
  return { command, end: ran.end, durationMs: ran.durationMs, report, files, leftovers };
}

/** Counts finished cases in what is appended to a growing report; reads every byte once, a chunk at a time. */
function countAppended(spec: SuiteSpec, path: string, onCases: (finished: number) => void): () => void {
  const chunk = Buffer.alloc(1024 * 1024);
  let offset = 0;
  let finished = 0;
  const look = (): void => {
    try {
      if (statSync(path).size <= offset) return;
      const fd = openSync(path, 'r');
      const bytes = readSync(fd, chunk, 0, chunk.length, offset);
      closeSync(fd);
      offset += bytes;
      const more = countFinishedCases(spec.runner, chunk.subarray(0, bytes));
      finished += more;
      if (more > 0) onCases(finished);
    } catch {
      // Not there yet, or gone again: progress is only for show.
    }
  };
  const timer = setInterval(look, PROGRESS_MS);
  return () => clearInterval(timer);
}
