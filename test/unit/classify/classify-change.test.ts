import { describe, expect, it } from 'vitest';
import { classifyChange, type TargetFacts } from '../../../src/classify/classify-change.ts';
import type { ChangeVerdict, TouchIndex } from '../../../src/domain/change.ts';
import type { MissingName, Observation } from '../../../src/domain/observation.ts';
import { failing, makeAttempt, passing } from './facts.ts';

/** Every case whose name says so is touched. */
const TOUCH: TouchIndex = {
  touches: (_side, _target, { name }) => name.startsWith('t '),
  renamedFrom: (_target, fresh, gone) => gone.find(({ name }) => fresh.name === `${name} again`),
};

type Corners = TargetFacts['corners'];

function judge(corners: Corners, over: Partial<Parameters<typeof classifyChange>[0]> = {}): ChangeVerdict {
  return classifyChange({ targets: [{ target: 'pkg/vm', corners }], touch: TOUCH, ...over });
}

/** `name: role code` of every case. */
function roles(verdict: ChangeVerdict): string[] {
  return verdict.cases.map(({ name, role, code, touch }) => `${name}: ${touch} ${role} ${code}`);
}

const run = (...observations: Observation[]) => [makeAttempt(observations)];
const MISSING: MissingName = { name: 'vm.Pause', kind: 'symbol', file: 'pkg/vm/vm_test.go', line: 7, column: 3 };
const unbuilt = (): Observation =>
  failing(
    'example.com/pkg/vm',
    { kind: 'compile', type: 'build', message: 'undefined: vm.Pause', missingNames: ['vm.Pause'], missing: [MISSING] },
    { where: 'load', outcome: 'errored' },
  );

describe('the role of a touched case', () => {
  it('is driver where it is red at R and green at H, new or changed', () => {
    const verdict = judge({
      B: run(passing('t changed'), passing('other')),
      R: run(failing('t changed'), failing('t new'), passing('other')),
      H: run(passing('t changed'), passing('t new'), passing('other')),
    });
    expect(roles(verdict)).toEqual([
      'other: untouched untouched control-passed',
      't changed: changed driver red/assertion',
      't new: new driver red/assertion',
    ]);
    expect(verdict.class).toBe('assertion');
    expect(verdict.reason).toBe('2 drivers, 0 vacuous');
    expect(verdict.targets[0]).toMatchObject({ controls: 1, code: 'red/valid', failingAtBase: [], broken: [] });
  });

  it('is adaptation where its old text fails at X, vacuous where it passes there', () => {
    const verdict = judge({
      B: run(passing('t fixture'), passing('t idle')),
      R: run(passing('t fixture'), passing('t idle')),
      X: run(failing('t fixture'), passing('t idle')),
      H: run(passing('t fixture'), passing('t idle')),
    });
    expect(roles(verdict)).toEqual([
      't fixture: changed adaptation adaptation-passed',
      't idle: changed vacuous vacuous',
    ]);
    expect(verdict.class).toBe('vacuous');
    expect(verdict.targets[0]?.code).toBe('vacuous');
  });

  it('is pending where X was not run, since its old text may fail there; a new case needs no X', () => {
    const verdict = judge({
      B: run(passing('t fixture')),
      R: run(passing('t fixture'), passing('t new')),
      H: run(passing('t fixture'), passing('t new')),
    });
    expect(roles(verdict)).toEqual(['t fixture: changed pending role-pending', 't new: new vacuous vacuous']);
  });

  it('is retired where it was deleted and its old text fails at X', () => {
    const gone = (x: Observation) =>
      roles(judge({ B: run(passing('t gone')), R: run(passing('a')), X: run(x), H: run(passing('a')) }))[1];
    expect(gone(failing('t gone'))).toBe('t gone: deleted retired retired');
    expect(gone(passing('t gone'))).toBe('t gone: deleted not-judged vacuous');
  });

  it('is rename where the same body passes under another name', () => {
    const verdict = judge({
      B: run(passing('t old')),
      R: run(passing('t old again')),
      X: run(passing('t old')),
      H: run(passing('t old again')),
    });
    expect(roles(verdict)).toEqual(['t old again: renamed rename rename-passed']);
  });

  it('is what a person declared, where it is green at both', () => {
    const corners = {
      B: run(passing('a')),
      R: run(passing('a'), passing('t no')),
      H: run(passing('a'), passing('t no')),
    };
    expect(roles(judge(corners, { declaredRole: () => 'guard' }))).toContain('t no: new guard guard-passed');
  });

  it('is failing where it does not pass at H, red at R or not', () => {
    const verdict = judge({ R: run(failing('t x'), passing('t y')), H: run(failing('t x'), failing('t y')) });
    expect(roles(verdict)).toEqual(['t x: changed failing still-red', 't y: changed failing still-red']);
  });

  it('is not judged where R fails outside of its body, is skipped, or has two cases of the name', () => {
    const verdict = judge({
      R: run(
        failing('t setup', {}, { where: 'setup' }),
        passing('t skipped', { outcome: 'skipped' }),
        passing('t twice'),
        failing('t twice'),
      ),
      H: run(passing('t setup'), passing('t skipped'), passing('t twice')),
    });
    expect(roles(verdict)).toEqual([
      't setup: changed not-judged setup-failed',
      't skipped: changed not-judged skipped',
      't twice: changed not-judged ambiguous-name',
    ]);
    expect(verdict.class).toBe('wrong-reason');
  });

  it('is not judged, rather than failing, where it is skipped at H too', () => {
    const skip = passing('t x', { outcome: 'skipped' });
    expect(roles(judge({ R: run(skip), H: run(skip) }))).toEqual(['t x: changed not-judged skipped']);
  });

  it('needs no X where it was pending at B: there was no old text that could fail', () => {
    const verdict = judge({
      B: run(passing('t x', { outcome: 'skipped' })),
      R: run(passing('t x')),
      H: run(passing('t x')),
    });
    expect(roles(verdict)).toEqual(['t x: changed vacuous vacuous']);
  });

  it('is new where its file is, even when B was not run', () => {
    const touch = { ...TOUCH, isNewFile: () => true };
    expect(roles(judge({ R: run(passing('t x')), H: run(passing('t x')) }, { touch }))).toEqual([
      't x: new vacuous vacuous',
    ]);
  });

  it('is driver without H as well: the red phase has no more', () => {
    const verdict = judge({ R: run(failing('t x'), passing('t y')) });
    expect(roles(verdict)).toEqual(['t x: changed driver red/assertion', 't y: changed pending role-pending']);
    expect(verdict.cases[1]?.detail).toBe(
      'unexpected pass: passes before the code exists; its role is decided at green',
    );
  });
});

describe('assertions that only say "no error", and bare failures', () => {
  it.each([['no-error-assertion'], ['reported-failure']] as const)('%s is red by assertion, and only fair', (kind) => {
    const [one] = judge({ R: run(failing('t x', { kind, message: 'Unexpected error: no such vm' })) }).cases;
    expect(one).toMatchObject({ code: 'red/assertion', strength: 'fair', detail: 'Unexpected error: no such vm' });
  });

  it('a contract is demanded where one is given', () => {
    const contractFor = () => ({ class: 'assertion', pattern: 'paused' }) as const;
    const [one] = judge({ R: run(failing('t x', { message: 'no such vm' })) }, { contractFor }).cases;
    expect(one).toMatchObject({ code: 'undeclared-failure', role: 'not-judged' });
  });
});

describe('a panic', () => {
  const panic = (file: string) =>
    failing(
      't x',
      { kind: 'panic', type: 'panic', message: 'nil', location: { file, line: 3 } },
      { place: { file: 'pkg/vm/vm_test.go', line: 1 }, outcome: 'errored' },
    );

  it('in its own body that H mends is red, named a panic, and weak', () => {
    const verdict = judge({ R: run(panic('pkg/vm/vm_test.go')), H: run(passing('t x')) });
    expect(verdict.cases[0]).toMatchObject({ role: 'driver', code: 'panicked', strength: 'weak' });
    expect(verdict.class).toBe('panic');
  });

  it('at S is none: the stub may give nil where an empty value is meant', () => {
    const verdict = judge({
      R: run(unbuilt()),
      S: run(panic('pkg/vm/vm_test.go'), failing('t y')),
      H: run(passing('t x'), passing('t y')),
    });
    expect(roles(verdict)).toEqual(['t x: changed not-judged panicked', 't y: changed driver red/assertion']);
  });

  it('elsewhere, or without H, is none', () => {
    expect(roles(judge({ R: run(panic('pkg/vm/vm.go')), H: run(passing('t x')) }))).toEqual([
      't x: changed not-judged panicked',
    ]);
    expect(roles(judge({ R: run(panic('pkg/vm/vm_test.go')) }))).toEqual(['t x: changed not-judged panicked']);
  });
});

describe('a package that does not build at R', () => {
  it('is blind: its cases are pending and weak, and it says how many', () => {
    const verdict = judge({
      B: run(passing('a'), passing('b')),
      R: run(unbuilt()),
      H: run(passing('a'), passing('b'), passing('t new')),
    });
    expect(roles(verdict)).toContain('t new: new pending red/compile');
    expect(verdict).toMatchObject({
      class: 'compile',
      reason: 'does not build at R: vm.Pause missing; 1 pending, 0 vacuous',
    });
    expect(verdict.targets[0]).toMatchObject({ blind: 2, missing: [MISSING], refactor: false });
  });

  it('is decided at S where a stub was run', () => {
    const verdict = judge({
      B: run(passing('a')),
      R: run(unbuilt()),
      S: run(passing('a'), failing('t new'), passing('t accepts')),
      H: run(passing('a'), passing('t new'), passing('t accepts')),
    });
    expect(roles(verdict)).toEqual([
      'a: untouched untouched control-passed',
      't accepts: new vacuous vacuous',
      't new: new driver red/assertion',
    ]);
    expect(verdict.cases[2]).toMatchObject({ at: 'S', strength: 'strong' });
    expect(verdict.class).toBe('compile');
  });

  it('is a refactoring where everything touched is green at S and H', () => {
    const verdict = judge({
      B: run(passing('t a')),
      R: run(unbuilt()),
      S: run(passing('t a')),
      H: run(passing('t a')),
    });
    expect(verdict.targets[0]?.refactor).toBe(true);
    expect(roles(verdict)).toEqual(['t a: changed characterization characterization-passed']);
    expect(verdict.reason).toBe(
      'does not build at R: vm.Pause missing; with declarations alone everything touched is green: a refactoring',
    );
  });

  it('beside one that does build leaves the cases of that one as they are', () => {
    const verdict = judge({
      R: run(unbuilt(), failing('t x'), passing('t y')),
      H: run(passing('t x'), passing('t y'), passing('t z')),
    });
    expect(roles(verdict)).toEqual([
      't x: changed driver red/assertion',
      't y: changed pending role-pending',
      't z: changed pending red/compile',
    ]);
    expect(verdict.class).toBe('mixed');
  });

  it('is not judgeable where it does not build at H either: what is missing there too is not installed', () => {
    const verdict = judge({ B: run(unbuilt()), R: run(unbuilt()), H: run(unbuilt()) });
    expect(verdict).toMatchObject({
      class: 'not-judgeable',
      targets: [{ code: 'setup-failed', missing: [], blind: 0 }],
    });
    expect(verdict.reason).toBe('does not build at H either: vm.Pause missing there too (not installed here?)');
  });

  it('is not judgeable either where a library that it needs does not build at any corner', () => {
    const message = '# example.com/libnbd\npkg-config: libnbd is not there';
    const broken = () => run(failing('vm [build]', { kind: 'error', message }, { where: 'load', outcome: 'errored' }));
    const verdict = judge({ B: broken(), R: broken(), H: broken() });
    expect(verdict).toMatchObject({
      class: 'not-judgeable',
      reason: 'does not build at H either: pkg-config: libnbd is not there',
    });
    // One that H mends is no reason to judge nothing, and red for a wrong reason.
    const mended = judge({ B: broken(), R: broken(), H: run(passing('t x')) });
    expect(mended.class).toBe('wrong-reason');
  });

  it('is a fault of the tests where they should declare the name themselves', () => {
    const verdict = judge({ R: run(unbuilt()), H: run(passing('t new')) }, { declaredInTests: () => true });
    expect(verdict.targets[0]).toMatchObject({
      class: 'wrong-reason',
      code: 'setup-failed',
      reason: 'vm.Pause is missing, and it belongs to the tests',
    });
  });
});

describe('attempts', () => {
  const shuffled = (attempt: number, ...observations: Observation[]) =>
    makeAttempt(observations, { attempt, order: 'shuffled' });
  const alone = (attempt: number, name: string, observation: Observation) =>
    makeAttempt([observation], { attempt, order: 'drivers-alone', only: [name] });

  it('a case that is red in the suite and green alone is red only through its neighbour', () => {
    const verdict = judge({
      R: [
        makeAttempt([failing('t leaks'), failing('t control')]),
        shuffled(2, failing('t leaks'), passing('t control')),
        alone(3, 't leaks', failing('t leaks')),
        alone(4, 't control', passing('t control')),
      ],
      H: run(passing('t leaks'), passing('t control')),
    });
    expect(roles(verdict)).toEqual(['t control: changed vacuous unstable', 't leaks: changed driver red/assertion']);
    expect(verdict.cases[0]).toMatchObject({
      onlyThroughNeighbour: true,
      detail:
        'red only through a neighbour: alone it passes at the same commit; in the suite: expected running to be paused',
    });
  });

  it('that fail differently are not the same red', () => {
    const verdict = judge({ R: [makeAttempt([failing('t x')]), shuffled(2, failing('t x', { message: 'other' }))] });
    expect(verdict.cases[0]).toMatchObject({
      code: 'unstable',
      detail:
        'attempts disagree: attempt 1 red/assertion: expected running to be paused; attempt 2 (shuffled) red/assertion: other',
    });
  });

  it('in which the suite itself does not survive shuffling leave a red that was seen alone, only fair', () => {
    const lost = makeAttempt([], {
      attempt: 2,
      order: 'shuffled',
      report: { status: 'truncated', detail: 'TestA panicked' },
    });
    const verdict = judge({
      R: [makeAttempt([failing('t x')]), lost, alone(3, 't x', failing('t x'))],
      H: run(passing('t x')),
    });
    expect(verdict.cases[0]).toMatchObject({
      role: 'driver',
      code: 'red/assertion',
      strength: 'fair',
      detail: 'expected running to be paused (shuffled, the suite itself breaks: TestA panicked)',
    });
  });

  it('of which one has no report are not silently fewer', () => {
    const lost = makeAttempt([], { attempt: 2, order: 'shuffled', report: { status: 'missing', detail: 'it died' } });
    const verdict = judge({ R: [makeAttempt([failing('t x')]), lost] });
    expect(verdict.cases[0]).toMatchObject({ role: 'not-judged', code: 'unstable' });
  });
});

describe('the whole', () => {
  const two = (a: Corners, b: Corners) =>
    classifyChange({
      targets: [
        { target: 'a', corners: a },
        { target: 'b', corners: b },
      ],
      touch: TOUCH,
    });
  const red = { R: run(failing('t x')), H: run(passing('t x')) };

  it('is mixed where targets are red in different ways', () => {
    expect(two(red, { R: run(unbuilt()), H: run(passing('t y')) }).class).toBe('mixed');
    expect(two(red, { B: run(passing('t y')), R: run(passing('t y')), H: run(passing('t y')) }).class).toBe(
      'assertion',
    );
  });

  it('is not judgeable where a report is missing, never red', () => {
    const lost = [makeAttempt([failing('t x')], { report: { status: 'missing', detail: 'a goroutine panicked' } })];
    const verdict = judge({ R: lost, H: run(passing('t x')) });
    expect(verdict).toMatchObject({ class: 'not-judgeable', reason: 'a goroutine panicked' });
    expect(roles(verdict)).toEqual(['t x: changed not-judged report-missing']);
  });

  it('names untouched cases that fail at B, and those that the change breaks', () => {
    const verdict = judge({
      B: run(failing('old'), passing('fine')),
      R: run(failing('old'), passing('fine'), failing('t x')),
      H: run(failing('old'), failing('fine'), passing('t x')),
    });
    expect(verdict.targets[0]).toMatchObject({ failingAtBase: ['old'], broken: ['fine'], controls: 1 });
  });

  it('does not hold against a change what fails outside any case at B in the same words', () => {
    const stray = (worktree: string, ...observations: Observation[]) => [
      makeAttempt(observations, {
        expectedExit: 'nonzero',
        end: { cause: 'exited', code: 1 },
        suiteFailures: [{ what: `unhandled: no address of ${worktree}/x`, where: 'suite' }],
      }),
    ];
    const at = (base: TargetFacts['corners'][keyof TargetFacts['corners']]) =>
      classifyChange({
        targets: [
          {
            target: 'a.test.ts',
            corners: {
              ...(base === undefined ? {} : { B: base }),
              R: stray('/r', failing('t x'), passing('fine')),
              H: stray('/h', passing('t x'), passing('fine')),
            },
            worktrees: { B: '/b', R: '/r', H: '/h' },
          },
        ],
        touch: TOUCH,
      });
    const verdict = at(stray('/b', passing('fine')));
    expect(roles(verdict)).toEqual(['fine: untouched untouched control-passed', 't x: new driver red/assertion']);
    expect(verdict.targets[0]?.failingAtBase).toEqual(['outside any case: unhandled: no address of /b/x']);
    // B was not run, does not fail so, or did not get as far as a case that passes.
    for (const base of [undefined, run(passing('fine')), stray('', passing('fine')), stray('/b', failing('fine'))])
      expect(at(base)).toMatchObject({ class: 'wrong-reason', targets: [{ code: 'setup-failed' }] });
  });

  it('takes cases for controls that only share changed set-up with others and are green everywhere', () => {
    const touch = (own: readonly string[]): TouchIndex => ({
      touches: () => true,
      reach: (_side, _target, { name }) => (own.includes(name) ? 'own' : 'shared'),
      renamedFrom: () => undefined,
    });
    const all = run(passing('a'), passing('b'));
    const corners = { B: all, R: all, X: run(passing('a'), failing('b')), H: all };
    expect(roles(judge(corners, { touch: touch([]) }))).toEqual([
      'a: untouched untouched control-passed',
      'b: changed adaptation adaptation-passed',
    ]);
    expect(roles(judge(corners, { touch: touch(['a']) }))[0]).toBe('a: changed vacuous vacuous');
    // One that only fails where the suite is shuffled is no other than an untouched one that does.
    const shuffled = [...all, makeAttempt([failing('a'), passing('b')], { attempt: 2, order: 'shuffled' })];
    expect(roles(judge({ ...corners, R: shuffled }, { touch: touch([]) }))[0]).toBe(
      'a: untouched untouched control-passed',
    );
    expect(roles(judge({ ...corners, R: shuffled }, { touch: touch(['a']) }))[0]).toBe(
      'a: changed not-judged unstable',
    );
    // Where nothing is touched but what they share, they are all that the change has to show.
    expect(roles(judge({ ...corners, X: all }, { touch: touch([]) }))).toEqual([
      'a: changed vacuous vacuous',
      'b: changed vacuous vacuous',
    ]);
  });

  it('does not take a test of pytest for deleted that was given parameters', () => {
    const touch: TouchIndex = { touches: () => true, renamedFrom: () => undefined };
    const before = run(passing('a.py > test_t'), passing('a.py > test_gone'));
    const verdict = judge(
      {
        B: before,
        R: run(failing('a.py > test_t[0]'), passing('a.py > test_t[1]')),
        X: before,
        H: run(passing('a.py > test_t[0]'), passing('a.py > test_t[1]')),
      },
      { touch },
    );
    expect(roles(verdict)).toEqual([
      'a.py > test_gone: deleted not-judged vacuous',
      'a.py > test_t[0]: new driver red/assertion',
      'a.py > test_t[1]: new vacuous vacuous',
    ]);
  });

  it('leaves a Go test that holds subtests out where only they have results', () => {
    const touch: TouchIndex = { touches: () => true, renamedFrom: () => undefined };
    const verdict = judge(
      {
        B: run(passing('p.T'), passing('p.T/old')),
        R: run(failing('p.T/new'), passing('p.T/old')),
        X: run(passing('p.T'), passing('p.T/old')),
        H: run(passing('p.T'), passing('p.T/new'), passing('p.T/old')),
      },
      { touch },
    );
    expect(roles(verdict)).toEqual(['p.T/new: new driver red/assertion', 'p.T/old: changed vacuous vacuous']);
  });

  it('at H alone is green or not', () => {
    expect(judge({ H: run(passing('t x')) })).toMatchObject({ class: 'green', cases: [{ code: 'green/passed' }] });
    expect(judge({ H: run(failing('t x')) })).toMatchObject({ class: 'not-green', cases: [{ code: 'still-red' }] });
  });
});
