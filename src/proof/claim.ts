import type { Observation } from '../domain/observation.ts';
import type { RunRecord } from '../domain/run-record.ts';
import type { CaseVerdict } from '../domain/verdict.ts';
import { isValidRed } from '../domain/verdict.ts';
import { type EvidenceGrade, GRADE_ATTEMPTS, type SuiteName } from '../domain/vocabulary.ts';
import type { ProofFacts, ProofRun } from './proof-facts.ts';

/** Finished runs whose verdict is the one that their phase asks for; a draft is none, whatever it says. */
export function validRuns(runs: readonly ProofRun[]): ProofRun[] {
  return runs.filter(({ record: { started, finished } }) => {
    const wanted = started.phase === 'red' ? 'red/valid' : 'green/passed';
    return !started.draft && finished?.body.verdict.code === wanted;
  });
}

/** What tells one case of a feature from another. */
export function keyOf({ suite, name }: Pick<CaseVerdict, 'suite' | 'name'>): string {
  return `${suite}\0${name}`;
}

/** Drivers of a claim: by suite and name, from every valid red run. */
export function driversOf(facts: ProofFacts): Map<string, CaseVerdict> {
  const drivers = new Map<string, CaseVerdict>();
  for (const { cases } of validRuns(facts.redRuns)) {
    for (const verdict of cases) if (verdict.role === 'driver') drivers.set(keyOf(verdict), verdict);
  }
  return drivers;
}

/**
 * The attempt that went out of pattern and ended the claim, whichever run it was in, valid or not: a driver that passed
 * at red, or failed in its body at green, or disagreed with itself. A run in which no attempt of it was judged (set-up,
 * time, infrastructure) does not count.
 */
export function findOutOfPattern(facts: ProofFacts, phase: 'red' | 'green'): string | undefined {
  const drivers = driversOf(facts);
  for (const { record, cases, unjudged } of phase === 'red' ? facts.redRuns : facts.greenRuns) {
    for (const observation of unjudged ?? []) {
      if (!drivers.has(keyOf(observation)) || !isOutOfPattern(observation, phase, record)) continue;
      return `${observation.suite} ${observation.name} ${phase === 'red' ? 'passed' : 'failed'} at ${phase} in run ${record.run}, which was never judged`;
    }
    for (const verdict of cases) {
      if (!drivers.has(keyOf(verdict))) continue;
      const where = `in run ${record.run}`;
      if (verdict.code === 'unstable') return `${verdict.suite} ${verdict.name} was unstable ${where}`;
      // By code, not by outcome: a failure in the body may be reported as an error, and one of its set-up as a failure.
      if (phase === 'green' && verdict.code === 'still-red')
        return `${verdict.suite} ${verdict.name} failed at green ${where}`;
      if (phase === 'red' && verdict.outcomes.includes('passed'))
        return `${verdict.suite} ${verdict.name} passed at red ${where}`;
    }
  }
  return undefined;
}

/** A pass at red always; a failure at green where it is the case's own: in its body, in time, in a healthy environment. */
function isOutOfPattern(
  { suite, attempt, outcome, where, failure }: Observation,
  phase: 'red' | 'green',
  record: RunRecord,
): boolean {
  if (phase === 'red') return outcome === 'passed';
  if ((outcome !== 'failed' && outcome !== 'errored') || where !== 'body' || failure?.kind === 'timeout') return false;
  const made = record.suites
    .find((candidate) => candidate.suite === suite)
    ?.attempts.find((candidate) => candidate.attempt === attempt);
  return made === undefined || Object.values(made.health).every(({ healthy }) => healthy);
}

/** How many attempts of a suite without drivers the valid runs of the claim hold. */
function countAttempts(runs: readonly ProofRun[], suite: SuiteName): number {
  return validRuns(runs)
    .map(({ record }) => record.suites.find((candidate) => candidate.suite === suite)?.attempts.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
}

/**
 * The evidence grade of one suite: that of its weakest driver. B also asks for a recorded history that bounds the flake rate at 5 %, which this
 * version does not evaluate, so that 2 + 2 attempts stay C. Compile reds are deterministic and never counted.
 */
export function gradeOfSuite(facts: ProofFacts, suite: SuiteName): EvidenceGrade {
  const drivers = [...driversOf(facts).values()].filter((driver) => driver.suite === suite);
  if (drivers.some(({ code }) => code === 'red/compile')) return 'C';
  const red = drivers.length === 0 ? countAttempts(facts.redRuns, suite) : fewestReds(facts, drivers);
  const green = drivers.length === 0 ? countAttempts(facts.greenRuns, suite) : fewestPasses(facts, drivers);
  const reached = (['A+', 'A'] as const).find(
    (grade) => red >= GRADE_ATTEMPTS[grade].red && green >= GRADE_ATTEMPTS[grade].green,
  );
  return reached ?? 'C';
}

/** Red attempts of the driver that has fewest. Runs in which it failed in another way are not more of the same evidence. */
function fewestReds(facts: ProofFacts, drivers: readonly CaseVerdict[]): number {
  return fewestAttempts(
    facts.redRuns,
    drivers,
    (seen, driver) => isValidRed(seen.code) && seen.signature === driver.signature,
  );
}

function fewestPasses(facts: ProofFacts, drivers: readonly CaseVerdict[]): number {
  return fewestAttempts(facts.greenRuns, drivers, ({ code }) => code === 'green/passed');
}

/** A driver counts with the attempts that really held it, not with those of its suite. */
function fewestAttempts(
  runs: readonly ProofRun[],
  drivers: readonly CaseVerdict[],
  isEvidence: (seen: CaseVerdict, driver: CaseVerdict) => boolean,
): number {
  const counts = new Map(drivers.map((driver) => [keyOf(driver), { driver, attempts: 0 }]));
  for (const { cases } of validRuns(runs)) {
    for (const seen of cases) {
      const count = counts.get(keyOf(seen));
      if (count === undefined || !isEvidence(seen, count.driver)) continue;
      count.attempts += seen.outcomes.filter((outcome) => outcome !== null).length;
    }
  }
  return Math.min(...[...counts.values()].map(({ attempts }) => attempts));
}
