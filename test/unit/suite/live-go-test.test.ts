import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { goTestRunner } from '../../../src/suite/go-test.ts';
import { layFixtures, makeFolder, makeSpec, removeFolder, runLive, table } from './suite-lab.ts';

let logs: string;
let worktree: string;
const go = goVersion();

beforeAll(() => {
  logs = makeFolder();
  worktree = makeFolder();
  layFixtures('go-test', worktree);
});
afterAll(() => {
  removeFolder(logs);
  removeFolder(worktree);
});
beforeEach((ctx) => ctx.skip(go === undefined, 'go is not installed'));

function goVersion(): string | undefined {
  try {
    return execFileSync('go', ['version'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

const spec = (...files: string[]) => makeSpec({ runner: 'go-test', select: { files } });

describe('go test, for real', () => {
  test('assertions, skips, subtests, parents with and without a failure of their own, an example', async () => {
    const { report, end } = await runLive(goTestRunner, spec('./plain'), worktree, logs);
    expect(end).toEqual({ cause: 'exited', code: 1 });
    expect(report).toMatchObject({ status: { status: 'complete' }, expectedExit: 'nonzero', suiteFailures: [] });
    expect(table(report)).toEqual([
      'passed | body | example.com/gt/plain.TestPass',
      'failed | body | example.com/gt/plain.TestErrorf | assertion',
      'failed | body | example.com/gt/plain.TestFatal | assertion',
      'failed | body | example.com/gt/plain.TestFail | assertion',
      'skipped | body | example.com/gt/plain.TestSkip',
      'passed | body | example.com/gt/plain.TestSubs/ok',
      'failed | body | example.com/gt/plain.TestSubs/bad_one | assertion',
      'passed | body | example.com/gt/plain.TestSubsOk',
      'passed | body | example.com/gt/plain.TestSubsOk/ok',
      'failed | body | example.com/gt/plain.TestParentOwn | assertion',
      'passed | body | example.com/gt/plain.TestParentOwn/ok',
      'failed | body | example.com/gt/plain.TestParallel | assertion',
      'failed | body | example.com/gt/plain.TestCleanup | assertion',
      'failed | body | example.com/gt/plain.ExampleHello | assertion',
    ]);
    expect(report.observations[2]?.failure).toEqual({
      kind: 'assertion',
      type: 'testing',
      message: 'fatal here',
      location: { file: 'plain/plain_test.go', line: 10 },
    });
  });

  test('panics, in the body and in a goroutine, and os.Exit', async () => {
    const { report } = await runLive(
      goTestRunner,
      spec('./panics', './panicgo', './osexit1', './initpanic'),
      worktree,
      logs,
    );
    expect(report.status).toEqual({ status: 'complete' });
    expect(table(report).sort()).toEqual([
      'aborted | body | example.com/gt/osexit1.TestExit',
      'errored | body | example.com/gt/panicgo.TestGo | panic',
      'errored | body | example.com/gt/panics.TestPanics | panic',
      'passed | body | example.com/gt/osexit1.TestBefore',
      'passed | body | example.com/gt/panicgo.TestBefore',
      'passed | body | example.com/gt/panics.TestBefore',
    ]);
    expect(report.observations.find(({ name }) => name.endsWith('TestGo'))?.failure).toMatchObject({
      message: 'panic: in goroutine',
      location: { file: 'panicgo/p_test.go', line: 6 },
    });
    expect(report.suiteFailures).toEqual([
      { what: 'example.com/gt/initpanic: ended before its first test: panic: init', where: 'load' },
    ]);
  });

  test('builds that fail: missing names are told from files that are wrong in themselves', async () => {
    const { report } = await runLive(
      goTestRunner,
      spec('./undef', './syntax', './unused', './nopkg', './depuser'),
      worktree,
      logs,
    );
    expect(report.status).toEqual({ status: 'complete' });
    expect(table(report).sort()).toEqual([
      'errored | load | example.com/gt/depuser [build] | error',
      'errored | load | example.com/gt/nopkg [build] | compile',
      'errored | load | example.com/gt/syntax [build] | error',
      'errored | load | example.com/gt/undef [build] | compile',
      'errored | load | example.com/gt/unused [build] | error',
    ]);
    const missing = (name: string) =>
      report.observations.find((one) => one.name === `example.com/gt/${name} [build]`)?.failure?.missingNames;
    expect(missing('undef')).toEqual(['T.Field', 'T.Nope', 'f', 'missingFn']);
    expect(missing('nopkg')).toEqual(['example.com/gt/absent']);
    expect(report.suiteFailures).toEqual([]);
  });

  test("go's own time-out names the test that was running", async () => {
    const { report } = await runLive(goTestRunner, { ...spec('./hang'), deadlineMs: 5000 }, worktree, logs);
    expect(table(report)).toEqual([
      'passed | body | example.com/gt/hang.TestBefore',
      'timed-out | body | example.com/gt/hang.TestHang | timeout',
    ]);
  });

  test('drivers alone run alone, subtests among them; shuffling changes the order', async () => {
    const only = ['example.com/gt/plain.TestSubs/bad_one', 'example.com/gt/plain.TestPass'];
    const { report } = await runLive(goTestRunner, spec('./plain'), worktree, logs, { order: 'drivers-alone', only });
    expect(table(report)).toEqual([
      'passed | body | example.com/gt/plain.TestPass',
      'failed | body | example.com/gt/plain.TestSubs/bad_one | assertion',
    ]);
    const declared = table((await runLive(goTestRunner, spec('./plain'), worktree, logs)).report);
    const shuffled = table(
      (await runLive(goTestRunner, spec('./plain'), worktree, logs, { order: 'shuffled', seed: 5 })).report,
    );
    expect(shuffled).not.toEqual(declared);
    expect(shuffled.sort()).toEqual(declared.sort());
  });

  test('a package without tests, and one whose TestMain fails', async () => {
    const { report } = await runLive(goTestRunner, spec('./none', './notests', './testmain'), worktree, logs);
    expect(report.status).toEqual({ status: 'complete' });
    expect(table(report)).toEqual(['passed | body | example.com/gt/testmain.TestOk']);
    expect(report.suiteFailures).toEqual([
      { what: 'example.com/gt/testmain: failed although none of its tests did: it does not say why', where: 'suite' },
    ]);
  });

  test('a folder that is no module at all', async () => {
    const empty = makeFolder();
    const { report } = await runLive(goTestRunner, spec('./absent'), empty, logs, { env: { GO111MODULE: 'on' } });
    removeFolder(empty);
    expect(report.observations.every(({ outcome }) => outcome === 'errored')).toBe(true);
    expect(report.status.status === 'complete' ? report.expectedExit : report.status.status).not.toBe('zero');
  });
});
