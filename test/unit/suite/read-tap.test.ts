import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTap } from '../../../src/suite/tap/read-tap.ts';
import { fc } from './property.ts';
import { makeFolder, makeResult, makeSpec, removeFolder, table } from './suite-lab.ts';

let folder: string;
beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => removeFolder(folder));

const read = (content: string, over = {}) =>
  readTap(makeResult(folder, content, { spec: makeSpec({ reportFormat: 'tap' }), ...over }));

describe('points', () => {
  test('TAP 12: results, directives, a plan at the end, output in between', async () => {
    const report = await read(
      'ok 1 - a\nsome output\nnot ok 2 b\nok # SKIP no network\nnot ok 4 - d # TODO later\nok 5 - e \\# f\n1..5\n',
    );
    expect(report.status).toEqual({ status: 'complete' });
    expect(report.expectedExit).toBe('nonzero');
    expect(table(report)).toEqual([
      'passed | body | a',
      'failed | body | b | reported-failure',
      'skipped | body | #3',
      'skipped | body | d',
      'passed | body | e # f',
    ]);
  });

  test('TAP 14: subtests by indentation, a parent only where it failed by itself', async () => {
    const report = await read(
      `TAP version 14
# Subtest: outer
    # Subtest: inner
        ok 1 - x
        1..1
    ok 1 - inner
    not ok 2 - y
    1..2
not ok 1 - outer
# Subtest: own
    ok 1 - z
    1..1
not ok 2 - own
1..2
`,
    );
    expect(report.status).toEqual({ status: 'complete' });
    expect(table(report)).toEqual([
      'passed | body | outer > inner > x',
      'failed | body | outer > y | reported-failure',
      'passed | body | own > z',
      'failed | body | own | reported-failure',
    ]);
  });

  test('subtests in braces, as node-tap and vitest write them: the parent stands first', async () => {
    const report = await read(
      `TAP version 13
1..2
not ok 1 - file # time=3.5ms {
    1..2
    not ok 1 - group # time=2ms {
        1..1
        not ok 1 - x # time=1.25ms
    }
    ok 2 - y
}
ok 2 - flat # time=1ms
`,
    );
    expect(report.status).toEqual({ status: 'complete' });
    expect(table(report)).toEqual([
      'failed | body | file > group > x | reported-failure',
      'passed | body | file > y',
      'passed | body | flat',
    ]);
    expect(report.observations.map(({ durationUs }) => durationUs)).toEqual([1250, 0, 1000]);
    expect((await read('1..1\nok 1 - file {\n    1..1\n    ok 1 - x\n')).status).toEqual({
      status: 'truncated',
      detail: 'the stream breaks off inside a subtest (exit code 1)',
    });
  });

  test('YAML diagnostics: message, type, place, duration', async () => {
    const report = await read(
      `TAP version 13
not ok 1 - a
  ---
  duration_ms: 12.5
  type: 'test'
  location: '${'FOLDER'}/test/a.js:3:7'
  message: |-
    first
      second
  severity: fail
  ...
ok 2 - b
  ---
  duration_ms: 1
  ...
1..2
`.replace('FOLDER', folder),
    );
    expect(report.observations).toEqual([
      {
        suite: 'unit',
        attempt: 1,
        name: 'a',
        file: 'test/a.js',
        outcome: 'failed',
        where: 'body',
        failure: {
          kind: 'reported-failure',
          type: 'test',
          message: 'first\n  second',
          location: { file: 'test/a.js', line: 3, column: 7 },
        },
        durationUs: 12_500,
      },
      { suite: 'unit', attempt: 1, name: 'b', outcome: 'passed', where: 'body', durationUs: 1000 },
    ]);
  });
});

describe('whether it may be believed', () => {
  test.each([
    ['ok 1\n', 'truncated', 'the plan is missing (exit code 1)'],
    ['1..2\nok 1\n', 'truncated', 'the plan says 2 tests, the stream holds 1 (exit code 1)'],
    ['1..1\nok 1\nok 2\n', 'truncated', 'the plan says 1 tests, the stream holds 2 (exit code 1)'],
    ['1..1\n1..1\nok 1\n', 'truncated', 'it holds two plans for one level (exit code 1)'],
    ['1..1\nok 1', 'truncated', 'the last line has no end (exit code 1)'],
    ['1..1\n    ok 1 - a\n', 'truncated', 'the stream breaks off inside a subtest (exit code 1)'],
    ['1..1\n    ok 1 - a\nok 1 - p\n', 'truncated', 'the subtests of "p" have no plan (exit code 1)'],
    ['1..1\nok 1\n  ---\n  message: x\n', 'truncated', 'the stream breaks off inside a diagnostic block (exit code 1)'],
    ['Segmentation fault\n', 'unreadable', 'the report is no TAP: no line of it is TAP'],
    ['<testsuites/>\n', 'unreadable', 'the report is no TAP: no line of it is TAP'],
  ])('%j is %s', async (content, status, detail) => {
    expect((await read(content)).status).toEqual({ status, detail });
  });

  test('bail out: what was seen is kept, the reason is told', async () => {
    const report = await read('1..3\nok 1 - a\nBail out! no database\nok 2 - b\n');
    expect(report.status).toEqual({ status: 'truncated', detail: 'Bail out! no database (exit code 1)' });
    expect(report.suiteFailures).toEqual([{ what: 'Bail out! no database', where: 'suite' }]);
    expect(table(report)).toEqual(['passed | body | a']);
    expect(report.expectedExit).toBe('nonzero');
  });

  test('no test at all is a whole report without a case', async () => {
    expect(await read('TAP version 14\n1..0 # SKIP nothing to do\n')).toMatchObject({
      status: { status: 'complete' },
      observations: [],
      expectedExit: 'any',
    });
  });
});

describe('odd streams', () => {
  test('points without a title are named by their number; numbers may be missing, out of order, never twice', async () => {
    expect(table(await read('1..3\nok\nok 2\nok\n'))).toEqual([
      'passed | body | #1',
      'passed | body | #2',
      'passed | body | #3',
    ]);
    expect((await read('1..2\nok 2 - b\nok 1 - a\n')).status).toEqual({ status: 'complete' });
    expect((await read('1..2\nok 1 - a\nok 1 - b\n')).status).toEqual({
      status: 'truncated',
      detail: 'number 1 comes twice (exit code 1)',
    });
  });

  test('CRLF, a pragma, a version in between the lines of a test, a name that escapes', async () => {
    const report = await read(
      'TAP version 14\r\npragma +strict\r\n1..2\r\nok 1 - a \\# b \\\\ c\r\nsome # SKIP text\r\nok 2 - d\r\n',
    );
    expect(report.status).toEqual({ status: 'complete' });
    expect(table(report)).toEqual(['passed | body | a # b \\ c', 'passed | body | d']);
  });

  test('a title may end with a brace', async () => {
    const report = await read('1..2\nok 1 - parses {\nok 2 - b\n');
    expect(report.status).toEqual({ status: 'complete' });
    expect(table(report)).toEqual(['passed | body | parses {', 'passed | body | b']);
    // As the last line it may be all that is left of subtests.
    expect((await read('1..1\nok 1 - parses {\n')).status.status).toBe('truncated');
  });

  test('what a parent says of itself holds for its subtests: to do, or skipped as a whole', async () => {
    const todo = await read('1..1\n# Subtest: s\n    1..1\n    not ok 1 - a\nnot ok 1 - s # TODO later\n');
    expect(table(todo)).toEqual(['skipped | body | s > a']);
    expect(todo.expectedExit).toBe('zero');
    const skipped = await read('1..1\n# Subtest: s\n    1..0 # SKIP no\nok 1 # skip no\n');
    expect(table(skipped)).toEqual(['skipped | body | s']);
  });

  test('not ok and skipped is neither; how such a run ends is not known', async () => {
    const report = await read('1..1\nnot ok 1 - a # SKIP why\n');
    expect(table(report)).toEqual(['skipped | body | a']);
    expect(report.expectedExit).toBe('any');
  });

  test("bats: what failed is in comments, a hook is no body, a file's hook is no case", async () => {
    const report = await read(
      `1..5
not ok 1 a
# (in test file t/a.bats, line 3)
#   \`pausectl now' failed with status 127
# /w/t/a.bats: line 3: pausectl: command not found
not ok 2 b
# (from function \`setup' in test file t/a.bats, line 1)
#   \`false' failed
not ok 3 c # timeout after 1.5s
# (in test file t/a.bats, line 9)
not ok 4 setup_file failed
# (from function \`setup_file' in test file t/b.bats, line 2)
# bats warning: Executed 4 instead of expected 5 tests
`,
    );
    expect(report.status).toEqual({ status: 'complete' });
    expect(table(report)).toEqual([
      'errored | body | a | compile',
      'errored | setup | b | reported-failure',
      'timed-out | body | c | timeout',
    ]);
    expect(report.observations[0]).toMatchObject({
      file: 't/a.bats',
      failure: {
        missingNames: ['pausectl'],
        missing: [{ name: 'pausectl', kind: 'command', file: 't/a.bats', line: 3 }],
        location: { file: 't/a.bats', line: 3 },
      },
    });
    expect(report.suiteFailures).toEqual([
      {
        what: "setup_file failed: (from function `setup_file' in test file t/b.bats, line 2)",
        where: 'setup',
      },
    ]);
    // It says the same when it is interrupted.
    const interrupted = await read('1..3\nok 1 a\n# bats warning: Executed 1 instead of expected 3 tests\n');
    expect(interrupted.status.status).toBe('truncated');
  });

  test('bats --timing: titles without the times, unless they are their own', async () => {
    expect(table(await read('1..2\nok 1 a in 12ms\nok 2 b in 3ms # skip why\n'))).toEqual([
      'passed | body | a',
      'skipped | body | b',
    ]);
    expect(table(await read('1..2\nok 1 answers in 12ms\nok 2 b\n'))).toEqual([
      'passed | body | answers in 12ms',
      'passed | body | b',
    ]);
  });

  test("node's own words: what timed out, was cancelled, or failed in a hook", async () => {
    const point = (type: string): string => `  ---\n  failureType: '${type}'\n  error: 'x'\n  ...\n`;
    const report = await read(
      `1..4\nnot ok 1 - a\n${point('testTimeoutFailure')}not ok 2 - b\n${point('cancelledByParent')}not ok 3 - c\n${point('hookFailed')}not ok 4 - d\n${point('testCodeFailure')}`,
    );
    expect(table(report)).toEqual([
      'timed-out | body | a | timeout',
      'aborted | body | b | reported-failure',
      'errored | setup | c | reported-failure',
      'failed | body | d | reported-failure',
    ]);
  });
});

describe('properties', () => {
  const WHOLE = `TAP version 14\n1..3\nok 1 - a€\n# Subtest: s\n    ok 1 - b\n    1..1\nok 2 - s\nnot ok 3 - c\n  ---\n  message: 'x'\n  ...\n`;

  test('cut anywhere it is never complete', async () => {
    const bytes = Buffer.from(WHOLE);
    expect((await read(WHOLE)).status).toEqual({ status: 'complete' });
    for (let length = 0; length < bytes.length; length++) {
      const { status, expectedExit } = await read(bytes.subarray(0, length).toString('latin1'));
      // Only the diagnostics of the last point may be missing: the failure itself is there.
      const last = length >= Buffer.byteLength(WHOLE.slice(0, WHOLE.indexOf('  ---')));
      if (!last) expect(status.status, `${length}`).not.toBe('complete');
      else if (status.status === 'complete') expect(expectedExit).toBe('nonzero');
    }
  });

  test('no lines make it throw', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'ok',
        'not ok 1 - x',
        '    ok 1',
        '1..1',
        '    1..2',
        '  ---',
        '  ...',
        '# Subtest: y',
        'message: |',
        `${' '.repeat(400)}ok`,
        '__proto__: 1',
        'constructor: |',
        '# (in test file a.bats, line 3)',
        '# bats warning: Executed 1 instead of expected 3 tests',
        'not ok 2 setup_file failed',
        'ok 3 - x in 12ms # skip',
        'not ok # timeout after 1s',
        'not ok - y # TODO',
        '}',
        'ok 1 - z {',
        'Bail out!',
      ),
      fc.string({ maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 25 }), async (lines) => {
        const report = await read(lines.join('\n'));
        expect(report.observations.length).toBeLessThanOrEqual(25);
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});
