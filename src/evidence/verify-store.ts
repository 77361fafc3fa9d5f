import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256 } from '../domain/brand.ts';
import type { ArtifactRef, Checkpoint, EventBody, RowsDigest } from '../domain/event.ts';
import { type Finding, fail, ok, type Result } from '../domain/failure.ts';
import { streamArtifact } from './artifacts.ts';
import { GENESIS } from './chain.ts';
import { CHECKPOINT_LOG, readLog } from './checkpoint-log.ts';
import { DATABASE, identityFailure, openDatabase } from './create-store.ts';
import { rootOfRoots, toHex } from './merkle.ts';
import type { RosterReader } from './read-rows.ts';
import { SCHEMA } from './schema.ts';
import { asStoreError, type Connection, codeOfError } from './sqlite.ts';
import { StoreError, type Verification } from './store.ts';
import { upcast } from './upcast.ts';
import { breakOf, type WalkedEvent, Witnesses, walkChain } from './verify-chain.ts';
import { UnloggedCheckpoints } from './verify-log.ts';
import { lyingDigests, type RecomputedRows, RowRecomputer, strayRows, type VouchedRows } from './verify-rows.ts';

export interface VerifyOptions {
  /** A head that was kept elsewhere: printed, in a commit, in another store. */
  readonly anchor?: { readonly seq: number; readonly hash: string };
}

/**
 * Recomputes a store from its rows and files and lists every break; a stored hash is only ever compared, never believed.
 * Reads one snapshot, so others may record meanwhile. Memory does not grow with the number of rows.
 *
 * Who rewrites the whole chain, its rows and the checkpoint log consistently is found by an anchor alone.
 *
 * Fails (and recomputes nothing) where there is no store, or the file is no evidence store of a known schema.
 */
export async function verifyStore(directory: string, options: VerifyOptions = {}): Promise<Result<Verification>> {
  try {
    return ok(await verify(directory, options));
  } catch (error) {
    const known = asStoreError(error, directory);
    if (known instanceof StoreError) return fail(known.failure);
    throw known;
  }
}

async function verify(directory: string, { anchor }: VerifyOptions): Promise<Verification> {
  const breaks: Finding[] = [];
  const report = (what: string, next?: string): void => {
    breaks.push(breakOf(what, next));
  };
  // Read before the snapshot: each of its lines was written after its event was committed.
  const log = existsSync(join(directory, DATABASE)) ? readLog(directory) : { lines: [], others: [] };
  const db = openDatabase(directory, '', () => 0, true);
  try {
    db.exec('BEGIN');
    for (const table of CHECKED_TABLES) checkPages(db, table, report);
    checkSchema(db, report);
    const witnesses = new Witnesses();
    for (const { seq, hash } of log.lines) witnesses.add(seq, hash, CHECKPOINT_LOG);
    if (anchor !== undefined) witnesses.add(anchor.seq, anchor.hash.toLowerCase(), 'the anchor');

    const walk = new Walk(db, report);
    const unlogged = new UnloggedCheckpoints(log);
    let head: WalkedEvent = { seq: 0, hash: GENESIS, body: undefined };
    let recorder = '';
    let events = 0;
    for (const event of walkChain(db, report)) {
      head = event;
      events += 1;
      if (event.seq === 1) recorder = String(event.body?.['recorder'] ?? '');
      for (const what of witnesses.contradictions(event.seq, event.hash)) report(what);
      unlogged.see(event);
      if (event.body !== undefined) walk.take(event.seq, event.body);
    }
    for (const what of witnesses.beyond(head.seq)) report(what, 'a tail was cut off: restore a backup or a bundle');
    for (const what of unlogged.problems(() => readLog(directory))) report(what);
    if (walk.outOfOrder || indexesOutOfOrder(db)) checkPages(db, 'observation', report);
    for (const what of [...strayRows(db, walk.counts), ...lyingDigests(db, walk.readerOf)]) report(what);
    db.exec('COMMIT');
    const artifacts = await checkArtifacts(directory, walk.artifacts, report);
    const at: Checkpoint = { recorder, seq: head.seq, hash: toHex(head.hash) as Sha256 };
    return { events, rows: walk.rows, artifacts, head: at, breaks };
  } catch (error) {
    const known = asStoreError(error, directory);
    // Damage that ends the reading is a break like any other; what was found before it still counts.
    if (!(known instanceof StoreError) || known.failure.reason !== 'store-integrity' || identityFailure(db, directory))
      throw error;
    report(known.failure.what);
    return { events: 0, rows: 0, artifacts: 0, head: { recorder: '', seq: 0, hash: toHex(GENESIS) as Sha256 }, breaks };
  } finally {
    db.close();
  }
}

type Report = (what: string, next?: string) => void;

/**
 * Tables that SQLite's own check goes over. Every row of `observation` is read and hashed through its key anyway, so only
 * its one index could lie, and that is checked when something stands in it, or should.
 */
const CHECKED_TABLES = [
  'sqlite_schema',
  'event',
  'test_case',
  'detail',
  'roster',
  'roster_entry',
  'row_set',
  'verdict',
];

function indexesOutOfOrder(db: Connection): boolean {
  const sql = 'SELECT 1 FROM observation INDEXED BY observation_out_of_order WHERE entry IS NOT NULL LIMIT 1';
  try {
    return db.prepare(sql).get() !== undefined;
  } catch (error) {
    // The index is gone, which the schema's check names.
    if (codeOfError(error) === 'SQLITE_ERROR') return false;
    throw error;
  }
}

/** SQLite's own view of a table: pages, indexes against their rows, types, NOT NULL, CHECK. */
function checkPages(db: Connection, table: string, report: Report): void {
  try {
    for (const row of db.pragma(`integrity_check(${table})`) as { integrity_check: string }[]) {
      if (row.integrity_check !== 'ok') report(`SQLite finds table ${table} damaged: ${row.integrity_check}`);
    }
  } catch (error) {
    // A generated column over a text that is no JSON any more ends the check itself.
    if (codeOfError(error) !== 'SQLITE_ERROR') throw error;
    report(`SQLite finds table ${table} damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Every table, index and trigger as this program made it, and nothing else. */
function checkSchema(db: Connection, report: Report): void {
  const nameOf = (sql: string): string => sql.split(/\s+/, 4).find((word, i) => i > 1 && word !== 'INDEX') ?? sql;
  const wanted = new Map(SCHEMA.map((sql) => [nameOf(sql), sql]));
  const found = db.prepare('SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL').raw().all() as [
    string,
    string,
    string,
  ][];
  for (const [type, name, sql] of found) {
    if (!wanted.has(name)) report(`the database has a ${type} "${name}" that no release makes`);
    else if (wanted.get(name) !== sql)
      report(`the ${type} "${name}" was changed: it no longer is what a release makes`);
    wanted.delete(name);
  }
  for (const [name, sql] of wanted) {
    report(
      `the ${/^CREATE (?:UNIQUE )?(\w+)/.exec(sql)?.[1]?.toLowerCase()} "${name}" is missing: the tables were open to changes`,
    );
  }
}

/** What the events vouch for, recomputed as they pass by. */
class Walk {
  /** Rows that each event vouches for. */
  readonly counts = new Map<number, VouchedRows>();
  readonly artifacts = new Map<string, { readonly seq: number; readonly bytes: number; readonly name: string }>();
  rows = 0;
  readonly #report: Report;
  readonly #recomputer: RowRecomputer;
  readonly #roots = new Map<string, string[]>();

  constructor(db: Connection, report: Report) {
    this.#report = report;
    this.#recomputer = new RowRecomputer(db);
  }

  readonly readerOf = (roster: number): RosterReader => this.#recomputer.readerOf(roster);

  /** Whether rows stand out of order, and so in the index over those. */
  get outOfOrder(): boolean {
    return this.#recomputer.outOfOrder > 0;
  }

  take(seq: number, stored: Parameters<typeof upcast>[1]): void {
    const known = upcast(seq, stored);
    // A newer redfirst's event: its place in the chain is checked, its meaning is not ours to judge.
    if (!known.ok) return;
    try {
      this.#takeKnown(seq, known.value);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#report(`event ${seq} lacks what a ${stored.type} holds: ${error.message}`);
    }
  }

  #takeKnown(seq: number, body: EventBody): void {
    switch (body.type) {
      case 'run-started':
        this.#artifact(seq, body.scenario);
        return;
      case 'attempt-finished':
        this.#compare(
          seq,
          'observation',
          body.run,
          body.rows,
          this.#recomputer.observations(seq, body.suite, body.attempt, body.rows.count),
        );
        for (const artifact of body.artifacts) this.#artifact(seq, artifact);
        return;
      case 'suite-judged':
        this.#compare(
          seq,
          'verdict',
          body.run,
          body.rows,
          this.#recomputer.verdicts(seq, body.verdict.suite, body.rows.count),
        );
        return;
      case 'run-finished': {
        const root = rootOfRoots(this.#roots.get(body.run) ?? []);
        if (root !== body.root)
          this.#report(`event ${seq}: the rows of run ${body.run} give root ${root}, recorded is ${body.root}`);
        return;
      }
      case 'gate-observed':
        for (const { artifacts } of body.suites) for (const artifact of artifacts) this.#artifact(seq, artifact);
        return;
      case 'report-imported':
        for (const { artifact } of body.reports) this.#artifact(seq, artifact);
        return;
      case 'store-created':
      case 'environment-identified':
      case 'suite-started':
      case 'run-interrupted':
      case 'observer-failed':
      case 'proof-judged':
    }
  }

  #compare(seq: number, table: VouchedRows['table'], run: string, recorded: RowsDigest, found: RecomputedRows): void {
    this.counts.set(seq, { table, count: recorded.count });
    this.rows += found.count;
    const roots = this.#roots.get(run);
    if (roots === undefined) this.#roots.set(run, [found.root]);
    else roots.push(found.root);
    if (found.problem !== undefined)
      this.#report(`event ${seq} vouches for ${recorded.count} rows, but ${found.problem}`);
    else if (found.count !== recorded.count)
      this.#report(`event ${seq} vouches for ${recorded.count} rows, found are ${found.count}`);
    else if (found.root !== recorded.root) {
      this.#report(`the rows of event ${seq} were changed: they give root ${found.root}, recorded is ${recorded.root}`);
    }
  }

  #artifact(seq: number, { sha256, bytes, name }: ArtifactRef): void {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError(`artifact "${name}" has no digest`);
    if (!this.artifacts.has(sha256)) this.artifacts.set(sha256, { seq, bytes, name });
    else if (this.artifacts.get(sha256)?.bytes !== bytes)
      this.#report(`event ${seq} gives artifact ${sha256} another length`);
  }
}

async function checkArtifacts(directory: string, artifacts: Walk['artifacts'], report: Report): Promise<number> {
  for (const [sha256, { seq, bytes, name }] of artifacts) {
    const problem = await problemOf(directory, sha256, bytes);
    if (problem !== undefined) report(`artifact ${sha256} ("${name}" of event ${seq}) ${problem}`);
  }
  return artifacts.size;
}

async function problemOf(directory: string, sha256: string, bytes: number): Promise<string | undefined> {
  const content = streamArtifact(directory, sha256, bytes);
  let found = 0;
  for (;;) {
    const step = await content.next();
    if (!step.done) {
      found += step.value.length;
      continue;
    }
    if (step.value !== undefined) return step.value.what;
    return found === bytes ? undefined : `has ${found} bytes, recorded are ${bytes}`;
  }
}
