import { describe, expect, it } from 'vitest';
import { classifyGreenCase, classifyRedCase, firstLine } from '../../../src/classify/classify-case.ts';
import { contractFor } from '../../../src/classify/red-contract.ts';
import type { FailureKind, FailureWhere, Observation, Outcome } from '../../../src/domain/observation.ts';
import type { RedClass, RedContract } from '../../../src/domain/scenario.ts';
import { failing, makeSpec, passing, WORKTREE } from './facts.ts';

const NAME = 'vm > pauses';

function red(observation: Observation, contract?: RedContract): string {
  const { code, strength } = classifyRedCase(observation, contract, WORKTREE);
  return strength === undefined ? code : `${code} ${strength}`;
}

describe('a case at red without a contract', () => {
  it.each<[FailureKind, string]>([
    ['assertion', 'red/assertion strong'],
    ['no-error-assertion', 'undeclared-failure'],
    ['reported-failure', 'undeclared-failure'],
    ['panic', 'panicked'],
    ['error', 'undeclared-failure'],
    ['timeout', 'timed-out'],
    ['compile', 'undeclared-failure'],
  ])('failing in its body by %s is %s', (kind, expected) => {
    expect(red(failing(NAME, { kind }))).toBe(expected);
    expect(red(failing(NAME, { kind }, { outcome: 'errored' }))).toBe(expected);
  });

  it.each<[Outcome, string]>([
    ['passed', 'role-pending'],
    ['skipped', 'skipped'],
    ['timed-out', 'timed-out'],
    ['aborted', 'not-finished'],
    ['failed', 'undeclared-failure'],
    ['errored', 'undeclared-failure'],
  ])('that %s and says nothing more is %s', (outcome, expected) => {
    expect(red(passing(NAME, { outcome }))).toBe(expected);
  });

  it.each<[FailureWhere, string]>([
    ['setup', 'failed in its set-up, not in its body: expected running to be paused'],
    ['teardown', 'failed in its teardown, not in its body: expected running to be paused'],
    ['suite', 'failed in a suite-wide node, not in its body: expected running to be paused'],
    ['load', 'failed in loading, not in its body: expected running to be paused'],
  ])('failing by assertion in its %s is setup-failed', (where, detail) => {
    for (const outcome of ['failed', 'errored'] as const) {
      const verdict = classifyRedCase(failing(NAME, {}, { where, outcome }), undefined, WORKTREE);
      expect(verdict).toMatchObject({ code: 'setup-failed', detail });
      expect(red(failing(NAME, {}, { where, outcome }), { class: 'assertion', pattern: 'paused' })).toBe(
        'setup-failed',
      );
    }
  });

  it('is not believed when the report calls it passed and shows a failure of it', () => {
    const failure = { kind: 'assertion', type: 'AssertionError', message: 'leaked a guest' } as const;
    const contradictory = passing(NAME, { additional: [{ ...failure, where: 'teardown' }] });
    expect(red(contradictory)).toBe('setup-failed');
    expect(red(passing(NAME, { failure }))).toBe('setup-failed');
    expect(classifyGreenCase(contradictory, WORKTREE)).toMatchObject({
      code: 'setup-failed',
      detail: 'reported as passed, with a failure beside it: leaked a guest',
    });
  });

  it.each<[readonly Outcome[], Outcome, string, string]>([
    [['failed', 'passed'], 'passed', 'unstable', 'unstable'],
    [['passed', 'failed'], 'failed', 'unstable', 'unstable'],
    [['failed', 'failed'], 'failed', 'red/assertion strong', 'still-red'],
    [['passed'], 'passed', 'role-pending', 'green/passed'],
  ])("with the runner's retries %s is %s", (retries, outcome, atRed, atGreen) => {
    const observation = outcome === 'passed' ? passing(NAME, { retries }) : failing(NAME, {}, { retries });
    expect(red(observation)).toBe(atRed);
    expect(classifyGreenCase(observation, WORKTREE).code).toBe(atGreen);
  });
});

describe('compile red', () => {
  const compile = (over: Partial<Observation> = {}, missingNames: string[] | undefined = ['PauseGuest', 'Paused']) =>
    failing(
      NAME,
      { kind: 'compile', type: 'TS2305', message: 'no exported member', ...(missingNames && { missingNames }) },
      { where: 'load', outcome: 'errored', ...over },
    );

  it('is weak, and says which names are missing', () => {
    expect(classifyRedCase(compile(), undefined, WORKTREE)).toMatchObject({
      code: 'red/compile',
      strength: 'weak',
      detail: 'does not build: PauseGuest, Paused missing',
    });
  });

  it('counts the names it does not list', () => {
    const names = Array.from({ length: 11 }, (_, index) => `N${index}`);
    expect(classifyRedCase(compile({}, names), undefined, WORKTREE).detail).toBe(
      'does not build: N0, N1, N2, N3, N4, N5, N6, N7 and 3 more missing',
    );
  });

  it('needs names: a syntax error is a failed load', () => {
    expect(red(compile({}, []))).toBe('setup-failed');
    expect(red(failing(NAME, { kind: 'compile', message: 'unexpected token' }, { where: 'load' }))).toBe(
      'setup-failed',
    );
  });

  it.each<Outcome>(['passed', 'skipped', 'timed-out', 'aborted'])('is not seen in a case that %s', (outcome) => {
    expect(red(compile({ outcome }))).not.toContain('red/');
  });

  it('is not seen outside loading', () => {
    expect(red(compile({ where: 'setup' }))).toBe('setup-failed');
    expect(red(compile({ where: 'body' }))).toBe('undeclared-failure');
  });
});

describe('red contract', () => {
  it('is the nearest: case before suite, the first of several', () => {
    const spec = makeSpec({
      red: { class: 'not-found' },
      contracts: [
        { match: 'pauses', class: 'assertion', pattern: 'first' },
        { match: 'vm', class: 'panic' },
      ],
    });
    expect(contractFor(spec, 'vm > pauses')).toMatchObject({ class: 'assertion', pattern: 'first' });
    expect(contractFor(spec, 'vm > stops')).toMatchObject({ class: 'panic' });
    expect(contractFor(spec, 'disk > grows')).toEqual({ class: 'not-found' });
    expect(contractFor(makeSpec(), 'vm > pauses')).toBeUndefined();
  });

  it.each<[Exclude<RedClass, 'assertion' | 'panic'>, string]>([
    ['unknown-field', 'strict decoding error: unknown field "spec.paused"'],
    ['not-found', 'virtualmachines "testvm" not found'],
    ['no-such-kind', 'no matches for kind "VirtualMachinePause" in version "kubevirt.io/v1"'],
    ['admission-denied', 'admission webhook "validator.kubevirt.io" denied the request: spec.running'],
    ['gate-disabled', 'the feature gate PauseGuest is not enabled'],
    ['command-missing', 'sh: 1: virtctl: command not found'],
  ])('class %s counts what says so, as declared and fair, and nothing else', (redClass, message) => {
    for (const kind of ['assertion', 'error', 'no-error-assertion', 'reported-failure'] as const) {
      expect(red(failing(NAME, { kind, message }), { class: redClass })).toBe('red/declared fair');
      expect(red(failing(NAME, { kind, message: 'connection refused' }), { class: redClass })).toBe(
        'undeclared-failure',
      );
    }
    expect(red(failing(NAME, { kind: 'error', message }), { class: redClass, pattern: 'something else' })).toBe(
      'undeclared-failure',
    );
    expect(red(failing(NAME, { kind: 'panic', message }), { class: redClass })).toBe('panicked');
    expect(red(failing(NAME, { kind: 'timeout', message }), { class: redClass })).toBe('timed-out');
    expect(red(passing(NAME), { class: redClass })).toBe('role-pending');
  });

  it.each<[FailureKind, RedContract, string]>([
    ['assertion', { class: 'assertion' }, 'red/assertion strong'],
    ['assertion', { class: 'assertion', pattern: 'to be paused$' }, 'red/assertion strong'],
    ['assertion', { class: 'assertion', pattern: 'to be stopped' }, 'undeclared-failure'],
    ['assertion', { class: 'panic' }, 'undeclared-failure'],
    ['no-error-assertion', { class: 'assertion' }, 'undeclared-failure'],
    ['no-error-assertion', { class: 'assertion', pattern: 'paused' }, 'red/assertion fair'],
    ['no-error-assertion', { class: 'assertion', pattern: 'stopped' }, 'undeclared-failure'],
    ['reported-failure', { class: 'assertion' }, 'undeclared-failure'],
    ['reported-failure', { class: 'assertion', pattern: 'paused' }, 'red/assertion fair'],
    ['reported-failure', { class: 'assertion', pattern: 'stopped' }, 'undeclared-failure'],
    ['error', { class: 'assertion', pattern: 'paused' }, 'undeclared-failure'],
    ['panic', { class: 'assertion', pattern: 'paused' }, 'panicked'],
    ['compile', { class: 'assertion', pattern: 'paused' }, 'undeclared-failure'],
  ])('a failure by %s under %j is %s', (kind, contract, expected) => {
    expect(red(failing(NAME, { kind }), contract)).toBe(expected);
  });

  it('says what was declared and what was seen', () => {
    const contract = { class: 'not-found', pattern: 'testvm' } as const;
    expect(
      classifyRedCase(
        failing(NAME, { kind: 'error', type: 'TypeError', message: 'x is undefined' }),
        contract,
        WORKTREE,
      ).detail,
    ).toBe('declared not-found matching /testvm/, failed by TypeError: x is undefined');
    expect(classifyRedCase(failing(NAME, { message: 'disk not found' }), contract, WORKTREE).detail).toBe(
      'declared not-found matching /testvm/, the message differs: disk not found',
    );
  });

  it.each<[string, Partial<Observation>, string | undefined, string]>([
    ['its own file', { file: 'pkg/pause_test.go' }, 'pkg/pause_test.go', 'red/declared fair'],
    ['the implementation', { file: 'pkg/pause_test.go' }, 'pkg/pause.go', 'panicked'],
    ['another test file', { file: 'pkg/pause_test.go' }, 'pkg/helper_test.go', 'panicked'],
    ['a place nobody knows', { file: 'pkg/pause_test.go' }, undefined, 'panicked'],
    ['the implementation, of a case of unknown file', {}, 'pkg/pause.go', 'panicked'],
  ])('a declared panic in %s', (_, over, at, expected) => {
    const where = at === undefined ? {} : { location: { file: at, line: 12 } };
    const observation = failing(NAME, { kind: 'panic', type: 'panic', message: 'nil map', ...where }, over);
    expect(red(observation, { class: 'panic' })).toBe(expected);
    expect(red(observation, { class: 'panic', pattern: 'index out of range' })).toBe('undeclared-failure');
    expect(red(observation)).toBe('panicked');
  });

  it.each([
    [true, 'red/declared fair'],
    [false, 'panicked'],
  ])(
    'a declared panic in its own file, where the frames tell whether it is the case itself: %s',
    (ownBody, expected) => {
      const panic = { kind: 'panic', type: 'panic', message: 'nil map', ownBody } as const;
      const failure = { ...panic, location: { file: 'pkg/pause_test.go', line: 12 } };
      expect(red(failing(NAME, failure, { file: 'pkg/pause_test.go' }), { class: 'panic' })).toBe(expected);
    },
  );

  it('is RE2: no look-around, and no pattern that takes exponential time', () => {
    const evil = failing(NAME, { message: `${'a'.repeat(4000)}!` });
    expect(red(evil, { class: 'assertion', pattern: '^(a+)+$' })).toBe('undeclared-failure');
    expect(() => red(evil, { class: 'assertion', pattern: '(?=a)' })).toThrow();
  });

  it('matches the normalised message, unanchored', () => {
    const colourful = failing(NAME, {
      message: `\u001b[31mat ${WORKTREE}/pkg/a.ts: 0xc0000123ff is not paused after 1.5s\u001b[0m`,
    });
    expect(
      red(colourful, {
        class: 'assertion',
        pattern: 'at <worktree>/pkg/a\\.ts: <address> is not paused after <duration>',
      }),
    ).toBe('red/assertion strong');
  });
});

describe('a case at green', () => {
  it.each<[Observation, string, string]>([
    [passing(NAME), 'green/passed', 'passed'],
    [failing(NAME), 'still-red', 'fails: expected running to be paused'],
    [failing(NAME, { kind: 'error', message: 'boom' }, { outcome: 'errored' }), 'still-red', 'fails: boom'],
    [passing(NAME, { outcome: 'errored' }), 'still-red', 'fails: no message'],
    [passing(NAME, { outcome: 'skipped' }), 'skipped', 'skipped'],
    [passing(NAME, { outcome: 'aborted' }), 'not-finished', 'it was started and never finished'],
    [passing(NAME, { outcome: 'timed-out' }), 'timed-out', "the runner's own time limit ended it"],
    [
      failing(NAME, { kind: 'timeout', message: 'Test timed out in 5000ms.' }),
      'timed-out',
      'Test timed out in 5000ms.',
    ],
    [
      failing(NAME, { message: 'no pod' }, { where: 'setup' }),
      'setup-failed',
      'failed in its set-up, not in its body: no pod',
    ],
  ])('%# is judged', (observation, code, detail) => {
    expect(classifyGreenCase(observation, WORKTREE)).toMatchObject({ code, detail });
  });
});

it('firstLine takes the first line with something on it, and cuts it', () => {
  expect(firstLine('\n  \n  expected 1\nto be 2')).toBe('expected 1');
  expect(firstLine('abcdef', 4)).toBe('abc…');
  expect(firstLine('')).toBe('');
});
