import type { ObligationVerdict } from '../domain/proof.ts';
import type { ProofRun } from './proof-facts.ts';

/** An obligation's answer without its name. */
export type Reply = Pick<ObligationVerdict, 'answer' | 'why' | 'next' | 'weaker'>;

export const holds = (why: string): Reply => ({ answer: 'holds', why });
export const refuted = (why: string, next: string): Reply => ({ answer: 'refuted', why, next });
export const unproven = (why: string, next: string): Reply => ({ answer: 'unproven', why, next });
export const notRequired = (why: string): Reply => ({ answer: 'not required', why });

export const RUN_RED = 'commit the tests without the code and run `redfirst red FEATURE`';
export const RUN_GREEN = 'run `redfirst green FEATURE` at the commit that holds the code';

/** Why no run of a phase is valid: the newest one's own words. */
export function noValidRun(runs: readonly ProofRun[], phase: string, next: string): Reply {
  const last = runs.at(-1);
  if (last === undefined) return unproven(`no ${phase} run of these tests is recorded`, next);
  const verdict = last.record.finished?.body.verdict;
  if (verdict === undefined) return unproven(`${phase} run ${last.record.run} did not finish`, next);
  const said = `${phase} run ${last.record.run} is ${verdict.code}: ${verdict.detail}`;
  if (verdict.code === 'infrastructure' || verdict.code === 'interrupted') return unproven(said, next);
  return refuted(said, `redfirst explain ${verdict.code}`);
}

/** A list for a sentence, cut after eight. */
export function list(items: readonly string[]): string {
  return items.length <= 8 ? items.join('; ') : `${items.slice(0, 8).join('; ')} and ${items.length - 8} more`;
}
