import type { Observation } from '../domain/observation.ts';
import type { Scenario, SuiteSpec } from '../domain/scenario.ts';
import { patternFinds } from './pattern.ts';

/**
 * What a case was said to be before anything ran. `candidate` is what the feature's code should decide; `natural` lies in a file
 * that the change touches and is not touched itself: a natural control.
 */
export type ExpectedRole = 'control' | 'guard' | 'characterization' | 'candidate' | 'natural' | 'untouched';

/** Whether the change touches an observed case's text, its set-up, or what it reaches; true where that is not known. */
export type IsTouched = (observation: Observation) => boolean;

/** The ids of the criteria that a case shows: bound by the scenario, named in its title, or by a label `ac:ID`. Sorted. */
export function criteriaOf(
  scenario: Scenario,
  spec: SuiteSpec,
  observation: Pick<Observation, 'name' | 'labels'>,
): string[] {
  const ids = scenario.criteria.map(({ id }) => id);
  return scenario.criteria
    .filter(
      ({ id, cases }) =>
        cases.some(({ suite, match }) => suite === spec.suite && patternFinds(match, observation.name)) ||
        namesId(observation.name, id, ids) ||
        observation.labels?.includes(`ac:${id}`),
    )
    .map(({ id }) => id)
    .sort();
}

/**
 * The criteria that a build which fails may show: its cases have no names yet, so those that are bound to its suite, and
 * those that are bound to none. They stay pending until P07 settles the names.
 */
export function pendingCriteria(scenario: Scenario, spec: SuiteSpec): string[] {
  return scenario.criteria
    .filter(({ cases }) => cases.length === 0 || cases.some(({ suite }) => suite === spec.suite))
    .map(({ id }) => id)
    .sort();
}

/**
 * `AC-1` in `AC-1: pauses` and in Go's `TestPause/AC-1_pauses`, not in `AC-10: pauses` or `AC-1.2: pauses`, nor where a
 * longer id of the scenario stands (`AC-1-b`): a case must not be counted for a criterion that it does not name.
 */
function namesId(name: string, id: string, ids: readonly string[]): boolean {
  const longer = ids.filter((other) => other.length > id.length && other.startsWith(id));
  for (let at = name.indexOf(id); at !== -1; at = name.indexOf(id, at + 1)) {
    const goesOn = /^(?:[\p{L}\p{N}]|[._-]\p{N})/u.test(name.slice(at + id.length, at + id.length + 4));
    const startsBefore = /[\p{L}\p{N}-]$/u.test(name.slice(Math.max(0, at - 2), at));
    if (!goesOn && !startsBefore && !longer.some((other) => name.startsWith(other, at))) return true;
  }
  return false;
}

/**
 * The role that scenario and change give a case. A case is untouched when the scenario does not select it, or
 * when it lies in a file that the change does not touch; then its failures are somebody else's. Within a touched file its own
 * text decides, unless a criterion or a red contract names the case: no driver is lost to what syntax can tell.
 *
 * @param changedTests tests-role paths that B..R changes; undefined where the change is not known (a draft).
 * @param isTouched absent where nothing but the file is known.
 */
export function expectedRole(
  scenario: Scenario,
  spec: SuiteSpec,
  observation: Observation,
  changedTests: ReadonlySet<string> | undefined,
  isTouched?: IsTouched,
): ExpectedRole {
  if (spec.controls.some((pattern) => patternFinds(pattern, observation.name))) return 'control';
  if (spec.select.cases !== undefined && !patternFinds(spec.select.cases, observation.name)) return 'untouched';
  const declared = spec.roles.find(({ match }) => patternFinds(match, observation.name));
  if (declared !== undefined) return declared.role;
  const inOtherFile =
    changedTests !== undefined && observation.file !== undefined && !changedTests.has(observation.file);
  const named = (): boolean => criteriaOf(scenario, spec, observation).length > 0;
  if (inOtherFile) return named() ? 'candidate' : 'untouched';
  if (isTouched === undefined || observation.where === 'load' || isTouched(observation)) return 'candidate';
  const hasContract = spec.contracts.some(({ match }) => patternFinds(match, observation.name));
  return hasContract || named() ? 'candidate' : 'natural';
}
