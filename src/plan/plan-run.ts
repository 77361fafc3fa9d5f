import { createHash } from 'node:crypto';
import type { PlannedAttempt, PlannedSuite } from '../domain/event.ts';
import type { Scenario, SuiteSpec } from '../domain/scenario.ts';
import type { AttemptOrder, Phase, SuiteName } from '../domain/vocabulary.ts';
import { inMandatedOrder } from './mandated-order.ts';

/** A suite of the plan with the specification that it carries out. */
export interface SuitePlan extends PlannedSuite {
  readonly spec: SuiteSpec;
}

export interface PlanOptions {
  readonly phase: Phase;
  /** Unsigned 31-bit; every attempt's seed is derived from it. */
  readonly seed: number;
  /** Only these suites, in the mandated order all the same. */
  readonly only?: readonly SuiteName[];
  /** Attempts per suite, in place of what the scenario fixes (`--attempts`). */
  readonly attempts?: number;
}

/**
 * Configuration to ordered plan; pure. Suites come in the mandated order, whatever the file's order was.
 * The reds of grade A are: declared order, shuffled, shuffled, drivers alone (design 2, attempts and grades).
 */
export function planRun(scenario: Scenario, options: PlanOptions): SuitePlan[] {
  const chosen = scenario.suites.filter((spec) => options.only === undefined || options.only.includes(spec.suite));
  return inMandatedOrder(chosen, (spec) => spec.suite).map((spec) => ({
    suite: spec.suite,
    runner: spec.runner,
    profile: spec.profile,
    grade: spec.grade,
    spec,
    attempts: planAttempts(spec.suite, options.attempts ?? spec.attempts[options.phase], options),
  }));
}

function planAttempts(suite: SuiteName, count: number, options: PlanOptions): PlannedAttempt[] {
  return Array.from({ length: count }, (_, index) => ({
    attempt: index + 1,
    order: orderOf(index, count, options.phase),
    seed: deriveSeed(options.seed, suite, index + 1),
  }));
}

function orderOf(index: number, count: number, phase: Phase): AttemptOrder {
  if (index === 0) return 'declared';
  if (phase === 'red' && count >= 3 && index === count - 1) return 'drivers-alone';
  return 'shuffled';
}

/** A seed for one attempt: the first 31 bits of SHA-256 over run seed, suite and attempt, so that a rerun repeats it. */
export function deriveSeed(seed: number, suite: SuiteName, attempt: number): number {
  return createHash('sha256').update(`${seed}/${suite}/${attempt}`).digest().readUInt32BE(0) >>> 1;
}

/** What `run-started` records of a plan. */
export function describePlan(plan: readonly SuitePlan[]): PlannedSuite[] {
  return plan.map(({ suite, runner, profile, grade, attempts }) => ({ suite, runner, profile, grade, attempts }));
}
