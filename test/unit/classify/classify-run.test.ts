import { describe, expect, it } from 'vitest';
import { classifyRun, uncoveredCriteria } from '../../../src/classify/classify-run.ts';
import type { CaseVerdict, SuiteVerdict, WholeCode } from '../../../src/domain/verdict.ts';
import type { SuiteName } from '../../../src/domain/vocabulary.ts';
import { makeCriterion, makeScenario, makeSpec } from './facts.ts';

const scenario = makeScenario({
  criteria: [makeCriterion('AC-2'), makeCriterion('AC-1')],
  suites: [makeSpec({ suite: 'unit' }), makeSpec({ suite: 'contract' })],
});
const suite = (name: SuiteName, code: WholeCode, detail = 'as it is'): SuiteVerdict => ({
  suite: name,
  code,
  detail,
  counts: {},
});
const driver = (...criteria: string[]): CaseVerdict => ({
  suite: 'contract',
  name: `shows ${criteria}`,
  role: 'driver',
  code: 'red/assertion',
  strength: 'strong',
  criteria,
  signature: 's',
  detail: '',
  outcomes: ['failed'],
});
const reds = [suite('contract', 'red/valid'), suite('unit', 'red/valid')];
const greens = [suite('contract', 'green/passed'), suite('unit', 'green/passed')];

describe('a run', () => {
  it('is valid red when all suites are and every criterion has a driver', () => {
    expect(classifyRun(scenario, 'red', reds, [driver('AC-1'), driver('AC-2')], true)).toEqual({
      code: 'red/valid',
      detail: 'every criterion has a case that is red for the declared reason',
    });
  });

  it('is green when all suites are', () => {
    expect(classifyRun(scenario, 'green', greens, [], true)).toEqual({
      code: 'green/passed',
      detail: 'every driver passes in every attempt',
    });
  });

  it.each<WholeCode>([
    'unstable',
    'infrastructure',
    'control-failed',
    'still-red',
    'below-grade',
    'interrupted',
    'vacuous',
  ])('takes %s from its first invalid suite', (code) => {
    const verdicts = [suite('contract', code, 'why'), suite('unit', 'skipped', 'other')];
    for (const phase of ['red', 'green'] as const) {
      expect(classifyRun(scenario, phase, verdicts, [driver('AC-1', 'AC-2')], false)).toEqual({
        code,
        detail: 'contract: why',
      });
    }
  });

  it('is refused when the order was not kept', () => {
    for (const phase of ['red', 'green'] as const) {
      const verdicts = phase === 'red' ? reds : greens;
      expect(classifyRun(scenario, phase, verdicts, [driver('AC-1', 'AC-2')], false)).toEqual({
        code: 'order-violated',
        detail: 'the suites did not run in the order contract, integration, e2e, unit',
      });
    }
  });

  it('is not finished while a suite was not run, or is not mentioned', () => {
    for (const phase of ['red', 'green'] as const) {
      const first = suite('contract', phase === 'red' ? 'red/valid' : 'green/passed');
      for (const verdicts of [[first], [first, suite('unit', 'not-run')]]) {
        expect(classifyRun(scenario, phase, verdicts, [driver('AC-1', 'AC-2')], true)).toEqual({
          code: 'not-finished',
          detail: 'unit was not run',
        });
      }
    }
    expect(classifyRun(scenario, 'red', [], [], true).code).toBe('not-finished');
  });

  it('needs a driver for every criterion, and names the others in the order of the scenario', () => {
    const others = ['control', 'guard', 'characterization', 'undetermined', 'untouched'] as const;
    const notDrivers = others.map((role) => ({ ...driver('AC-2'), role }));
    expect(classifyRun(scenario, 'red', reds, [driver('AC-1'), ...notDrivers], true)).toEqual({
      code: 'criterion-uncovered',
      detail: 'no red case shows AC-2',
    });
    expect(
      uncoveredCriteria(
        scenario,
        notDrivers.filter(({ role }) => role !== 'guard'),
      ),
    ).toEqual(['AC-2', 'AC-1']);
    expect(uncoveredCriteria(scenario, [driver('AC-1', 'AC-2')])).toEqual([]);
  });

  it('counts a pending compile red as a driver', () => {
    const compile = { ...driver('AC-1', 'AC-2'), code: 'red/compile', strength: 'weak' } as const;
    expect(classifyRun(scenario, 'red', reds, [compile], true).code).toBe('red/valid');
  });

  it('is vacuous without a driver, even where there is no criterion', () => {
    const free = { ...scenario, criteria: [] };
    expect(classifyRun(free, 'red', reds, [{ ...driver(), role: 'guard', code: 'guard-passed' }], true)).toEqual({
      code: 'vacuous',
      detail: 'no case of any suite is red',
    });
    expect(classifyRun(free, 'red', reds, [driver()], true).code).toBe('red/valid');
  });
});
