import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandRunner } from '../../../src/suite/command.ts';
import { parseGinkgoReport, REPORT_LIMIT_BYTES, readGinkgoReport } from '../../../src/suite/ginkgo/parse-report.ts';
import { type GoRunFiles, readGoRun } from '../../../src/suite/go/read-go-run.ts';
import { fc } from './property.ts';
import { makeFolder, makeResult, makeSpec, removeFolder, table } from './suite-lab.ts';

const RECORDED = join(dirname(fileURLToPath(import.meta.url)), '../../adapters/ginkgo/endings');
const ROOT = '/src';
let folder: string;
let stream: string;
let report: string;
beforeAll(() => {
  folder = makeFolder();
  stream = readFileSync(join(RECORDED, 'report'), 'utf8').replaceAll('{{worktree}}', ROOT);
  report = readFileSync(join(RECORDED, 'ginkgo.json'), 'utf8').replaceAll('{{worktree}}', ROOT);
});
afterAll(() => removeFolder(folder));

type Json = Record<string, unknown>;
const location = (line: number) => ({ FileName: `${ROOT}/a/a_test.go`, LineNumber: line });
const spec = (text: string, State: string, more: Json = {}): Json => ({
  ContainerHierarchyTexts: ['d', ''],
  ContainerHierarchyLocations: [location(3), location(4)],
  ContainerHierarchyLabels: [['slow'], []],
  LeafNodeType: 'It',
  LeafNodeLocation: location(5),
  LeafNodeLabels: ['slow', 'ac:AC-1'],
  LeafNodeText: text,
  State,
  RunTime: 1_234_567,
  NumAttempts: 1,
  ...more,
});
const failure = (Message: string, more: Json = {}): Json => ({
  Message,
  Location: { ...location(6), FullStackTrace: '' },
  FailureNodeContext: 'leaf-node',
  FailureNodeType: 'It',
  FailureNodeLocation: location(5),
  ...more,
});
const suite = (specs: readonly Json[] | null, more: Json = {}): Json => ({
  SuitePath: `${ROOT}/a`,
  SuiteDescription: 'Suite',
  SuiteLabels: ['unit'],
  SuiteSucceeded: !(specs ?? []).some(({ State }) => State !== 'passed' && State !== 'skipped' && State !== 'pending'),
  PreRunStats: { TotalSpecs: (specs ?? []).filter(({ LeafNodeType }) => LeafNodeType === 'It').length },
  SuiteConfig: { RandomSeed: 7 },
  SpecReports: specs,
  ...more,
});
/** Ginkgo's report alone, as the compiled binary of the functional tests writes it. */
async function alone(suites: unknown, over: Partial<GoRunFiles> = {}) {
  const path = join(folder, 'alone.json');
  writeFileSync(path, typeof suites === 'string' ? suites : JSON.stringify(suites));
  return readGoRun({
    gotest: '',
    ginkgo: path,
    modulePath: 'example.com/m',
    folder: 'a',
    suite: 'unit',
    attempt: 1,
    end: { cause: 'exited', code: 1 },
    ...over,
  });
}
async function both(gotest: string, ginkgo: string | undefined, over: Partial<GoRunFiles> = {}) {
  writeFileSync(join(folder, 'gotest'), gotest);
  if (ginkgo !== undefined) writeFileSync(join(folder, 'ginkgo'), ginkgo);
  return readGoRun({
    gotest: join(folder, 'gotest'),
    ginkgo: join(folder, ginkgo === undefined ? 'nothing' : 'ginkgo'),
    suite: 'unit',
    attempt: 1,
    end: { cause: 'exited', code: 1 },
    ...over,
  });
}

describe('one spec', () => {
  test('name, file, place, containers, labels, duration', async () => {
    expect((await alone([suite([spec('leaf', 'passed')])])).observations).toEqual([
      {
        suite: 'unit',
        attempt: 1,
        name: 'example.com/m/a :: d > leaf',
        file: 'a/a_test.go',
        outcome: 'passed',
        where: 'body',
        durationUs: 1235,
        place: { file: 'a/a_test.go', line: 5 },
        containers: [
          { file: 'a/a_test.go', line: 3 },
          { file: 'a/a_test.go', line: 4 },
        ],
        labels: ['unit', 'slow', 'ac:AC-1'],
      },
    ]);
  });

  test.each([
    ['Expected\n    <int>: 1\nto equal\n    <int>: 2', 'assertion'],
    [
      'Unexpected error:\n    <*errors.errorString | 0xc0>: \n    boom\n    {s: "boom"}\noccurred',
      'no-error-assertion',
    ],
    ['why\nUnexpected error:\n    <*fs.PathError | 0xc0>: \n    boom\noccurred', 'no-error-assertion'],
    ['Expected success, but got an error:\n    <*errors.errorString>: boom', 'no-error-assertion'],
    ['Expected\n    <*errors.errorString | 0xc0>: \n    boom\n    {s: "boom"}\nto be nil', 'no-error-assertion'],
    [
      'Timed out after 1.001s.\nThe function passed to Eventually returned the following error:\n    boom',
      'no-error-assertion',
    ],
    ['Expected\n    <string>: Unexpected error:\n    occurred\nto be empty', 'assertion'],
    ['Expected\n    <*v1.VirtualMachine | 0xc0>: nil\nto be nil', 'assertion'],
    ['Expected an error to have occurred.  Got:\n    <nil>: nil', 'assertion'],
    ['Unexpected call to *kubecli.Mock.Get([1])', 'assertion'],
    ['', 'assertion'],
  ])('%j is of kind %s', async (message, kind) => {
    const { observations } = await alone([suite([spec('x', 'failed', { Failure: failure(message) })])]);
    expect(observations[0]).toMatchObject({ outcome: 'failed', where: 'body', failure: { kind } });
  });

  test.each([
    ['It', 'body'],
    ['BeforeEach', 'setup'],
    ['JustBeforeEach', 'setup'],
    ['BeforeAll', 'setup'],
    ['ReportBeforeEach', 'setup'],
    ['AfterEach', 'teardown'],
    ['JustAfterEach', 'teardown'],
    ['AfterAll', 'teardown'],
    ['DeferCleanup (Each)', 'teardown'],
    ['DeferCleanup (All)', 'teardown'],
    ['ReportAfterEach', 'teardown'],
    ['BeforeSuite', 'suite'],
    ['a node of tomorrow', 'setup'],
  ])('a failure in %s is one of its %s', async (FailureNodeType, where) => {
    const failed = spec('x', 'failed', {
      Failure: failure('m', { FailureNodeType, FailureNodeContext: 'in-container' }),
    });
    expect((await alone([suite([failed])])).observations[0]?.where).toBe(where);
  });

  test.each([
    ['passed', 'passed'],
    ['failed', 'failed'],
    ['panicked', 'errored'],
    ['timedout', 'timed-out'],
    ['interrupted', 'aborted'],
    ['aborted', 'aborted'],
    ['skipped', 'skipped'],
    ['pending', 'skipped'],
    ['INVALID SPEC STATE', 'aborted'],
    ['constructor', 'aborted'],
    ['', 'aborted'],
  ])('the state %j is the outcome %s', async (state, outcome) => {
    expect((await alone([suite([spec('x', state)], { SuiteSucceeded: true })])).observations[0]?.outcome).toBe(outcome);
  });

  test('what followed a time-out inside the same node is kept', async () => {
    const Failure = failure('A spec timeout occurred', {
      AdditionalFailure: { State: 'failed', Failure: failure('it was stuck here') },
    });
    const [only] = (await alone([suite([spec('x', 'timedout', { Failure })])])).observations;
    expect(only).toMatchObject({
      outcome: 'timed-out',
      failure: { kind: 'timeout' },
      additional: [{ kind: 'assertion', where: 'body', message: 'it was stuck here' }],
    });
  });

  test.each([
    ['flaky, green in the end', 'passed', { MaxFlakeAttempts: 3, NumAttempts: 3 }, ['failed', 'errored', 'passed']],
    ['flaky, red to the end', 'failed', { MaxFlakeAttempts: 2, NumAttempts: 2 }, ['failed', 'failed']],
    ['repeated, red at last', 'failed', { MaxMustPassRepeatedly: 3, NumAttempts: 3 }, ['passed', 'passed', 'failed']],
  ])('%s', async (_, state, more, retries) => {
    const earlier = [
      { State: 'failed', Failure: failure('Failure recorded during attempt 1:\nno') },
      { State: 'panicked', Failure: failure('Failure recorded during attempt 2:\nno', { ForwardedPanic: 'boom' }) },
    ];
    const AdditionalFailures = 'MaxFlakeAttempts' in more ? earlier.slice(0, more.NumAttempts - 1) : [];
    const Failure = state === 'failed' ? { Failure: failure('no') } : {};
    const { observations } = await alone([suite([spec('x', state, { ...more, ...Failure, AdditionalFailures })])]);
    expect(observations[0]?.retries).toEqual(retries);
  });
});

describe("a panic's own body", () => {
  const panicked = (frames: string[], leaf = 5): Json =>
    spec('x', 'panicked', {
      LeafNodeLocation: location(leaf),
      Failure: failure('Test Panicked', {
        ForwardedPanic: '\u001b[1mruntime error: index out of range\u001b[0m',
        Location: { FileName: 'runtime/panic.go', LineNumber: 1, FullStackTrace: frames.join('\n') },
      }),
    });
  const frame = (name: string, line: number, file = `${ROOT}/a/a_test.go`) => [`${name}()`, `\t${file}:${line} +0x1`];
  const others = [
    spec('before', 'passed', { LeafNodeLocation: location(4) }),
    spec('after', 'passed', { LeafNodeLocation: location(20) }),
  ];
  test.each<[string, string[], boolean]>([
    ['in the case', frame('example.com/m/a_test.init.func1.2', 7), true],
    [
      'past the standard library',
      [...frame('os.Exit', 1, 'os/proc.go'), ...frame('example.com/m/a_test.init.func1.2', 7)],
      true,
    ],
    ['in a function of the same file', frame('example.com/m/a_test.helper', 7), false],
    ['in a closure of the container, before the case', frame('example.com/m/a_test.init.func1.1', 3), false],
    ['in the next case', frame('example.com/m/a_test.init.func1.3', 21), false],
    [
      'in production code',
      [...frame('example.com/m/a.F', 9, `${ROOT}/a/a.go`), ...frame('example.com/m/a_test.init.func1.2', 7)],
      false,
    ],
  ])('%s', async (_, frames, ownBody) => {
    const { observations } = await alone([suite([...others, panicked(frames)])]);
    expect(observations[2]).toMatchObject({
      outcome: 'errored',
      failure: { kind: 'panic', type: 'runtime error', message: 'runtime error: index out of range', ownBody },
    });
  });

  test("a table's body stands before its entries", async () => {
    const entries = [
      spec('one', 'passed', { LeafNodeLocation: location(9) }),
      panicked(frame('example.com/m/a_test.init.func1.1', 6), 10),
    ];
    expect((await alone([suite(entries)])).observations[1]?.failure?.ownBody).toBe(true);
  });
});

describe('one suite', () => {
  test('a suite-wide node that fails belongs to no case', async () => {
    const node = spec('', 'panicked', {
      LeafNodeType: 'AfterSuite',
      ContainerHierarchyTexts: null,
      Failure: failure('Test Panicked', { ForwardedPanic: 'boom' }),
    });
    const read = await alone([suite([spec('x', 'passed'), node])]);
    expect(read).toMatchObject({
      status: { status: 'complete' },
      expectedExit: 'nonzero',
      suiteFailures: [{ what: 'example.com/m/a: AfterSuite panicked: boom (a/a_test.go:6)', where: 'suite' }],
    });
    expect(table(read)).toEqual(['passed | body | example.com/m/a :: d > x']);
  });

  test('a special reason is one, too; where the suite succeeded it is a remark', async () => {
    const reasons = { SpecialSuiteFailureReasons: ['Detected pending specs and --fail-on-pending is set'] };
    expect((await alone([suite([spec('x', 'pending')], { ...reasons, SuiteSucceeded: false })])).suiteFailures).toEqual(
      [{ what: 'example.com/m/a: Detected pending specs and --fail-on-pending is set', where: 'suite' }],
    );
    expect((await alone([suite([spec('x', 'skipped')], reasons)])).suiteFailures).toEqual([]);
    expect((await alone([suite([spec('x', 'passed')], { SuiteSucceeded: false })])).suiteFailures).toEqual([
      { what: 'example.com/m/a: ginkgo says that the suite failed, and not why', where: 'suite' },
    ]);
  });

  test.each([
    ['a dry run', { SuiteConfig: { DryRun: true } }, "ginkgo's report is of a dry run: none of its cases ran"],
    ['fewer cases than announced', { PreRunStats: { TotalSpecs: 2 } }, "ginkgo's report announces 2 cases and holds 1"],
  ])('%s is not believed', async (_, more, detail) => {
    expect((await alone([suite([spec('x', 'passed')], more)])).status).toEqual({ status: 'unreadable', detail });
  });

  test('success with a failing case is not believed', async () => {
    const read = await alone([suite([spec('x', 'failed', { Failure: failure('m') })], { SuiteSucceeded: true })]);
    expect(read.status).toEqual({
      status: 'unreadable',
      detail: 'ginkgo\'s report says that the suite succeeded, and that "x" failed',
    });
  });

  test('cases that the command line left out are none; what skipped itself is one', async () => {
    const specs = [
      spec('chosen', 'passed'),
      spec('left out', 'skipped', { NumAttempts: 0 }),
      spec('skips', 'skipped', { Failure: failure('not here') }),
    ];
    const read = await alone([suite(specs, { SuiteConfig: { LabelFilter: 'slow' } })]);
    expect(table(read)).toEqual([
      'passed | body | example.com/m/a :: d > chosen',
      'skipped | body | example.com/m/a :: d > skips | reported-failure',
    ]);
    expect(table(await alone([suite(specs)]))).toHaveLength(3);
  });

  test('a node that only Ordered containers have shows that its cases are one unit', async () => {
    const events = [{ SpecEventType: 'Node', NodeType: 'BeforeAll', CodeLocation: location(4) }];
    const specs = [spec('first', 'passed', { SpecEvents: events }), spec('second', 'passed')];
    expect((await alone([suite(specs)])).observations.map(({ unit }) => unit)).toEqual([
      'example.com/m/a :: d',
      'example.com/m/a :: d',
    ]);
    expect((await alone([suite([spec('alone', 'passed')])])).observations[0]?.unit).toBeUndefined();
  });

  test('where the sources are at hand they say which container is Ordered', async () => {
    const worktree = makeFolder();
    mkdirSync(join(worktree, 'a'));
    const write = (third: string) =>
      writeFileSync(
        join(worktree, 'a/a_test.go'),
        `package a\n\nvar _ = Describe("Ordered, it says",\n${third}\n  It("leaf", func() {})\n})\n`,
      );
    const at = (line: number) => ({ FileName: join(worktree, 'a/a_test.go'), LineNumber: line });
    const own = spec('leaf', 'passed', { ContainerHierarchyLocations: [at(3), at(4)], LeafNodeLocation: at(5) });
    const read = async () =>
      (await alone([suite([own], { SuitePath: join(worktree, 'a') })], { worktree })).observations[0]?.unit;
    write('  Serial, func() {');
    expect(await read()).toBeUndefined();
    write('  Serial, Ordered, func() {');
    expect(await read()).toBe('example.com/m/a :: d');
    removeFolder(worktree);
  });

  test('several suites in one report', async () => {
    const other = suite([spec('y', 'failed', { Failure: failure('m') })], {
      SuitePath: `${ROOT}/b`,
      SuiteDescription: 'Other',
    });
    const read = await alone([suite([spec('x', 'passed')], { SuiteDescription: 'One' }), other], {
      modulePath: '',
      folder: undefined as never,
    });
    expect(table(read)).toEqual(['passed | body | One :: d > x', 'failed | body | Other :: d > y | assertion']);
  });

  test('a binary that was ended is not believed', async () => {
    const end = { cause: 'signalled', signal: 'SIGKILL' } as const;
    expect((await alone([suite([spec('x', 'passed')])], { end })).status).toEqual({
      status: 'truncated',
      detail: 'the suite was ended before it was done (killed by SIGKILL)',
    });
  });
});

describe('the stream and the report together', () => {
  test('the recorded ones', async () => {
    const read = await both(stream, report);
    expect(read.status).toEqual({ status: 'complete' });
    expect(read.packages.map(({ folder: found, hosts }) => [found, hosts])).toEqual([
      ['pkg/redfirst/specs', ['TestSpecs']],
      [undefined, []],
    ]);
    expect(read.observations).toHaveLength(27);
    expect(read.observations.some(({ name }) => name.endsWith('.TestSpecs'))).toBe(false);
  });

  test('a report of another run is foreign: its seed is not the one that the stream names', async () => {
    const read = await both(stream, report.replace('"RandomSeed": 1,', '"RandomSeed": 12345,'));
    expect(read.status).toMatchObject({ status: 'missing' });
    const twice = await both(
      stream,
      report.replace(/\]\s*$/, `,${JSON.stringify(suite([], { SuitePath: '/elsewhere' }))}]`),
    );
    expect(twice.status).toEqual({
      status: 'foreign',
      detail: "ginkgo's report is of /elsewhere, of which the stream does not tell",
    });
  });

  test('a host that fails although its suite passed is told, and is no case', async () => {
    const Package = 'example.com/m/a';
    const lines = [
      { Action: 'start', Package },
      { Action: 'run', Package, Test: 'TestSuite' },
      { Action: 'output', Package, Test: 'TestSuite', Output: `Running Suite: Suite - ${ROOT}/a\n` },
      {
        Action: 'output',
        Package,
        Test: 'TestSuite',
        Output: '    testing.go:1: race detected during execution of test\n',
      },
      { Action: 'fail', Package, Test: 'TestSuite' },
      { Action: 'fail', Package },
    ];
    const text = lines
      .map((line) => `${JSON.stringify({ Time: '2026-01-01T00:00:00.000000001Z', ...line })}\n`)
      .join('');
    const read = await both(text, JSON.stringify([suite([spec('x', 'passed')])]), { folder: 'a' });
    expect(table(read)).toEqual(['passed | body | example.com/m/a :: d > x']);
    expect(read.expectedExit).toBe('nonzero');
    expect(read.suiteFailures.at(-1)?.what).toBe(
      'example.com/m/a.TestSuite failed although every case of the suite that it runs passed',
    );
  });
});

describe('files that are no report', () => {
  test.each([
    ['', 'truncated', "ginkgo's report is empty"],
    ['[', 'truncated', "ginkgo's report breaks off"],
    ['<html>', 'unreadable', "ginkgo's report is no JSON: <html>"],
    ['[]', 'unreadable', "ginkgo's report is no list of suites"],
    ['{"SuitePath":"/a"}', 'unreadable', "ginkgo's report is no list of suites"],
    ['[{"Package":"a"}]', 'unreadable', 'this JSON is no report of ginkgo v2: it holds no suite'],
    [
      '[{"SuitePath":"/a","SuiteSucceeded":true,"SpecReports":{}}]',
      'unreadable',
      'this JSON is no report of ginkgo v2: it holds no suite',
    ],
  ])('%j', async (text, status, detail) => {
    expect((await alone(text)).status).toEqual({ status, detail: `${detail} (exit code 1)` });
  });

  test('one that is not there, one that is a folder, one that is too long', async () => {
    expect((await alone([], { ginkgo: join(folder, 'nowhere') })).status).toEqual({
      status: 'missing',
      detail: 'ginkgo wrote no report (exit code 1)',
    });
    expect(await readGinkgoReport(folder)).toMatchObject({ ok: false, status: { status: 'unreadable' } });
    const long = join(folder, 'long.json');
    writeFileSync(long, '[');
    truncateSync(long, REPORT_LIMIT_BYTES + 1024 * 1024);
    expect(await readGinkgoReport(long)).toEqual({
      ok: false,
      status: { status: 'unreadable', detail: "ginkgo's report is 257 MiB; at most 256 are read" },
    });
  });
});

describe('runner command with reportFormat ginkgo', () => {
  const read = (content: string, over = {}) =>
    commandRunner.read(makeResult(folder, content, { spec: makeSpec({ reportFormat: 'ginkgo', ...over }) }));

  test('reads each case of a compiled binary', async () => {
    const specs = [
      spec('passes', 'passed'),
      spec('times out', 'timedout', { Failure: failure('A spec timeout occurred') }),
    ];
    const found = await read(JSON.stringify([suite(specs, { SuiteDescription: 'Tests Suite' })]));
    expect(found).toMatchObject({ status: { status: 'complete' }, expectedExit: 'nonzero' });
    expect(table(found)).toEqual([
      'passed | body | Tests Suite :: d > passes',
      'timed-out | body | Tests Suite :: d > times out | timeout',
    ]);
  });

  test('is foreign where none of its cases was selected, and empty where the binary wrote nothing', async () => {
    const text = JSON.stringify([suite([spec('x', 'passed')])]);
    expect((await read(text, { select: { files: [], cases: 'pause' } })).status.status).toBe('foreign');
    expect((await read('')).status.status).toBe('truncated');
  });
});

describe('whatever the bytes', () => {
  test('a report that was cut anywhere is never complete, and no case of it counts', async () => {
    const bytes = Buffer.from(report.trimEnd());
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (length) => {
        const read = await both(stream, bytes.subarray(0, length).toString('utf8'));
        expect(read.status.status).not.toBe('complete');
      }),
      { numRuns: 120 },
    );
  });

  test('a stream that was cut is never more favourable than the whole', async () => {
    const whole = await both(stream, report);
    const bad = new Set(whole.observations.filter(({ outcome }) => outcome !== 'passed').map(({ name }) => name));
    const bytes = Buffer.from(stream);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (length) => {
        const read = await both(bytes.subarray(0, length).toString('utf8'), report);
        if (read.status.status !== 'complete') return;
        // Between two packages nothing tells that another one was to come, except the exit code.
        for (const { name, outcome } of read.observations) {
          if (outcome === 'passed' && bad.has(name)) expect(name).toMatch(/ > twice$/);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('no value in any place makes it throw, or a case pass that did not', async () => {
    const parsed = JSON.parse(report) as Json[];
    const paths: string[][] = [];
    const walk = (value: unknown, path: string[]): void => {
      paths.push(path);
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) if (path.length < 6) walk(inner, [...path, key]);
    };
    walk(parsed, []);
    const passing = new Set(
      (await both(stream, report)).observations.filter(({ outcome }) => outcome === 'passed').map(({ name }) => name),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths.slice(1)), fc.jsonValue({ maxDepth: 2 }), async (path, value) => {
        const changed = structuredClone(parsed) as unknown;
        let at = changed as Json;
        for (const key of path.slice(0, -1)) at = at[key] as Json;
        at[path.at(-1) ?? ''] = value;
        const read = await both(stream, JSON.stringify(changed));
        for (const { name, outcome, durationUs } of read.observations) {
          expect(Number.isSafeInteger(durationUs) && durationUs >= 0).toBe(true);
          if (outcome !== 'passed' || passing.has(name)) continue;
          // Another name for a case that did pass.
          expect(path.some((key) => key.endsWith('Text') || key.endsWith('Texts') || key === 'State')).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('any text at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.array(fc.dictionary(fc.string(), fc.jsonValue()))), (value) => {
        parseGinkgoReport(typeof value === 'string' ? value : JSON.stringify(value));
      }),
      { numRuns: 500 },
    );
  });
});
