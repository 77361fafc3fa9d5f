import { readReportLines } from './read-report-lines.ts';
import { reporterPath } from './reporter-path.ts';
import type { Runner, RunnerCommand, RunnerRequest } from './runner.ts';

/** Escapes a text for a JavaScript regular expression. */
export function escapeRegExp(text: string): string {
  return text
    .replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r');
}

/** vitest, through our own reporter. `reporter` names its bundle where it is not the one of this build. */
export function vitestRunner(reporter?: string): Runner {
  return {
    name: 'vitest',
    command: (request) => command(request, reporter ?? reporterPath('vitest-reporter')),
    read: readReportLines,
  };
}

function command({ spec, order, seed, only, reportPath }: RunnerRequest, reporter: string): RunnerCommand {
  const shuffled = order === 'shuffled';
  const alone = order === 'drivers-alone' && only !== undefined && only.length > 0;
  return {
    argv: [
      ...spec.wrapper,
      'node_modules/.bin/vitest',
      'run',
      `--reporter=${reporter}`,
      '--reporter=default',
      // Its cache of earlier results decides the order of files, and lies in node_modules, which attempts share.
      '--no-cache',
      '--coverage.enabled=false',
      // A red run goes on after failures.
      '--bail=0',
      `--sequence.shuffle.files=${shuffled}`,
      `--sequence.shuffle.tests=${shuffled}`,
      `--sequence.seed=${seed}`,
      ...(alone ? ['-t', onlyPattern(only)] : []),
      ...spec.select.files,
    ],
    env: { REDFIRST_REPORT: reportPath, NO_COLOR: '1' },
    report: 'file',
    orderGranularity: 'cases',
  };
}

/** vitest matches a pattern against the titles joined by one space, without the file. */
function onlyPattern(only: readonly string[]): string {
  const titles = only.map((name) => name.split(' > ').slice(1).join(' ') || name);
  return `^(?:${[...new Set(titles)].map(escapeRegExp).join('|')})$`;
}
