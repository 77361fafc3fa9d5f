import { describe, expect, it } from 'vitest';
import { criteriaOf, expectedRole } from '../../../src/classify/case-role.ts';
import type { Observation } from '../../../src/domain/observation.ts';
import type { SuiteSpec } from '../../../src/domain/scenario.ts';
import { failing, judgeGreen, judgeRed, makeCriterion, makeScenario, makeSpec, passing, verdictOf } from './facts.ts';

describe('criteria of a case', () => {
  const scenario = makeScenario({
    criteria: [
      makeCriterion('AC-1'),
      makeCriterion('AC-10'),
      makeCriterion('AC-1-b'),
      makeCriterion('AC-2', { cases: [{ suite: 'contract', match: 'pauses .* guest$' }] }),
      makeCriterion('AC-3', { cases: [{ suite: 'e2e', match: 'pauses' }] }),
    ],
  });
  const of = (name: string, over: Partial<Observation> = {}) => criteriaOf(scenario, makeSpec(), passing(name, over));

  it.each<[string, readonly string[]]>([
    ['vm > AC-1: pauses', ['AC-1']],
    ['vm > AC-10: pauses', ['AC-10']],
    ['vm > AC-1', ['AC-1']],
    ['AC-1 and AC-10', ['AC-1', 'AC-10']],
    ['AC-10 then AC-1', ['AC-1', 'AC-10']],
    ['vm > [AC-1] pauses', ['AC-1']],
    ['vm > (AC-1) pauses', ['AC-1']],
    ['example.org/vm.TestPause/AC-1_pauses', ['AC-1']],
    ['TestPause/pauses_AC-1', ['AC-1']],
    ['AC-1-pauses', ['AC-1']],
    ['AC-1. Pauses', ['AC-1']],
    ['AC-1-b: resumes', ['AC-1-b']],
    ['AC-1.2: resumes', []],
    ['AC-11: resumes', []],
    ['AC-1a: resumes', []],
    ['XAC-1: resumes', []],
    ['PRE-AC-1: resumes', []],
    ['ÄAC-1é', []],
    ['ac-1: pauses', []],
    ['pauses a running guest', ['AC-2']],
    ['pauses a running guest AC-1', ['AC-1']],
    ['pauses', []],
  ])('%s shows %j', (name, expected) => {
    expect(of(name)).toEqual(expected);
  });

  it('takes labels whole', () => {
    expect(of('x', { labels: ['slow', 'ac:AC-10'] })).toEqual(['AC-10']);
    expect(of('x', { labels: ['ac:AC-100', 'AC-1', 'xac:AC-1'] })).toEqual([]);
  });

  it('binds by pattern in the suite that it names only', () => {
    const e2e = makeSpec({ suite: 'e2e' });
    expect(criteriaOf(scenario, e2e, passing('pauses a running guest'))).toEqual(['AC-3']);
  });

  it('treats an id as text, not as a pattern', () => {
    const dotted = makeScenario({ criteria: [makeCriterion('A.C')] });
    expect(criteriaOf(dotted, makeSpec(), passing('AxC: pauses'))).toEqual([]);
    expect(criteriaOf(dotted, makeSpec(), passing('A.C: pauses'))).toEqual(['A.C']);
  });
});

describe('expected role', () => {
  const role = (over: Partial<SuiteSpec>, observation: Observation, changed?: readonly string[]) =>
    expectedRole(makeScenario(), makeSpec(over), observation, changed === undefined ? undefined : new Set(changed));

  it.each<[string, Partial<SuiteSpec>, Observation, readonly string[] | undefined, string]>([
    ['nothing said', {}, passing('vm > pauses'), undefined, 'candidate'],
    ['in a changed file', {}, passing('vm > pauses', { file: 'a.test.ts' }), ['a.test.ts'], 'candidate'],
    ['in another file', {}, passing('vm > pauses', { file: 'b.test.ts' }), ['a.test.ts'], 'untouched'],
    ['in a file that nobody knows', {}, passing('vm > pauses'), ['a.test.ts'], 'candidate'],
    ['in another file, naming a criterion', {}, passing('AC-1', { file: 'b.test.ts' }), ['a.test.ts'], 'candidate'],
    ['selected', { select: { files: [], cases: '^vm ' } }, passing('vm > pauses'), undefined, 'candidate'],
    ['not selected', { select: { files: [], cases: '^vm ' } }, passing('disk > grows'), undefined, 'untouched'],
    [
      'not selected, naming a criterion',
      { select: { files: [], cases: '^vm ' } },
      passing('AC-1'),
      undefined,
      'untouched',
    ],
    [
      'a control outside the selection',
      { select: { files: [], cases: '^vm ' }, controls: ['grows'] },
      passing('disk > grows'),
      undefined,
      'control',
    ],
    ['a control in another file', { controls: ['grows'] }, passing('disk > grows', { file: 'b' }), ['a'], 'control'],
    ['a guard', { roles: [{ match: 'stops', role: 'guard' }] }, passing('vm > stops'), undefined, 'guard'],
    [
      'a characterization',
      { roles: [{ match: 'stops', role: 'characterization' }] },
      passing('vm > stops'),
      undefined,
      'characterization',
    ],
    [
      'a guard in another file',
      { roles: [{ match: 'stops', role: 'guard' }] },
      passing('vm > stops', { file: 'b' }),
      ['a'],
      'guard',
    ],
    [
      'first role of two',
      {
        roles: [
          { match: 'stops', role: 'guard' },
          { match: 'vm', role: 'characterization' },
        ],
      },
      passing('vm > stops'),
      undefined,
      'guard',
    ],
    [
      'a control that is also called a guard',
      { controls: ['stops'], roles: [{ match: 'stops', role: 'guard' }] },
      passing('vm > stops'),
      undefined,
      'control',
    ],
  ])('%s', (_, over, observation, changed, expected) => {
    expect(role(over, observation, changed)).toBe(expected);
  });

  it.each<[string, Partial<SuiteSpec>, Observation, string]>([
    ['an untouched case of a touched file', {}, passing('vm > boots', { file: 'a' }), 'natural'],
    ['one whose file nobody knows', {}, passing('vm > boots'), 'natural'],
    ['one that names a criterion', {}, passing('AC-1', { file: 'a' }), 'candidate'],
    [
      'one that a red contract covers',
      { contracts: [{ match: 'boots', class: 'panic' }] },
      passing('vm > boots', { file: 'a' }),
      'candidate',
    ],
    [
      'one with a declared role',
      { roles: [{ match: 'boots', role: 'guard' }] },
      passing('vm > boots', { file: 'a' }),
      'guard',
    ],
    ['a control', { controls: ['boots'] }, passing('vm > boots', { file: 'a' }), 'control'],
    ['one of another file', {}, passing('vm > boots', { file: 'b' }), 'untouched'],
    ['what did not load', {}, passing('a [load]', { file: 'a', where: 'load' }), 'candidate'],
  ])('by its text: %s', (_, over, observation, expected) => {
    expect(expectedRole(makeScenario(), makeSpec(over), observation, new Set(['a']), () => false)).toBe(expected);
    const touched = expectedRole(makeScenario(), makeSpec(over), observation, new Set(['a']), () => true);
    expect(touched).toBe(expected === 'natural' ? 'candidate' : expected);
  });
});

describe('a natural control', () => {
  const isTouched = ({ name }: Observation): boolean => name.includes('pauses');
  const facts = { isTouched };
  const driver = failing('vm > pauses');
  const old = 'vm > boots';
  const red = judgeRed([[driver, passing(old)]], { facts });
  const green = (seen: Observation, verdicts = red.cases) =>
    judgeGreen([[passing(driver.name), seen]], { facts: { isTouched, redVerdicts: verdicts } });

  it('is recorded and not counted, at red and at green', () => {
    expect(verdictOf(red, old)).toMatchObject({
      role: 'untouched',
      code: 'untouched',
      detail: 'the change does not touch it, and it passes: a natural control',
      outcomes: ['passed'],
    });
    expect(red.verdict.code).toBe('red/valid');
    expect(verdictOf(green(passing(old)), old).code).toBe('untouched');
    expect(green(passing(old)).verdict.code).toBe('green/passed');
  });

  it('that passed at red has to pass at green', () => {
    expect(verdictOf(green(failing(old)), old)).toMatchObject({ role: 'control', code: 'control-failed' });
    expect(green(failing(old)).verdict).toMatchObject({
      code: 'control-failed',
      detail:
        'vm > boots: a natural control, which the change does not touch and which passed at red: fails: expected running to be paused',
    });
  });

  it('is ignored where it failed before, too', () => {
    const failed = judgeRed([[driver, failing(old)]], { facts });
    expect(verdictOf(failed, old)).toMatchObject({
      code: 'untouched',
      detail: 'the change does not touch it; listed and ignored: fails: expected running to be paused',
    });
    expect(verdictOf(green(failing(old), failed.cases), old).code).toBe('untouched');
  });

  it('of an older record, where it waited for its role, has to pass as well', () => {
    const before = judgeRed([[driver, passing(old)]]);
    expect(verdictOf(before, old).code).toBe('role-pending');
    expect(verdictOf(green(passing(old), before.cases), old).code).toBe('untouched');
    expect(verdictOf(green(failing(old), before.cases), old).code).toBe('control-failed');
  });

  it('that an older record calls a driver stays one', () => {
    const before = judgeRed([[driver, failing(old)]]);
    expect(verdictOf(green(failing(old), before.cases), old).code).toBe('still-red');
  });
});
