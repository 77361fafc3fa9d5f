import { readReportLines } from './read-report-lines.ts';
import { reporterPath } from './reporter-path.ts';
import { LONGEST_ARGUMENT_BYTES, type Runner, type RunnerCommand, type RunnerRequest } from './runner.ts';

/**
 * Escapes a name for a JavaScript regular expression that is handed over as an argument. No argument can hold NUL, and none
 * a lone surrogate: where a name has U+FFFD it may have been one, before it was recorded.
 */
export function escapeRegExp(text: string): string {
  return text
    .replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replaceAll('\0', '\\x00')
    .replaceAll('\ufffd', '[\\ud800-\\udfff\\ufffd]');
}

/** vitest, through our own reporter. `reporter` names its bundle where it is not the one of this build. */
export function vitestRunner(reporter?: string): Runner {
  return {
    name: 'vitest',
    command: (request) => command(request, reporter ?? reporterPath('vitest-reporter')),
    read: (result) => readReportLines(result),
  };
}

function command({ spec, order, seed, only, reportPath }: RunnerRequest, reporter: string): RunnerCommand {
  const shuffled = order === 'shuffled';
  const pattern = order === 'drivers-alone' && only !== undefined && only.length > 0 ? onlyPattern(only) : '';
  const alone = pattern !== '' && Buffer.byteLength(pattern) < LONGEST_ARGUMENT_BYTES;
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
      ...(alone ? ['-t', pattern] : []),
      ...spec.select.files,
    ],
    env: { REDFIRST_REPORT: reportPath, NO_COLOR: '1' },
    report: 'file',
    orderGranularity: order === 'drivers-alone' && !alone ? 'none' : 'cases',
  };
}

/** vitest matches a pattern against the titles joined by one space, without the file. */
function onlyPattern(only: readonly string[]): string {
  const titles = only.map((name) => name.split(' > ').slice(1).join(' ') || name);
  return `^(?:${[...new Set(titles)].map(escapeRegExp).join('|')})$`;
}
