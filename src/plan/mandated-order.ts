import type { SuiteName } from '../domain/vocabulary.ts';

/** Contract, then integration, then end-to-end, then unit (KubeVirt Development Constitution, article 4.2). Nowhere else. */
export const MANDATED_ORDER: readonly SuiteName[] = ['contract', 'integration', 'e2e', 'unit'];

/** Sorts by the mandated order, for any list of things that belong to a suite. */
export function inMandatedOrder<T>(items: readonly T[], suiteOf: (item: T) => SuiteName): T[] {
  return [...items].sort((a, b) => MANDATED_ORDER.indexOf(suiteOf(a)) - MANDATED_ORDER.indexOf(suiteOf(b)));
}

/**
 * Whether suites that ran kept the mandated order: exactly the first ones of what the scenario declares, none left
 * out in between, none before an earlier one, none twice.
 */
export function keepsMandatedOrder(ran: readonly SuiteName[], declared: readonly SuiteName[]): boolean {
  const mandated = inMandatedOrder(declared, (suite) => suite);
  return ran.every((suite, index) => suite === mandated[index]);
}
