import type { Observation } from '../domain/observation.ts';
import type { CornerName } from '../domain/vocabulary.ts';
import { type AttemptFacts, findAttemptProblem, type Problem } from './attempt-problem.ts';

/** What a corner of one target showed, by name. */
export interface CornerView {
  readonly corner: CornerName;
  readonly attempts: readonly AttemptFacts[];
  readonly problem: Problem | undefined;
  /** First observation of each name in the declared order. */
  readonly byName: ReadonlyMap<string, Observation>;
  /** Failures to build or load that only miss names. */
  readonly unbuilt: readonly Observation[];
}

export function viewCorner(corner: CornerName, attempts: readonly AttemptFacts[]): CornerView {
  const [first] = attempts;
  const byName = new Map<string, Observation>();
  const unbuilt: Observation[] = [];
  for (const observation of first?.observations ?? []) {
    if (observation.failure?.kind === 'compile' && observation.where === 'load') unbuilt.push(observation);
    else if (!byName.has(observation.name)) byName.set(observation.name, observation);
  }
  const problem = first === undefined ? undefined : findAttemptProblem(first);
  return { corner, attempts, problem, byName, unbuilt };
}
