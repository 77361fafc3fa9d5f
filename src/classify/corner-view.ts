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

const indexes = new WeakMap<readonly Observation[], ReadonlyMap<string, readonly Observation[]>>();

/** What an attempt holds under one name. Asked for every case at every corner, so that a list is taken apart once. */
export function observedAs({ observations }: AttemptFacts, name: string): readonly Observation[] {
  let index = indexes.get(observations);
  if (index === undefined) {
    const made = new Map<string, Observation[]>();
    for (const observation of observations) {
      const same = made.get(observation.name);
      if (same === undefined) made.set(observation.name, [observation]);
      else same.push(observation);
    }
    index = made;
    indexes.set(observations, index);
  }
  return index.get(name) ?? [];
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
