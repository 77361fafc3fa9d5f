import { describe, expect, test } from 'vitest';
import type { Failure } from '../../../src/domain/failure.ts';
import type { ObligationVerdict } from '../../../src/domain/proof.ts';
import { renderExplanation } from '../../../src/ui/explanation-text.ts';
import { cutToWidth, displayWidth, formatDuration, showable } from '../../../src/ui/terminal-escape.ts';
import {
  renderFailure,
  renderFinding,
  renderObligations,
  renderPlan,
  renderStatus,
  renderVerdictTable,
} from '../../../src/ui/terminal-text.ts';
import { makeAttempt, makeRun, makeSuite, makeVerdict, mixedRedSuite, RUN } from '../export/evidence.ts';

describe('renderFailure', () => {
  const failure: Failure = {
    reason: 'configuration-invalid',
    what: 'scenarios/pause/scenario.yaml has 2 mistakes',
    next: 'mend them and run it again',
    exit: 2,
    details: [
      {
        severity: 'error',
        what: 'unknown grade "vm"',
        where: { file: 'scenarios/pause/scenario.yaml', line: 12, column: 12, text: '\tgrade: [vm]' },
        next: 'one of api, vmm, cluster, virt',
      },
      {
        severity: 'warning',
        what: 'AC-2 is bound to no case',
        where: { file: 'scenarios/pause/scenario.yaml', line: 4 },
      },
    ],
  };

  test('says what, every detail with its place, and what to do next', () => {
    expect(renderFailure(failure)).toBe(`error: scenarios/pause/scenario.yaml has 2 mistakes
  error: unknown grade "vm"
    at scenarios/pause/scenario.yaml:12:12
    12 |  grade: [vm]
       |            ^
    next: one of api, vmm, cluster, virt
  warning: AC-2 is bound to no case
    at scenarios/pause/scenario.yaml:4
  next: mend them and run it again
`);
  });

  test('puts the caret under the column, also after wide and hidden characters', () => {
    const where = { file: 'a.yaml', line: 7, column: 6, text: '虚拟\u001bx:!' };
    expect(renderFailure({ ...failure, details: [], where })).toBe(`error: scenarios/pause/scenario.yaml has 2 mistakes
  at a.yaml:7:6
  7 | 虚拟\\ex:!
    |         ^
  next: mend them and run it again
`);
  });

  test('keeps the lines of a text with several, and obeys none of its control characters', () => {
    expect(
      renderFailure({ reason: 'git-failed', what: 'git said:\nfatal: \u001b[31mno\r\n', next: 'one\ntwo', exit: 3 }),
    ).toBe(
      `error: git said:
  fatal: \\e[31mno
${'  '}
  next: one
        two
`,
    );
  });

  test('a finding', () => {
    expect(renderFinding({ severity: 'note', what: 'swap is on' })).toBe('note: swap is on\n');
    expect(
      renderFinding({ severity: 'error', what: 'no QEMU', next: 'apt-get install qemu-system-x86' }, { colour: true }),
    ).toBe('\u001b[31merror:\u001b[39m no QEMU\n  next: apt-get install qemu-system-x86\n');
  });
});

describe('renderVerdictTable', () => {
  test('suites, cases with what is in the way first, the verdict', () => {
    const unit = {
      suite: 'unit',
      profile: 'host',
      position: 2,
      attempts: [],
      cases: () => [],
      observations: () => [],
    } as const;
    const run = makeRun([mixedRedSuite(), unit], {
      verdict: { code: 'skipped', detail: 'contract: pkg.TestSkipped was skipped' },
    });
    expect(renderVerdictTable(run)).toBe(`pause-guest red  run ${RUN}  R cccccccccc  tests aaaaaaaaaa

1. contract  skipped  2 attempts in 3.0 s  on embedded, grade vmm
   pkg.TestSkipped was skipped
   skipped         pkg.TestSkipped  (AC-1)
     skipped in attempts 1 and 2
   control-passed  pkg.TestBoots  (AC-1)
   role-pending    pkg.TestNew  (AC-1)
   red/assertion   pkg.TestPause  (AC-1)
     failed by assertion in every attempt
   1 case of other changes, recorded and not counted

2. unit  not-run  on host

skipped: contract: pkg.TestSkipped was skipped
`);
    expect(renderVerdictTable(run, { all: true })).toContain('   untouched       pkg.TestOld  (AC-1)\n');
  });

  test('an interrupted and an unfinished run say so', () => {
    const { verdict, ...rest } = makeRun([]);
    expect(verdict).toBeDefined();
    expect(renderVerdictTable(rest).split('\n').at(-2)).toBe('not finished: the run has no recorded end');
    expect(
      renderVerdictTable({ ...rest, interrupted: { how: 'signal', detail: 'SIG\u001bINT' } })
        .split('\n')
        .at(-2),
    ).toBe('interrupted (signal): SIG\\eINT');
  });

  test('unstable cases show every attempt, broken reports their reason', () => {
    const suite = makeSuite(
      [
        makeVerdict('a', {
          code: 'unstable',
          criteria: [],
          detail: 'attempts disagree',
          outcomes: ['failed', null, 'passed'],
        }),
      ],
      [],
      {
        attempts: [makeAttempt(1, { report: { status: 'stale', detail: 'older than the run' } })],
        verdict: { suite: 'contract', code: 'unstable', detail: '', counts: {} },
      },
    );
    expect(
      renderVerdictTable(makeRun([suite])),
    ).toContain(`1. contract  unstable  1 attempt in 1.5 s  on embedded, grade vmm
   attempt 1: report stale: older than the run
   unstable  a
     attempts disagree
     outcomes by attempt: failed, -, passed
`);
  });

  test('a large suite is cut, with what is in the way kept', () => {
    const many = Array.from({ length: 150 }, (_, index) =>
      makeVerdict(`a${String(index).padStart(3, '0')}`, { code: 'control-passed' }),
    );
    const table = renderVerdictTable(makeRun([makeSuite([...many, makeVerdict('z', { code: 'missing' })], [])]));
    expect(table).toContain('   missing         z  (AC-1)\n');
    expect(table).toContain('   and 51 more; --all lists them\n');
  });

  test('colour', () => {
    const table = renderVerdictTable(makeRun([]), { colour: true });
    expect(table).toContain('\u001b[32mred/valid\u001b[39m: red for the right reason');
  });

  test('hostile names are shown and not obeyed', () => {
    const table = renderVerdictTable(makeRun([makeSuite([makeVerdict('\u001b[2Jx\ny', { detail: '\u0007' })], [])]));
    expect(table).toContain('   red/assertion  \\e[2Jx\\ny  (AC-1)\n     \\u0007\n');
  });
});

test('renderObligations', () => {
  const list: ObligationVerdict[] = [
    { code: 'P02', title: 'boundary', answer: 'holds', why: 'B before R' },
    { code: 'P03', title: 'roles', answer: 'refuted', why: 'vacuous: a\u001b', next: 'declare it' },
    { code: 'P12', title: 'gate', answer: 'not required', why: 'no gate', next: 'never shown' },
    { code: 'P15', title: 'red first', answer: 'holds', why: 'no anchor', weaker: 'reconstructed red' },
  ];
  expect(renderObligations(list, 'not proven')).toBe(`P02  holds         boundary
     B before R
P03  refuted       roles
     vacuous: a\\e
     next: declare it
P12  not required  gate
     no gate
P15  holds         red first
     no anchor
     weaker: reconstructed red

not proven
`);
});

test('renderObligations says beside a good word what it does not stand for', () => {
  const list: ObligationVerdict[] = [
    { code: 'P01', title: 'approval', answer: 'not required', why: 'nobody signs yet' },
    { code: 'P02', title: 'boundary', answer: 'holds', why: 'B before R' },
    { code: 'P11', title: 'counterfactual', answer: 'not required', why: 'not there yet' },
  ];
  expect(renderObligations(list, 'proven')).toBe(`P01  not required  approval
     nobody signs yet
P02  holds         boundary
     B before R
P11  not required  counterfactual
     not there yet

proven
  not asked here: P01, P11 (see above)
`);
  expect(renderObligations(list.slice(1, 2), 'proven')).toMatch(/\nproven\n$/);
});

test('renderStatus', () => {
  expect(
    renderStatus([
      { feature: 'fix', suites: { unit: 'red' }, word: '', lastRun: 'r1' },
      {
        feature: 'pause-guest',
        suites: { contract: 'green', integration: 'regressed (still-red)', unit: 'green' },
        word: 'proven, stale',
        lastRun: 'r2',
      },
    ]),
  ).toBe(`feature      contract  integration            unit   proof          last run
fix          -         -                      red    -              r1
pause-guest  green     regressed (still-red)  green  proven, stale  r2
`);
});

test('renderPlan', () => {
  expect(
    renderPlan(
      { feature: 'pause-guest', kind: 'feature', problem: 'Guests\n  cannot be paused.' },
      [
        {
          suite: 'contract',
          runner: 'vitest',
          profile: 'qemu',
          grade: 'vmm',
          attempts: 'declared, shuffled',
          files: 'test/a.test.ts',
          red: 'assertion',
        },
      ],
      [{ id: 'AC-1', text: 'pauses', by: 'cases named AC-1' }],
    ),
  ).toBe(`pause-guest (feature)
  Guests cannot be paused.

1. contract
   runner    vitest
   runs      test/a.test.ts
   on        qemu, grade vmm
   attempts  declared, shuffled
   red by    assertion

criteria
   AC-1  pauses
         by cases named AC-1
`);
});

test('renderExplanation', () => {
  const meaning = 'word '.repeat(25).trim();
  const text = renderExplanation({
    code: 'skipped',
    title: 'the case did not run',
    meaning,
    example: ['a', '  b'],
    next: 'run it',
    also: ['missing'],
  });
  expect(text).toBe(`skipped: the case did not run

${'word '.repeat(20).trim()}
${'word '.repeat(5).trim()}

example
  a
    b

next: run it

see also: missing
`);
});

test('showable shows what a terminal would obey', () => {
  expect(showable('a\u001b[31m\u0007\u007f\u0085\u2028\u202e\ud800b\t\r\n虚')).toBe(
    'a\\e[31m\\u0007\\u007f\\u0085\\u2028\\u202e\\ud800b\\t\\r\\n虚',
  );
});

test('widths', () => {
  expect(['abc', '虚拟', 'e\u0301', '\u{1F600}', ''].map(displayWidth)).toEqual([3, 4, 1, 2, 0]);
  expect([5, 4, 3, 2, 1, 0].map((columns) => cutToWidth('虚拟机', columns))).toEqual([
    '虚拟…',
    '虚…',
    '虚…',
    '…',
    '…',
    '',
  ]);
  expect(cutToWidth('abc', 3)).toBe('abc');
});

test('durations', () => {
  expect([0, 449, 9_949, 9_950, 59_400, 59_600, 125_000, 7_260_000, Number.NaN].map(formatDuration)).toEqual([
    '0.0 s',
    '0.4 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1 min 00 s',
    '2 min 05 s',
    '2 h 01 min',
    '?',
  ]);
});
