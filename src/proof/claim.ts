import type { CaseVerdict } from '../domain/verdict.ts';
import { isValidRed } from '../domain/verdict.ts';
import { type EvidenceGrade, GRADE_ATTEMPTS, type SuiteName } from '../domain/vocabulary.ts';
import type { ProofFacts, ProofRun } from './proof-facts.ts';

/** Finished runs whose verdict holds. */
export function validRuns(runs: readonly ProofRun[]): ProofRun[] {
  return runs.filter(({ record }) => record.finished !== undefined && /^(red\/valid|green\/passed)$/.test(record.finished.body.verdict.code));
}

/** Drivers of a claim: by suite and name, from every valid red run. */
export function driversOf(facts: ProofFacts): Map<string, CaseVerdict> {
  const drivers = new Map<string, CaseVerdict>();
  for (const { cases } of validRuns(facts.redRuns)) {
    for (const verdict of cases) if (verdict.role === 'driver') drivers.set(`${verdict.suite}\0${verdict.name}`, verdict);
  }
  return drivers;
}

/**
 * The attempt that went out of pattern and ended the claim, whichever run it was in: a driver that passed at red,
 * or failed at green, or disagreed with itself. What was never judged (set-up, time, infrastructure) does not count.
 */
export function findOutOfPattern(facts: ProofFacts, phase: 'red' | 'green'): string | undefined {
  const drivers = driversOf(facts);
  for (const { record, cases } of phase === 'red' ? facts.redRuns : facts.greenRuns) {
    for (const verdict of cases) {
      if (!drivers.has(`${verdict.suite}\0${verdict.name}`)) continue;
      const wrong = phase === 'red' ? 'passed' : 'failed';
      if (verdict.code === 'unstable' || verdict.outcomes.includes(wrong)) {
        return `${verdict.suite} ${verdict.name} ${verdict.code === 'unstable' ? 'was unstable' : `${wrong} at ${phase}`} in run ${record.run}`;
      }
    }
  }
  return undefined;
}

/** How many attempts of a suite the valid runs of the claim hold. */
function countAttempts(runs: readonly ProofRun[], suite: SuiteName): number {
  return validRuns(runs)
    .map(({ record }) => record.suites.find((candidate) => candidate.suite === suite)?.attempts.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
}

/**
 * The evidence grade of one suite. B also asks for a recorded history that bounds the flake rate at 5 %, which this
 * version does not evaluate, so that 2 + 2 attempts stay C. Compile reds are deterministic and never counted.
 */
export function gradeOfSuite(facts: ProofFacts, suite: SuiteName): EvidenceGrade {
  const drivers = [...driversOf(facts).values()].filter((driver) => driver.suite === suite);
  if (drivers.some(({ code }) => isValidRed(code) && code === 'red/compile')) return 'C';
  const red = countAttempts(facts.redRuns, suite);
  const green = countAttempts(facts.greenRuns, suite);
  const reached = (['A+', 'A'] as const).find((grade) => red >= GRADE_ATTEMPTS[grade].red && green >= GRADE_ATTEMPTS[grade].green);
  return reached ?? 'C';
}
