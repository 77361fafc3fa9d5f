import { createHash } from 'node:crypto';
import type { SuiteName } from '../domain/vocabulary.ts';
import { BLOCK_ROWS, RowDigest } from './merkle.ts';
import { sequenceHash } from './prepare-rows.ts';
import { OBSERVATION_PAGE, RosterReader, VERDICT_PAGE } from './read-rows.ts';
import { observationHead, observationTail, SUITES, verdictRow } from './rows.ts';
import type { Connection, Statement } from './sqlite.ts';
import { membersDigest } from './write-rows.ts';

/** What a row set's rows add up to; `problem` where they cannot be read as rows at all. */
export interface RecomputedRows {
  readonly count: number;
  readonly root: string;
  readonly problem?: string;
}

type PlainBlock = [count: number, first: number, last: number, plain: number, durations: string];
type Row = [
  ordinal: number,
  entry: number | null,
  outcome: number,
  place: number,
  durationUs: number,
  detail: string | null,
];

/** Recomputes row sets from the tables; reads in blocks, so that memory does not grow with the record. */
export class RowRecomputer {
  readonly #db: Connection;
  readonly #rosterOf: Statement;
  readonly #plain: Statement;
  readonly #page: Statement;
  readonly #verdicts: Statement;
  #reader: RosterReader | undefined;

  constructor(db: Connection) {
    this.#db = db;
    this.#rosterOf = db.prepare('SELECT roster FROM row_set WHERE seq = ?').pluck();
    // A block of passing cases in their usual order differs in durations only; one string a block is many times
    // faster to fetch than its rows.
    this.#plain = db
      .prepare(
        `SELECT count(*), min(ordinal), max(ordinal),
           sum(entry IS NULL AND outcome = 0 AND failed_in = 0 AND detail IS NULL),
           group_concat(duration_us, ',')
         FROM (SELECT * FROM observation WHERE set_id = ? AND ordinal >= ? AND ordinal < ? ORDER BY ordinal)`,
      )
      .raw();
    this.#page = db.prepare(OBSERVATION_PAGE).raw();
    this.#verdicts = db.prepare(VERDICT_PAGE).raw();
  }

  observations(set: number, suite: SuiteName, attempt: number, expected: number): RecomputedRows {
    const digest = new RowDigest();
    const roster = this.#rosterOf.get(set) as number | null | undefined;
    const finish = (problem?: string): RecomputedRows => ({
      count: digest.count,
      root: digest.root(),
      ...(problem === undefined ? {} : { problem }),
    });
    if (roster === undefined || roster === null) return finish('its rows are gone');
    if (this.#reader?.roster !== roster) this.#reader = new RosterReader(this.#db, roster);
    const identityAt = (ordinal: number): string => {
      const identity = this.#reader?.at(ordinal);
      if (identity === undefined) throw new RangeError(`row ${ordinal} names no case`);
      return identity;
    };
    const head = observationHead(suite, attempt);
    const plainTail = observationTail(0, 0, '', null).split(',,');
    const [beforeDuration, afterDuration] = [`${plainTail[0]},`, `,${plainTail[1]}`];
    try {
      for (let first = 0; first < expected; first += BLOCK_ROWS) {
        const [count, lowest, highest, plain, durations] = this.#plain.get(
          set,
          first,
          first + BLOCK_ROWS,
        ) as PlainBlock;
        if (count === 0 || lowest !== first || highest !== first + count - 1)
          return finish(`row ${first} or one after it is gone`);
        if (plain === count) {
          const values = durations.split(',');
          for (let i = 0; i < count; i++)
            digest.add(`${head}${identityAt(first + i)}${beforeDuration}${values[i]}${afterDuration}`);
          continue;
        }
        for (const [ordinal, entry, outcome, place, durationUs, detail] of this.#page.all(
          set,
          first,
          first + BLOCK_ROWS,
        ) as Row[]) {
          digest.add(`${head}${identityAt(entry ?? ordinal)}${observationTail(outcome, place, durationUs, detail)}`);
        }
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return finish(error.message);
    }
    return finish();
  }

  verdicts(set: number, suite: SuiteName, expected: number): RecomputedRows {
    const digest = new RowDigest();
    for (let first = 0; first < expected; first += BLOCK_ROWS) {
      for (const [ordinal, name, judgement] of this.#verdicts.all(set, first, first + BLOCK_ROWS) as [
        number,
        string,
        string,
      ][]) {
        if (ordinal !== digest.count)
          return { count: digest.count, root: digest.root(), problem: `row ${digest.count} is gone` };
        digest.add(verdictRow(suite, name, judgement));
      }
    }
    return { count: digest.count, root: digest.root() };
  }
}

/** How many rows an event vouches for, and where they lie. */
export interface VouchedRows {
  readonly table: 'observation' | 'verdict';
  readonly count: number;
}

/** Rows that belong to no event, or to an event that has fewer of them. `counts`: rows that the events vouch for, by seq. */
export function strayRows(db: Connection, counts: ReadonlyMap<number, VouchedRows>): string[] {
  const stray: string[] = [];
  for (const table of ['observation', 'verdict']) {
    const sets = db.prepare(`SELECT set_id, count(*) FROM ${table} GROUP BY set_id`).raw().iterate() as Iterable<
      [number, number]
    >;
    for (const [set, count] of sets) {
      const vouched = counts.get(set);
      const expected = vouched?.table === table ? vouched.count : undefined;
      if (expected === undefined)
        stray.push(`${count} rows in table ${table} belong to event ${set}, which vouches for none there`);
      else if (count > expected)
        stray.push(`event ${set} vouches for ${expected} rows, but table ${table} holds ${count}`);
    }
  }
  for (const set of db.prepare('SELECT seq FROM row_set').pluck().iterate() as Iterable<number>) {
    if (!counts.has(set)) stray.push(`a row set belongs to event ${set}, which has none`);
  }
  return stray;
}

/** Rosters and details are found again by their digest, so a digest that lies would spoil what is recorded later. */
export function lyingDigests(db: Connection): string[] {
  const lies: string[] = [];
  const rosters = db.prepare('SELECT id, size, sequence_digest, members_digest FROM roster').raw().all() as [
    number,
    number,
    Buffer,
    Buffer,
  ][];
  const entries = db
    .prepare(
      'SELECT e.ordinal, e.test_case, c.suite FROM roster_entry e JOIN test_case c ON c.id = e.test_case WHERE e.roster = ? ORDER BY e.ordinal',
    )
    .raw();
  for (const [id, size, sequence, members] of rosters) {
    const found = entries.all(id) as [number, number, number][];
    const reader = new RosterReader(db, id);
    const suite = SUITES[found[0]?.[2] ?? -1];
    const hash = suite === undefined ? undefined : sequenceHash(suite);
    for (const [ordinal] of found) hash?.update(`${reader.at(ordinal)}\n`, 'utf8');
    const dense =
      found.length === size && found.every(([ordinal, , code], i) => ordinal === i && SUITES[code] === suite);
    // A roster of no cases has no suite of its own; its size and members say all.
    const sequenceHolds = size === 0 || hash?.digest().equals(sequence) === true;
    if (!dense || !sequenceHolds || !membersDigest(found.map(([, test]) => test)).equals(members)) {
      lies.push(`roster ${id} does not hold the cases that its digests name`);
    }
  }
  for (const [id, digest, body] of db.prepare('SELECT id, digest, body FROM detail').raw().iterate() as Iterable<
    [number, Buffer, string]
  >) {
    if (!createHash('sha256').update(body, 'utf8').digest().equals(digest))
      lies.push(`detail ${id} is not the text that its digest names`);
  }
  return lies;
}
