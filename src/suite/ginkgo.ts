import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  GINKGO_EXEC,
  GINKGO_FOCUS,
  GINKGO_FOLDER,
  GINKGO_SEED,
  GINKGO_SHUFFLE,
  GINKGO_TIMEOUT,
} from './go/ginkgo-exec.ts';
import { focusPattern, isGinkgoName, onlyPattern } from './go/go-arguments.ts';
import { readGoRun } from './go/read-go-run.ts';
import type { ReadReport, Runner, RunnerCommand, RunnerRequest, RunnerResult } from './runner.ts';

/**
 * `go test -json` for packages whose tests may run a ginkgo suite: the stream is read together with ginkgo's own report of
 * every such package. Its flags go to the test binaries that have them, and to no other. Needs `sh` and `grep`.
 */
export const ginkgoRunner: Runner = { name: 'ginkgo', command, read };

/** The reports lie beside the streams; one report of all packages is kept as the run's report. */
const reportFolder = (anyPath: string): string => join(dirname(anyPath), 'report.ginkgo');

function command({ spec, order, seed, only, reportPath }: RunnerRequest): RunnerCommand {
  const alone = order === 'drivers-alone' && only !== undefined && only.length > 0 ? only : undefined;
  const shuffled = order === 'shuffled';
  // Which plain test runs a suite is not known here: where a ginkgo case is wanted, no plain test is left out.
  const run = alone === undefined || alone.some(isGinkgoName) ? [] : [`-run=${onlyPattern(alone)}`];
  const focus = alone === undefined ? undefined : focusPattern(alone);
  return {
    argv: [
      ...spec.wrapper,
      'go',
      'test',
      '-json',
      '-vet=off',
      '-gcflags=-e',
      '-count=1',
      `-timeout=${milliseconds(spec.deadlineMs, 0.95)}`,
      ...(shuffled ? [`-shuffle=${seed}`] : []),
      ...run,
      `-exec=${GINKGO_EXEC}`,
      ...spec.select.files,
    ],
    env: {
      [GINKGO_FOLDER]: reportFolder(reportPath),
      // Ginkgo always shuffles the outermost containers; in declared order it must be the same shuffle each time.
      [GINKGO_SEED]: String(shuffled ? seed : 1),
      // Before Go's own time-out, after which ginkgo writes no report.
      [GINKGO_TIMEOUT]: milliseconds(spec.deadlineMs, 0.85),
      [GINKGO_SHUFFLE]: String(shuffled),
      [GINKGO_FOCUS]: focus ?? '',
    },
    report: 'stdout',
    orderGranularity: 'cases',
  };
}

const milliseconds = (deadlineMs: number, part: number): string => `${Math.max(1, Math.floor(deadlineMs * part))}ms`;

async function read(result: RunnerResult): Promise<ReadReport> {
  const { spec, attempt, end, startedAtMs, worktree } = result;
  const ginkgo = await findReports(reportFolder(result.reportPath));
  const report = await readGoRun({
    gotest: result.reportPath,
    ginkgo,
    stderr: result.stderrPath,
    worktree,
    suite: spec.suite,
    attempt,
    end,
    startedAtMs,
    selected: spec.select.files,
  });
  await keepReports(ginkgo, join(dirname(result.reportPath), 'report'));
  return report;
}

async function findReports(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** What a run's record holds is one report: the suites of all packages in one list, each as ginkgo wrote it. */
async function keepReports(paths: readonly string[], into: string): Promise<void> {
  if (paths.length === 0) return;
  const lists: string[] = [];
  for (const path of paths) {
    const text = (await readFile(path, 'utf8').catch(() => '')).trim();
    if (paths.length === 1) lists.push(text);
    else if (text.startsWith('[') && text.endsWith(']')) lists.push(text.slice(1, -1).trim());
  }
  const whole = paths.length === 1 ? (lists[0] ?? '') : `[${lists.filter((one) => one !== '').join(',\n')}]`;
  await mkdir(dirname(into), { recursive: true });
  await writeFile(into, `${whole}\n`);
}
