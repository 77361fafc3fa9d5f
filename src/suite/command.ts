import { readGinkgo } from './ginkgo/read-ginkgo.ts';
import { readJunit } from './junit/read-junit.ts';
import { LONGEST_ARGUMENT_BYTES, type Runner, type RunnerCommand, type RunnerRequest } from './runner.ts';
import { readTap } from './tap/read-tap.ts';

/** Any program that writes JUnit, TAP or ginkgo's JSON report to `$REDFIRST_REPORT`; order and selection are told to it, and cannot be enforced. */
export const commandRunner: Runner = {
  name: 'command',
  command,
  read: (result) => {
    switch (result.spec.reportFormat) {
      case 'tap':
        return readTap(result);
      case 'ginkgo':
        return readGinkgo(result);
      default:
        return readJunit(result);
    }
  },
};

function command({ spec, order, only, reportPath, seed }: RunnerRequest): RunnerCommand {
  return {
    argv: [...spec.wrapper, ...(spec.command ?? [])],
    env: {
      REDFIRST_REPORT: reportPath,
      REDFIRST_ORDER: order,
      REDFIRST_SEED: String(seed),
      ...(order === 'drivers-alone' && only !== undefined ? onlyVariable(only) : {}),
    },
    report: 'file',
    orderGranularity: order === 'declared' ? 'cases' : 'none',
  };
}

function onlyVariable(only: readonly string[]): Record<string, string> {
  const text = JSON.stringify(only);
  return Buffer.byteLength(text) < LONGEST_ARGUMENT_BYTES ? { REDFIRST_ONLY: text } : {};
}
