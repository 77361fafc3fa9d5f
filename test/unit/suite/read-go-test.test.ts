import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeBuild } from '../../../src/suite/go/build-failure.ts';
import { readGoTest } from '../../../src/suite/go/read-go-test.ts';
import { fc } from './property.ts';
import { makeFolder, makeResult, makeSpec, removeFolder, table } from './suite-lab.ts';

let folder: string;
beforeAll(() => {
  folder = makeFolder();
  writeFileSync(join(folder, 'go.mod'), 'module example.com/m\n');
});
afterAll(() => removeFolder(folder));

type Event = Record<string, string | number>;
const Package = 'example.com/m/a';
const event = (Action: string, Test?: string, more: Event = {}): Event => ({
  Time: '2026-01-01T00:00:00.123456789Z',
  Action,
  Package,
  ...(Test === undefined ? {} : { Test }),
  ...more,
});
const out = (Test: string, ...lines: string[]): Event[] =>
  lines.map((line) => event('output', Test, { Output: `${line}\n` }));
const stream = (...events: readonly (Event | string)[]): string =>
  events.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join('');
const read = (content: string | Uint8Array, over = {}) =>
  readGoTest(
    makeResult(folder, content, { spec: makeSpec({ runner: 'go-test', select: { files: ['./a'] } }), ...over }),
  );
const failing = (...lines: string[]): string =>
  stream(
    event('start'),
    event('run', 'TestX'),
    ...out('TestX', '=== RUN   TestX', ...lines, '--- FAIL: TestX (0.00s)'),
    event('fail', 'TestX', { Elapsed: 0.25 }),
    event('fail', undefined, { Elapsed: 1 }),
  );

describe('what a failure is', () => {
  test.each([
    ['t.Errorf', ['    a_test.go:3: got 1', '        want 2'], 'assertion', 'got 1\nwant 2'],
    [
      'testify',
      ['    a_test.go:3: ', '        \tError Trace:\ta_test.go:3', '        \tError:      \tNot equal'],
      'assertion',
      undefined,
    ],
    [
      'testify NoError',
      ['    a_test.go:3: ', '        \tError:      \tReceived unexpected error:', '        \t            \tboom'],
      'no-error-assertion',
      undefined,
    ],
    [
      'gomega HaveOccurred',
      [
        '    a_test.go:3: Unexpected error:',
        '            <*errors.errorString>: ',
        '            boom',
        '        occurred',
      ],
      'no-error-assertion',
      undefined,
    ],
    [
      'gomega Succeed',
      ['    a_test.go:3: Expected success, but got an error:', '            boom'],
      'no-error-assertion',
      undefined,
    ],
    ['nothing printed', [], 'assertion', ''],
    [
      'a race',
      ['    testing.go:1319: race detected during execution of test'],
      'error',
      'race detected during execution of test',
    ],
    [
      'a suite of ginkgo',
      ['Running Suite: x - /src', 'Ran 1 of 1 Specs in 0.1 seconds'],
      'reported-failure',
      undefined,
    ],
    ['a line that only says panic', ['panic: printed by a log', '    a_test.go:3: bad'], 'assertion', 'bad'],
  ])('%s', async (_, lines, kind, message) => {
    const report = await read(failing(...lines));
    expect(report.status).toEqual({ status: 'complete' });
    const [only] = report.observations;
    expect([only?.failure?.kind, only?.outcome]).toEqual([kind, kind === 'error' ? 'errored' : 'failed']);
    expect(only?.durationUs).toBe(250_000);
    if (message !== undefined) expect(only?.failure?.message).toBe(message);
  });

  test('Go 1.26 and later mark what t.Error printed: a log beside it is no part of the failure', async () => {
    const events = [
      event('run', 'TestX'),
      event('output', 'TestX', { Output: '    a_test.go:2: only a log\n' }),
      event('output', 'TestX', { Output: '    a_test.go:3: the failure\n', OutputType: 'error' }),
      event('output', 'TestX', { Output: '        goes on\n', OutputType: 'error-continue' }),
      event('fail', 'TestX'),
      event('fail'),
    ];
    expect((await read(stream(...events))).observations[0]?.failure?.message).toBe('the failure\ngoes on');
  });

  test('a panic is blamed on the test whose frames it shows, not on the one that printed last', async () => {
    const panic = [
      'panic: boom',
      '',
      'goroutine 9 [running]:',
      'example.com/m/a.TestX.func1()',
      `\t${'FOLDER'}/a/a_test.go:7 +0x1`,
      'created by example.com/m/a.TestX in goroutine 8',
      `\t${'FOLDER'}/a/a_test.go:6 +0x1`,
    ];
    const report = await read(
      stream(
        event('run', 'TestX'),
        event('run', 'TestY'),
        ...out('TestY', ...panic.map((line) => line.replace('FOLDER', folder))),
        event('fail'),
      ),
    );
    expect(table(report)).toEqual([
      'errored | body | example.com/m/a.TestX | panic',
      'aborted | body | example.com/m/a.TestY',
    ]);
    expect(report.observations[0]?.failure).toEqual({
      kind: 'panic',
      type: 'panic',
      message: 'panic: boom',
      location: { file: 'a/a_test.go', line: 7 },
      ownBody: true,
    });
    expect(report.observations[0]?.file).toBe('a/a_test.go');
  });

  test('with -trimpath, and past frames of the standard library and of dependencies', async () => {
    const lines = [
      'panic: runtime error: invalid memory address [recovered]',
      '',
      'goroutine 9 [running]:',
      'panic({0x1, 0x2})',
      '\truntime/panic.go:1 +0x1',
      'github.com/x/y.F()',
      '\tgithub.com/x/y@v1.2.3/f.go:2 +0x1',
      'example.com/m/b.Helper(...)',
      '\texample.com/m/b/b.go:5',
      'example.com/m/a.TestX(0x1)',
      '\texample.com/m/a/a_test.go:9 +0x1',
    ];
    const [only] = (await read(failing(...lines))).observations;
    expect(only).toMatchObject({
      outcome: 'errored',
      file: 'a/a_test.go',
      failure: { kind: 'panic', type: 'runtime error', location: { file: 'b/b.go', line: 5 }, ownBody: false },
    });
  });

  test('a test that runs twice (-count) is one case, and shows what it did each time', async () => {
    const report = await read(
      stream(
        event('run', 'TestX'),
        event('pass', 'TestX', { Elapsed: 1 }),
        event('run', 'TestX'),
        ...out('TestX', '    a_test.go:3: only now'),
        event('fail', 'TestX', { Elapsed: 2 }),
        event('run', 'TestX'),
        event('pass', 'TestX'),
        event('fail'),
      ),
    );
    expect(report.expectedExit).toBe('nonzero');
    expect(report.observations).toEqual([
      {
        suite: 'unit',
        attempt: 1,
        name: 'example.com/m/a.TestX',
        outcome: 'passed',
        where: 'body',
        durationUs: 3_000_000,
        retries: ['passed', 'failed', 'passed'],
        additional: [{ kind: 'assertion', type: 'testing', message: 'only now', where: 'body' }],
      },
    ]);
  });
});

describe('builds, Go 1.24 and later', () => {
  const build = (ImportPath: string, ...lines: string[]): Event[] => [
    ...lines.map((line) => ({ ImportPath, Action: 'build-output', Output: `${line}\n` })),
    { ImportPath, Action: 'build-fail' },
  ];
  const broken = (ImportPath: string, ...lines: string[]): string =>
    stream(
      ...build(ImportPath, `# ${ImportPath}`, ...lines),
      event('start'),
      event('output', undefined, { Output: 'FAIL\texample.com/m/a [build failed]\n' }),
      event('fail', undefined, { FailedBuild: ImportPath }),
    );
  const TESTS = 'example.com/m/a [example.com/m/a.test]';

  test('names that do not exist yet', async () => {
    const report = await read(
      broken(
        TESTS,
        'a/a_test.go:3:4: undefined: pkg.Pause',
        'a/a_test.go:5:6: vm.Paused undefined (type *api.VM has no field or method Paused)',
      ),
    );
    expect(report).toMatchObject({ status: { status: 'complete' }, expectedExit: 'nonzero', suiteFailures: [] });
    expect(report.observations).toEqual([
      {
        suite: 'unit',
        attempt: 1,
        name: 'example.com/m/a [build]',
        outcome: 'errored',
        where: 'load',
        failure: {
          kind: 'compile',
          type: 'build',
          message: `# ${TESTS}\na/a_test.go:3:4: undefined: pkg.Pause\na/a_test.go:5:6: vm.Paused undefined (type *api.VM has no field or method Paused)`,
          location: { file: 'a/a_test.go', line: 3, column: 4 },
          missingNames: ['api.VM.Paused', 'pkg.Pause'],
          missing: [
            { name: 'pkg.Pause', kind: 'symbol', file: 'a/a_test.go', line: 3, column: 4 },
            { name: 'api.VM.Paused', kind: 'member', owner: 'api.VM', file: 'a/a_test.go', line: 5, column: 6 },
          ],
        },
        durationUs: 0,
      },
    ]);
  });

  test.each([
    ['a dependency', 'example.com/m/b', 'b/b.go:3:4: undefined: x'],
    ['the implementation itself', TESTS, 'a/a.go:3:4: undefined: x'],
    ['an unused variable', TESTS, 'a/a_test.go:3:4: declared and not used: x'],
    ['an error nobody knows', TESTS, 'a/a_test.go:3:4: something new'],
  ])('%s is no compile red', async (_, path, line) => {
    expect(table(await read(broken(path, line)))).toEqual(['errored | load | example.com/m/a [build] | error']);
  });

  test.each([
    ['undefined: X', ['X']],
    ['undefined: pkg.X', ['pkg.X']],
    ['v.X undefined (type T has no field or method X)', ['T.X']],
    ['v.X undefined (type *T has no field or method X, but does have method x)', ['T.X']],
    ["unknown field 'X' in struct literal of type T", ['T.X']],
    ['unknown field X in struct literal of type T', ['T.X']],
    ['not enough arguments in call to pkg.F', ['pkg.F']],
    ['too many arguments in call to v.F', ['v.F']],
    ['assignment mismatch: 2 variables but pkg.F returns 1 value', ['pkg.F']],
    ['cannot use x (variable of type A) as B value in argument to pkg.F', ['pkg.F']],
    [
      'cannot use T{} (value of struct type T) as I value in variable declaration: T does not implement I (missing method M)',
      ['T.M'],
    ],
    ['no required module provides package example.com/x/y; to add it:', ['example.com/x/y']],
    ['package foo/bar is not in std (/usr/lib/go/src/foo/bar)', ['foo/bar']],
    ['x declared but not used', undefined],
    ['"os" imported and not used', undefined],
    ['f redeclared in this block', undefined],
    ['syntax error: unexpected }', undefined],
    ['cannot use "x" (untyped string constant) as int value in assignment', undefined],
  ])('%s', (text, names) => {
    expect(judgeBuild(`a_test.go:1:2: ${text}\n`, TESTS).missingNames).toEqual(names);
  });
});

describe('whether a stream may be believed', () => {
  const whole = stream(
    event('start'),
    event('run', 'TestX'),
    ...out('TestX', '=== RUN   TestX'),
    event('pass', 'TestX', { Elapsed: 0.1 }),
    event('output', undefined, { Output: 'PASS\n' }),
    event('pass'),
  );

  test('text that is no event is passed over, and kept in the raw stream', async () => {
    expect((await read(`go: downloading x v1.0.0\n${whole}some text at the end`)).status).toEqual({
      status: 'complete',
    });
  });

  test('a package that was asked for and is not there', async () => {
    const over = { spec: makeSpec({ runner: 'go-test', select: { files: ['./a', './b'] } }) };
    expect((await read(whole, over)).status).toEqual({
      status: 'truncated',
      detail: '2 packages were asked for, the stream tells of 1 (exit code 1)',
    });
  });

  test('go itself refused', async () => {
    const result = makeResult(folder, '');
    writeFileSync(result.stderrPath, 'go: cannot find main module\n');
    expect((await readGoTest(result)).status).toEqual({
      status: 'truncated',
      detail: 'the stream holds no event; go test said: go: cannot find main module (exit code 1)',
    });
  });

  test('killed between two events', async () => {
    const report = await read(whole, { end: { cause: 'signalled', signal: 'SIGKILL' } });
    expect(report.status).toEqual({
      status: 'truncated',
      detail: 'go test was ended before it was done (killed by SIGKILL)',
    });
  });

  test('no stream', async () => {
    expect((await read('Internal Server Error\n')).status.status).toBe('unreadable');
  });

  test('cut anywhere it is never complete', async () => {
    const bytes = Buffer.from(whole);
    for (let length = 0; length < bytes.length; length++) {
      expect((await read(bytes.subarray(0, length))).status.status, `${length} of ${bytes.length}`).not.toBe(
        'complete',
      );
    }
  });

  test('no lines make it throw', async () => {
    const action = fc.constantFrom(
      'run',
      'pass',
      'fail',
      'skip',
      'output',
      'start',
      'build-fail',
      'build-output',
      'odd',
    );
    const anEvent = fc.record(
      {
        Action: action,
        Package: fc.constantFrom('p', 'q', '__proto__'),
        Test: fc.constantFrom('T', 'T/a', 'T/a/b', 'constructor'),
        Output: fc.string(),
        Elapsed: fc.double(),
        ImportPath: fc.constantFrom('p'),
      },
      { requiredKeys: ['Action'] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            anEvent.map((one) => JSON.stringify(one)),
            fc.jsonValue().map((one) => JSON.stringify(one)),
            fc.string(),
          ),
          { maxLength: 25 },
        ),
        async (lines) => {
          const report = await read(`${lines.join('\n')}\n`);
          for (const { durationUs } of report.observations)
            expect(Number.isSafeInteger(durationUs) && durationUs >= 0).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
