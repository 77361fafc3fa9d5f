import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type GoRunReport, readGoRun } from '../../../src/suite/go/read-go-run.ts';
import { NO_SHARED_DATA, sharedData } from '../shared-data.ts';

const folder = sharedData('ginkgo-traps');
beforeEach((ctx) => ctx.skip(folder === undefined, NO_SHARED_DATA));

const IMPORT = 'kubevirt.io/kubevirt/pkg/zztraps';
/** Kinds whose run ended with exit code 0 (KINDS.md); all others with 1. */
const GREEN = new Set(['skip', 'flake', 'nodescribe', 'norunner', 'noassert', 'reactor']);

function read(kind: string, how: { folder?: string; ginkgo?: false } = {}): Promise<GoRunReport> {
  const place = (name: string): string => join(folder ?? '', `${kind}.${name}.json`);
  return readGoRun({
    gotest: place('gotest'),
    ...(how.ginkgo === false ? {} : { ginkgo: place('ginkgo'), expectGinkgo: true }),
    ...(how.folder === undefined ? {} : { folder: how.folder }),
    suite: 'unit',
    attempt: 1,
    end: { cause: 'exited', code: GREEN.has(kind) ? 0 : 1 },
  });
}

/** `outcome | where | name | kind type | line of the failure | what else`, without the import path. */
function rows({ observations }: GoRunReport): string[] {
  return observations.map(({ name, outcome, where, failure, additional, retries, unit }) =>
    [
      outcome,
      where,
      name.replace(`${IMPORT}/`, ''),
      ...(failure === undefined ? [] : [`${failure.kind} ${failure.type}`]),
      ...(failure?.location === undefined
        ? []
        : [`${failure.location.file.split('/').at(-1)}:${failure.location.line}`]),
      ...(failure?.ownBody === undefined ? [] : [failure.ownBody ? 'own body' : 'elsewhere']),
      ...(additional ?? []).map((one) => `also ${one.where} ${one.kind}`),
      ...(retries === undefined ? [] : [retries.join(' then ')]),
      ...(unit === undefined ? [] : ['ordered']),
    ].join(' | '),
  );
}

describe('cases that ginkgo reports', () => {
  test.each<[string, 'zero' | 'nonzero', string[]]>([
    [
      'assert',
      'nonzero',
      ['failed | body | assert :: d > bad | assertion ginkgo | x_test.go:12', 'passed | body | assert :: d > ok'],
    ],
    [
      'eventually',
      'nonzero',
      ['failed | body | eventually :: d > a | assertion ginkgo | x_test.go:13', 'passed | body | eventually :: d > b'],
    ],
    [
      'ginkgot',
      'nonzero',
      [
        'failed | body | ginkgot :: d > a | assertion ginkgo | x_test.go:12',
        'failed | body | ginkgot :: d > b | assertion ginkgo | x_test.go:12',
      ],
    ],
    [
      'exitmsgfail',
      'nonzero',
      [
        'passed | body | exitmsgfail :: d > a',
        'failed | body | exitmsgfail.TestPlain | assertion testing | x_test.go:12',
      ],
    ],
    [
      'aftereach2',
      'nonzero',
      [
        'failed | body | aftereach2 :: d > a | assertion ginkgo | x_test.go:12 | also teardown assertion',
        'failed | teardown | aftereach2 :: d > b | assertion ginkgo | x_test.go:12',
      ],
    ],
    [
      'beforeeach',
      'nonzero',
      [
        'failed | setup | beforeeach :: d > a | assertion ginkgo | x_test.go:12',
        'failed | setup | beforeeach :: d > b | assertion ginkgo | x_test.go:12',
      ],
    ],
    [
      'cleanup',
      'nonzero',
      ['failed | teardown | cleanup :: d > a | assertion ginkgo | x_test.go:12', 'passed | body | cleanup :: d > b'],
    ],
    [
      'ordered',
      'nonzero',
      [
        'failed | body | ordered :: d > a | assertion ginkgo | x_test.go:12 | ordered',
        'skipped | body | ordered :: d > b | reported-failure skipped | x_test.go:12 | ordered',
        'skipped | body | ordered :: d > c | reported-failure skipped | x_test.go:12 | ordered',
      ],
    ],
    [
      'panicit',
      'nonzero',
      [
        'errored | body | panicit :: d > a | panic runtime error | x_test.go:12 | own body',
        'passed | body | panicit :: d > b',
      ],
    ],
    [
      'tableargs',
      'nonzero',
      [
        'errored | body | tableargs :: t > badtype | panic ginkgo | table_dsl.go:301 | elsewhere',
        'passed | body | tableargs :: t > good',
        'errored | body | tableargs :: t > toofew | panic ginkgo | table_dsl.go:301 | elsewhere',
        'errored | body | tableargs :: t > toomany | panic ginkgo | table_dsl.go:301 | elsewhere',
      ],
    ],
    [
      'tablebadtypeonly',
      'nonzero',
      [
        'errored | body | tablebadtypeonly :: t > badtype | panic ginkgo | table_dsl.go:301 | elsewhere',
        'passed | body | tablebadtypeonly :: t > good',
      ],
    ],
    [
      'osexit',
      'nonzero',
      [
        'errored | body | osexit :: d > a | panic os.Exit | x_test.go:13 | own body',
        'failed | body | osexit :: d > b | assertion ginkgo | x_test.go:13',
        'passed | body | osexit :: d > ok',
      ],
    ],
    [
      'spectimeout',
      'nonzero',
      [
        'timed-out | body | spectimeout :: d > a | timeout timedout | x_test.go:13',
        'passed | body | spectimeout :: d > b',
      ],
    ],
    [
      'skip',
      'zero',
      ['skipped | body | skip :: d > a | reported-failure skipped | x_test.go:12', 'skipped | body | skip :: d > b'],
    ],
    ['flake', 'zero', ['passed | body | flake :: d > a | also body assertion | failed then passed']],
    [
      'dup',
      'nonzero',
      ['failed | body | dup :: d > same | assertion ginkgo | x_test.go:12', 'passed | body | dup :: d > same'],
    ],
    ['noassert', 'zero', ['passed | body | noassert :: d > a']],
    ['reactor', 'zero', ['passed | body | reactor :: d > a']],
  ])('%s', async (kind, expectedExit, cases) => {
    const report = await read(kind);
    expect(report.status).toEqual({ status: 'complete' });
    expect(rows(report)).toEqual(cases);
    expect(report).toMatchObject({ expectedExit, suiteFailures: [] });
  });

  test('a case has its place, its containers and its file, with the folder told and without', async () => {
    for (const how of [{}, { folder: 'pkg/zztraps/assert' }]) {
      const [bad] = (await read('assert', how)).observations;
      const line = { file: 'pkg/zztraps/assert/x_test.go', line: 12 };
      expect(bad).toEqual({
        suite: 'unit',
        attempt: 1,
        name: `${IMPORT}/assert :: d > bad`,
        file: 'pkg/zztraps/assert/x_test.go',
        outcome: 'failed',
        where: 'body',
        failure: {
          kind: 'assertion',
          type: 'ginkgo',
          message: 'Expected\n    <int>: 1\nto equal\n    <int>: 2',
          location: line,
        },
        durationUs: bad?.durationUs,
        place: line,
        containers: [line],
      });
    }
  });

  test('the packages tell who hosts the suite and what it calls itself', async () => {
    expect((await read('assert')).packages).toEqual([
      {
        importPath: `${IMPORT}/assert`,
        folder: 'pkg/zztraps/assert',
        hosts: ['TestAssert'],
        descriptions: ['assert'],
      },
    ]);
  });

  test('focus: every executed case passed, the exit code says otherwise, and why is named', async () => {
    const report = await read('focus');
    expect(rows(report)).toEqual(['passed | body | focus :: d > a', 'skipped | body | focus :: d > b']);
    expect(report).toMatchObject({ status: { status: 'complete' }, expectedExit: 'zero', suiteFailures: [] });
    expect(report.exitNote).toBe(
      `${IMPORT}/focus: only focused cases ran (FIt, FDescribe and the like stand in the sources), for which ginkgo ends with a failure`,
    );
  });

  test.each(['nodescribe', 'norunner'])('%s: no case at all', async (kind) => {
    expect(await read(kind)).toMatchObject({ status: { status: 'complete' }, observations: [], suiteFailures: [] });
  });
});

describe('what fails outside every case', () => {
  test.each<[string, 'suite' | 'load', RegExp]>([
    [
      'beforesuite',
      'suite',
      /^\S+\/beforesuite: BeforeSuite failed: Expected\n {4}<int>: 1\nto equal\n {4}<int>: 2 \(pkg\/zztraps\/beforesuite\/x_test\.go:12\)$/,
    ],
    [
      'treeexpect',
      'load',
      /^\S+\/treeexpect: ended before its first case, while ginkgo built the suite: Assertion or Panic/,
    ],
    ['treepanic', 'load', /assignment to entry in nil map/],
    ['initpanic', 'load', /^\S+\/initpanic: ended before its first test: panic: assignment to entry in nil map$/],
  ])('%s', async (kind, where, what) => {
    const report = await read(kind);
    expect(report).toMatchObject({
      status: { status: 'complete' },
      observations: [],
      expectedExit: 'nonzero',
      suiteFailures: [{ where }],
    });
    expect(report.suiteFailures[0]?.what).toMatch(what);
  });
});

describe('a report that ginkgo never wrote', () => {
  const noReport = (kind: string, why: string) => ({
    status: 'missing',
    detail: `${IMPORT}/${kind}: ginkgo wrote no report: ${why} (exit code 1)`,
  });
  test.each([
    ['panicgo', 'a goroutine ended the process: panic: boom', []],
    ['expectgo', 'a goroutine ended the process: panic: Your Test Panicked', []],
    ['osexit1', 'the process ended before its tests did, such as by os.Exit', []],
    ['hang', 'test timed out after 8s', ['timed-out | body | hang.TestHang | timeout timeout']],
  ])('%s', async (kind, why, cases) => {
    const report = await read(kind);
    expect(report.status).toEqual(noReport(kind, why));
    expect(rows(report)).toEqual(cases);
    expect(report.suiteFailures).toEqual([]);
  });

  test.each(['assert', 'noassert', 'exitmsgfail', 'beforesuite', 'flake'])(
    '%s, where nobody kept it: the suite as one test is never judged',
    async (kind) => {
      const report = await read(kind, { ginkgo: false });
      expect(report.status).toMatchObject({ status: 'missing' });
      expect(rows(report)).toEqual(
        kind === 'exitmsgfail' ? ['failed | body | exitmsgfail.TestPlain | assertion testing | x_test.go:12'] : [],
      );
    },
  );
});

describe('builds that fail', () => {
  const at = (kind: string, line: number, column: number) => ({ file: `pkg/zztraps/${kind}/x_test.go`, line, column });
  test.each<[string, object[]]>([
    ['c_undefined', [{ name: 'undefinedFn', kind: 'symbol', ...at('c_undefined', 4, 16) }]],
    ['c_field', [{ name: 'T.X', kind: 'member', owner: 'T', ...at('c_field', 5, 13) }]],
    ['c_structlit', [{ name: 'T.X', kind: 'member', owner: 'T', ...at('c_structlit', 5, 11) }]],
    ['c_iface', [{ name: 'T.M', kind: 'member', owner: 'T', demandedBy: 'I', ...at('c_iface', 6, 11) }]],
    ['c_argcount', [{ name: 'g', kind: 'signature', ...at('c_argcount', 5, 17) }]],
    ['c_argtype', [{ name: 'g', kind: 'signature', ...at('c_argtype', 5, 14) }]],
    ['c_retcount', [{ name: 'g', kind: 'signature', ...at('c_retcount', 5, 17) }]],
    ['c_nopkg', [{ name: 'kubevirt.io/kubevirt/pkg/doesnotexist', kind: 'package', ...at('c_nopkg', 2, 20) }]],
    ['doesnotexist', [{ name: './pkg/zztraps/doesnotexist', kind: 'package' }]],
  ])('%s: names that are missing, with their places', async (kind, missing) => {
    const { observations, ...report } = await read(kind);
    expect(report).toMatchObject({ status: { status: 'complete' }, expectedExit: 'nonzero', suiteFailures: [] });
    const [only] = observations;
    expect(observations).toHaveLength(1);
    expect(only).toMatchObject({ outcome: 'errored', where: 'load', failure: { kind: 'compile', type: 'build' } });
    expect(only?.failure?.missing).toEqual(missing);
    expect(only?.failure?.missingCut).toBeUndefined();
  });

  test('c_many: the compiler stopped after ten', async () => {
    const failure = (await read('c_many')).observations[0]?.failure;
    expect(failure?.missingNames).toEqual(Array.from({ length: 10 }, (_, index) => `undef${index}`));
    expect(failure?.missing).toHaveLength(10);
    expect(failure?.missingCut).toBe(true);
  });

  test.each([
    ['c_syntax', 'error build'],
    ['c_unusedvar', 'error build'],
    ['c_importunused', 'error build'],
    ['c_dup', 'error build'],
    ['c_vet', 'error vet'],
    ['dep', 'error build'],
    ['cyc', 'error build'],
  ])('%s: nothing is missing, the tests themselves do not load', async (kind, failure) => {
    const report = await read(kind);
    expect(rows(report).map((row) => row.split(' | ').slice(0, 4))).toEqual([
      ['errored', 'load', `${kind} [build]`, failure],
    ]);
    expect(report.observations[0]?.failure?.missingNames).toBeUndefined();
  });
});

test('every kind is here', () => {
  const kinds = readdirSync(folder ?? '')
    .filter((name) => name.endsWith('.gotest.json'))
    .map((name) => name.replace('.gotest.json', ''));
  expect(kinds).toHaveLength(46);
});

test('a report of another kind is foreign, never read as this one', async () => {
  const report = await readGoRun({
    gotest: join(folder ?? '', 'assert.gotest.json'),
    ginkgo: join(folder ?? '', 'eventually.ginkgo.json'),
    suite: 'unit',
    attempt: 1,
    end: { cause: 'exited', code: 1 },
  });
  // What ran is not there either, and that is said first.
  expect(report.status).toMatchObject({ status: 'missing' });
  expect(report.observations).toEqual([]);
});
