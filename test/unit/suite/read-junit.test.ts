import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readJunit, secondsToMicroseconds } from '../../../src/suite/junit/read-junit.ts';
import { fc } from './property.ts';
import { makeFolder, makeResult, makeSpec, removeFolder, table } from './suite-lab.ts';

let folder: string;
beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => removeFolder(folder));

const read = (content: string | Uint8Array, over = {}) => readJunit(makeResult(folder, content, over));
const suite = (body: string, attributes = ''): string =>
  `<?xml version="1.0"?>\n<testsuite name="s" ${attributes}>${body}</testsuite>\n`;
const HEAD = 'the report is no JUnit file that can be read: ';

describe('cases', () => {
  test('failure, error and skipped are told apart; duplicates are kept; times are microseconds', async () => {
    const report = await read(
      suite(
        `<testcase classname="c" name="p" time="1.5"/>
         <testcase classname="c" name="f" time="1,234.5" file="a/b.py"><failure type="E" message="m">text &lt;b&gt;</failure></testcase>
         <testcase name="e"><error message="boom"/></testcase>
         <testcase name="s" time="odd"><skipped message="why"/></testcase>
         <testcase classname="c" name="p"/>`,
        'tests="5" failures="1" errors="1" skipped="1"',
      ),
    );
    expect(report).toEqual({
      status: { status: 'complete' },
      expectedExit: 'nonzero',
      suiteFailures: [],
      observations: [
        { suite: 'unit', attempt: 1, name: 'c > p', outcome: 'passed', where: 'body', durationUs: 1_500_000 },
        {
          suite: 'unit',
          attempt: 1,
          name: 'c > f',
          file: 'a/b.py',
          outcome: 'failed',
          where: 'body',
          failure: { kind: 'reported-failure', type: 'E', message: 'm\ntext <b>' },
          durationUs: 1_234_500_000,
        },
        {
          suite: 'unit',
          attempt: 1,
          name: 'e',
          outcome: 'errored',
          where: 'body',
          failure: { kind: 'error', type: '', message: 'boom' },
          durationUs: 0,
        },
        { suite: 'unit', attempt: 1, name: 's', outcome: 'skipped', where: 'body', durationUs: 0 },
        { suite: 'unit', attempt: 1, name: 'c > p', outcome: 'passed', where: 'body', durationUs: 0 },
      ],
    });
  });

  test('nested suites under <testsuites>', async () => {
    const report = await read(
      `<testsuites tests="3"><testsuite name="a" tests="3"><testsuite name="b" tests="1"><testcase name="x"/></testsuite>
       <testcase name="y"/><testcase name="z"/></testsuite></testsuites>`,
    );
    expect(report.status).toEqual({ status: 'complete' });
    expect(report.expectedExit).toBe('zero');
    expect(table(report)).toEqual(['passed | body | x', 'passed | body | y', 'passed | body | z']);
  });

  test("surefire's reruns are retries: flaky passed in the end, rerun failed every time", async () => {
    const report = await read(
      suite(`<testcase name="a"><flakyFailure message="1"/><flakyError message="2"/></testcase>
             <testcase name="b"><failure message="x"/><rerunFailure message="y"/></testcase>`),
    );
    expect(report.observations.map(({ outcome, retries }) => [outcome, retries])).toEqual([
      ['passed', ['failed', 'errored', 'passed']],
      ['failed', ['failed', 'failed']],
    ]);
  });

  test("a runner's own word for what has no failure element is never read as a pass", async () => {
    const report = await read(
      suite(`<testcase name="a" status="timedout"/><testcase name="b" status="interrupted"/><testcase name="c" status="notrun"/>
             <testcase name="d" status="passed"/><testcase name="e" status="panicked"><error/></testcase>`),
    );
    expect(table(report)).toEqual([
      'timed-out | body | a | reported-failure',
      'aborted | body | b | reported-failure',
      'skipped | body | c',
      'passed | body | d',
      'errored | body | e | error',
    ]);
  });
});

describe('whether it may be believed', () => {
  test.each([
    [
      'truncated in a tag',
      suite('<testcase name="a"/>').slice(0, 50),
      'truncated',
      'the document breaks off before its root element ends (exit code 1)',
    ],
    [
      'truncated before its root',
      '<?xml version="1.0"?>\n',
      'truncated',
      'the document breaks off before its root element (exit code 1)',
    ],
    ['empty', '', 'truncated', 'the report is empty (exit code 1)'],
    ['a web page', '<!doctype html><html><body/></html>', 'unreadable', `${HEAD}1`],
    [
      'another root',
      '<html><body/></html>',
      'unreadable',
      `${HEAD}its root element is <html>, not <testsuites> or <testsuite>`,
    ],
    ['no XML', 'Internal Server Error', 'unreadable', `${HEAD}text data outside of root node.`],
    ['an unknown entity', suite('<testcase name="&bogus;"/>'), 'unreadable', `${HEAD}undefined entity`],
    ['two roots', `${suite('')}<testsuite/>`, 'unreadable', `${HEAD}documents may contain only one root.`],
    [
      'a header that claims more',
      suite('<testcase name="a"/>', 'tests="2"'),
      'unreadable',
      'suite "s" claims 2 tests and holds 1',
    ],
    [
      'a header that claims fewer',
      suite('<testcase name="a"/><testcase name="b"/>', 'tests="1"'),
      'unreadable',
      'suite "s" claims 1 tests and holds 2',
    ],
    [
      'failures that the body lacks',
      suite('<testcase name="a"/>', 'tests="1" failures="1" errors="0"'),
      'unreadable',
      'suite "s" claims 1 failures and errors and holds 0',
    ],
    [
      'failures that the header denies',
      suite('<testcase name="a"><failure/></testcase>', 'tests="1" failures="0" errors="0"'),
      'unreadable',
      'suite "s" claims 0 failures and errors and holds 1',
    ],
  ])('%s', async (_, content, status, detail) => {
    const report = await read(content);
    expect(report.status.status).toBe(status);
    expect('detail' in report.status ? report.status.detail : '').toContain(detail === `${HEAD}1` ? HEAD : detail);
  });

  test('another suite: no case that is selected, or no file that is', async () => {
    const select = (files: string[], cases?: string) => ({
      spec: makeSpec({ select: { files, ...(cases === undefined ? {} : { cases }) } }),
    });
    const content = suite('<testcase name="a" file="pkg/x_test.py"/>');
    expect((await read(content, select([], 'pause'))).status).toEqual({
      status: 'foreign',
      detail: 'none of its 1 cases matches pause; the first is "a"',
    });
    expect((await read(content, select(['other']))).status).toEqual({
      status: 'foreign',
      detail: 'all files that it names lie outside what was selected, such as "pkg/x_test.py"',
    });
    expect((await read(suite('<testcase name="a" file="/etc/x_test.py"/>'), select([]))).status.status).toBe('foreign');
    for (const over of [
      select(['pkg'], '^a$'),
      select(['pkg/x_test.py']),
      select(['sub/pkg']),
      select(['./pkg/...']),
      select([]),
    ]) {
      expect((await read(content, over)).status).toEqual({ status: 'complete' });
    }
  });
});

describe('encodings', () => {
  const text = (encoding: string): string =>
    `<?xml version="1.0" encoding="${encoding}"?><testsuite><testcase name="prüft €"/></testsuite>`;
  const latin = (encoding: string): Buffer => Buffer.from(text(encoding).replace('€', ''), 'latin1');
  test.each([
    ['UTF-8', Buffer.from(text('UTF-8')), 'prüft €'],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text('UTF-8')}`), 'prüft €'],
    ['UTF-16 little-endian with a mark', Buffer.from(`\ufeff${text('UTF-16')}`, 'utf16le'), 'prüft €'],
    ['UTF-16 big-endian with a mark', Buffer.from(`\ufeff${text('UTF-16')}`, 'utf16le').swap16(), 'prüft €'],
    ['Latin-1 as declared', latin('ISO-8859-1'), 'prüft '],
  ])('%s', async (_, bytes, name) => {
    const report = await read(bytes);
    expect(report.status).toEqual({ status: 'complete' });
    expect(report.observations[0]?.name).toBe(name);
  });

  test.each([
    ['Latin-1 that says UTF-8', latin('UTF-8'), 'it holds bytes that are not of its encoding'],
    ['UTF-8 that says UTF-16', Buffer.from(text('UTF-16')), 'it says that it is UTF-16 and is not'],
    ['an encoding that nobody knows', Buffer.from(text('x-klingon')), 'its encoding x-klingon is not known'],
  ])('%s is refused', async (_, bytes, reason) => {
    expect((await read(bytes)).status).toEqual({ status: 'unreadable', detail: HEAD + reason });
  });

  test('a character across two chunks', async () => {
    for (let pad = 65_400; pad < 65_404; pad++) {
      const report = await read(
        `<testsuite><!--${'x'.repeat(pad)}--><testcase name="${'€😀'.repeat(40)}"/></testsuite>`,
      );
      expect(report.status).toEqual({ status: 'complete' });
      expect(report.observations[0]?.name).toBe('€😀'.repeat(40));
    }
  });
});

describe('over-long runs', () => {
  // What ends a run, and what comes near to it, at every offset around the borders of chunks.
  const tricky = (filler: string, length: number): string =>
    filler.repeat(Math.ceil(length / filler.length)).slice(0, length);
  test.each([
    ['text', (n: number) => tricky('a &lt; b &gt; c > ', n).replace(/&\w{0,2}$/, 'xxx'), (t: string) => t],
    ['CDATA', (n: number) => tricky('<a> ]] ]> & ', n), (t: string) => `<![CDATA[${t}]]>`],
    ['comment', (n: number) => tricky('<x> - > ]]> ', n), (t: string) => `<!--${t}-->`],
    ['processing instruction', (n: number) => tricky('<x> ? > --> ', n), (t: string) => `<?x ${t}?>`],
  ])('%s between two cases is passed over', async (_, make, wrap) => {
    for (const length of [10, 65_530, 131_072, 131_073, 200_001, 262_144 - 37, 400_003]) {
      const long = wrap(make(length));
      const report = await read(
        suite(`<testcase name="a"><system-out>${long}</system-out></testcase><testcase name="b"/>`, 'tests="2"'),
      );
      expect(report.status, `${length}`).toEqual({ status: 'complete' });
      expect(table(report)).toEqual(['passed | body | a', 'passed | body | b']);
    }
  });

  test.each([
    ['text', (t: string) => t],
    ['CDATA', (t: string) => `<![CDATA[${t}]]>`],
  ])('%s of a failure is cut, and what is missing is counted', async (_, wrap) => {
    for (const length of [8192, 8193, 100_000, 1_000_000]) {
      const report = await read(suite(`<testcase name="a"><failure>${wrap('y'.repeat(length))}</failure></testcase>`));
      const message = report.observations[0]?.failure?.message ?? '';
      expect(message.length).toBeLessThanOrEqual(8192);
      if (length === 8192) expect(message).toBe('y'.repeat(8192));
      else expect(message).toMatch(new RegExp(`^y{8144}… \\[${length - 8144} more characters\\]$`));
    }
  });
});

test('seconds: the quick way agrees with the slow one', () => {
  fc.assert(
    fc.property(fc.nat(999_999), fc.nat(999_999), fc.nat(6), (whole, fraction, digits) => {
      const text = digits === 0 ? String(whole) : `${whole}.${String(fraction).padStart(6, '0').slice(0, digits)}`;
      expect(secondsToMicroseconds(text)).toBe(Math.round(Number(text) * 1_000_000));
    }),
  );
  for (const odd of [
    '',
    '-1',
    '.',
    '1.',
    '.5',
    '1..2',
    'NaN',
    'Infinity',
    '1e3',
    '1e300',
    '0x10',
    '99999999999999999999',
    '1.23456789',
    ' 2 ',
  ]) {
    const us = secondsToMicroseconds(odd);
    expect(Number.isSafeInteger(us) && us >= 0, odd).toBe(true);
  }
  expect(secondsToMicroseconds('6.2593e-05')).toBe(63);
  expect(secondsToMicroseconds('1.')).toBe(1_000_000);
});

describe('properties', () => {
  const name = fc.string({ unit: fc.constantFrom(...'ab &<>"\'€😀\n\t;]-'), maxLength: 12 });
  const escapeXml = (text: string): string => text.replace(/[&<>"'\n\t]/g, (one) => `&#${one.codePointAt(0)};`);
  const report = fc.array(fc.record({ name, kind: fc.constantFrom('', 'failure', 'error', 'skipped'), text: name }), {
    minLength: 1,
    maxLength: 6,
  });
  const write = (cases: readonly { name: string; kind: string; text: string }[]): string =>
    suite(
      cases
        .map(
          (one) =>
            `<testcase name="${escapeXml(one.name)}">${one.kind === '' ? '' : `<${one.kind}>${escapeXml(one.text)}</${one.kind}>`}</testcase>`,
        )
        .join(''),
      `tests="${cases.length}"`,
    );

  test('names survive verbatim', async () => {
    await fc.assert(
      fc.asyncProperty(report, async (cases) => {
        const found = await read(write(cases));
        expect(found.status).toEqual({ status: 'complete' });
        expect(found.observations.map((one) => one.name)).toEqual(cases.map((one) => one.name));
      }),
      { numRuns: 100 },
    );
  });

  test('a report that is cut anywhere is never complete, save for the white space at its end', async () => {
    const whole = Buffer.from(
      write([
        { name: 'a€', kind: '', text: '' },
        { name: 'b', kind: 'failure', text: 'x' },
      ]),
    );
    for (let length = 0; length < whole.length; length++) {
      const { status } = await read(whole.subarray(0, length));
      const complete = whole.subarray(length).toString().trim() === '';
      expect(status.status === 'complete', `${length} of ${whole.length}`).toBe(complete);
    }
  });

  test('no bytes make it throw, and what it keeps is bounded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.constantFrom(
              '<testsuite>',
              '<testcase name="x">',
              '</testcase>',
              '<failure>',
              '<![CDATA[',
              ']]>',
              '<!--',
              '-->',
              '<!',
              '<?',
              '&',
              '"',
            ),
            fc.string({ maxLength: 8 }),
          ),
          { maxLength: 30 },
        ),
        async (parts) => {
          const found = await read(parts.join(''));
          expect(found.observations.length).toBeLessThanOrEqual(30);
        },
      ),
      { numRuns: 300 },
    );
  });
});
