import type { Observation } from '../domain/observation.ts';
import type { CaseVerdict } from '../domain/verdict.ts';
import type { SuiteName } from '../domain/vocabulary.ts';
import { OUTCOMES, SUITES, toObservation } from './rows.ts';
import type { Connection, Statement } from './sqlite.ts';

/*
 * Everything is read in pages with no statement left open in between: a consumer may record while it reads, and
 * memory does not grow with the record.
 */

const PAGE_ROWS = 4096;
/** Identities that SQLite joins at once; small, because a name may be long. */
const JOINED_ENTRIES = 256;
/** Rosters up to this size are kept while their attempt is read; beyond it, identities are read again page by page. */
const KEPT_ENTRIES = 300_000;

/**
 * Identities (see rows.ts) made by SQLite, one line each: its json_quote writes strings as JSON.stringify does, and one
 * string a page is several times faster to fetch than its rows.
 */
const IDENTITY = `json_quote(c.name) || ',' || ifnull(json_quote(c.file), 'null') || ',' || ifnull(c.labels, 'null')`;
const ENTRIES = 'roster_entry e JOIN test_case c ON c.id = e.test_case WHERE e.roster = ?';

/** Identities of a roster's cases by their ordinal. */
export class RosterReader {
  readonly roster: number;
  readonly size: number;
  readonly #page: Statement;
  readonly #one: Statement;
  readonly #kept = new Map<number, readonly (string | undefined)[]>();

  constructor(db: Connection, roster: number) {
    this.roster = roster;
    this.size = db.prepare('SELECT count(*) FROM roster_entry WHERE roster = ?').pluck().get(roster) as number;
    this.#page = db
      .prepare(
        `SELECT group_concat(identity, char(10)) FROM (
           SELECT ${IDENTITY} AS identity FROM ${ENTRIES} AND e.ordinal >= ? AND e.ordinal < ? ORDER BY e.ordinal)`,
      )
      .pluck();
    this.#one = db.prepare(`SELECT ${IDENTITY} FROM ${ENTRIES} AND e.ordinal = ?`).pluck();
  }

  /** The identity at an ordinal; undefined where the roster holds none. */
  at(ordinal: number): string | undefined {
    const number = Math.floor(ordinal / JOINED_ENTRIES);
    const within = ordinal - number * JOINED_ENTRIES;
    const kept = this.#kept.get(number);
    if (kept !== undefined) return kept[within];
    if (this.size > KEPT_ENTRIES) {
      // In order, the next page is asked for at its first entry; out of order, single entries cost less than pages.
      if (within !== 0) return this.#one.get(this.roster, ordinal) as string | undefined;
      this.#kept.clear();
    }
    const page = this.#load(number);
    this.#kept.set(number, page);
    return page[within];
  }

  #load(number: number): readonly (string | undefined)[] {
    const first = number * JOINED_ENTRIES;
    const count = Math.min(JOINED_ENTRIES, this.size - first);
    const joined = (this.#page.get(this.roster, first, first + JOINED_ENTRIES) as string | null)?.split('\n');
    if (joined?.length === count) return joined;
    // An entry or its case is gone: the others must not move into its place.
    return Array.from(
      { length: JOINED_ENTRIES },
      (_, i) => this.#one.get(this.roster, first + i) as string | undefined,
    );
  }
}

type ObservationRow = [
  ordinal: number,
  entry: number | null,
  outcome: number,
  place: number,
  durationUs: number,
  detail: string | null,
];

export const OBSERVATION_PAGE = `SELECT o.ordinal, o.entry, o.outcome, o.failed_in, o.duration_us, d.body
  FROM observation o LEFT JOIN detail d ON d.id = o.detail
  WHERE o.set_id = ? AND o.ordinal >= ? AND o.ordinal < ? ORDER BY o.ordinal`;

/** The observations of one row set, in order. */
export function* readObservations(
  db: Connection,
  set: number,
  suite: SuiteName,
  attempt: number,
): Generator<Observation> {
  const roster = db.prepare('SELECT roster FROM row_set WHERE seq = ?').pluck().get(set) as number | null | undefined;
  if (roster === undefined || roster === null) return;
  const reader = new RosterReader(db, roster);
  const page = db.prepare(OBSERVATION_PAGE).raw();
  for (let first = 0; ; first += PAGE_ROWS) {
    const rows = page.all(set, first, first + PAGE_ROWS) as ObservationRow[];
    for (const [ordinal, entry, outcome, place, durationUs, detail] of rows) {
      const identity = reader.at(entry ?? ordinal);
      if (identity === undefined) throw new RangeError(`row ${ordinal} of event ${set} names no case`);
      yield toObservation(suite, attempt, identity, { outcome, place, durationUs, detail });
    }
    if (rows.length < PAGE_ROWS) return;
  }
}

export const VERDICT_PAGE = `SELECT v.ordinal, c.name, d.body
  FROM verdict v JOIN test_case c ON c.id = v.test_case JOIN detail d ON d.id = v.judgement
  WHERE v.set_id = ? AND v.ordinal >= ? AND v.ordinal < ? ORDER BY v.ordinal`;

/** The verdicts of one row set, in order. */
export function* readVerdicts(db: Connection, set: number, suite: SuiteName): Generator<CaseVerdict> {
  const page = db.prepare(VERDICT_PAGE).raw();
  for (let first = 0; ; first += PAGE_ROWS) {
    const rows = page.all(set, first, first + PAGE_ROWS) as [number, string, string][];
    for (const [, name, judgement] of rows) yield { suite, name, ...JSON.parse(judgement) } as CaseVerdict;
    if (rows.length < PAGE_ROWS) return;
  }
}

/** One look-up by name, then by key alone: cases → rosters that hold them → attempts of those rosters → the row. */
export const HISTORY = `WITH held AS (
    SELECT s.seq, e.ordinal
    FROM test_case c
    JOIN roster_entry e ON e.test_case = c.id
    JOIN row_set s ON s.roster = e.roster
    WHERE c.suite = ? AND c.name = ?
  )
  SELECT h.seq, o.ordinal, o.outcome FROM held h JOIN observation o ON o.set_id = h.seq AND o.ordinal = h.ordinal
    WHERE o.entry IS NULL
  UNION ALL
  SELECT h.seq, o.ordinal, o.outcome FROM held h JOIN observation o ON o.set_id = h.seq AND o.entry = h.ordinal
  ORDER BY 1 DESC, 2 DESC`;

/** Where and how one case ended, newest attempt first: `seq` of the attempt's event, outcome. */
export function readHistory(
  db: Connection,
  suite: SuiteName,
  name: string,
): { seq: number; outcome: Observation['outcome'] }[] {
  const rows = db.prepare(HISTORY).raw().all(SUITES.indexOf(suite), name) as [number, number, number][];
  return rows.map(([seq, , outcome]) => ({ seq, outcome: OUTCOMES[outcome] as Observation['outcome'] }));
}
