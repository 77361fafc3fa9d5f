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

  test('words of single writers for what did not pass', async () => {
    const report = await read(
      suite(`<testcase name="a"><ignored/></testcase><testcase name="b"><skip>why</skip></testcase><testcase name="c"><timeout/></testcase>
             <testcase name="d"><aborted message="m"/></testcase><testcase name="e"><warning>w</warning></testcase>
             <testcase name="f" status="run" result="skipped"/><testcase name="g" status="notrun"/><testcase name="h" status="fail"/>
             <testcase name="i" status="run" result="completed"/><testcase name="j">${'<flakyFailure/>'.repeat(70)}<failure message="last"/></testcase>`),
    );
    expect(table(report)).toEqual([
      'skipped | body | a',
      'skipped | body | b',
      'timed-out | body | c | reported-failure',
      'aborted | body | d | reported-failure',
      'errored | body | e | reported-failure',
      'skipped | body | f',
      'skipped | body | g',
      'failed | body | h | reported-failure',
      'passed | body | i',
      'failed | body | j | reported-failure',
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
    [
      'a web page',
      '<!doctype html><html><head><title>502\nBad Gateway</title></head></html>',
      'unreadable',
      `${HEAD}incorrect syntax.; it is a web page, "502 Bad Gateway": what fetched or served the report got that instead`,
    ],
    [
      'a web page that is XML',
      '<html><body/></html>',
      'unreadable',
      `${HEAD}its root element is <html>, not <testsuites> or <testsuite>; it is a web page: what fetched or served the report got that instead`,
    ],
    ['JSON', '{"numTotalTests": 3}', 'unreadable', `${HEAD}text data outside of root node.; it is JSON`],
    [
      'TAP',
      'TAP version 13\n1..1\nok 1\n',
      'unreadable',
      `${HEAD}text data outside of root node.; it is TAP: say reportFormat: tap`,
    ],
    [
      'another root',
      '<html><body/></html>',
      'unreadable',
      `${HEAD}its root element is <html>, not <testsuites> or <testsuite>`,
    ],
    ['no XML', 'Internal Server Error', 'unreadable', `${HEAD}text data outside of root node.`],
    ['an unknown entity', suite('<testcase name="&bogus;"/>'), 'unreadable', `${HEAD}undefined entity`],
    ['two roots', `${suite('')}<testsuite/>`, 'unreadable', `${HEAD}documents may contain only one root.`],
  ])('%s', async (_, content, status, detail) => {
    const report = await read(content);
    expect(report.status.status).toBe(status);
    expect('detail' in report.status ? report.status.detail : '').toContain(detail);
  });

  test.each([
    ['more tests', '<testcase name="a"/>', 'tests="2"', 'claims 2 tests and holds 1'],
    ['fewer tests', '<testcase name="a"/><testcase name="b"/>', 'tests="1"', 'claims 1 tests and holds 2'],
    [
      'failures that the body lacks',
      '<testcase name="a"/>',
      'tests="1" failures="1" errors="0"',
      'claims 1 failures and errors and holds 0',
    ],
    [
      'no failure where the body has one',
      '<testcase name="a"><failure/></testcase>',
      'tests="1" failures="0" errors="0"',
      'claims 0 failures and errors and holds 1',
    ],
    [
      'more repetitions than there are',
      '<testcase name="a"><flakyFailure/></testcase>',
      'tests="4" failures="0" errors="0"',
      'claims 4 tests and holds 1',
    ],
  ])('a header that claims %s is a failure of the suite', async (_, body, attributes, what) => {
    const report = await read(suite(body, attributes));
    expect(report.status).toEqual({ status: 'complete' });
    expect(report.suiteFailures).toEqual([
      { what: `the report contradicts itself: suite "s" ${what}`, where: 'suite' },
    ]);
    expect(report.expectedExit).not.toBe('zero');
  });

  test.each([
    [
      'surefire: every repetition is a test and a failure',
      '<testcase name="a"><failure/><rerunFailure/><rerunError/></testcase>',
      'tests="3" failures="3" errors="0"',
    ],
    [
      'surefire: repetitions that are not counted',
      '<testcase name="a"><flakyFailure/></testcase>',
      'tests="1" failures="0" errors="0"',
    ],
    [
      'jest-junit: a file that did not load is no test',
      '<testcase name="f" classname="Test suite failed to run"><error/></testcase>',
      'tests="0" failures="0" errors="1"',
    ],
    [
      'skipped cases that are not counted',
      '<testcase name="a"/><testcase name="b"><skipped/></testcase>',
      'tests="1" failures="0" errors="0"',
    ],
    [
      'pytest: a failure in the body and an error in the teardown',
      '<testcase name="a"><failure/><error/></testcase>',
      'tests="1" failures="1" errors="1"',
    ],
    ['cucumber: errors are not counted at all', '<testcase name="a"><error/></testcase>', 'tests="1" failures="0"'],
    ['no counts that are numbers', '<testcase name="a"><error/></testcase>', 'tests="" failures="none" errors="-1"'],
  ])('counts as their writers count them: %s', async (_, body, attributes) => {
    const report = await read(suite(body, attributes));
    expect([report.status.status, report.suiteFailures]).toEqual(['complete', []]);
  });

  test('pytest counts subtests that it does not show, and no failure beside them', async () => {
    const pytest = (attributes: string): string =>
      `<testsuites><testsuite name="pytest" ${attributes}><testcase name="a"/></testsuite></testsuites>`;
    expect((await read(pytest('errors="0" failures="0" tests="4"'))).suiteFailures).toEqual([]);
    expect((await read(pytest('errors="0" failures="1" tests="4"'))).suiteFailures).toHaveLength(1);
    expect((await read(pytest('errors="0" failures="0" tests="0"'))).suiteFailures).toHaveLength(1);
  });

  test('failures of a suite that belong to no case', async () => {
    const report = await read(
      `<testsuites><testsuite name="s" tests="1" errors="1" failures="0"><error type="E" message="boom">deep</error><testcase name="a"/><system-err>x</system-err></testsuite>
       <failure/></testsuites>`,
    );
    expect(report.status).toEqual({ status: 'complete' });
    expect(report.expectedExit).toBe('nonzero');
    expect(table(report)).toEqual(['passed | body | a']);
    expect(report.suiteFailures).toEqual([
      { what: 's: E: boom\ndeep', where: 'suite' },
      { what: "a suite's own <failure>", where: 'suite' },
    ]);
  });

  test("KubeVirt's own reporter says nothing of specs that timed out: what it calls passed is not", async () => {
    const kubevirt = (attributes: string, failure = '<failure type="Failure">x_test.go:22</failure>'): string =>
      `<?xml version="1.0" encoding="UTF-8"?>\n  <testsuite ${attributes}>
      <testcase name="d passes" classname="z" time="6.2593e-05"></testcase>
      <testcase name="d fails" classname="z" time="0.000135142">${failure}</testcase>
      <testcase name="d waits" classname="z" time="0"><skipped></skipped></testcase>
  </testsuite>`;
    const report = await read(kubevirt('name="z" tests="3" failures="1" errors="0" time="0.201"'));
    expect(report.status).toEqual({ status: 'complete' });
    expect(table(report)).toEqual([
      'aborted | body | z > d passes | reported-failure',
      'failed | body | z > d fails | reported-failure',
      'skipped | body | z > d waits',
    ]);
    expect(report.observations[0]).toMatchObject({
      durationUs: 63,
      failure: {
        type: 'DoubtedPass',
        message:
          'the report says nothing bad of this case, but its writer says nothing of cases that timed out or were aborted either',
      },
    });
    expect(report.expectedExit).toBe('nonzero');
    // Nothing is known of how such a run ends that shows no failure.
    const silent = await read(kubevirt('name="z" tests="3" failures="0" errors="0" time="0.201"', ''));
    expect(silent.expectedExit).toBe('any');
    // Other writers: another attribute, another class, a failure with a message of its own.
    const others = [
      kubevirt('name="z" tests="3" failures="1" errors="0" skipped="1" time="0.201"'),
      kubevirt('name="y" tests="3" failures="1" errors="0" time="0.201"'),
      kubevirt('name="z" tests="3" failures="1" errors="0" time="0.201"', '<failure type="AssertionError">x</failure>'),
    ];
    for (const other of others) expect(table(await read(other))[0]).toBe('passed | body | z > d passes');
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
  expect(secondsToMicroseconds('0,123')).toBe(123_000);
  expect(secondsToMicroseconds('1.234,5')).toBe(1_234_500_000);
  expect(secondsToMicroseconds('1,234,567')).toBe(1_234_567_000_000);
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
