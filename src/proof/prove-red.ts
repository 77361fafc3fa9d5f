import { compileUnit, liesInUnit } from '../domain/compile-unit.ts';
import type { CaseVerdict } from '../domain/verdict.ts';
import { driversOf, findOutOfPattern, isStubbed, keyOf, newestReds } from './claim.ts';
import type { ProofFacts, ProofRun } from './proof-facts.ts';
import { holds, list, noValidRun, type Reply, RUN_GREEN, RUN_RED, refuted, unproven } from './reply.ts';

/** P03: every touched case has a role, and drivers are validly red at R or S in every attempt. */
export function proveRed(facts: ProofFacts): Reply {
  const broken = findOutOfPattern(facts, 'red');
  if (broken !== undefined)
    return refuted(`${broken}: the claim has ended`, 'mend the flaky test; a changed test begins a new claim');
  const reds = newestReds(facts);
  const runs = reds.map((run) => `run ${run.record.run}${isStubbed(run) ? ' at S' : ''}`).join(' and ');
  if (reds.length === 0) return noValidRun(facts.redRuns, 'red', RUN_RED);
  const drivers = driversOf(facts);
  if (drivers.size === 0) return unproven(`no case is red in ${runs}`, RUN_RED);
  const vacuous = findVacuous(facts, drivers);
  if (vacuous.length > 0) {
    return refuted(
      `vacuous, green at R and H without a role: ${list(vacuous)}`,
      'declare it guard or characterization under `roles`, or make it fail first',
    );
  }
  const pending = reds
    .flatMap(({ cases }) => cases)
    .filter((verdict) => verdict.code === 'role-pending' && !drivers.has(keyOf(verdict)));
  if (pending.length > 0 && facts.greenRuns.length === 0) {
    return unproven(`role pending until green: ${list(namesOf(pending))}`, RUN_GREEN);
  }
  const unexplained = pending.filter(({ suite, name }) => !hasVerdict(facts.greenRuns, suite, name));
  if (unexplained.length > 0) {
    return refuted(`passed at R and is gone at H: ${list(namesOf(unexplained))}`, RUN_RED);
  }
  const said = `${drivers.size} drivers red in ${runs}, in every attempt and for the declared reason`;
  const weak = [...drivers.values()].filter(({ code }) => code === 'red/compile').length;
  return weak === 0 ? holds(said) : { ...holds(said), weaker: `${weak} of them by missing names alone` };
}

/**
 * Cases that are green at H without having been drivers. A green run that was made before the red one could not call anything
 * vacuous: that is settled here, over both. What lies in a package that did not build at R was not seen there, and P07 says so.
 */
function findVacuous(facts: ProofFacts, drivers: ReadonlyMap<string, CaseVerdict>): string[] {
  const blind = [...drivers.values()].flatMap(({ suite, name, code }) => {
    const unit = code === 'red/compile' ? compileUnit(name) : undefined;
    return unit === undefined ? [] : [{ suite, unit }];
  });
  const vacuous = facts.greenRuns
    .flatMap(({ cases }) => cases)
    .filter((verdict) => verdict.code === 'vacuous' || verdict.code === 'green/passed')
    .filter((verdict) => !drivers.has(keyOf(verdict)) && compileUnit(verdict.name) === undefined)
    .filter(({ suite, name }) => !blind.some((one) => one.suite === suite && liesInUnit(one.unit, name)));
  return [...new Set(vacuous.map(({ suite, name }) => `${suite} ${name}`))].sort();
}

const namesOf = (cases: readonly CaseVerdict[]): string[] => [...new Set(cases.map(({ name }) => name))];

function hasVerdict(runs: readonly ProofRun[], suite: string, name: string): boolean {
  return runs.some(({ cases }) => cases.some((verdict) => verdict.suite === suite && verdict.name === name));
}
