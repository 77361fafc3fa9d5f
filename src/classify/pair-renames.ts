import type { Touch, TouchIndex } from '../domain/change.ts';
import type { Observation } from '../domain/observation.ts';

/** How the change touches a case, and what it was called where it was renamed. */
export interface CaseTouch {
  readonly touch: Touch;
  readonly was?: Observation;
}

/** Items of a table all have one body, so that many could be anybody: beyond this many questions nobody pays for the answer. */
const MOST_QUESTIONS = 2_000;

/**
 * Leaves every vanished case one successor. Several claim the same where bodies are the same (items of a table, whose names
 * hold their number): then the names that have most in common belong together, and who is left over is new.
 */
export function pairRenames(
  touches: ReadonlyMap<string, CaseTouch>,
  freshOf: (name: string) => Observation | undefined,
  gone: readonly Observation[],
  renamedFrom: (fresh: Observation, gone: readonly Observation[]) => ReturnType<TouchIndex['renamedFrom']>,
): Map<string, CaseTouch> {
  const paired = new Map(touches);
  const claims = [...touches].filter(([, { was }]) => was !== undefined);
  if (new Set(claims.map(([, { was }]) => was?.name)).size === claims.length) return paired;
  for (const [name] of claims) paired.set(name, { touch: 'new' });
  const pairs = claims
    .flatMap(([name]) => gone.map((was) => ({ name, was, alike: alikeness(name, was.name) })))
    .sort((a, b) => b.alike - a.alike);
  const taken = new Set<Observation>();
  let questions = 0;
  for (const { name, was } of pairs) {
    const fresh = freshOf(name);
    if (fresh === undefined || taken.has(was) || paired.get(name)?.was !== undefined) continue;
    questions += 1;
    if (questions > MOST_QUESTIONS) break;
    if (renamedFrom(fresh, [was]) === undefined) continue;
    taken.add(was);
    paired.set(name, { touch: 'renamed', was });
  }
  return paired;
}

/** Numbers that pytest gives to parameters without a text of their own: they count along when an item is put in before them. */
const ITEM_NUMBER = /(?<=[A-Za-z_])\d+(?=[-\]])/g;

/** Share of the longer name that both begin and end with. */
function alikeness(one: string, other: string): number {
  const [left, right] = [one.replace(ITEM_NUMBER, ''), other.replace(ITEM_NUMBER, '')];
  const shorter = Math.min(left.length, right.length);
  let before = 0;
  while (before < shorter && left[before] === right[before]) before += 1;
  let after = 0;
  while (after < shorter - before && left[left.length - 1 - after] === right[right.length - 1 - after]) after += 1;
  return (before + after) / Math.max(left.length, right.length, 1);
}
