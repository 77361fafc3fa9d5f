import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { nodeTestRunner } from '../../../src/suite/node-test.ts';
import report from '../../../src/suite/reporters/node-test-reporter.ts';
import { bundleReporter, layFixtures, makeFolder, makeSpec, removeFolder, runLive, table } from './suite-lab.ts';

const NODE = Number(process.versions.node.split('.')[0]);
let logs: string;
let worktree: string;
let runner: ReturnType<typeof nodeTestRunner>;

beforeAll(async () => {
  logs = makeFolder();
  worktree = makeFolder();
  layFixtures('node-test', worktree);
  runner = nodeTestRunner(await bundleReporter('node-test-reporter', logs));
});
afterAll(() => {
  removeFolder(logs);
  removeFolder(worktree);
});

const spec = (...files: string[]) => makeSpec({ runner: 'node-test', select: { files } });

describe('node --test, for real', () => {
  test('every way a case can end is told apart', async () => {
    const { report, end } = await runLive(runner, spec('all.test.mjs'), worktree, logs);
    expect(end).toEqual({ cause: 'exited', code: 1 });
    expect(report.status).toEqual({ status: 'complete' });
    expect(report.expectedExit).toBe('nonzero');
    expect(table(report)).toEqual([
      'passed | body | all.test.mjs > passes',
      'failed | body | all.test.mjs > fails | assertion',
      'errored | body | all.test.mjs > throws | error',
      'errored | body | all.test.mjs > an error that says AssertionError | error',
      'errored | body | all.test.mjs > throws string | error',
      'skipped | body | all.test.mjs > skipped',
      'skipped | body | all.test.mjs > skipped why',
      'skipped | body | all.test.mjs > todo',
      'timed-out | body | all.test.mjs > times out | timeout',
      'passed | body | all.test.mjs > parent > kid ok',
      'failed | body | all.test.mjs > parent > kid bad | assertion',
      'passed | body | all.test.mjs > parent ok > kid ok',
      'passed | body | all.test.mjs > parent ok',
      'failed | body | all.test.mjs > no error | no-error-assertion',
      'errored | setup | all.test.mjs > before each > a | error',
      'errored | teardown | all.test.mjs > after each > a | error',
      'failed | body | all.test.mjs > after each > bad | assertion',
      'errored | setup | all.test.mjs > before all > a | error',
      'passed | body | all.test.mjs > after all > a',
      'passed | body | all.test.mjs > inner > deep > x',
    ]);
    expect(report.suiteFailures).toEqual([
      { what: 'all.test.mjs: Error: ba', where: 'setup' },
      { what: 'all.test.mjs: Error: aa', where: 'teardown' },
    ]);
    expect(report.observations[1]?.failure).toEqual({
      kind: 'assertion',
      type: 'AssertionError',
      message: 'Expected values to be strictly equal:\n\n1 !== 2\n',
      location: { file: 'all.test.mjs', line: 4, column: 30 },
    });
  });

  test('a module that does not exist yet is a compile failure with its name, and no failure of the whole suite', async () => {
    const { report } = await runLive(runner, spec('load.test.mjs'), worktree, logs);
    expect(report.status).toEqual({ status: 'complete' });
    expect(report.suiteFailures).toEqual([]);
    expect(report.observations).toHaveLength(1);
    expect(report.observations[0]).toMatchObject({
      name: 'load.test.mjs [load]',
      outcome: 'errored',
      where: 'load',
      failure: { kind: 'compile', missingNames: ['nope.mjs'] },
    });
  });

  test('a syntax error fails loading, with its place', async () => {
    const { report } = await runLive(runner, spec('syntax.test.mjs'), worktree, logs);
    expect(table(report)).toEqual(['errored | load | syntax.test.mjs [load] | error']);
    expect(report.observations[0]?.failure).toMatchObject({
      type: 'SyntaxError',
      location: { file: 'syntax.test.mjs', line: 1 },
    });
    expect(report.suiteFailures).toEqual([
      { what: "syntax.test.mjs: SyntaxError: Unexpected token ';'", where: 'load' },
    ]);
  });

  test.each(['empty.test.mjs', 'exit.test.mjs'])(
    '%s alone is a report without a case, which is no pass, though node exits with 0',
    async (file) => {
      const { report, end } = await runLive(runner, spec(file), worktree, logs);
      expect(end).toEqual({ cause: 'exited', code: 0 });
      expect(report).toEqual({
        observations: [],
        suiteFailures: [],
        expectedExit: 'any',
        status: { status: 'complete' },
      });
    },
  );

  test.each([
    ['empty.test.mjs', 'passing.test.mjs', ['passed | body | passing.test.mjs > passes']],
    ['exit.test.mjs', 'load.test.mjs', ['errored | load | load.test.mjs [load] | compile']],
  ])('%s beside a file that tells something is a failure of the whole suite', async (silent, other, rest) => {
    writeFileSync(join(worktree, 'passing.test.mjs'), `import { test } from 'node:test'; test('passes', () => {});`);
    const { report } = await runLive(runner, spec(silent, other), worktree, logs);
    expect(table(report)).toEqual([...rest, `errored | load | ${silent} [load] | error`]);
    expect(report.suiteFailures).toEqual([
      {
        what: `${silent}: Error: no test was reported: the file holds none, or its process ended before it could tell`,
        where: 'load',
      },
    ]);
    expect(report.expectedExit).toBe('nonzero');
  });

  test('an unhandled rejection after its test belongs to no case', async () => {
    const { report } = await runLive(runner, spec('unhandled.test.mjs'), worktree, logs);
    expect(table(report)).toEqual([
      'passed | body | unhandled.test.mjs > leaks',
      'passed | body | unhandled.test.mjs > b',
    ]);
    expect(report.suiteFailures).toEqual([
      {
        what: expect.stringMatching(/^unhandled\.test\.mjs: Error: Test "leaks" .* created the error "Error: leak"/),
        where: 'suite',
      },
    ]);
  });

  test('a hook of the whole file that fails', async () => {
    const { report } = await runLive(runner, spec('roothook.test.mjs'), worktree, logs);
    expect(table(report)).toEqual(['errored | setup | roothook.test.mjs > x | error']);
  });

  test('drivers alone: what the pattern leaves out is not observed', async () => {
    const only = ['all.test.mjs > fails', 'all.test.mjs > passes'];
    const { report } = await runLive(runner, spec('all.test.mjs'), worktree, logs, { order: 'drivers-alone', only });
    expect(table(report)).toEqual([
      'passed | body | all.test.mjs > passes',
      'failed | body | all.test.mjs > fails | assertion',
    ]);
  });

  test('drivers alone: a file that is left out as a whole is no failure, as node 22 and later tell of it', async () => {
    const only = ['all.test.mjs > passes'];
    const request = {
      spec: spec('all.test.mjs', 'b.test.mjs'),
      worktree,
      reportPath: '/r',
      order: 'drivers-alone' as const,
      seed: 1,
      only,
    };
    expect(runner.command(request).env).toMatchObject({ REDFIRST_FILTERED: '1' });
    expect(runner.command({ ...request, order: 'declared' }).env).not.toHaveProperty('REDFIRST_FILTERED');

    const file = (name: string) => join(process.cwd(), name);
    const events = async function* () {
      yield { type: 'test:pass', data: { name: 'passes', nesting: 0, file: file('all.test.mjs'), details: {} } };
      yield { type: 'test:pass', data: { name: 'b.test.mjs', nesting: 0, file: file('b.test.mjs'), details: {} } };
    };
    const last = async (): Promise<string | undefined> => {
      const lines: string[] = [];
      for await (const line of report(events())) lines.push(line);
      return lines.at(-1);
    };
    expect(await last()).toBe('{"end":true,"counts":{"cases":1,"failures":1}}\n');
    vi.stubEnv('REDFIRST_FILTERED', '1');
    expect(await last()).toBe('{"end":true,"counts":{"cases":1,"failures":0}}\n');
    vi.unstubAllEnvs();
  });

  test('drivers alone: names that are patterns, and subtests', async () => {
    writeFileSync(
      join(worktree, 'odd.test.mjs'),
      `import { test } from 'node:test';
       test('a.b (c|d) /e/ $f', () => {}); test('aXb (c|d) /e/ $f', () => {});
       test('outer', async (t) => { await t.test('in[0]', () => {}); }); test('left out', () => {});`,
    );
    const only = ['odd.test.mjs > a.b (c|d) /e/ $f', 'odd.test.mjs > outer > in[0]'];
    const { report } = await runLive(runner, spec('odd.test.mjs'), worktree, logs, { order: 'drivers-alone', only });
    expect(table(report)).toEqual([
      'passed | body | odd.test.mjs > a.b (c|d) /e/ $f',
      'passed | body | odd.test.mjs > outer > in[0]',
      'passed | body | odd.test.mjs > outer',
    ]);
  });

  test('a suite stopped at its deadline leaves a truncated report that names what was running', async () => {
    writeFileSync(
      join(worktree, 'hang.test.mjs'),
      `import { test } from 'node:test'; test('first', () => {}); test('hangs', () => new Promise((r) => setTimeout(r, 1e6)));`,
    );
    const { report, end } = await runLive(runner, spec('hang.test.mjs'), worktree, logs, { deadlineMs: 4000 });
    expect(end.cause).toBe('timed-out');
    expect(report.status.status).toBe('truncated');
    // Whether node still flushes its report on TERM decides which of the two words the last one gets; none is a pass.
    expect(
      report.observations
        .filter(({ name }) => name === 'hang.test.mjs > hangs')
        .every(({ outcome }) => outcome !== 'passed'),
    ).toBe(true);
  });

  test('shuffled: only what node itself can shuffle is claimed', () => {
    const request = { spec: spec('a', 'b'), worktree, reportPath: '/r', order: 'shuffled' as const, seed: 7 };
    expect(runner.command(request).orderGranularity).toBe(
      process.allowedNodeEnvironmentFlags.has('--test-randomize') ? 'cases' : 'none',
    );
    const randomizing = nodeTestRunner('/reporter.js', { major: 24, randomizes: true }).command(request);
    expect(randomizing.argv).toEqual([
      'node',
      '--test',
      '--test-reporter=/reporter.js',
      '--test-reporter-destination=/r',
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      '--test-randomize',
      '--test-random-seed=7',
      'a',
      'b',
    ]);
    expect(NODE).toBeGreaterThanOrEqual(20);
  });
});
