import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readReportLines } from './read-report-lines.ts';
import { reporterPath } from './reporter-path.ts';
import type { Runner, RunnerCommand, RunnerRequest } from './runner.ts';

/** pytest, through a plugin of ours. `plugin` names its file where it is not the one of this build. */
export function pytestRunner(plugin?: string): Runner {
  return {
    name: 'pytest',
    command: (request) => command(request, plugin ?? reporterPath('redfirst_pytest')),
    read: (result) => readReportLines(result),
  };
}

/** Arguments and variables that any call of pytest of ours needs; `folder` is private to it. */
export function pytestCall(
  { spec }: Pick<RunnerRequest, 'spec'>,
  plugin: string,
  reportPath: string,
): { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const path = [dirname(plugin), spec.env['PYTHONPATH'] ?? ''].filter((part) => part !== '').join(':');
  return {
    argv: [
      ...spec.wrapper,
      'python3',
      '-m',
      'pytest',
      '-p',
      'redfirst_pytest',
      '--color=no',
      // What failed last decides nothing, and nothing of it is written into the worktree.
      '-o',
      `cache_dir=${reportPath}.cache`,
    ],
    env: {
      REDFIRST_REPORT: reportPath,
      NO_COLOR: '1',
      PYTHONPATH: path,
      // Compiled files are told apart by second and size alone: two corners in one worktree can have both in common.
      PYTHONDONTWRITEBYTECODE: '1',
    },
  };
}

function command(request: RunnerRequest, plugin: string): RunnerCommand {
  const { spec, order, seed, only, reportPath } = request;
  const { argv, env } = pytestCall(request, plugin, reportPath);
  const onlyPath =
    order === 'drivers-alone' && only !== undefined && only.length > 0 ? writeOnly(reportPath, only) : '';
  return {
    argv: [
      ...argv,
      // A red run goes on after failures, also where a file cannot be imported.
      '--maxfail=0',
      '--continue-on-collection-errors',
      ...spec.select.files,
    ],
    env: {
      ...env,
      REDFIRST_ORDER: order,
      REDFIRST_SEED: String(seed),
      ...(onlyPath === '' ? {} : { REDFIRST_ONLY_FILE: onlyPath }),
    },
    report: 'file',
    orderGranularity: order === 'drivers-alone' && onlyPath === '' ? 'none' : 'cases',
  };
}

/** Names go through a file, however many they are; where it cannot be written, all cases run. */
function writeOnly(reportPath: string, only: readonly string[]): string {
  const path = `${reportPath}.only.json`;
  try {
    writeFileSync(path, JSON.stringify(only));
    return path;
  } catch {
    return '';
  }
}
