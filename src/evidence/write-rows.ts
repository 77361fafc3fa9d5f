import { createHash } from 'node:crypto';
import { insertRows } from './bulk-insert.ts';
import { identitiesOf, type PreparedObservations, type PreparedVerdicts } from './prepare-rows.ts';
import { parseIdentity, SUITES } from './rows.ts';
import type { Connection, Statement } from './sqlite.ts';

/** Writes an attempt's rows under the sequence number of the event that will seal them. Within a write transaction only. */
export function writeObservations(db: Connection, seq: number, prepared: PreparedObservations): void {
  const { roster, entries } = findRoster(db, prepared);
  db.prepare('INSERT INTO row_set (seq, roster) VALUES (?, ?)').run(seq, roster);
  const { outcomes, places, durationsUs, details } = prepared;
  const known = new Details(db);
  insertRows(db, 'observation', OBSERVATION_COLUMNS, prepared.rows.count, (values, at, i) => {
    const entry = entries === undefined ? i : (entries[i] as number);
    const detail = details.get(i);
    values[at] = seq;
    values[at + 1] = i;
    values[at + 2] = entry === i ? null : entry;
    values[at + 3] = outcomes[i] as number;
    values[at + 4] = places[i] as number;
    values[at + 5] = durationsUs[i] as number;
    values[at + 6] = detail === undefined ? null : known.idOf(detail);
  });
}

const OBSERVATION_COLUMNS = ['set_id', 'ordinal', 'entry', 'outcome', 'failed_in', 'duration_us', 'detail'];

export function writeVerdicts(db: Connection, seq: number, prepared: PreparedVerdicts): void {
  db.prepare('INSERT INTO row_set (seq, roster) VALUES (?, NULL)').run(seq);
  const suite = SUITES.indexOf(prepared.suite);
  const details = new Details(db);
  const known = db.prepare('SELECT min(id) FROM test_case WHERE suite = ? AND name = ?').pluck();
  insertRows(db, 'verdict', ['set_id', 'ordinal', 'test_case', 'judgement'], prepared.rows.count, (values, at, i) => {
    const name = prepared.names[i] as string;
    values[at] = seq;
    values[at + 1] = i;
    // A verdict may name a case that has no observation at all: it was expected and is missing.
    values[at + 2] = (known.get(suite, name) as number | null) ?? insertCase(db, suite, name);
    values[at + 3] = details.idOf(prepared.judgements[i] as string);
  });
}

/** The roster that holds exactly these cases, made where there is none; `entries` where the order differs from it. */
function findRoster(db: Connection, prepared: PreparedObservations): { roster: number; entries?: readonly number[] } {
  const same = db.prepare('SELECT id FROM roster WHERE sequence_digest = ?').pluck().get(prepared.sequence);
  if (same !== undefined) return { roster: same as number };

  const cases = internCases(db, prepared);
  const members = membersDigest(cases);
  const permuted = db.prepare('SELECT id FROM roster WHERE members_digest = ?').pluck().get(members);
  if (permuted !== undefined) return { roster: permuted as number, entries: entriesOf(db, permuted as number, cases) };

  const roster = nextId(db, 'roster');
  insertRows(db, 'roster_entry', ['roster', 'ordinal', 'test_case'], cases.length, (values, at, i) => {
    values[at] = roster;
    values[at + 1] = i;
    values[at + 2] = cases[i] as number;
  });
  db.prepare('INSERT INTO roster (id, size, sequence_digest, members_digest) VALUES (?, ?, ?, ?)').run(
    roster,
    cases.length,
    prepared.sequence,
    members,
  );
  return { roster };
}

/** Which cases, whatever their order: SHA-256 over their ids in ascending order, joined by commas. */
export function membersDigest(cases: readonly number[]): Buffer {
  return createHash('sha256').update(Float64Array.from(cases).sort().join(',')).digest();
}

/** Where in the roster each case stands; a case that stands there twice is used twice. */
function entriesOf(db: Connection, roster: number, cases: readonly number[]): number[] {
  const places = new Map<number, number[]>();
  const ids = db
    .prepare('SELECT test_case FROM roster_entry WHERE roster = ? ORDER BY ordinal DESC')
    .pluck()
    .all(roster) as number[];
  for (const [i, id] of ids.entries()) {
    const ordinal = ids.length - 1 - i;
    const known = places.get(id);
    if (known === undefined) places.set(id, [ordinal]);
    else known.push(ordinal);
  }
  return cases.map((id) => places.get(id)?.pop() as number);
}

function internCases(db: Connection, prepared: PreparedObservations): number[] {
  const code = SUITES.indexOf(prepared.suite);
  const suiteIsNew = db.prepare('SELECT 1 FROM test_case WHERE suite = ? LIMIT 1').get(code) === undefined;
  const find = db
    .prepare('SELECT id FROM test_case WHERE suite = ? AND name = ? AND file IS ? AND labels IS ?')
    .pluck();
  const first = nextId(db, 'test_case');
  const known = new Map<string, number>();
  const added: ReturnType<typeof parseIdentity>[] = [];
  const ids = identitiesOf(prepared).map((identity) => {
    const met = known.get(identity);
    if (met !== undefined) return met;
    const parts = parseIdentity(identity);
    let id = suiteIsNew ? undefined : (find.get(code, parts.name, parts.file, parts.labels) as number | undefined);
    if (id === undefined) {
      id = first + added.length;
      added.push(parts);
    }
    known.set(identity, id);
    return id;
  });
  insertRows(db, 'test_case', ['id', 'suite', 'name', 'file', 'labels'], added.length, (values, at, i) => {
    const { name, file, labels } = added[i] as ReturnType<typeof parseIdentity>;
    values[at] = first + i;
    values[at + 1] = code;
    values[at + 2] = name;
    values[at + 3] = file;
    values[at + 4] = labels;
  });
  return ids;
}

function insertCase(db: Connection, suite: number, name: string): number {
  const id = nextId(db, 'test_case');
  db.prepare('INSERT INTO test_case (id, suite, name) VALUES (?, ?, ?)').run(id, suite, name);
  return id;
}

function nextId(db: Connection, table: 'test_case' | 'detail' | 'roster'): number {
  return db.prepare(`SELECT coalesce(max(id), 0) + 1 FROM ${table}`).pluck().get() as number;
}

/** Details by content: the same failure in four attempts is stored once. */
class Details {
  readonly #ids = new Map<string, number>();
  readonly #find: Statement;
  readonly #insert: Statement;
  #next: number;

  constructor(db: Connection) {
    this.#find = db.prepare('SELECT id FROM detail WHERE digest = ?').pluck();
    this.#insert = db.prepare('INSERT INTO detail (id, digest, body) VALUES (?, ?, ?)');
    this.#next = nextId(db, 'detail');
  }

  idOf(body: string): number {
    const digest = createHash('sha256').update(body, 'utf8').digest();
    const key = digest.toString('latin1');
    const met = this.#ids.get(key);
    if (met !== undefined) return met;
    let id = this.#find.get(digest) as number | undefined;
    if (id === undefined) {
      id = this.#next++;
      this.#insert.run(id, digest, body);
    }
    this.#ids.set(key, id);
    return id;
  }
}
