import { canonicalJson } from '../domain/canonical.ts';
import type { FailureWhere, Observation, ObservedFailure, Outcome } from '../domain/observation.ts';
import type { CaseVerdict } from '../domain/verdict.ts';
import type { SuiteName } from '../domain/vocabulary.ts';

/*
 * Canonical rows: what the Merkle roots vouch for, whatever tables hold them. RFC 8785 JSON, one line each.
 *
 *   observation  [suite, attempt, name, file|null, labels|null, outcome, where, durationUs, detail|null]
 *                detail: {additional, failure, retries}, members that are absent left out; null when all are absent
 *   verdict      [suite, name, {code, criteria, detail, outcomes, role, signature, strength}]
 *
 * The middle of an observation, `name, file|null, labels|null` without brackets, is its *identity*: the part that
 * repeated attempts share. It is stored once, as a `test_case`.
 */

/** Codes are positions; only ever append to these lists. */
export const SUITES: readonly SuiteName[] = ['contract', 'integration', 'e2e', 'unit'];
export const OUTCOMES: readonly Outcome[] = ['passed', 'failed', 'errored', 'skipped', 'timed-out', 'aborted'];
export const PLACES: readonly FailureWhere[] = ['body', 'setup', 'teardown', 'suite', 'load'];

/** The position of a word in its list. @throws {TypeError} where the types were circumvented. */
export function codeOf<T extends string>(words: readonly T[], word: T): number {
  const code = words.indexOf(word);
  if (code < 0) throw new TypeError(`"${word}" is none of ${words.join(', ')}`);
  return code;
}

/** A string in canonical JSON, made well-formed. */
export function quote(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/** Whether all these texts are their own canonical JSON between quotes: one call for many, and no more than a copy. */
export function arePlain(texts: readonly string[]): boolean {
  // A character between them that JSON leaves alone, lest two halves of a surrogate pair meet.
  const joined = texts.join('\u007f');
  return JSON.stringify(joined).length === joined.length + 2;
}

/** Takes an identity apart; `labels` stays canonical JSON. */
export function parseIdentity(identity: string): { name: string; file: string | null; labels: string | null } {
  const [name, file, labels] = JSON.parse(`[${identity}]`) as [string, string | null, unknown];
  return { name, file, labels: labels === null ? null : canonicalJson(labels) };
}

/** What an observation has beyond its columns; null for the usual passing case. */
export function observationDetail(observation: Observation): Record<string, unknown> | null {
  const { failure, additional, retries } = observation;
  return failure === undefined && additional === undefined && retries === undefined
    ? null
    : { failure, additional, retries };
}

/** Everything of a verdict that is not its name. */
export function judgementOf(verdict: CaseVerdict): Record<string, unknown> {
  const { code, criteria, detail, outcomes, role, signature, strength } = verdict;
  return { code, criteria, detail, outcomes, role, signature, strength };
}

/** `[suite,attempt,` with which every row of an attempt begins. */
export function observationHead(suite: SuiteName, attempt: number): string {
  return `[${JSON.stringify(suite)},${canonicalJson(attempt)},`;
}

const OUTCOME_TEXTS = OUTCOMES.map((outcome) => PLACES.map((place) => `,"${outcome}","${place}",`));

/** The end of an observation's canonical row, after its identity. `outcome` and `place` are codes. */
export function observationTail(
  outcome: number,
  place: number,
  durationUs: number | string,
  detail: string | null,
): string {
  const words = OUTCOME_TEXTS[outcome]?.[place];
  if (words === undefined) throw new RangeError(`no outcome ${outcome} in place ${place}`);
  return `${words}${durationUs},${detail ?? 'null'}]`;
}

export function verdictRow(suite: SuiteName, name: string, judgement: string): string {
  return `[${quote(suite)},${quote(name)},${judgement}]`;
}

/** Rebuilds an observation from what is stored. @throws {RangeError} for codes that nobody wrote. */
export function toObservation(
  suite: SuiteName,
  attempt: number,
  identity: string,
  row: {
    readonly outcome: number;
    readonly place: number;
    readonly durationUs: number;
    readonly detail: string | null;
  },
): Observation {
  const [name, file, labels] = JSON.parse(`[${identity}]`) as [string, string | null, string[] | null];
  const detail = (row.detail === null ? {} : JSON.parse(row.detail)) as {
    failure?: ObservedFailure;
    additional?: NonNullable<Observation['additional']>;
    retries?: readonly Outcome[];
  };
  const outcome = OUTCOMES[row.outcome];
  const where = PLACES[row.place];
  if (outcome === undefined || where === undefined)
    throw new RangeError(`no outcome ${row.outcome} in place ${row.place}`);
  return {
    suite,
    attempt,
    name,
    ...(file === null ? {} : { file }),
    outcome,
    where,
    ...detail,
    durationUs: row.durationUs,
    ...(labels === null ? {} : { labels }),
  };
}
