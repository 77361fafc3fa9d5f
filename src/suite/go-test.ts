import { onlyPattern } from './go/go-arguments.ts';
import { readGoTest } from './go/read-go-test.ts';
import type { Runner, RunnerCommand, RunnerRequest } from './runner.ts';

/** `go test -json`; the report is its stdout. */
export const goTestRunner: Runner = { name: 'go-test', command, read: readGoTest };

function command({ spec, order, seed, only }: RunnerRequest): RunnerCommand {
  const alone = order === 'drivers-alone' && only !== undefined && only.length > 0;
  return {
    argv: [
      ...spec.wrapper,
      'go',
      'test',
      '-json',
      // vet's findings would pass for a build failure.
      '-vet=off',
      // All errors of a package, not the first ten.
      '-gcflags=-e',
      '-count=1',
      // A little before our own deadline, so that Go can say what was running; its own default is ten minutes.
      `-timeout=${Math.max(1, Math.floor(spec.deadlineMs * 0.95))}ms`,
      ...(order === 'shuffled' ? [`-shuffle=${seed}`] : []),
      ...(alone ? [`-run=${onlyPattern(only)}`] : []),
      ...spec.select.files,
    ],
    env: {},
    report: 'stdout',
    orderGranularity: 'cases',
  };
}
