import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { readReportLines } from './read-report-lines.ts';
import { reporterPath } from './reporter-path.ts';
import { LONGEST_ARGUMENT_BYTES, type Runner, type RunnerCommand, type RunnerRequest } from './runner.ts';
import { escapeRegExp } from './vitest.ts';

/** What the node that runs this program offers; the suite's is the same one, unless a wrapper brings its own. */
export interface NodeAbilities {
  readonly major: number;
  /** `--test-randomize`, from 24.x on. */
  readonly randomizes: boolean;
}

const OWN_ABILITIES: NodeAbilities = {
  major: Number(process.versions.node.split('.')[0]),
  randomizes: process.allowedNodeEnvironmentFlags.has('--test-randomize'),
};

/** node's own test runner, through our own reporter. */
export function nodeTestRunner(reporter?: string, node: NodeAbilities = OWN_ABILITIES): Runner {
  return {
    name: 'node-test',
    command: (request) => command(request, reporter ?? reporterPath('node-test-reporter'), node),
    read: (result) => readReportLines(result),
  };
}

function command(request: RunnerRequest, reporter: string, node: NodeAbilities): RunnerCommand {
  const { spec, order, seed, only, reportPath } = request;
  const wrapped = spec.wrapper.length > 0;
  // node sorts the files it is given (20 to 24), so that only its own shuffling changes an order.
  const shuffles = order === 'shuffled' && node.randomizes && !wrapped;
  const pattern =
    order === 'drivers-alone' && only !== undefined && only.length > 0
      ? onlyPattern(request, only, wrapped || node.major < 22)
      : '';
  const alone = pattern !== '' && Buffer.byteLength(pattern) < LONGEST_ARGUMENT_BYTES;
  return {
    argv: [
      ...spec.wrapper,
      'node',
      '--test',
      `--test-reporter=${reporter}`,
      `--test-reporter-destination=${reportPath}`,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      ...(shuffles ? ['--test-randomize', `--test-random-seed=${seed}`] : []),
      ...(alone ? [`--test-name-pattern=${pattern}`] : []),
      ...spec.select.files,
    ],
    env: { REDFIRST_REPORT: reportPath, NO_COLOR: '1', ...(alone ? { REDFIRST_FILTERED: '1' } : {}) },
    report: 'file',
    orderGranularity: shuffles || alone || order === 'declared' ? 'cases' : 'none',
  };
}

/**
 * Node 22 and later match a pattern against the titles joined by one space, Node 20 against the last title alone. A subtest
 * (`t.test`) runs only where its parent matches too, and then so do all its siblings.
 */
function onlyPattern({ worktree }: RunnerRequest, only: readonly string[], lastTitleAlone: boolean): string {
  const bySubtests = new Map<string, boolean>();
  const titles = only.flatMap((name) => {
    const [file = '', ...path] = name.split(' > ');
    if (path.length < 2) return path.length === 0 ? [name] : path;
    const subtests = bySubtests.get(file) ?? hasSubtests(join(worktree, file));
    bySubtests.set(file, subtests);
    const full = path.join(' ');
    if (subtests) return [path[0] as string, full];
    return lastTitleAlone ? [path.at(-1) as string, full] : [full];
  });
  return `^(?:${[...new Set(titles)].map(escapeRegExp).join('|')})$`;
}

/** Whether a test file may hold subtests; a doubt costs only that more cases run. */
function hasSubtests(path: string): boolean {
  try {
    const fd = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(1024 * 1024);
      return /\.\s*(?:test|it)\s*\(/.test(buffer.toString('utf8', 0, readSync(fd, buffer)));
    } finally {
      closeSync(fd);
    }
  } catch {
    return true;
  }
}
