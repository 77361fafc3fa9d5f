import { describe, expect, it } from 'vitest';
import type { AttemptOrder, Phase, SuiteName } from '../../../src/domain/vocabulary.ts';
import { inMandatedOrder, keepsMandatedOrder, MANDATED_ORDER } from '../../../src/plan/mandated-order.ts';
import { deriveSeed, describePlan, planRun } from '../../../src/plan/plan-run.ts';
import { makeScenario, makeSpec } from '../classify/facts.ts';

/** Every order in which four suites can stand in a file. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, at) =>
    permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]),
  );
}

const ALL: readonly SuiteName[] = ['contract', 'integration', 'e2e', 'unit'];

describe('mandated order', () => {
  it('is contract, integration, e2e, unit', () => {
    expect(MANDATED_ORDER).toEqual(['contract', 'integration', 'e2e', 'unit']);
  });

  it.each(permutations(ALL))('is planned for a file that names %s, %s, %s, %s', (...written) => {
    const scenario = makeScenario({ suites: written.map((suite) => makeSpec({ suite })) });
    expect(planRun(scenario, { phase: 'red', seed: 1 }).map(({ suite }) => suite)).toEqual(ALL);
    expect(scenario.suites.map(({ suite }) => suite)).toEqual(written);
  });

  it('holds for some of them, too', () => {
    const scenario = makeScenario({
      suites: (['unit', 'e2e', 'contract'] as const).map((suite) => makeSpec({ suite })),
    });
    expect(planRun(scenario, { phase: 'green', seed: 1 }).map(({ suite }) => suite)).toEqual([
      'contract',
      'e2e',
      'unit',
    ]);
    const only = planRun(scenario, { phase: 'green', seed: 1, only: ['unit', 'contract', 'integration'] });
    expect(only.map(({ suite }) => suite)).toEqual(['contract', 'unit']);
    expect(inMandatedOrder(['unit', 'contract'] as const, (suite) => suite)).toEqual(['contract', 'unit']);
  });

  it.each<[SuiteName[], SuiteName[], boolean]>([
    [['contract', 'integration', 'e2e', 'unit'], ['unit', 'e2e', 'integration', 'contract'], true],
    [['contract', 'unit'], ['unit', 'contract'], true],
    [['contract'], ['unit', 'contract'], true],
    [[], ['unit', 'contract'], true],
    [['unit', 'contract'], ['contract', 'unit'], false],
    [['unit'], ['contract', 'unit'], false],
    [['contract', 'e2e'], ['contract', 'integration', 'e2e'], false],
    [['contract', 'contract'], ['contract', 'unit'], false],
    [['contract', 'unit', 'unit'], ['contract', 'unit'], false],
    [['contract', 'integration'], ['contract'], false],
  ])('%j of %j: %s', (ran, declared, expected) => {
    expect(keepsMandatedOrder(ran, declared)).toBe(expected);
  });
});

describe('attempts', () => {
  const ordersOf = (phase: Phase, attempts: number): AttemptOrder[] | undefined =>
    planRun(makeScenario({ suites: [makeSpec({ attempts: { red: attempts, green: attempts } })] }), {
      phase,
      seed: 7,
    })[0]?.attempts.map(({ order }) => order);

  it.each<[number, AttemptOrder[]]>([
    [1, ['declared']],
    [2, ['declared', 'shuffled']],
    [3, ['declared', 'shuffled', 'drivers-alone']],
    [4, ['declared', 'shuffled', 'shuffled', 'drivers-alone']],
    [5, ['declared', 'shuffled', 'shuffled', 'shuffled', 'drivers-alone']],
  ])('%i reds', (count, expected) => {
    expect(ordersOf('red', count)).toEqual(expected);
  });

  it.each([1, 2, 3, 4, 5])('%i greens: declared, then shuffled, never the drivers alone', (count) => {
    expect(ordersOf('green', count)).toEqual(['declared', ...Array.from({ length: count - 1 }, () => 'shuffled')]);
  });

  it('are as many as the scenario fixes for the phase, unless told otherwise', () => {
    const scenario = makeScenario({ suites: [makeSpec({ attempts: { red: 4, green: 3 } })] });
    const count = (phase: Phase, attempts?: number) =>
      planRun(scenario, { phase, seed: 1, ...(attempts === undefined ? {} : { attempts }) })[0]?.attempts.map(
        ({ attempt }) => attempt,
      );
    expect(count('red')).toEqual([1, 2, 3, 4]);
    expect(count('green')).toEqual([1, 2, 3]);
    expect(count('red', 2)).toEqual([1, 2]);
  });
});

describe('seeds', () => {
  const four = makeScenario({ suites: ALL.map((suite) => makeSpec({ suite, attempts: { red: 5, green: 5 } })) });
  const seedsOf = (seed: number) =>
    planRun(four, { phase: 'red', seed }).flatMap(({ attempts }) => attempts.map((attempt) => attempt.seed));

  it('are repeated by the same run seed, and distinct within a run and between runs', () => {
    expect(seedsOf(42)).toEqual(seedsOf(42));
    expect(new Set([...seedsOf(42), ...seedsOf(43)]).size).toBe(40);
  });

  it('are unsigned and of 31 bits', () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const derived = deriveSeed(seed, 'unit', 1);
      expect(Number.isInteger(derived) && derived >= 0 && derived < 2 ** 31).toBe(true);
    }
  });

  it('stay what they are from version to version, so that an old run can be repeated', () => {
    expect(deriveSeed(42, 'contract', 1)).toBe(SEED_42_CONTRACT_1);
  });
});

/** `printf 42/contract/1 | sha256sum`: the first 32 bits, without the lowest. */
const SEED_42_CONTRACT_1 = 0x3ccd2591 >>> 1;

it('describePlan keeps what is recorded, without the specification', () => {
  const plan = planRun(makeScenario({ suites: [makeSpec({ grade: ['vmm'], attempts: { red: 1, green: 1 } })] }), {
    phase: 'red',
    seed: 3,
  });
  expect(describePlan(plan)).toEqual([
    {
      suite: 'contract',
      runner: 'vitest',
      profile: 'host',
      grade: ['vmm'],
      attempts: [{ attempt: 1, order: 'declared', seed: deriveSeed(3, 'contract', 1) }],
    },
  ]);
});
