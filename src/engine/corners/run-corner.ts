import { availableParallelism } from 'node:os';
import type { AttemptFacts } from '../../classify/attempt-problem.ts';
import type { ChangeCase } from '../../domain/change.ts';
import type { Observation } from '../../domain/observation.ts';
import type { TargetPlan } from '../../plan/plan-corners.ts';
import type { CornerSite } from './corner-site.ts';

/** Up to so many cases run one by one; more than that are run in ever smaller groups. */
const ONE_BY_ONE = 25;

/** Runs jobs, at most as many at a time as there are processors (as `go test -p` does); results keep the order of the jobs. */
export async function inParallel<T, R>(
  items: readonly T[],
  run: (item: T) => Promise<R>,
  limit?: number,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await run(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, limit ?? availableParallelism()) }, work));
  return results;
}

/** All cases of every target once, in the declared order. */
export function runDeclared(
  site: CornerSite,
  targets: readonly TargetPlan[],
  told: (target: string, facts: AttemptFacts) => void,
): Promise<AttemptFacts[]> {
  return inParallel(targets, async (target) => {
    const facts = await site.run(target, { attempt: 1, order: 'declared', seed: 1 });
    told(target.target, facts);
    return facts;
  });
}

/**
 * The further attempts of a target that is red: shuffled, then its red cases without the others. A case that is red among
 * others and green alone is red only through a neighbour, so each runs in a process of its own; cases of one Ordered container
 * are one unit.
 */
export async function repeatReds(
  site: CornerSite,
  target: TargetPlan,
  {
    reds,
    declared,
    shuffles,
    seed,
  }: {
    readonly reds: readonly ChangeCase[];
    readonly declared: AttemptFacts;
    readonly shuffles: number;
    readonly seed: number;
  },
  signal: AbortSignal,
): Promise<AttemptFacts[]> {
  const more: AttemptFacts[] = [];
  const next = (): number => more.length + 2;
  for (let index = 0; index < shuffles && !signal.aborted; index++) {
    more.push(await site.run(target, { attempt: next(), order: 'shuffled', seed: seed + index }));
  }
  const units = unitsOf(reds, declared.observations);
  for (const only of groups(units)) {
    if (signal.aborted) break;
    more.push(await site.run(target, { attempt: next(), order: 'drivers-alone', seed: 1, only }));
  }
  return more;
}

/** Names that run together or not at all: a case, or every case of its Ordered container. */
function unitsOf(reds: readonly ChangeCase[], observations: readonly Observation[]): string[][] {
  const byName = new Map(observations.map((one) => [one.name, one]));
  const units = new Map<string, string[]>();
  for (const { name } of reds) {
    const unit = byName.get(name)?.unit;
    if (unit === undefined) units.set(`case ${name}`, [name]);
    else if (!units.has(`unit ${unit}`)) {
      units.set(
        `unit ${unit}`,
        observations.filter((one) => one.unit === unit).map((one) => one.name),
      );
    }
  }
  return [...units.values()];
}

/** Few units one by one; many as all of them and both halves, which bounds the price and still finds a leaking neighbour. */
function groups(units: readonly string[][]): string[][] {
  if (units.length <= ONE_BY_ONE) return [...units];
  const half = Math.ceil(units.length / 2);
  return [units.slice(0, half).flat(), units.slice(half).flat()];
}
