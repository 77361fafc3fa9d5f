import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/domain/observation.ts';
import type { Answer, ObligationCode } from '../../../src/domain/proof.ts';
import type { Scenario } from '../../../src/domain/scenario.ts';
import type { FeatureKind } from '../../../src/domain/vocabulary.ts';
import { OBLIGATIONS } from '../../../src/proof/required.ts';
import { makeCriterion, makeSpec } from '../classify/facts.ts';
import { answer, type FactsGiven, greenCase, makeIdentity, makeProofFacts, makeRun, prove, redCase } from './facts.ts';

const [RED_CONTRACT, RED_INTEGRATION] = [
  redCase('contract', 'AC-1: pauses', 4),
  redCase('integration', 'AC-1: pauses', 4),
] as const;
const DRIVERS = [RED_CONTRACT, RED_INTEGRATION];
const [PASS_CONTRACT, PASS_INTEGRATION] = [
  greenCase('contract', 'AC-1: pauses', 3),
  greenCase('integration', 'AC-1: pauses', 3),
] as const;
const PASSES = [PASS_CONTRACT, PASS_INTEGRATION];

/** The obligations table of the design: whose absence a kind of feature is excused from. */
const ASKED: Readonly<Record<FeatureKind, readonly ObligationCode[]>> = {
  feature: ['P01', 'P02', 'P03', 'P04', 'P05', 'P06', 'P07', 'P08', 'P09', 'P10', 'P11', 'P13', 'P14', 'P15'],
  bugfix: ['P01', 'P02', 'P03', 'P04', 'P05', 'P06', 'P07', 'P08', 'P09', 'P10', 'P11', 'P13', 'P14', 'P15'],
  refactor: ['P02', 'P04', 'P05', 'P06', 'P08', 'P13', 'P14'],
  graduation: ['P01', 'P02', 'P03', 'P04', 'P05', 'P06', 'P07', 'P08', 'P09', 'P11', 'P12', 'P13', 'P14', 'P15'],
};

describe('the whole', () => {
  it('is proven when everything holds', () => {
    const proof = prove();
    expect(proof.obligations.map(({ code }) => code)).toEqual(OBLIGATIONS);
    expect(OBLIGATIONS).toEqual(Array.from({ length: 15 }, (_, index) => `P${String(index + 1).padStart(2, '0')}`));
    expect(
      proof.obligations
        .filter(({ answer: said }) => said !== 'holds')
        .map(({ code, answer: said }) => `${code} ${said}`),
    ).toEqual(['P01 not required', 'P07 not required', 'P11 not required', 'P12 not required', 'P14 not required']);
    expect(proof).toMatchObject({
      whole: 'holds',
      word: 'proven',
      grades: { contract: 'A', integration: 'A' },
      gradeReached: true,
    });
  });

  it.each(['feature', 'bugfix', 'refactor', 'graduation'] as const)(
    'asks a %s for its obligations and says which it does not',
    (kind) => {
      const excused = prove({ scenario: { kind } })
        .obligations.filter(({ why }) => why === `not asked of a ${kind}`)
        .map(({ code, answer: said }) => [code, said]);
      // P12 is optional for a feature and a bug fix: it is answered, by whether there is a gate.
      const expected = OBLIGATIONS.filter(
        (code) => !ASKED[kind].includes(code) && !(code === 'P12' && kind !== 'graduation'),
      );
      expect(excused).toEqual(expected.map((code) => [code, 'not required']));
    },
  );

  it('never proves a refactor or a graduation, which this version cannot judge', () => {
    expect(prove({ scenario: { kind: 'refactor' } })).toMatchObject({ whole: 'unproven', word: 'not proven' });
    expect(answer('P08', { scenario: { kind: 'refactor' } })).toMatch(
      /^unproven: a refactor is shown at corners X and S/,
    );
    expect(prove({ scenario: { kind: 'graduation' } })).toMatchObject({ whole: 'unproven', word: 'not proven' });
    expect(answer('P12', { scenario: { kind: 'graduation', gate: { name: 'Pause', default: 'off' } } })).toBe(
      'unproven: run r-green never switched gate Pause: no environment of it could',
    );
    expect(answer('P12', { scenario: { kind: 'graduation' } })).toMatch(/^unproven/);
  });

  it('is the worst answer: refuted before unproven', () => {
    expect(prove({ greenRuns: [] })).toMatchObject({ whole: 'unproven', word: 'not proven' });
    expect(prove({ greenRuns: [], git: { testChanges: ['a.test.ts modified'] } })).toMatchObject({
      whole: 'refuted',
      word: 'not proven',
    });
  });

  it('proves nothing from nothing', () => {
    const proof = prove({ redRuns: [], greenRuns: [], git: { anchor: '' } });
    expect(proof).toMatchObject({
      whole: 'unproven',
      word: 'not proven',
      grades: { contract: 'C', integration: 'C' },
      gradeReached: false,
    });
    const said = Object.fromEntries(proof.obligations.map(({ code, answer: reply }) => [code, reply]));
    const unproven: ObligationCode[] = ['P03', 'P04', 'P05', 'P08', 'P09', 'P10', 'P15'];
    for (const code of unproven) expect([code, said[code]]).toEqual([code, 'unproven' satisfies Answer]);
  });

  it('gives a next step wherever it does not hold', () => {
    for (const given of [
      { redRuns: [], greenRuns: [] },
      { git: { testChanges: ['x'], unclassified: ['y'] } },
    ] satisfies FactsGiven[]) {
      for (const { answer: said, next } of prove(given).obligations) {
        if (said === 'refuted' || said === 'unproven') expect(next).toMatch(/\w/);
      }
    }
  });
});

describe('P02 boundary', () => {
  it.each<[NonNullable<FactsGiven['git']>, string]>([
    [{}, 'holds: B before R before H; B..R holds no implementation; every path has a role'],
    [{ ancestryProblems: ['R is not an ancestor of H'] }, 'refuted: R is not an ancestor of H'],
    [{ boundaryViolations: ['src/vm.ts'] }, 'refuted: src/vm.ts is implementation and changes before R'],
    [
      { unclassified: ['x.bin'], boundaryViolations: ['src/vm.ts'] },
      'refuted: src/vm.ts is implementation and changes before R; x.bin has no role',
    ],
  ])('%j', (git, expected) => {
    expect(answer('P02', { git })).toBe(expected);
  });

  it('cuts a long list', () => {
    const unclassified = Array.from({ length: 10 }, (_, index) => `f${index}`);
    expect(answer('P02', { git: { unclassified } })).toMatch(/f7 has no role and 2 more$/);
  });
});

describe('P03 red', () => {
  it('holds with drivers that were red in every attempt', () => {
    expect(answer('P03')).toBe('holds: 2 drivers red in run r-red, in every attempt and for the declared reason');
  });

  it.each<[string, FactsGiven, string]>([
    ['no run', { redRuns: [] }, 'unproven: no red run of these tests is recorded'],
    [
      'an unfinished run',
      { redRuns: [makeRun('red', { unfinished: true })] },
      'unproven: red run r-red did not finish',
    ],
    [
      'a sick environment',
      { redRuns: [makeRun('red', { code: 'infrastructure', detail: 'gone', cases: [] })] },
      'unproven: red run r-red is infrastructure: gone',
    ],
    [
      'a stopped run',
      { redRuns: [makeRun('red', { code: 'interrupted', detail: 'stopped', cases: [] })] },
      'unproven: red run r-red is interrupted: stopped',
    ],
    [
      'an invalid run',
      { redRuns: [makeRun('red', { code: 'skipped', detail: 'why' })] },
      'refuted: red run r-red is skipped: why',
    ],
    ['a draft', { redRuns: [makeRun('red', { draft: true })] }, 'refuted: red run r-red is red/valid: as it is'],
    [
      'a valid run without a driver',
      { redRuns: [makeRun('red', { cases: [] })] },
      'unproven: no case is red in run r-red',
    ],
  ])('is not shown by %s', (_, given, expected) => {
    expect(answer('P03', given)).toBe(expected);
    expect(prove(given).word).toBe('not proven');
  });

  it('stands on an earlier valid run when a later one was spoilt by its environment', () => {
    const spoilt = makeRun('red', { run: 'r-late', startedSeq: 21, code: 'infrastructure', cases: [] });
    expect(answer('P03', { redRuns: [makeRun('red'), spoilt] })).toMatch(/^holds: 2 drivers red in run r-red/);
  });

  it.each<[string, ReturnType<typeof redCase>, string]>([
    [
      'passed in one attempt',
      redCase('contract', 'AC-1: pauses', 4, {
        role: 'undetermined',
        code: 'unstable',
        outcomes: ['failed', 'failed', 'passed', 'failed'],
      }),
      'was unstable in run r-x',
    ],
    [
      'passed in all',
      redCase('contract', 'AC-1: pauses', 4, {
        role: 'undetermined',
        code: 'role-pending',
        outcomes: ['passed', 'passed'],
      }),
      'passed at red in run r-x',
    ],
    [
      'failed in two ways',
      redCase('contract', 'AC-1: pauses', 4, { role: 'undetermined', code: 'unstable' }),
      'was unstable in run r-x',
    ],
  ])('ends for good once a driver %s, whatever run it was in and however it ended', (_, odd, said) => {
    const cases = [odd, redCase('integration', 'AC-1: pauses', 4)];
    const variants = [
      makeRun('red', { run: 'r-x', startedSeq: 1, code: 'unstable', cases }),
      makeRun('red', { run: 'r-x', startedSeq: 1, code: 'criterion-uncovered', cases }),
      makeRun('red', { run: 'r-x', startedSeq: 1, unfinished: true, cases }),
      makeRun('red', { run: 'r-x', startedSeq: 1, code: 'red/valid', cases }),
    ];
    for (const run of variants) {
      for (const redRuns of [
        [run, makeRun('red')],
        [makeRun('red'), run],
        [makeRun('red'), run, makeRun('red', { run: 'r-again' })],
      ]) {
        expect(answer('P03', { redRuns })).toBe(`refuted: contract AC-1: pauses ${said}: the claim has ended`);
        expect(prove({ redRuns }).word).toBe('not proven');
      }
    }
  });

  it('is not ended by what was never judged', () => {
    const unjudged = (['setup-failed', 'timed-out', 'infrastructure', 'not-finished'] as const).map((code, index) =>
      makeRun('red', {
        run: `r-${index}`,
        startedSeq: index,
        code,
        cases: DRIVERS.map((driver) => ({ ...driver, role: 'undetermined', code, outcomes: ['errored', 'timed-out'] })),
      }),
    );
    expect(answer('P03', { redRuns: [...unjudged, makeRun('red')] })).toMatch(/^holds/);
  });

  it("is not ended by another case's disagreement", () => {
    const other = redCase('contract', 'AC-9: waits', 4, {
      code: 'unstable',
      role: 'undetermined',
      outcomes: ['passed', 'failed'],
    });
    const earlier = makeRun('red', { run: 'r-x', startedSeq: 1, code: 'unstable', cases: [other, ...DRIVERS] });
    expect(answer('P03', { redRuns: [earlier, makeRun('red')] })).toMatch(/^holds/);
  });

  it('is ended by what a run showed before its process died', () => {
    const seen = (over: Partial<Observation>): Observation => ({
      suite: 'contract',
      attempt: 2,
      name: 'AC-1: pauses',
      outcome: 'passed',
      where: 'body',
      durationUs: 1,
      ...over,
    });
    const died = (...unjudged: Observation[]) => ({
      redRuns: [makeRun('red', { run: 'r-x', startedSeq: 1, unfinished: true, cases: [], unjudged }), makeRun('red')],
    });
    expect(answer('P03', died(seen({ outcome: 'failed' })))).toMatch(/^holds/);
    expect(answer('P03', died(seen({ name: 'AC-9' })))).toMatch(/^holds/);
    expect(answer('P03', died(seen({})))).toBe(
      'refuted: contract AC-1: pauses passed at red in run r-x, which was never judged: the claim has ended',
    );
  });

  it('leaves a pending role open until green, and settles it there', () => {
    const waiting = redCase('contract', 'waits', 4, {
      role: 'undetermined',
      code: 'role-pending',
      signature: '',
      outcomes: ['passed', 'passed', 'passed', 'passed'],
    });
    const redRuns = [makeRun('red', { cases: [...DRIVERS, waiting] })];
    const atGreen = (...more: ReturnType<typeof greenCase>[]) => ({
      redRuns,
      greenRuns: [makeRun('green', { cases: [...PASSES, ...more] })],
    });
    const vacuous = 'refuted: vacuous, green at R and H without a role: contract waits';
    expect(answer('P03', { redRuns, greenRuns: [] })).toBe('unproven: role pending until green: waits');
    expect(answer('P03', atGreen())).toBe('refuted: passed at R and is gone at H: waits');
    expect(answer('P03', atGreen(greenCase('contract', 'waits', 3, { role: 'undetermined', code: 'vacuous' })))).toBe(
      vacuous,
    );
    // The green run was made before the red one, so that it could not know.
    expect(answer('P03', atGreen(greenCase('contract', 'waits', 3, { role: 'undetermined' })))).toBe(vacuous);
    expect(answer('P03', atGreen(greenCase('contract', 'waits', 3, { role: 'guard', code: 'guard-passed' })))).toMatch(
      /^holds/,
    );
  });

  it('does not call a driver vacuous because an older green run did', () => {
    const older = makeRun('green', {
      run: 'r-old',
      startedSeq: 1,
      code: 'vacuous',
      cases: PASSES.map((pass) => ({ ...pass, code: 'vacuous' })),
    });
    expect(answer('P03', { greenRuns: [older, makeRun('green')] })).toMatch(/^holds/);
  });
});

describe('P04 order', () => {
  const swapped = makeRun('red')
    .record.suites.toReversed()
    .map((suite, index) => ({ ...suite, startedSeq: 11 + index * 2, judgedSeq: 12 + index * 2 }));
  const overlapping = makeRun('red').record.suites.map((suite, index) =>
    index === 0 ? { ...suite, judgedSeq: 14 } : suite,
  );
  const unjudged = makeRun('red').record.suites.map(({ judgedSeq, ...suite }, index) =>
    index === 0 ? suite : { ...suite, judgedSeq: judgedSeq as number },
  );

  it.each<[string, FactsGiven, string]>([
    ['kept', {}, 'holds: every suite was finished before the next one started'],
    ['no red', { redRuns: [] }, 'unproven: no red run is recorded'],
    ['no green', { greenRuns: [] }, 'unproven: no green run is recorded'],
    [
      'a suite left out at red',
      { redRuns: [makeRun('red', { suites: ['contract'] })] },
      'refuted: red run r-red: integration did not run',
    ],
    [
      'a suite left out at green',
      { greenRuns: [makeRun('green', { suites: ['integration'] })] },
      'refuted: green run r-green: contract did not run',
    ],
    [
      'swapped',
      { redRuns: [makeRun('red', { record: { suites: swapped } })] },
      'refuted: red run r-red: the suites ran as integration, contract',
    ],
    [
      'overlapping',
      { redRuns: [makeRun('red', { record: { suites: overlapping } })] },
      'refuted: red run r-red: integration started before contract was finished',
    ],
    [
      'never finished',
      { redRuns: [makeRun('red', { record: { suites: unjudged } })] },
      'refuted: red run r-red: integration started before contract was finished',
    ],
    [
      'one more than declared',
      { redRuns: [makeRun('red', { suites: ['contract', 'integration', 'unit'] })] },
      'refuted: red run r-red: the suites ran as contract, integration, unit',
    ],
  ])('%s', (_, given, expected) => {
    expect(answer('P04', given)).toBe(expected);
  });
});

describe('P05 realism grade', () => {
  const suites = [makeSpec({ grade: ['cluster'], profile: 'kind' }), makeSpec({ suite: 'integration' })];
  const host = makeIdentity();
  const of = (atRed: ReturnType<typeof makeIdentity>[], atGreen: ReturnType<typeof makeIdentity>[]) =>
    answer('P05', {
      scenario: { suites },
      redRuns: [makeRun('red', { identities: atRed })],
      greenRuns: [makeRun('green', { identities: atGreen })],
    });

  it('is what probes found, in both phases', () => {
    const kind = makeIdentity({ profile: 'kind', grade: ['virt'] });
    expect(of([host, kind], [host, kind])).toBe('holds: probes found what every suite demands');
    expect(of([host, kind], [host])).toBe(
      'refuted: green run r-green: contract demands api, cluster, which kind was not found to have',
    );
    expect(of([host, { ...kind, grade: ['api'] }], [host, kind])).toBe(
      'refuted: red run r-red: contract demands cluster, which kind was not found to have',
    );
    expect(of([{ ...host, grade: ['virt'] }], [host, kind])).toMatch(/^refuted: red run/);
  });
});

it('P06 tests unchanged', () => {
  expect(answer('P06')).toBe('holds: R..H changes no path of the role tests');
  expect(answer('P06', { git: { testChanges: ['vm.test.ts modified'] } })).toBe('refuted: vm.test.ts modified');
});

it('P07 missing names', () => {
  expect(answer('P07')).toBe('not required: no driver is red by a missing name');
  const compile = redCase('contract', 'AC-1: pauses', 1, {
    code: 'red/compile',
    strength: 'weak',
    detail: 'does not build: Pause missing',
  });
  const given = { redRuns: [makeRun('red', { cases: [compile, redCase('integration', 'AC-1: pauses', 4)] })] };
  expect(answer('P07', given)).toBe('unproven: red only by missing names: does not build: Pause missing');
  expect(prove(given)).toMatchObject({ word: 'not proven', grades: { contract: 'C', integration: 'A' } });
});

describe('P08 green', () => {
  it.each<[string, FactsGiven, string]>([
    ['passed', {}, 'holds: 2 drivers passed in run r-green, in every attempt'],
    ['no run', { greenRuns: [] }, 'unproven: no green run of these tests is recorded'],
    [
      'an invalid run',
      { greenRuns: [makeRun('green', { code: 'control-failed', detail: 'why' })] },
      'refuted: green run r-green is control-failed: why',
    ],
    [
      'a sick environment',
      { greenRuns: [makeRun('green', { code: 'infrastructure', detail: 'gone' })] },
      'unproven: green run r-green is infrastructure: gone',
    ],
    [
      'a driver that is gone',
      { greenRuns: [makeRun('green', { cases: PASSES.slice(1) })] },
      'refuted: red drivers without a pass at H: AC-1: pauses',
    ],
    [
      'the same name in another suite only',
      { greenRuns: [makeRun('green', { cases: [PASS_CONTRACT, { ...PASS_CONTRACT, suite: 'unit' }] })] },
      'refuted: red drivers without a pass at H: AC-1: pauses',
    ],
    [
      'a skipped driver',
      { greenRuns: [makeRun('green', { cases: [{ ...PASS_CONTRACT, code: 'skipped' }, PASS_INTEGRATION] })] },
      'refuted: red drivers without a pass at H: AC-1: pauses',
    ],
    ['no driver known', { redRuns: [] }, 'unproven: no driver is recorded'],
    [
      'a draft',
      { greenRuns: [makeRun('green', { draft: true })] },
      'refuted: green run r-green is green/passed: as it is',
    ],
  ])('%s', (_, given, expected) => {
    expect(answer('P08', given)).toBe(expected);
  });

  it.each([
    [
      'failed',
      greenCase('contract', 'AC-1: pauses', 3, { code: 'still-red', outcomes: ['failed'] }),
      'failed at green',
    ],
    [
      'failed by an error in its body',
      greenCase('contract', 'AC-1: pauses', 3, { code: 'still-red', outcomes: ['errored'] }),
      'failed at green',
    ],
    [
      'was unstable',
      greenCase('contract', 'AC-1: pauses', 3, { code: 'unstable', outcomes: ['passed', 'failed'] }),
      'was unstable',
    ],
  ] as const)('ends for good once a driver %s, in any run of this code', (_, odd, said) => {
    for (const code of ['still-red', 'unstable', 'exit-mismatch'] as const) {
      const bad = makeRun('green', { run: 'r-x', startedSeq: 21, code, cases: [odd, PASS_INTEGRATION] });
      for (const greenRuns of [
        [bad, makeRun('green')],
        [makeRun('green'), bad],
      ]) {
        expect(answer('P08', { greenRuns })).toBe(
          `refuted: contract AC-1: pauses ${said} in run r-x: the claim has ended`,
        );
      }
    }
  });

  it('is not ended by what was never judged', () => {
    const cases = (['setup-failed', 'infrastructure', 'timed-out'] as const).map((code) =>
      greenCase('contract', 'AC-1: pauses', 3, { code, outcomes: ['failed'] }),
    );
    const bad = makeRun('green', { run: 'r-x', startedSeq: 21, code: 'setup-failed', cases });
    expect(answer('P08', { greenRuns: [bad, makeRun('green')] })).toMatch(/^holds/);
  });

  it('is ended by what a run showed before its process died, unless its environment was sick', () => {
    const seen = (over: Partial<Observation>): Observation => ({
      suite: 'contract',
      attempt: 2,
      name: 'AC-1: pauses',
      outcome: 'failed',
      where: 'body',
      durationUs: 1,
      ...over,
    });
    const died = (observation: Observation, sick = false) => {
      const during = sick ? ({ healthy: false, reason: 'gone' } as const) : ({ healthy: true } as const);
      return {
        greenRuns: [
          makeRun('green', {
            run: 'r-x',
            startedSeq: 21,
            unfinished: true,
            cases: [],
            unjudged: [observation],
            during,
          }),
          makeRun('green'),
        ],
      };
    };
    for (const over of [{}, { outcome: 'errored' as const }])
      expect(answer('P08', died(seen(over)))).toMatch(
        /^refuted: .* failed at green in run r-x, which was never judged/,
      );
    for (const over of [
      { outcome: 'passed' as const },
      { where: 'setup' as const },
      { outcome: 'timed-out' as const },
    ]) {
      expect(answer('P08', died(seen(over)))).toMatch(/^holds/);
    }
    expect(answer('P08', died(seen({}), true))).toMatch(/^holds/);
  });
});

describe('P09 comparable environments', () => {
  const of = (atRed: Partial<ReturnType<typeof makeIdentity>>, atGreen: Partial<ReturnType<typeof makeIdentity>>) =>
    answer('P09', {
      redRuns: [makeRun('red', { identities: [makeIdentity(atRed)] })],
      greenRuns: [makeRun('green', { identities: [makeIdentity(atGreen)] })],
    });

  it.each<[Parameters<typeof of>, string]>([
    [[{}, {}], 'holds: no difference found'],
    [
      [{ facts: { 'host.kernel': '6.1' } }, { facts: { 'host.kernel': '6.2', 'host.cpu': 'x' } }],
      'holds: comparable; differences: host host.kernel: 6.1 at red, 6.2 at green; host host.cpu: - at red, x at green',
    ],
    [
      [{ facts: { accelerator: 'kvm' } }, { facts: { accelerator: 'tcg' } }],
      'refuted: host accelerator: kvm at red, tcg at green',
    ],
    [
      [{ facts: { 'kubernetes.minor': '1.30' } }, { facts: {} }],
      'refuted: host kubernetes.minor: 1.30 at red, - at green',
    ],
    [
      [{ facts: { 'kubevirt.minor': '1.3' } }, { facts: { 'kubevirt.minor': '1.4' } }],
      'refuted: host kubevirt.minor: 1.3 at red, 1.4 at green',
    ],
    [
      [{ facts: { 'qemu.machine': 'q35' } }, { facts: { 'qemu.machine': 'microvm' } }],
      'refuted: host qemu.machine: q35 at red, microvm at green',
    ],
    [[{}, { profileDigest: 'bb' as never }], 'refuted: profile host was changed in between'],
    [[{}, { profile: 'qemu' }], 'unproven: green has no record of an environment of profile host'],
    [[{ profile: 'qemu' }, {}], 'unproven: red has no record of an environment of profile host'],
  ])('%#', (identities, expected) => {
    expect(of(...identities)).toBe(expected);
  });

  it('is not shown where no environment was recorded, or no run', () => {
    const none = { redRuns: [makeRun('red', { identities: [] })], greenRuns: [makeRun('green', { identities: [] })] };
    expect(answer('P09', none)).toBe('unproven: red has no record of an environment of profile host');
    expect(answer('P09', { greenRuns: [] })).toBe('unproven: red and green are not both recorded');
    expect(answer('P09', { redRuns: [] })).toBe('unproven: red and green are not both recorded');
  });
});

describe('P10 criteria', () => {
  const both: Partial<Scenario> = { criteria: [makeCriterion('AC-1'), makeCriterion('AC-2')] };
  const contractOnly = [makeRun('red', { cases: DRIVERS.slice(0, 1) })];

  it.each<[string, FactsGiven, string]>([
    ['covered', {}, 'holds: the one criterion is shown by a driver'],
    ['one without a driver', { scenario: both }, 'refuted: no driver shows AC-2'],
    ['none recorded', { redRuns: [] }, 'unproven: no driver is recorded'],
    ['a feature without integration', { redRuns: contractOnly }, 'refuted: no driver in integration'],
    [
      'a bug fix needs any suite',
      { redRuns: contractOnly, scenario: { kind: 'bugfix' } },
      'holds: the one criterion is shown by a driver',
    ],
    [
      'a bug fix needs its criteria',
      { redRuns: contractOnly, scenario: { ...both, kind: 'bugfix' } },
      'refuted: no driver shows AC-2',
    ],
    [
      'drivers of invalid runs do not count',
      { redRuns: [makeRun('red', { code: 'skipped' })] },
      'unproven: no driver is recorded',
    ],
  ])('%s', (_, given, expected) => {
    expect(answer('P10', given)).toBe(expected);
  });

  it('a guard that names a criterion does not cover it', () => {
    const guard = greenCase('contract', 'AC-2: refuses', 4, {
      role: 'guard',
      code: 'guard-passed',
      criteria: ['AC-2'],
    });
    expect(answer('P10', { scenario: both, redRuns: [makeRun('red', { cases: [...DRIVERS, guard] })] })).toBe(
      'refuted: no driver shows AC-2',
    );
  });
});

it('P13 integrity', () => {
  expect(answer('P13')).toBe('holds: chain, rows and artifacts were recomputed and agree');
  const given = { integrityBreaks: [{ severity: 'error', what: 'event 7 does not follow event 6' } as const] };
  expect(answer('P13', given)).toBe('refuted: event 7 does not follow event 6');
  expect(prove(given).word).toBe('not proven');
});

describe('P15 red first', () => {
  it.each<[string, FactsGiven, string]>([
    ['anchored at its end', {}, "holds: run r-red was finished at 20, and the implementation's commit names head 20"],
    [
      'anchored later, before the code ran',
      { git: { anchor: '25:ff' } },
      "holds: run r-red was finished at 20, and the implementation's commit names head 25",
    ],
    [
      'anchored, green still to come',
      { greenRuns: [] },
      "holds: run r-red was finished at 20, and the implementation's commit names head 20",
    ],
    [
      'no anchor',
      { git: { anchor: '' } },
      'holds: no anchor made before the implementation names the red run (commit trailer Redfirst-Red) [reconstructed red]',
    ],
    [
      'an anchor of another store',
      { git: { anchor: '20:ee' } },
      'holds: the trailer Redfirst-Red names 20:ee, which this store never had as head [reconstructed red]',
    ],
    [
      'an anchor from before the run ended',
      { git: { anchor: '19:ff' } },
      'holds: the trailer Redfirst-Red names 19:ff, a head before the red run was finished [reconstructed red]',
    ],
    [
      'an anchor from after the code ran',
      { git: { anchor: '41:ff' } },
      'holds: the trailer Redfirst-Red names 41:ff, a head after the first green run: the code existed by then [reconstructed red]',
    ],
    [
      'green before red',
      { greenRuns: [makeRun('green', { startedSeq: 2 })] },
      'holds: the red run r-red was recorded after the first green run [reconstructed red]',
    ],
    [
      'green began while red ran',
      { greenRuns: [makeRun('green', { startedSeq: 15 })] },
      'holds: the red run r-red was recorded after the first green run [reconstructed red]',
    ],
    [
      'an invalid green before red',
      { greenRuns: [makeRun('green', { run: 'r-x', startedSeq: 2, code: 'skipped' }), makeRun('green')] },
      'holds: the red run r-red was recorded after the first green run [reconstructed red]',
    ],
    ['no red', { redRuns: [] }, 'unproven: no valid red run is recorded'],
    ['no valid red', { redRuns: [makeRun('red', { code: 'vacuous' })] }, 'unproven: no valid red run is recorded'],
  ])('%s', (_, given, expected) => {
    expect(answer('P15', given)).toBe(expected);
  });

  it('takes the first valid red run', () => {
    const later = makeRun('red', { run: 'r-later', startedSeq: 50 });
    expect(answer('P15', { redRuns: [makeRun('red'), later] })).toMatch(/^holds: run r-red was finished at 20/);
  });
});

describe('evidence grade and the word', () => {
  const runs = (phase: 'red' | 'green', ...attempts: number[]) =>
    attempts.map((times, index) =>
      makeRun(phase, {
        run: `${phase}-${index}`,
        attempts: times,
        startedSeq: (phase === 'red' ? 1 : 41) + index * 12,
      }),
    );

  it.each([
    [4, 3, 'A', 'proven'],
    [5, 5, 'A+', 'proven'],
    [5, 4, 'A', 'proven'],
    [4, 5, 'A', 'proven'],
    [3, 3, 'C', 'observed (C)'],
    [4, 2, 'C', 'observed (C)'],
    [2, 2, 'C', 'observed (C)'],
    [1, 1, 'C', 'observed (C)'],
  ])('%i reds and %i greens are %s: %s', (reds, greens, grade, word) => {
    const proof = prove({ redRuns: runs('red', reds), greenRuns: runs('green', greens) });
    expect(proof).toMatchObject({
      grades: { contract: grade, integration: grade },
      word,
      whole: 'holds',
      gradeReached: grade !== 'C',
    });
    expect(prove({ redRuns: runs('red', reds), greenRuns: runs('green', greens), policyGrade: 'C' }).gradeReached).toBe(
      true,
    );
    expect(
      prove({ redRuns: runs('red', reds), greenRuns: runs('green', greens), policyGrade: 'A+' }).gradeReached,
    ).toBe(grade === 'A+');
  });

  it('adds up over the runs of a claim', () => {
    expect(prove({ redRuns: runs('red', 2, 2), greenRuns: runs('green', 1, 1, 1) }).word).toBe('proven');
    expect(prove({ redRuns: runs('red', 2, 1), greenRuns: runs('green', 3) }).word).toBe('observed (C)');
  });

  it('counts valid runs only', () => {
    const spoilt = makeRun('red', { run: 'x', startedSeq: 30, attempts: 4, code: 'infrastructure' });
    expect(prove({ redRuns: [...runs('red', 2), spoilt], greenRuns: runs('green', 3) }).word).toBe('observed (C)');
    const draft = makeRun('red', { run: 'x', startedSeq: 30, draft: true });
    expect(prove({ redRuns: [...runs('red', 2), draft], greenRuns: runs('green', 3) }).word).toBe('observed (C)');
  });

  it('is that of the weakest driver: one that was not in every run does not borrow the attempts of the others', () => {
    const late = redCase('contract', 'AC-1: resumes', 1);
    const redRuns = [
      makeRun('red', { run: 'a', startedSeq: 1, attempts: 3 }),
      makeRun('red', {
        run: 'b',
        startedSeq: 15,
        attempts: 1,
        cases: [redCase('contract', 'AC-1: pauses', 1), redCase('integration', 'AC-1: pauses', 1), late],
      }),
    ];
    const greenRuns = [makeRun('green', { cases: [...PASSES, greenCase('contract', 'AC-1: resumes', 3)] })];
    expect(prove({ redRuns, greenRuns })).toMatchObject({
      grades: { contract: 'C', integration: 'A' },
      word: 'observed (C)',
    });
  });

  it('does not count an attempt that did not hold the driver', () => {
    const absent = redCase('contract', 'AC-1: pauses', 4, { outcomes: ['failed', 'failed', null, 'failed'] });
    expect(prove({ redRuns: [makeRun('red', { cases: [absent, RED_INTEGRATION] })] }).grades).toEqual({
      contract: 'C',
      integration: 'A',
    });
  });

  it('does not add up reds that failed in different ways', () => {
    const otherwise = DRIVERS.map((driver) => ({
      ...driver,
      signature: 'other',
      outcomes: ['failed', 'failed'] as const,
    }));
    const redRuns = [
      makeRun('red', { run: 'a', startedSeq: 1, attempts: 2 }),
      makeRun('red', { run: 'b', startedSeq: 15, attempts: 2, cases: otherwise }),
    ];
    expect(prove({ redRuns }).word).toBe('observed (C)');
  });

  it('a suite that holds no driver counts with its attempts', () => {
    const suites = [makeSpec({ suite: 'contract' }), makeSpec({ suite: 'integration' }), makeSpec({ suite: 'unit' })];
    const all = ['contract', 'integration', 'unit'] as const;
    const given = {
      scenario: { suites },
      redRuns: [makeRun('red', { suites: all, cases: DRIVERS })],
      greenRuns: [makeRun('green', { suites: all, cases: PASSES })],
    };
    expect(prove(given)).toMatchObject({ grades: { contract: 'A', integration: 'A', unit: 'A' }, word: 'proven' });
  });

  it('is C for a compile red, however often it was run', () => {
    const compile = redCase('contract', 'AC-1: pauses', 5, { code: 'red/compile', strength: 'weak' });
    expect(
      prove({ redRuns: [makeRun('red', { attempts: 5, cases: [compile, RED_INTEGRATION] })] }).grades['contract'],
    ).toBe('C');
  });

  it('is pure: the same facts give the same proof and are not changed', () => {
    const facts = makeProofFacts();
    const before = JSON.stringify(facts);
    expect(prove()).toEqual(prove());
    expect(JSON.stringify(facts)).toBe(before);
  });
});
