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

/** Whether a red run was made at S: R with a stub that declares what the tests miss. */
export function isStubbed({ record }: ProofRun): boolean {
  return record.started.corner?.corner === 'S';
}

/** The valid red runs that a claim rests on, each oldest first: those at R, and those at the newest S that is valid. */
export function validReds(facts: Pick<ProofFacts, 'redRuns'>): {
  readonly atRed: readonly ProofRun[];
  readonly atStub: readonly ProofRun[];
} {
  const valid = validRuns(facts.redRuns);
  const stubbed = valid.filter(isStubbed);
  const tree = stubbed.at(-1)?.record.started.corner.tree;
  return {
    atRed: valid.filter((run) => !isStubbed(run)),
    atStub: stubbed.filter(({ record }) => record.started.corner.tree === tree),
  };
}

/** The newest valid red run of each kind: at R, at S. */
export function newestReds(facts: Pick<ProofFacts, 'redRuns'>): ProofRun[] {
  const { atRed, atStub } = validReds(facts);
  return [atRed.at(-1), atStub.at(-1)].filter((run) => run !== undefined);
}

/**
 * What R and S show together, for one suite or for all. A case that could be seen at R is what it was there. What did not build
 * or load at R, and a case that reached a missing name, is what S shows: the cases, and no longer the package.
 * @param atStub undefined where no valid run at S is recorded: then R stands as it is, as it does where everything built at R.
 */
export function settleReds(atRed: readonly CaseVerdict[], atStub: readonly CaseVerdict[] | undefined): CaseVerdict[] {
  const needed = atRed.length === 0 || atRed.some(({ code }) => code === 'red/compile');
  if (atStub === undefined || !needed) return [...atRed];
  const settled = new Map(atStub.map((verdict) => [keyOf(verdict), verdict]));
  for (const verdict of atRed) if (verdict.code !== 'red/compile') settled.set(keyOf(verdict), verdict);
  return [...settled.values()];
}

/** Drivers of a claim: by suite and name, from every valid red run. */
export function driversOf(facts: ProofFacts): Map<string, CaseVerdict> {
  const { atRed, atStub } = validReds(facts);
  const reds = driversFirst(atRed);
  const settled = settleReds(reds, atStub.length === 0 ? undefined : driversFirst(atStub));
  return new Map(settled.filter(({ role }) => role === 'driver').map((verdict) => [keyOf(verdict), verdict]));
}

/** Verdicts of several runs by case: the newest one in which it is a driver, else the newest. */
function driversFirst(runs: readonly ProofRun[]): CaseVerdict[] {
  const found = new Map<string, CaseVerdict>();
  for (const { cases } of runs) {
    for (const verdict of cases) {
      const key = keyOf(verdict);
      if (verdict.role === 'driver' || found.get(key)?.role !== 'driver') found.set(key, verdict);
    }
  }
  return [...found.values()];
}

/** Drivers that one red run's attempts must agree with: those of valid runs of the same tests at R, or at the same S. */
function driversBeside(facts: ProofFacts, run: ProofRun): ReadonlySet<string> {
  const group = validRuns(facts.redRuns).filter(
    (other) =>
      isStubbed(other) === isStubbed(run) &&
      (!isStubbed(run) || other.record.started.corner.tree === run.record.started.corner.tree),
  );
  return new Set(group.flatMap(({ cases }) => cases.filter(({ role }) => role === 'driver').map(keyOf)));
}

/**
 * The attempt that went out of pattern and ended the claim, whichever run it was in, valid or not: a driver that passed
 * at red, or failed in its body at green, or disagreed with itself. A run in which no attempt of it was judged (set-up,
 * time, infrastructure) does not count. R and each S are trees of their own: what a stub lets pass is not flaky.
 */
export function findOutOfPattern(facts: ProofFacts, phase: 'red' | 'green'): string | undefined {
  const all = new Set(driversOf(facts).keys());
  for (const run of phase === 'red' ? facts.redRuns : facts.greenRuns) {
    const { record, cases, unjudged } = run;
    const drivers = phase === 'red' ? driversBeside(facts, run) : all;
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

/** How many attempts of a suite without drivers these runs hold. */
function countAttempts(runs: readonly ProofRun[], suite: SuiteName): number {
  return runs
    .map(({ record }) => record.suites.find((candidate) => candidate.suite === suite)?.attempts.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
}

/**
 * The evidence grade of one suite: that of its weakest driver. B also asks for a recorded history that bounds the flake rate at 5 %, which this
 * version does not evaluate, so that 2 + 2 attempts stay C. Compile reds are deterministic and never counted; attempts at S are.
 */
export function gradeOfSuite(facts: ProofFacts, suite: SuiteName): EvidenceGrade {
  const drivers = [...driversOf(facts).values()].filter((driver) => driver.suite === suite);
  if (drivers.some(({ code }) => code === 'red/compile')) return 'C';
  const { atRed, atStub } = validReds(facts);
  const reds = [...atRed, ...atStub];
  const greens = validRuns(facts.greenRuns);
  const red = drivers.length === 0 ? countAttempts(reds, suite) : fewestReds(reds, drivers);
  const green = drivers.length === 0 ? countAttempts(greens, suite) : fewestPasses(greens, drivers);
  const reached = (['A+', 'A'] as const).find(
    (grade) => red >= GRADE_ATTEMPTS[grade].red && green >= GRADE_ATTEMPTS[grade].green,
  );
  return reached ?? 'C';
}

/** Red attempts of the driver that has fewest. Runs in which it failed in another way are not more of the same evidence. */
function fewestReds(reds: readonly ProofRun[], drivers: readonly CaseVerdict[]): number {
  return fewestAttempts(reds, drivers, (seen, driver) => isValidRed(seen.code) && seen.signature === driver.signature);
}

function fewestPasses(greens: readonly ProofRun[], drivers: readonly CaseVerdict[]): number {
  return fewestAttempts(greens, drivers, ({ code }) => code === 'green/passed');
}

/** A driver counts with the attempts that really held it, not with those of its suite. */
function fewestAttempts(
  runs: readonly ProofRun[],
  drivers: readonly CaseVerdict[],
  isEvidence: (seen: CaseVerdict, driver: CaseVerdict) => boolean,
): number {
  const counts = new Map(drivers.map((driver) => [keyOf(driver), { driver, attempts: 0 }]));
  for (const { cases } of runs) {
    for (const seen of cases) {
      const count = counts.get(keyOf(seen));
      if (count === undefined || !isEvidence(seen, count.driver)) continue;
      count.attempts += seen.outcomes.filter((outcome) => outcome !== null).length;
    }
  }
  return Math.min(...[...counts.values()].map(({ attempts }) => attempts));
}
