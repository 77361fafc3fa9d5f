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

type PlainBlock = [count: number, durations: string | null];
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
  /** Rows met that stand elsewhere in their roster; only those are in the index over them. */
  outOfOrder = 0;
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
    // faster to fetch than its rows. They come in the order of the primary key, the only one that serves this.
    this.#plain = db
      .prepare(
        `SELECT count(*), group_concat(duration_us, ',') FROM observation
         WHERE set_id = ? AND ordinal >= ? AND ordinal < ?
           AND entry IS NULL AND outcome = 0 AND failed_in = 0 AND detail IS NULL`,
      )
      .raw();
    this.#page = db.prepare(OBSERVATION_PAGE).raw();
    this.#verdicts = db.prepare(VERDICT_PAGE).raw();
  }

  observations(set: number, suite: SuiteName, attempt: number, expected: number): RecomputedRows {
    const digest = new RowDigest();
    const finish = (problem?: string): RecomputedRows => ({
      count: digest.count,
      root: digest.root(),
      ...(problem === undefined ? {} : { problem }),
    });
    const roster = this.#rosterOf.get(set) as number | null | undefined;
    if (roster === undefined || roster === null) return finish('its rows are gone');
    const reader = this.readerOf(roster);
    const head = observationHead(suite, attempt);
    try {
      for (let first = 0; first < expected; first += BLOCK_ROWS) {
        const last = Math.min(first + BLOCK_ROWS, expected);
        const [plain, durations] = this.#plain.get(set, first, last) as PlainBlock;
        const text =
          plain === last - first
            ? plainBlock(reader, head, first, durations ?? '')
            : this.#mixedBlock(reader, head, set, first, last);
        digest.addBlock(text, last - first);
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return finish(error.message);
    }
    return finish();
  }

  /** The reader of a roster; the last one is kept, since attempts of a suite follow each other. */
  readerOf(roster: number): RosterReader {
    if (this.#reader?.roster !== roster) this.#reader = new RosterReader(this.#db, roster);
    return this.#reader;
  }

  #mixedBlock(reader: RosterReader, head: string, set: number, first: number, last: number): string {
    const rows = this.#page.all(set, first, last) as Row[];
    let text = '';
    for (let i = 0; i < last - first; i++) {
      const [ordinal, entry, outcome, place, durationUs, detail] = rows[i] ?? [-1, null, 0, 0, 0, null];
      if (ordinal !== first + i) throw new RangeError(`row ${first + i} is gone`);
      if (entry !== null) this.outOfOrder += 1;
      const identity = identityAt(reader, entry ?? ordinal, ordinal);
      text += `${head}${identity}${observationTail(outcome, place, durationUs, detail)}\n`;
    }
    return text;
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

const [BEFORE_DURATION = '', AFTER_DURATION = ''] = observationTail(0, 0, '#', null).split('#');

function plainBlock(reader: RosterReader, head: string, first: number, durations: string): string {
  const pieces: string[] = [];
  let ordinal = first;
  for (const duration of durations.split(',')) {
    pieces.push(head, identityAt(reader, ordinal, ordinal), BEFORE_DURATION, duration, AFTER_DURATION, '\n');
    ordinal += 1;
  }
  return pieces.join('');
}

function identityAt(reader: RosterReader, entry: number, ordinal: number): string {
  const identity = reader.at(entry);
  if (identity === undefined) throw new RangeError(`row ${ordinal} names no case`);
  return identity;
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
export function* lyingDigests(db: Connection, readerOf: (roster: number) => RosterReader): Generator<string> {
  const rosters = db.prepare('SELECT id, size, sequence_digest, members_digest FROM roster ORDER BY id DESC').raw();
  for (const [id, size, sequence, members] of rosters.all() as [number, number, Buffer, Buffer][]) {
    if (!rosterHolds(db, readerOf(id), sequence, members, size)) {
      yield `roster ${id} does not hold the cases that its digests name`;
    }
  }
  const details = db.prepare('SELECT id, digest, body FROM detail').raw().iterate();
  for (const [id, digest, body] of details as Iterable<[number, Buffer, string]>) {
    if (!createHash('sha256').update(body, 'utf8').digest().equals(digest)) {
      yield `detail ${id} is not the text that its digest names`;
    }
  }
}

function rosterHolds(db: Connection, reader: RosterReader, sequence: Buffer, members: Buffer, size: number): boolean {
  const id = reader.roster;
  const cases = db.prepare('SELECT test_case FROM roster_entry WHERE roster = ?').pluck().all(id) as number[];
  if (cases.length !== size || !membersDigest(cases).equals(members)) return false;
  // A roster of no cases has no suite of its own; its members say all.
  if (size === 0) return true;
  const suites = db
    .prepare('SELECT DISTINCT c.suite FROM roster_entry e JOIN test_case c ON c.id = e.test_case WHERE e.roster = ?')
    .pluck()
    .all(id) as number[];
  const suite = SUITES[suites[0] ?? -1];
  if (suites.length !== 1 || suite === undefined) return false;
  const hash = sequenceHash(suite);
  for (let first = 0; first < size; first += BLOCK_ROWS) {
    const block = Array.from({ length: Math.min(BLOCK_ROWS, size - first) }, (_, i) => reader.at(first + i));
    hash.update(`${block.join('\n')}\n`, 'utf8');
  }
  return hash.digest().equals(sequence);
}
