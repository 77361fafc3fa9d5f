import { describe, expect, test } from 'vitest';
import type { CaseCode, CaseVerdict, InvalidCode, NeutralCode } from '../../../src/domain/verdict.ts';
import type { RunEvidence, SuiteEvidence } from '../../../src/export/evidence-view.ts';
import {
  exportJunitFiles,
  exportJunitMerged,
  exportJunitRun,
  exportJunitSuite,
  SUITE_CASE,
} from '../../../src/export/junit.ts';
import {
  makeAttempt,
  makeObservation,
  makePass,
  makeRun,
  makeSkip,
  makeSuite,
  makeVerdict,
  mixedRedSuite,
  SHA,
} from './evidence.ts';
import { type ReadCase, readWithSaxes } from './read-xml.ts';

function casesOf(suite: SuiteEvidence, over: Partial<RunEvidence> = {}, options = {}): ReadCase[] {
  return [...readWithSaxes(exportJunitSuite(suite, makeRun([suite], over), options)).cases];
}

function showOne(verdict: CaseVerdict, over: Partial<RunEvidence> = {}): ReadCase | undefined {
  return casesOf(makeSuite([verdict], []), over).find(({ name }) => name !== SUITE_CASE);
}

test('a small red suite, byte by byte', () => {
  const suite = makeSuite(
    [makeVerdict('pkg.TestPause')],
    [makeObservation('pkg.TestPause'), makeObservation('pkg.TestPause', { attempt: 2 })],
  );
  expect(exportJunitSuite(suite, makeRun([suite]))).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="redfirst pause-guest red contract" tests="2" failures="0" errors="0">
  <testsuite name="redfirst pause-guest red contract" time="3" timestamp="2026-11-22T16:41:07" tests="2" failures="0" errors="0" skipped="0">
    <properties>
      <property name="redfirst.run" value="r20261122T164105Z-3fa9"/>
      <property name="redfirst.feature" value="pause-guest"/>
      <property name="redfirst.phase" value="red"/>
      <property name="redfirst.mode" value="verdict"/>
      <property name="redfirst.corner" value="R"/>
      <property name="redfirst.commit" value="${'c'.repeat(40)}"/>
      <property name="redfirst.test-digest" value="${SHA('a')}"/>
      <property name="redfirst.checkpoint" value="17:${SHA('f')}"/>
      <property name="redfirst.draft" value="false"/>
      <property name="redfirst.run.started" value="2026-11-22T16:41:05Z"/>
      <property name="redfirst.run.verdict" value="red/valid"/>
      <property name="redfirst.run.detail" value="red for the right reason"/>
      <property name="redfirst.suite" value="contract"/>
      <property name="redfirst.suite.position" value="1"/>
      <property name="redfirst.suite.verdict" value="red/valid"/>
      <property name="redfirst.suite.detail" value="every criterion has a driver"/>
      <property name="redfirst.suite.strength" value="strong"/>
      <property name="redfirst.suite.untouched" value="0"/>
      <property name="redfirst.environment.profile" value="embedded"/>
      <property name="redfirst.environment.grade" value="vmm"/>
      <property name="redfirst.environment.provider" value="qemu"/>
      <property name="redfirst.environment.profile-digest" value="${SHA('d')}"/>
      <property name="redfirst.environment.fact.accelerator" value="tcg"/>
      <property name="redfirst.environment.fact.qemu.version" value="7.2.0"/>
      <property name="redfirst.attempts" value="2"/>
      <property name="redfirst.attempt.1" value="declared order, seed 42, exit code 1, 1500 ms, report complete, artifact sha256:${SHA('2')} (report.json)"/>
      <property name="redfirst.attempt.2" value="shuffled order, seed 43, exit code 1, 1500 ms, report complete, artifact sha256:${SHA('2')} (report.json)"/>
    </properties>
    <testcase classname="pause-guest.red.contract" name="(suite verdict)" time="0">
      <system-out><![CDATA[redfirst.verdict: red/valid
redfirst.detail: every criterion has a driver
redfirst.attempt.1: declared order, seed 42, exit code 1, 1500 ms, report complete, artifact sha256:${SHA('2')} (report.json)
redfirst.attempt.2: shuffled order, seed 43, exit code 1, 1500 ms, report complete, artifact sha256:${SHA('2')} (report.json)
]]></system-out>
    </testcase>
    <testcase classname="pause-guest.red.contract" name="[failed as expected] pkg.TestPause" time="0.005">
      <system-out><![CDATA[redfirst.case: pkg.TestPause
redfirst.verdict: red/assertion
redfirst.expected: red
redfirst.role: driver
redfirst.strength: strong
redfirst.criteria: AC-1
redfirst.signature: AssertionError: expected 1 to be 2
redfirst.outcomes: 1 failed, 2 failed
redfirst.detail: failed by assertion in every attempt

attempts 1, 2: failed in body (AssertionError) at test/pause.test.ts:12:5
expected 1 to be 2
]]></system-out>
    </testcase>
  </testsuite>
</testsuites>
`);
});

describe('a red suite', () => {
  test('shows what failed as it must as passed, and everything doubtful as failed', () => {
    expect(casesOf(mixedRedSuite()).map(({ name, status, type }) => [name, status, type])).toEqual([
      ['(suite verdict)', 'failure', 'skipped'],
      ['pkg.TestBoots', 'passed', ''],
      ['pkg.TestNew', 'passed', ''],
      ['[failed as expected] pkg.TestPause', 'passed', ''],
      ['pkg.TestSkipped', 'failure', 'skipped'],
    ]);
  });

  test('a refused red says what was seen and what was expected', () => {
    const refused = casesOf(mixedRedSuite()).at(-1);
    expect(refused?.message).toBe(
      'skipped: skipped in attempts 1 and 2 | expected: the case fails in its own body, for the declared reason, in every attempt, because the feature does not exist yet',
    );
    // GitLab shows this text and not the message.
    expect(refused?.text).toBe(`${refused?.message}\n\nattempts 1, 2: skipped`);
    expect(refused?.out).toContain('redfirst.expected: red\n');
  });

  test('a failing control is a failure', () => {
    const shown = showOne(
      makeVerdict('boots', { role: 'control', code: 'control-failed', detail: 'failed in attempt 2' }),
    );
    expect(shown).toMatchObject({
      name: 'boots',
      status: 'failure',
      type: 'control-failed',
      message:
        'control-failed: failed in attempt 2 | expected: the control passes in every attempt, without the feature too',
    });
  });

  test('untouched cases are left out and counted', () => {
    const { suites, cases } = readWithSaxes(exportJunitSuite(mixedRedSuite(), makeRun([mixedRedSuite()])));
    expect(cases.map(({ name }) => name)).not.toContain('pkg.TestOld');
    expect(suites[0]?.properties).toContainEqual(['redfirst.suite.untouched', '1']);
    expect(suites[0]?.properties).toContainEqual(['redfirst.suite.count.untouched', '1']);
  });
});

describe('a green suite', () => {
  const green: Partial<RunEvidence> = { phase: 'green', verdict: { code: 'green/passed', detail: 'green' } };

  test('shows a driver that passed as passed, under its own name', () => {
    expect(showOne(makeVerdict('a', { code: 'green/passed' }), green)).toMatchObject({ name: 'a', status: 'passed' });
  });

  test('shows a driver that is still red as a failure with its recorded text', () => {
    const suite = makeSuite(
      [makeVerdict('a', { code: 'still-red', detail: 'failed in attempt 1' })],
      [makeObservation('a')],
    );
    expect(casesOf(suite, green).at(-1)).toMatchObject({
      name: 'a',
      status: 'failure',
      type: 'still-red',
      message: 'still-red: failed in attempt 1 | expected: the case passes in every attempt',
      text: 'still-red: failed in attempt 1 | expected: the case passes in every attempt\n\nattempt 1: failed in body (AssertionError) at test/pause.test.ts:12:5\nexpected 1 to be 2',
    });
  });
});

const INVALID: readonly InvalidCode[] = [
  'skipped',
  'no-tests',
  'not-finished',
  'timed-out',
  'setup-failed',
  'panicked',
  'undeclared-failure',
  'infrastructure',
  'control-failed',
  'unstable',
  'report-missing',
  'report-unreadable',
  'report-stale',
  'report-foreign',
  'exit-mismatch',
  'ambiguous-name',
  'below-grade',
  'dirty-tree',
  'order-violated',
  'vacuous',
  'criterion-uncovered',
  'interrupted',
  'still-red',
  'missing',
];

describe('what is not evidence never looks green', () => {
  test.each(INVALID.flatMap((code) => [['red', code] as const, ['green', code] as const]))(
    '%s: a case judged %s',
    (phase, code) => {
      expect(showOne(makeVerdict('a', { code }), { phase })).toMatchObject({
        name: 'a',
        status: 'failure',
        type: code,
      });
    },
  );

  test.each(INVALID)('a suite judged %s', (code) => {
    const suite = makeSuite([], [], { verdict: { suite: 'contract', code, detail: 'why', counts: {} } });
    expect(casesOf(suite)).toMatchObject([
      { name: SUITE_CASE, status: 'failure', type: code, message: `${code}: why`, text: `${code}: why` },
    ]);
  });

  test.each([
    ['red', 'green/passed'],
    ['green', 'red/assertion'],
    ['green', 'red/compile'],
    ['red', 'of-a-later-version'],
  ] as const)('in phase %s a case judged %s', (phase, code) => {
    expect(showOne(makeVerdict('a', { code: code as CaseCode }), { phase })).toMatchObject({
      name: 'a',
      status: 'failure',
      type: code,
    });
  });

  test.each([
    ['red', 'green/passed'],
    ['green', 'red/valid'],
  ] as const)('in phase %s a suite judged %s', (phase, code) => {
    const suite = makeSuite([], [], { verdict: { suite: 'contract', code, detail: 'x', counts: {} } });
    expect(casesOf(suite, { phase })[0]?.status).toBe('failure');
  });

  test('a suite that never started', () => {
    const { startedAtMs, verdict, identity, ...planned } = makeSuite([], []);
    expect([startedAtMs, verdict, identity].every(Boolean)).toBe(true);
    const suite = { ...planned, attempts: [] };
    expect(casesOf(suite)).toMatchObject([
      {
        name: SUITE_CASE,
        status: 'failure',
        type: 'not-run',
        message: 'not-run: suite contract was planned and did not run: nothing is shown',
      },
    ]);
    expect(exportJunitSuite(suite, makeRun([suite]))).not.toContain('timestamp=');
    expect(exportJunitSuite(suite, makeRun([suite]))).toContain('name="redfirst.environment.grade" value="unknown"');
  });

  test('a suite that started and was never judged', () => {
    const { verdict, ...suite } = makeSuite([], [makePass('a', 1)]);
    expect(verdict).toBeDefined();
    expect(casesOf(suite)).toMatchObject([{ name: SUITE_CASE, status: 'failure', type: 'not-finished' }]);
  });

  test('a case that was not run is shown as skipped', () => {
    expect(showOne(makeVerdict('a', { code: 'not-run' }))).toMatchObject({ name: 'a', status: 'skipped' });
  });

  test.each([
    [
      { verdict: { code: 'criterion-uncovered', detail: 'AC-2 has no driver' } },
      'criterion-uncovered: AC-2 has no driver',
    ],
    [{ interrupted: { how: 'signal', detail: 'SIGINT' } }, 'interrupted: the run was interrupted (signal): SIGINT'],
    [{ draft: true }, "dirty-tree: a draft run in the author's tree proves nothing: red for the right reason"],
  ] as const)('a run %j', (over, message) => {
    const cases = readWithSaxes(exportJunitRun(makeRun([], over as Partial<RunEvidence>))).cases;
    expect(cases).toMatchObject([{ name: '(run verdict)', status: 'failure', message }]);
  });

  test('a run without an end', () => {
    const { verdict, finishedAtMs, ...run } = makeRun([]);
    expect([verdict, finishedAtMs].every(Boolean)).toBe(true);
    const cases = readWithSaxes(exportJunitRun(run)).cases;
    expect(cases).toMatchObject([{ status: 'failure', message: 'not-finished: the run has no recorded end' }]);
  });

  test('a run that holds is shown as passed', () => {
    expect(readWithSaxes(exportJunitRun(makeRun([]))).cases).toMatchObject([
      { name: '(run verdict)', status: 'passed' },
    ]);
  });
});

test.each(['role-pending', 'control-passed', 'guard-passed', 'characterization-passed'] satisfies NeutralCode[])(
  '%s is shown as passed under its own name',
  (code) => {
    expect(showOne(makeVerdict('a', { code, role: 'guard' }))).toMatchObject({ name: 'a', status: 'passed' });
  },
);

describe('mode outcome', () => {
  const outcome = { mode: 'outcome' } as const;

  test('shows what the runner saw, at its worst, with the untouched and the unjudged', () => {
    const suite = makeSuite(
      [
        makeVerdict('red'),
        makeVerdict('old', { code: 'untouched' }),
        makeVerdict('flaky', { code: 'unstable' }),
        makeVerdict('gone', { code: 'missing' }),
      ],
      [
        makeObservation('red'),
        makePass('old', 1),
        makePass('flaky', 1),
        makeObservation('flaky', { attempt: 2, outcome: 'timed-out' }),
        makeSkip('unjudged', 1),
      ],
    );
    expect(casesOf(suite, {}, outcome).map(({ name, status, type, message }) => [name, status, type, message])).toEqual(
      [
        ['(suite verdict)', 'passed', '', ''],
        ['flaky', 'error', 'AssertionError', 'attempt 2: expected 1 to be 2'],
        ['gone', 'error', 'missing', 'no attempt reported this case'],
        ['old', 'passed', '', ''],
        ['red', 'failure', 'AssertionError', 'attempt 1: expected 1 to be 2'],
        ['unjudged', 'skipped', '', ''],
      ],
    );
  });

  test('a suite without a whole report is an error', () => {
    const broken = makeAttempt(2, { report: { status: 'truncated', detail: 'ends in the middle' }, artifacts: [] });
    const suite = makeSuite([], [makePass('a', 1)], { attempts: [makeAttempt(1), broken] });
    expect(casesOf(suite, {}, outcome)[0]).toMatchObject({
      status: 'error',
      type: 'report-truncated',
      message:
        'shuffled order, seed 43, exit code 1, 1500 ms, report truncated (ends in the middle), the evidence store',
    });
  });

  test('a suite without a case is an error', () => {
    expect(casesOf(makeSuite([], []), {}, outcome)).toMatchObject([{ status: 'error', type: 'no-tests' }]);
    expect(casesOf(makeSuite([], [], { attempts: [] }), {}, outcome)).toMatchObject([
      { status: 'error', type: 'not-run' },
    ]);
  });
});

describe('text', () => {
  test('attempts that fail differently are told apart, further failures and missing names are shown', () => {
    const suite = makeSuite(
      [makeVerdict('a')],
      [
        makeObservation('a', { additional: [{ kind: 'error', type: 'Error', message: 'cleanup', where: 'teardown' }] }),
        makeObservation('a', {
          attempt: 2,
          failure: { kind: 'compile', type: '', message: '', missingNames: ['Pause', 'Resume'] },
          where: 'load',
        }),
      ],
    );
    expect(casesOf(suite).at(-1)?.out.split('\n\n').slice(1)).toEqual([
      'attempt 1: failed in body (AssertionError) at test/pause.test.ts:12:5\nexpected 1 to be 2\nalso in teardown (Error)\ncleanup',
      'attempt 2: failed in load (compile)\nnames that do not exist yet: Pause, Resume\n',
    ]);
  });

  test("the runner's own retries are shown", () => {
    const suite = makeSuite([makeVerdict('a')], [{ ...makePass('a', 2), retries: ['failed', 'passed'] }]);
    expect(casesOf(suite).at(-1)?.out).toContain('redfirst.retries: attempt 2: failed, passed\n');
  });

  test('huge output is cut and points to the stored report', () => {
    const message = 'x'.repeat(8_192);
    const observations = [1, 2, 3].map((attempt) => {
      const failure = { kind: 'assertion', type: 'E', message: `${attempt}${message}` } as const;
      return makeObservation('a', { attempt, failure });
    });
    const out = casesOf(makeSuite([makeVerdict('a')], observations)).at(-1)?.out ?? '';
    expect(out.endsWith(` more characters; whole in artifact sha256:${SHA('2')} (report.json))\n`)).toBe(true);
    expect(out.length).toBeLessThan(17_500);
  });

  test('a cut never halves a character', () => {
    const detail = `${'x'.repeat(2_047)}\u{1F600}`;
    const out = casesOf(makeSuite([makeVerdict('a', { detail })], [])).at(-1)?.out;
    expect(out).toContain(`redfirst.detail: ${'x'.repeat(2_047)}… (2 more characters)\n`);
  });

  test('a value cannot pretend to be another fact', () => {
    const out = casesOf(
      makeSuite([makeVerdict('a\nredfirst.verdict: green/passed', { detail: 'x\r\nredfirst.role: control' })], []),
    ).at(-1)?.out;
    expect(out?.match(/^redfirst\.(verdict|role): .*$/gm)).toEqual([
      'redfirst.verdict: red/assertion',
      'redfirst.role: driver',
    ]);
  });

  test('case properties carry the same facts, when asked for', () => {
    const [, shown] = casesOf(makeSuite([makeVerdict('a')], []), {}, { caseProperties: true });
    expect(shown?.properties).toContainEqual(['redfirst.verdict', 'red/assertion']);
    expect(shown?.properties.map(([name, value]) => `${name}: ${value}\n`).join('')).toBe(shown?.out);
  });

  test('clocks that tell nonsense do not stop the export', () => {
    const suite = makeSuite([makeVerdict('a')], [makeObservation('a', { durationUs: -5 })], {
      startedAtMs: Number.NaN,
      attempts: [makeAttempt(1, { durationMs: Number.POSITIVE_INFINITY })],
    });
    const xml = exportJunitSuite(suite, makeRun([suite], { startedAtMs: 9e15 }));
    expect(xml).not.toContain('timestamp=');
    expect(xml).not.toContain('redfirst.run.started');
    expect(xml.match(/ time="[^"]*"/g)).toEqual([' time="0"', ' time="0"', ' time="0"']);
  });
});

describe('documents', () => {
  const suites = [
    mixedRedSuite(),
    makeSuite([makeVerdict('x', { suite: 'unit' })], [makeObservation('x', { suite: 'unit' })], {
      suite: 'unit',
      position: 2,
    }),
  ];

  test('merged: the suites as they ran, then the run, with the sums of all', () => {
    const { root, suites: read, cases } = readWithSaxes(exportJunitMerged(makeRun(suites)));
    expect(root).toEqual(['redfirst pause-guest red', '8', '2', '0']);
    expect(read.map(({ name, counts }) => [name, ...counts])).toEqual([
      ['redfirst pause-guest red contract', '5', '2', '0', '0'],
      ['redfirst pause-guest red unit', '2', '0', '0', '0'],
      ['redfirst pause-guest red run', '1', '0', '0', '0'],
    ]);
    expect(cases).toHaveLength(8);
  });

  test('merged holds the very lines of the single documents', () => {
    const run = makeRun(suites);
    const merged = exportJunitMerged(run);
    for (const { xml } of exportJunitFiles(run)) {
      const element = xml.slice(xml.indexOf('  <testsuite '), xml.lastIndexOf('</testsuites>'));
      expect(merged).toContain(element);
    }
  });

  test('files are made one at a time', () => {
    const asked: string[] = [];
    const watched = suites.map((suite) => ({
      ...suite,
      cases: () => {
        asked.push(suite.suite);
        return suite.cases();
      },
    }));
    const files = exportJunitFiles(makeRun(watched));
    expect(asked).toEqual([]);
    expect(files.next().value?.name).toBe('junit-1-contract.xml');
    expect(asked).toEqual(['contract']);
    expect([...files].map(({ name }) => name)).toEqual(['junit-2-unit.xml', 'junit-run.xml']);
    expect(asked).toEqual(['contract', 'unit']);
  });

  test('the same evidence in another order gives the same bytes', () => {
    const suite = mixedRedSuite();
    const turned = {
      ...suite,
      cases: () => [...suite.cases()].reverse(),
      observations: () => [...suite.observations()].reverse(),
    };
    expect(exportJunitMerged(makeRun([turned]))).toBe(exportJunitMerged(makeRun([suite])));
  });

  test('a draft says so in its name', () => {
    expect(readWithSaxes(exportJunitMerged(makeRun(suites, { draft: true }))).root[0]).toBe(
      'redfirst pause-guest red (draft)',
    );
  });

  test('a synthesised corner names the commits that it was made of', () => {
    const run = makeRun(suites);
    const corner = { ...run.corner, synthesised: true, from: [run.corner.commit, run.corner.commit] };
    expect(exportJunitMerged({ ...run, corner })).toContain(
      `<property name="redfirst.commit.synthesised-from" value="${'c'.repeat(40)} ${'c'.repeat(40)}"/>`,
    );
  });
});
