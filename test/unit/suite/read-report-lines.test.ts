import { mkdirSync, rmSync, utimesSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MESSAGE_LIMIT } from '../../../src/domain/observation.ts';
import { readReportLines } from '../../../src/suite/read-report-lines.ts';
import {
  boundMessage,
  firstLocation,
  kindOfThrown,
  type ReportLine,
} from '../../../src/suite/reporters/report-line.ts';
import { fc } from './property.ts';
import { makeFolder, makeResult, removeFolder, TOKEN, table } from './suite-lab.ts';

let folder: string;
beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => removeFolder(folder));

const lines = (...all: readonly (ReportLine | string)[]): string =>
  all.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
const HEADER: ReportLine = { redfirst: 1, runner: 'vitest', token: TOKEN };
const passed = (name: string): ReportLine => ({
  case: name,
  file: 'a.test.ts',
  outcome: 'passed',
  where: 'body',
  errors: [],
  durationUs: 5,
});
const end = (cases: number, failures = 0): ReportLine => ({ end: true, counts: { cases, failures } });
const read = (content: string, over = {}) => readReportLines(makeResult(folder, content, over));

describe('whether a report may be believed', () => {
  test('a whole one', async () => {
    expect(await read(lines(HEADER, passed('a'), end(1)))).toEqual({
      status: { status: 'complete' },
      expectedExit: 'zero',
      suiteFailures: [],
      observations: [
        { suite: 'unit', attempt: 1, name: 'a', file: 'a.test.ts', outcome: 'passed', where: 'body', durationUs: 5 },
      ],
    });
  });

  test('missing', async () => {
    const result = makeResult(folder, '');
    rmSync(result.reportPath);
    expect((await readReportLines(result)).status).toEqual({
      status: 'missing',
      detail: 'the runner wrote no report (exit code 1)',
    });
  });

  test('a folder in its place', async () => {
    const result = makeResult(folder, '');
    rmSync(result.reportPath);
    mkdirSync(result.reportPath);
    expect((await readReportLines(result)).status).toEqual({
      status: 'unreadable',
      detail: 'the report is no regular file',
    });
    rmSync(result.reportPath, { recursive: true });
  });

  test('older than its run', async () => {
    const result = makeResult(folder, lines(HEADER, passed('a'), end(1)));
    const then = (result.startedAtMs - 60_000) / 1000;
    utimesSync(result.reportPath, then, then);
    expect((await readReportLines(result)).status).toEqual({
      status: 'stale',
      detail: 'the report is 60 s older than the run',
    });
  });

  test.each([
    ['', 'truncated', 'the report is empty (exit code 1)'],
    [
      lines({ ...HEADER, token: 'another' }, passed('a'), end(1)),
      'foreign',
      'the report carries the token of another run',
    ],
    [lines(passed('a'), end(1)), 'unreadable', 'line 1 is not the header of our reporter'],
    ['<testsuites/>\n', 'unreadable', 'line 1 is not the header of our reporter'],
    [lines(HEADER, 'not json', passed('a'), end(1)), 'unreadable', 'line 2 is no line of our reporter'],
    [lines(HEADER, '{"case":"a","outcome":"great"}', end(1)), 'unreadable', 'line 2 is no line of our reporter'],
    [lines(HEADER, passed('a'), end(1), passed('b')), 'unreadable', 'line 4 follows the end line'],
    [lines(HEADER, passed('a')), 'truncated', 'the report has no end line (exit code 1)'],
    [lines(HEADER, passed('a'), end(1)).trimEnd(), 'truncated', 'the report has no end line (exit code 1)'],
    [JSON.stringify(HEADER), 'truncated', 'the report breaks off in its header (exit code 1)'],
    [
      lines(HEADER, passed('a'), end(2)),
      'truncated',
      'the end line counts 2 cases and 0 failures outside them, the report holds 1 and 0',
    ],
  ])('%j is %s', async (content, status, detail) => {
    expect((await read(content)).status).toEqual({ status, detail });
  });

  test('what was read of a truncated report is kept, and what was running is named', async () => {
    const report = await read(lines(HEADER, { start: 'a', file: 'f' }, passed('a'), { start: 'b', file: 'f' }), {
      end: { cause: 'signalled', signal: 'SIGKILL' },
    });
    expect(report.status).toEqual({ status: 'truncated', detail: 'the report has no end line (killed by SIGKILL)' });
    expect(table(report)).toEqual(['passed | body | a', 'aborted | body | b']);
  });

  test('names and messages survive verbatim; lone surrogates, which no store can hold, become U+FFFD', async () => {
    const name = `a.test.ts > $(touch /tmp/x) \`id\` <b>&amp;</b> '; DROP TABLE x; -- \n\t\u0000\u001b[31m ../../etc \u2028 😀`;
    const report = await read(lines(HEADER, passed(name), passed('lone \ud800 one'), end(2)));
    expect(report.status.status).toBe('complete');
    expect(report.observations.map((one) => one.name)).toEqual([name, 'lone \ufffd one']);
  });

  test('any prefix of a whole report is never complete, and never holds more', async () => {
    const whole = lines(HEADER, { start: 'a', file: 'f' }, passed('a'), passed('ä😀'), end(2));
    const bytes = Buffer.from(whole);
    for (let length = 0; length < bytes.length; length++) {
      const report = await readReportLines(makeResult(folder, bytes.subarray(0, length)));
      expect(report.status.status, `${length} of ${bytes.length} bytes`).not.toBe('complete');
      expect(report.observations.filter(({ outcome }) => outcome === 'passed').length).toBeLessThanOrEqual(2);
    }
  });

  test('any bytes after a header are read without throwing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), async (bytes, header) => {
        const report = await readReportLines(
          makeResult(folder, Buffer.concat([Buffer.from(header ? lines(HEADER) : ''), bytes])),
        );
        expect(report.status.status).not.toBe('complete');
      }),
      { numRuns: 150 },
    );
  });

  test('any JSON value as a line is read without throwing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const report = await read(lines(HEADER, JSON.stringify(value), end(0)));
        expect(report.observations).toEqual([]);
        expect(['unreadable', 'truncated']).toContain(report.status.status);
      }),
      { numRuns: 150 },
    );
  });
});

describe('what a thrown value is', () => {
  test.each([
    [{ name: 'AssertionError', message: 'expected 1 to be 2' }, 'assertion'],
    [{ name: 'AssertionError [ERR_ASSERTION]', message: 'x' }, 'assertion'],
    [{ name: 'Error', code: 'ERR_ASSERTION', message: 'x' }, 'assertion'],
    [{ name: 'Error', message: 'x', matcherResult: { pass: false } }, 'assertion'],
    [{ name: 'Error', message: 'Snapshot `a 1` mismatched' }, 'assertion'],
    [
      {
        name: 'AssertionError',
        code: 'ERR_ASSERTION',
        operator: 'ifError',
        message: 'ifError got unwanted exception: x',
      },
      'no-error-assertion',
    ],
    [{ name: 'AssertionError', operator: 'doesNotReject', message: 'Got unwanted rejection.' }, 'no-error-assertion'],
    [{ name: 'AssertionError', message: 'promise rejected "Error: x" instead of resolving' }, 'no-error-assertion'],
    [{ name: 'Error', message: 'Test timed out in 50ms.\nIf this' }, 'timeout'],
    [{ name: 'TypeError', message: 'AssertionError: no' }, 'error'],
    [
      { name: 'Error', message: 'expected 1', actual: 1, expected: 2, stack: 'Error\n    at mine (/src/a.ts:1:1)' },
      'error',
    ],
    [{ message: undefined }, 'error'],
  ])('%j: %s', (thrown, kind) => {
    expect(kindOfThrown(thrown)).toBe(kind);
  });

  test('the first frame inside the worktree and outside dependencies', () => {
    const stack = [
      'Error: x',
      '    at Proxy.<anonymous> (file:///w/node_modules/chai/index.js:1:2)',
      '    at node:internal/process:3:4',
      '    at /elsewhere/b.ts:5:6',
      '    at Object.f (file:///w/test/with%20space%20(1).test.ts?v=3:7:8)',
    ].join('\n');
    expect(firstLocation(stack, '/w')).toEqual({ file: 'test/with space (1).test.ts', line: 7, column: 8 });
    expect(firstLocation('Error: x', '/w')).toBeUndefined();
  });

  test('a message is cut at its limit, never inside a character, and says how much is missing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), fc.nat(300), (unit, times) => {
        const text = unit.repeat(times);
        const bound = boundMessage(text);
        expect(bound.length).toBeLessThanOrEqual(MESSAGE_LIMIT);
        expect(bound.isWellFormed()).toBe(true);
        if (text.length <= MESSAGE_LIMIT) expect(bound).toBe(text.toWellFormed());
        else {
          const [, more] = /… \[(\d+) more characters\]$/.exec(bound) ?? [];
          expect(bound.lastIndexOf('…') + Number(more)).toBe(text.length);
        }
      }),
    );
  });
});
