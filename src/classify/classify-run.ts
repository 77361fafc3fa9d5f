import type { Scenario } from '../domain/scenario.ts';
import { type CaseVerdict, isInvalid, type RunVerdict, type SuiteVerdict } from '../domain/verdict.ts';
import type { Phase } from '../domain/vocabulary.ts';

/**
 * Suites to the verdict of the whole run: the first suite that is invalid speaks for it; at red, every criterion
 * must have a driver, and there must be one even where the scenario states no criterion.
 *
 * @param inOrder whether the suites ran in the mandated order.
 */
export function classifyRun(
  scenario: Scenario,
  phase: Phase,
  suites: readonly SuiteVerdict[],
  cases: readonly CaseVerdict[],
  inOrder: boolean,
): RunVerdict {
  const bad = suites.find(({ code }) => isInvalid(code));
  if (bad !== undefined && isInvalid(bad.code)) return { code: bad.code, detail: `${bad.suite}: ${bad.detail}` };
  if (!inOrder)
    return { code: 'order-violated', detail: 'the suites did not run in the order contract, integration, e2e, unit' };
  const judged = new Set(suites.filter(({ code }) => code !== 'not-run').map(({ suite }) => suite));
  const unfinished = scenario.suites.find(({ suite }) => !judged.has(suite));
  if (unfinished !== undefined) return { code: 'not-finished', detail: `${unfinished.suite} was not run` };
  if (phase === 'green') return { code: 'green/passed', detail: 'every driver passes in every attempt' };
  if (!cases.some(({ role }) => role === 'driver')) return { code: 'vacuous', detail: 'no case of any suite is red' };
  const uncovered = uncoveredCriteria(scenario, cases);
  if (uncovered.length > 0) {
    return { code: 'criterion-uncovered', detail: `no red case shows ${uncovered.join(', ')}` };
  }
  return { code: 'red/valid', detail: 'every criterion has a case that is red for the declared reason' };
}

/** Ids of the criteria that no driver shows, in the scenario's order. */
export function uncoveredCriteria(scenario: Scenario, cases: readonly CaseVerdict[]): string[] {
  const shown = new Set(cases.filter(({ role }) => role === 'driver').flatMap(({ criteria }) => criteria));
  return scenario.criteria.map(({ id }) => id).filter((id) => !shown.has(id));
}
