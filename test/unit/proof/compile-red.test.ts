import { describe, expect, it } from 'vitest';
import type { SuiteName } from '../../../src/domain/vocabulary.ts';
import { settleReds } from '../../../src/proof/claim.ts';
import type { NameFacts, ProofRun } from '../../../src/proof/proof-facts.ts';
import { answer, type FactsGiven, greenCase, makeRun, prove, type RunGiven, redCase } from './facts.ts';

const UNIT = 'example.org/vm [build]';
const CASE = 'example.org/vm.TestPause';
const compile = (suite: SuiteName = 'contract') =>
  redCase(suite, UNIT, 1, { code: 'red/compile', strength: 'weak', detail: 'does not build: vm.Pause missing' });
const INTEGRATION = redCase('integration', 'AC-1: pauses', 4);

/** Red at R by a missing name in suite contract, and by assertion in suite integration. */
const atR = (given: RunGiven = {}): ProofRun =>
  makeRun('red', { run: 'r-R', attempts: 1, cases: [compile(), INTEGRATION], ...given });
const atS = (given: RunGiven = {}): ProofRun =>
  makeRun('red', {
    run: 'r-S',
    stub: 's1',
    startedSeq: 14,
    cases: [redCase('contract', CASE, 4), INTEGRATION],
    ...given,
  });
const green = (given: RunGiven = {}): ProofRun =>
  makeRun('green', {
    startedSeq: 40,
    cases: [greenCase('contract', CASE, 3), greenCase('integration', 'AC-1: pauses', 3)],
    ...given,
  });
const greenOfPackage = green({
  cases: [
    greenCase('contract', UNIT, 3),
    greenCase('contract', CASE, 3, { role: 'undetermined' }),
    greenCase('integration', 'AC-1: pauses', 3),
  ],
});
const missing = { name: 'vm.Pause', kind: 'symbol', file: 'vm/vm_test.go', line: 9 } as const;
const NAMES: NameFacts = {
  answers: [{ missing, answer: 'defined', place: { file: 'vm/vm.go', line: 4 } }],
  cut: false,
  support: [],
};
const settled: FactsGiven = { redRuns: [atR(), atS()], greenRuns: [green()], names: NAMES, git: { anchor: '30:ff' } };

describe('P07', () => {
  it('holds where R..H defines the names and S is red by assertion', () => {
    expect(answer('P07', settled)).toBe(
      'holds: 1 missing name, defined by R..H: vm.Pause at vm/vm.go:4; red by assertion at S in run r-S',
    );
  });

  it('is unproven and weak without S, and names the next step', () => {
    const given = { redRuns: [atR()], greenRuns: [greenOfPackage], names: NAMES };
    expect(answer('P07', given)).toBe(
      'unproven: weak: red by missing names alone; 1 missing name, defined by R..H: vm.Pause at vm/vm.go:4',
    );
    expect(prove(given).obligations.find(({ code }) => code === 'P07')?.next).toContain('redfirst stub FEATURE');
    expect(prove(given).whole).toBe('unproven');
    expect(answer('P07', { ...given, names: { ...NAMES, cut: true } })).toContain('there may be more names');
  });

  it('is refuted by a name that H does not add, with its use, whatever S shows', () => {
    const names: NameFacts = {
      ...NAMES,
      answers: [...NAMES.answers, { missing: { ...missing, name: 'vm.Puase' }, answer: 'not-defined' }],
    };
    expect(answer('P07', { ...settled, names })).toBe(
      'refuted: R..H does not define vm.Puase (used at vm/vm_test.go:9)',
    );
    expect(answer('P07', { ...settled, names: { ...names, support: ['go.mod'] } })).toBe(
      'unproven: not found in what R..H defines: vm.Puase (used at vm/vm_test.go:9); it may come with go.mod',
    );
  });

  it('leaves whether a value fits to the compiler: without S it is unproven', () => {
    const answers = [{ missing: { ...missing, kind: 'signature' as const }, answer: 'not-defined' as const }];
    const names = { ...NAMES, answers };
    expect(answer('P07', { ...settled, names })).toMatch(/^holds/);
    expect(answer('P07', { redRuns: [atR()], names })).toMatch(/^unproven: weak/);
  });

  it('is refuted where S is a refactoring, and unproven where S shows nothing', () => {
    const vacuous = atS({ code: 'vacuous', detail: 'contract: class refactor: nothing failed' });
    expect(answer('P07', { ...settled, redRuns: [atR(), vacuous] })).toBe(
      'refuted: run r-S at S is vacuous: contract: class refactor: nothing failed',
    );
    expect(
      answer('P07', { ...settled, redRuns: [atR(), atS(), atS({ run: 'r-S2', stub: 's2', code: 'vacuous' })] }),
    ).toMatch(/^refuted/);
    const panicked = atS({ code: 'panicked' });
    expect(answer('P07', { ...settled, redRuns: [atR(), panicked] })).toMatch(
      /^unproven: weak.*run r-S at S is panicked$/,
    );
  });

  it('needs a run at R: what was missing there is not known otherwise', () => {
    expect(answer('P07', { ...settled, redRuns: [atS()] })).toBe(
      'unproven: run r-S was made at S, and no valid run at R is recorded: what was missing there is not known',
    );
  });

  it('settles a case that reached a missing name by the same case at S', () => {
    const inBody = redCase('contract', 'AC-1: pauses', 1, { code: 'red/compile', strength: 'weak' });
    const redRuns = [
      atR({ cases: [inBody, INTEGRATION] }),
      atS({ cases: [redCase('contract', 'AC-1: pauses', 4), INTEGRATION] }),
    ];
    expect(answer('P07', { ...settled, redRuns })).toMatch(/red by assertion at S in run r-S$/);
    const other = [redRuns[0] as ProofRun, atS({ cases: [redCase('contract', 'AC-1: other', 4), INTEGRATION] })];
    expect(answer('P07', { ...settled, redRuns: other })).toMatch(/; nothing red at S in AC-1: pauses$/);
  });
});

describe('P03 and the grade', () => {
  it('count the cases of S in place of the package', () => {
    expect(answer('P03', settled)).toBe(
      'holds: 2 drivers red in run r-R and run r-S at S, in every attempt and for the declared reason',
    );
    expect(prove(settled)).toMatchObject({ word: 'proven', grades: { contract: 'A', integration: 'A' } });
  });

  it('stay weak, and grade C, on a package alone; its cases are not vacuous', () => {
    const given = { redRuns: [atR()], greenRuns: [greenOfPackage], names: NAMES };
    expect(answer('P03', given)).toBe(
      'holds: 2 drivers red in run r-R, in every attempt and for the declared reason [1 of them by missing names alone]',
    );
    expect(prove(given).grades['contract']).toBe('C');
    expect(answer('P08', given)).toMatch(/^holds/);
  });

  it('call vacuous what is green at S and H', () => {
    const cases = [
      redCase('contract', CASE, 4),
      INTEGRATION,
      redCase('contract', 'example.org/vm.TestOther', 4, { role: 'undetermined', code: 'role-pending' }),
    ];
    const greenRuns = [
      green({
        cases: [
          ...green().cases,
          greenCase('contract', 'example.org/vm.TestOther', 3, { code: 'vacuous', role: 'undetermined' }),
        ],
      }),
    ];
    expect(answer('P03', { ...settled, redRuns: [atR(), atS({ cases })], greenRuns })).toBe(
      'refuted: vacuous, green at R and H without a role: contract example.org/vm.TestOther',
    );
  });

  it('do not call flaky what a stub lets pass, nor count what R saw green', () => {
    const pending = redCase('integration', 'AC-1: pauses', 4, {
      role: 'undetermined',
      code: 'role-pending',
      outcomes: ['passed'],
    });
    const passesAtS = { ...settled, redRuns: [atR(), atS({ cases: [redCase('contract', CASE, 4), pending] })] };
    expect(answer('P03', passesAtS)).toMatch(/^holds/);
    const seen = redCase('contract', 'example.org/disk.TestGrows', 1, { role: 'undetermined', code: 'role-pending' });
    const atStub = [redCase('contract', CASE, 4), redCase('contract', 'example.org/disk.TestGrows', 4)];
    expect(settleReds([compile(), seen], atStub).map(({ name, role }) => `${name} ${role}`)).toEqual([
      `${CASE} driver`,
      'example.org/disk.TestGrows undetermined',
    ]);
  });

  it('end the claim where a driver disagrees with itself at one S', () => {
    const passed = atS({ run: 'r-S2', code: 'unstable', cases: [redCase('contract', CASE, 1, { code: 'unstable' })] });
    expect(answer('P03', { ...settled, redRuns: [atR(), atS(), passed] })).toMatch(
      /^refuted: .* was unstable in run r-S2/,
    );
    const elsewhere = atS({
      run: 'r-S2',
      stub: 's0',
      code: 'unstable',
      cases: [redCase('contract', CASE, 1, { code: 'unstable' })],
    });
    expect(answer('P03', { ...settled, redRuns: [atR(), elsewhere, atS()] })).toMatch(/^holds/);
  });
});

describe('the stub itself', () => {
  it('is part of the boundary', () => {
    expect(answer('P02', settled)).toBe(
      'holds: B before R before S, R before H; R..S only declares; B..R holds no implementation; every path has a role',
    );
    expect(answer('P02', { ...settled, git: { stubProblems: ['vm/vm.go:7 has a body that does something'] } })).toBe(
      'refuted: vm/vm.go:7 has a body that does something',
    );
    expect(answer('P02', { ...settled, git: { stubUnknown: 'S 1234 is not in this repository' } })).toMatch(
      /^unproven/,
    );
  });

  it('has to be recorded before green, and the anchor has to know of it', () => {
    expect(answer('P15', settled)).toMatch(/^holds: run r-S was finished/);
    expect(answer('P15', { ...settled, git: { anchor: '20:ff' } })).toBe(
      'holds: the trailer Redfirst-Red names 20:ff, a head before the red run was finished [reconstructed red]',
    );
    expect(answer('P15', { ...settled, redRuns: [atR(), atS({ startedSeq: 60 })] })).toMatch(
      /after the first green run \[reconstructed red\]$/,
    );
  });
});

it('P06 keeps a claim whose tests were only laid out anew', () => {
  expect(answer('P06', { git: { reformatted: ['vm/vm_test.go'] } })).toBe(
    'holds: R..H changes nothing but layout and comments of tests: vm/vm_test.go',
  );
  expect(answer('P06', { git: { reformatted: ['a'], testChanges: ['b changed'] } })).toBe('refuted: b changed');
});
