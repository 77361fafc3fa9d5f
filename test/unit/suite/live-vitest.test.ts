import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { vitestRunner } from '../../../src/suite/vitest.ts';
import {
  bundleReporter,
  layFixtures,
  linkNodeModules,
  makeFolder,
  makeSpec,
  removeFolder,
  runLive,
  table,
} from './suite-lab.ts';

let logs: string;
let worktree: string;
let runner: ReturnType<typeof vitestRunner>;

beforeAll(async () => {
  logs = makeFolder();
  worktree = makeFolder();
  layFixtures('vitest', worktree);
  linkNodeModules(worktree);
  runner = vitestRunner(await bundleReporter('vitest-reporter', logs));
});
afterAll(() => {
  removeFolder(logs);
  removeFolder(worktree);
});

const spec = (...files: string[]) => makeSpec({ runner: 'vitest', select: { files } });

describe('vitest, for real', () => {
  test('every way a case can end is told apart', async () => {
    const { report, end } = await runLive(runner, spec('all.test.ts'), worktree, logs);
    expect(end).toEqual({ cause: 'exited', code: 1 });
    expect(report.status).toEqual({ status: 'complete' });
    expect(report.expectedExit).toBe('nonzero');
    expect(table(report).sort()).toEqual(
      [
        'passed | body | all.test.ts > passes',
        'failed | body | all.test.ts > fails | assertion',
        'failed | body | all.test.ts > node assert | assertion',
        'failed | body | all.test.ts > chai assert | assertion',
        'errored | body | all.test.ts > throws | error',
        'errored | body | all.test.ts > throws string | error',
        'skipped | body | all.test.ts > skipped',
        'skipped | body | all.test.ts > skipped why',
        'skipped | body | all.test.ts > todo',
        'timed-out | body | all.test.ts > times out | timeout',
        'failed | body | all.test.ts > snapshot | assertion',
        'failed | body | all.test.ts > count | assertion',
        'failed | body | all.test.ts > hascount | assertion',
        'failed | body | all.test.ts > soft | assertion',
        'failed | body | all.test.ts > resolves | no-error-assertion',
        'failed | body | all.test.ts > nothrow | no-error-assertion',
        'failed | body | all.test.ts > rejects | assertion',
        'failed | body | all.test.ts > custom | assertion',
        'passed | body | all.test.ts > fails ok',
        'errored | body | all.test.ts > fails not | error',
        'passed | body | all.test.ts > retry',
        'failed | body | all.test.ts > retry bad | assertion',
        'errored | teardown | all.test.ts > finish hook | error',
        'errored | setup | all.test.ts > before each > a | error',
        'errored | teardown | all.test.ts > before each cleanup > a | error',
        'errored | teardown | all.test.ts > after each > a | error',
        'failed | body | all.test.ts > after each > bad | assertion',
        'errored | setup | all.test.ts > before all > a | error',
        'errored | setup | all.test.ts > before all > deep > b | error',
        'errored | setup | all.test.ts > before all > deep > c | error',
        'passed | body | all.test.ts > after all > a',
        'timed-out | setup | all.test.ts > hook timeout > a | timeout',
        'errored | setup | all.test.ts > fixture > a | error',
        'passed | body | all.test.ts > each 1 > x',
        'passed | body | all.test.ts > each 2 > x',
      ].sort(),
    );
    expect(report.suiteFailures).toEqual([
      { what: 'all.test.ts: Error: ba', where: 'setup' },
      { what: 'all.test.ts: Error: aa', where: 'teardown' },
    ]);
    const named = (name: string) => report.observations.find((one) => one.name === `all.test.ts > ${name}`);
    expect(named('fails')).toMatchObject({
      file: 'all.test.ts',
      failure: {
        kind: 'assertion',
        type: 'AssertionError',
        message: 'expected 1 to be 2 // Object.is equality',
        location: { file: 'all.test.ts', line: 5, column: 58 },
      },
    });
    expect(named('retry')?.retries).toEqual(['failed', 'failed', 'passed']);
    expect(named('retry bad')?.retries).toEqual(['failed', 'failed']);
    expect(named('after each > bad')?.additional).toEqual([
      {
        kind: 'error',
        type: 'Error',
        message: 'ae',
        where: 'teardown',
        location: { file: 'all.test.ts', line: 31, column: 56 },
      },
    ]);
    expect(named('soft')?.additional).toHaveLength(1);
  });

  test('files that cannot be loaded, and one whose describe throws', async () => {
    const files = ['load.test.ts', 'syntax.test.ts', 'empty.test.ts', 'describe.test.ts', 'missing.test.ts'];
    const { report } = await runLive(runner, spec(...files), worktree, logs);
    expect(report.status).toEqual({ status: 'complete' });
    expect(table(report).sort()).toEqual([
      'errored | body | missing.test.ts > x | compile',
      'errored | load | describe.test.ts [load] | error',
      'errored | load | empty.test.ts [load] | error',
      'errored | load | load.test.ts [load] | compile',
      'errored | load | syntax.test.ts [load] | error',
    ]);
    expect(report.observations.find(({ name }) => name === 'load.test.ts [load]')?.failure?.missingNames).toEqual([
      './nope',
    ]);
    expect(report.suiteFailures.map(({ what, where }) => `${where} ${what.split(':')[0]}`).sort()).toEqual([
      'load describe.test.ts',
      'load empty.test.ts',
      'load syntax.test.ts',
    ]);
  });

  test('process.exit in a test, and a rejection that nobody handles', async () => {
    const { report } = await runLive(runner, spec('exit.test.ts', 'unhandled.test.ts'), worktree, logs);
    expect(table(report).sort()).toEqual([
      'errored | body | exit.test.ts > exits | error',
      'passed | body | exit.test.ts > after exit',
      'passed | body | exit.test.ts > before exit',
      'passed | body | unhandled.test.ts > b',
      'passed | body | unhandled.test.ts > leaks',
    ]);
    expect(report.suiteFailures).toContainEqual({ what: 'Error: leak', where: 'suite' });
  });

  test('a file filter that matches nothing gives a whole report without a case', async () => {
    const { report, end } = await runLive(runner, spec('absent.test.ts'), worktree, logs);
    expect(end).toEqual({ cause: 'exited', code: 1 });
    expect(report).toMatchObject({ status: { status: 'complete' }, observations: [], expectedExit: 'any' });
  });

  test('drivers alone: only these run, the others are not observed', async () => {
    const only = ['all.test.ts > after each > bad', 'all.test.ts > passes', 'all.test.ts > skipped'];
    const { report } = await runLive(runner, spec('all.test.ts'), worktree, logs, { order: 'drivers-alone', only });
    expect(table(report)).toEqual([
      'passed | body | all.test.ts > passes',
      'failed | body | all.test.ts > after each > bad | assertion',
      'skipped | body | all.test.ts > skipped',
    ]);
  });

  test('shuffled: another seed, another order; the same seed, the same one', async () => {
    writeFileSync(
      join(worktree, 'order.test.ts'),
      `import { test } from 'vitest'; for (let i = 0; i < 12; i++) test('t' + i, () => {});`,
    );
    const order = async (seed: number): Promise<string[]> =>
      table((await runLive(runner, spec('order.test.ts'), worktree, logs, { order: 'shuffled', seed })).report);
    const [first, again, other] = [await order(3), await order(3), await order(4)];
    expect(first).toHaveLength(12);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect([...other].sort()).toEqual([...first].sort());
  });

  test('a suite stopped at its deadline: what had ended is kept, what was running is named, the report is truncated', async () => {
    writeFileSync(
      join(worktree, 'hang.test.ts'),
      `import { test } from 'vitest'; test('first', () => {}); test('hangs', { timeout: 1e6 }, () => new Promise((r) => setTimeout(r, 1e6)));`,
    );
    // The reporter writes as it goes; the deadline leaves it time to.
    const { report, end } = await runLive(runner, spec('hang.test.ts'), worktree, logs, { deadlineMs: 10_000 });
    expect(end).toEqual({ cause: 'timed-out', deadlineMs: 10_000 });
    expect(report.status).toEqual({
      status: 'truncated',
      detail: 'the report has no end line (stopped after its deadline of 10 s)',
    });
    expect(table(report)).toEqual(['passed | body | hang.test.ts > first', 'timed-out | body | hang.test.ts > hangs']);
  });

  test('no cache is written beside the worktree or into it', () => {
    expect(readdirSync(worktree).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(readdirSync(join(worktree, 'node_modules')).filter((name) => name.startsWith('.'))).toEqual(['.bin']);
  });
});
