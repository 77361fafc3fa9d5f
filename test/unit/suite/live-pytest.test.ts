import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pytestRunner } from '../../../src/suite/pytest.ts';
import { layFixtures, makeFolder, makeSpec, ROOT, removeFolder, runLive, table } from './suite-lab.ts';

let logs: string;
let worktree: string;
const pytest = hasPytest();
const runner = pytestRunner(join(ROOT, 'src/suite/pytest/redfirst_pytest.py'));

beforeAll(() => {
  logs = makeFolder();
  worktree = makeFolder();
  layFixtures('pytest', worktree);
});
afterAll(() => {
  removeFolder(logs);
  removeFolder(worktree);
});
beforeEach((ctx) => ctx.skip(!pytest, 'python3 has no pytest'));

function hasPytest(): boolean {
  try {
    execFileSync('python3', ['-m', 'pytest', '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const spec = (...files: string[]) => makeSpec({ runner: 'pytest', select: { files } });
const run = (files: string[], how: Parameters<typeof runLive>[4] = {}) =>
  runLive(runner, spec(...files), worktree, logs, how);

describe('pytest, for real', () => {
  test('every way a case can end is told apart', async () => {
    const { report, end } = await run(['tests/test_all.py']);
    expect(end).toEqual({ cause: 'exited', code: 1 });
    expect(report.status).toEqual({ status: 'complete' });
    expect(report.expectedExit).toBe('nonzero');
    expect(report.suiteFailures).toEqual([]);
    // Older versions tell of `expectedFailure` last.
    expect(
      table(report)
        .map((line) => line.replace('tests/test_all.py > ', ''))
        .sort(),
    ).toEqual(
      [
        'passed | body | test_passes',
        'failed | body | test_fails | assertion',
        'failed | body | test_fails_by_hand | assertion',
        'failed | body | test_did_not_raise | assertion',
        'errored | body | test_raises_another | error',
        'errored | body | test_error | error',
        'errored | body | test_assertion_of_the_program | error',
        'skipped | body | test_skips',
        'skipped | body | test_skipped',
        'skipped | body | test_xfails',
        'skipped | body | test_xpasses',
        'failed | body | test_xpasses_strictly | reported-failure',
        'passed | body | test_values[a::b]',
        'failed | body | test_values[c > d] | assertion',
        'failed | body | test_values[e\\nf] | assertion',
        'failed | body | test_values[\\ud800] | assertion',
        'failed | body | test_values[] | assertion',
        'errored | setup | test_setup | error',
        'errored | setup | test_setup_asserts | assertion',
        'errored | teardown | test_teardown | error',
        'failed | body | test_both | assertion',
        'failed | body | TestClass > test_in_class | assertion',
        'passed | body | TestClass > TestDeep > test_deeper',
        'failed | body | TestUnit > test_equal | assertion',
        'failed | body | TestUnit > test_subtests | assertion',
        'skipped | body | TestUnit > test_expected',
        'failed | body | test_long | assertion',
        'errored | body | test_exits | error',
        'errored | body | test_unprintable | error',
      ].sort(),
    );
    const named = (name: string) => report.observations.find((one) => one.name === `tests/test_all.py > ${name}`);
    expect(named('test_fails')).toMatchObject({
      file: 'tests/test_all.py',
      place: { file: 'tests/test_all.py', line: 13 },
      failure: {
        type: 'AssertionError',
        message: "assert 'x' == 'y'\n  \n  - y\n  + x",
        location: { file: 'tests/test_all.py', line: 14 },
      },
    });
    expect(named('test_both')?.additional).toEqual([
      {
        kind: 'error',
        type: 'RuntimeError',
        message: 'the fixture broke at its end',
        where: 'teardown',
        location: { file: 'tests/conftest.py', line: 17 },
      },
    ]);
    expect(existsSync(join(worktree, '.pytest_cache'))).toBe(false);
    expect(existsSync(join(worktree, '__pycache__'))).toBe(false);
  });

  test('names that do not exist yet, told from mistakes of the test and of the program', async () => {
    const { report } = await run(['tests/test_missing.py']);
    const said = report.observations.map(({ name, failure }) => [
      name.replace('tests/test_missing.py > test_', ''),
      failure?.kind,
      ...(failure?.missing ?? []).map(({ name: missing, kind, file, line }) => `${missing} ${kind} ${file}:${line}`),
    ]);
    const at = (line: number): string => `tests/test_missing.py:${line}`;
    const modern = pythonMinor() >= 10;
    expect(said).toEqual([
      ['symbol', 'compile', `pause symbol ${at(10)}`],
      // Older versions of Python do not tell whose attribute it was.
      modern ? ['member', 'compile', `pause member ${at(14)}`] : ['member', 'error'],
      modern ? ['class_member', 'compile', `PAUSED member ${at(18)}`] : expect.anything(),
      ['keyword', 'compile', `run signature ${at(22)}`],
      ['method_keyword', 'compile', `start signature ${at(26)}`],
      ['init', 'compile', `Guest signature ${at(30)}`],
      ['import', 'compile', `resume symbol ${at(34)}`],
      ['package', 'compile', `app_resume package ${at(40)}`],
      ['command', 'compile', `redfirst-has-no-such-command command ${at(46)}`],
      ['command_later', 'compile', `redfirst-has-no-such-command command ${at(50)}`],
      ['no_folder', 'error'],
      ['own_mistake', 'error'],
      ['none', 'error'],
      ['builtin', 'error'],
      ['library', 'error'],
      ['inside_the_program', 'error'],
      ['import_inside_the_program', 'error'],
    ]);
    expect(report.observations.every(({ outcome, where }) => outcome === 'errored' && where === 'body')).toBe(true);
  });

  test('files that cannot be collected do not keep the others from it', async () => {
    const loads = ['attribute', 'inside', 'name', 'package', 'skip', 'symbol', 'syntax'];
    const { report, end } = await run([...loads.map((name) => `tests/test_load_${name}.py`), 'tests/test_hang.py']);
    expect(end).toEqual({ cause: 'exited', code: 1 });
    expect(report.status).toEqual({ status: 'complete' });
    expect(table(report)).toEqual([
      'errored | load | tests/test_load_attribute.py [load] | compile',
      'errored | load | tests/test_load_inside.py [load] | error',
      'errored | load | tests/test_load_name.py [load] | error',
      'errored | load | tests/test_load_package.py [load] | compile',
      'skipped | load | tests/test_load_skip.py [load]',
      'errored | load | tests/test_load_symbol.py [load] | compile',
      'errored | load | tests/test_load_syntax.py [load] | error',
      'passed | body | tests/test_hang.py > test_before',
      'passed | body | tests/test_hang.py > test_hangs',
      'passed | body | tests/test_hang.py > test_after',
    ]);
    expect(report.suiteFailures.map(({ what, where }) => `${where}: ${what.slice(0, 60)}`)).toEqual([
      'load: tests/test_load_inside.py: ModuleNotFoundError: No module na',
      "load: tests/test_load_name.py: NameError: name 'undefined_here' is",
      'load: tests/test_load_syntax.py: SyntaxError: invalid syntax (test',
    ]);
    expect(report.observations[3]?.failure).toMatchObject({
      missingNames: ['app_pause'],
      missing: [{ name: 'app_pause', kind: 'package', file: 'tests/test_load_package.py', line: 1 }],
    });
    expect(report.observations[5]?.failure?.missing).toEqual([
      { name: 'pause', kind: 'symbol', file: 'tests/test_load_symbol.py', line: 3 },
    ]);
  });

  test.each([
    ['of a folder', 'broken', 1, 'broken/deep/conftest.py', 'app_conftest'],
    ['at the start', 'startup', 4, 'startup/conftest.py', 'startup'],
  ])('a conftest.py %s that cannot be imported', async (_, folder, code, file, name) => {
    const { report, end } = await run([folder]);
    expect(end).toEqual({ cause: 'exited', code });
    expect(report).toMatchObject({ status: { status: 'complete' }, expectedExit: 'nonzero', suiteFailures: [] });
    expect(table(report)).toEqual([`errored | load | ${file} [load] | compile`]);
    expect(report.observations[0]?.failure?.missingNames).toEqual([name]);
  });

  test('no such file is a failure to load, and no case is no case', async () => {
    const gone = await run(['tests/test_gone.py']);
    expect(gone.end).toEqual({ cause: 'exited', code: 4 });
    expect(gone.report).toMatchObject({ status: { status: 'complete' }, observations: [] });
    expect(gone.report.suiteFailures).toEqual([
      { what: 'UsageError: file or directory not found: tests/test_gone.py', where: 'load' },
    ]);
    const empty = await run(['tests/test_empty.py']);
    expect(empty.end).toEqual({ cause: 'exited', code: 5 });
    expect(empty.report).toEqual({
      status: { status: 'complete' },
      observations: [],
      expectedExit: 'any',
      suiteFailures: [],
    });
  });

  test('a process that dies or is stopped leaves what it had seen', async () => {
    const died = await run(['tests/test_exit.py']);
    expect(died.report.status).toEqual({
      status: 'truncated',
      detail: 'the report has no end line (exit code 7)',
    });
    expect(table(died.report)).toEqual([
      'passed | body | tests/test_exit.py > test_before',
      'aborted | body | tests/test_exit.py > test_dies',
    ]);
    const stopped = await run(['tests/test_hang.py'], { env: { HANG: '600' }, deadlineMs: 6000 });
    expect(stopped.end.cause).toBe('timed-out');
    expect(stopped.report.status.status).toBe('truncated');
    expect(table(stopped.report)).toContain('timed-out | body | tests/test_hang.py > test_hangs');
  });

  test('shuffled by the seed, file by file; alone by name, through a file', async () => {
    const names = ({ report }: Awaited<ReturnType<typeof run>>) => report.observations.map(({ name }) => name);
    const files = ['tests/test_order.py', 'tests/test_hang.py'];
    const declared = names(await run(files));
    const first = names(await run(files, { order: 'shuffled', seed: 1 }));
    expect(first).toEqual(names(await run(files, { order: 'shuffled', seed: 1 })));
    expect(first).not.toEqual(declared);
    expect(names(await run(files, { order: 'shuffled', seed: 2 }))).not.toEqual(first);
    expect([...first].sort()).toEqual([...declared].sort());
    const changes = first.filter((name, i) => name.split(' > ')[0] !== first[i - 1]?.split(' > ')[0]);
    expect(changes).toHaveLength(2);

    const only = ['tests/test_order.py > TestA > test_a[3]', 'tests/test_order.py > test_b[0]', 'x'.repeat(200_000)];
    expect(names(await run(files, { order: 'drivers-alone', only }))).toEqual(only.slice(0, 2));
  });
});

function pythonMinor(): number {
  const told = execFileSync('python3', ['-c', 'import sys; print(sys.version_info[1])'], { encoding: 'utf8' });
  return Number(told);
}
