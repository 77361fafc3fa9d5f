import type { RunId, Sha256 } from '../domain/brand.ts';
import { canonicalJson } from '../domain/canonical.ts';
import type { ArtifactRef, Checkpoint, EventOf, EventType, RecordedEvent } from '../domain/event.ts';
import { EXIT, fail, ok, type Result } from '../domain/failure.ts';
import type { Observation } from '../domain/observation.ts';
import type { CaseVerdict } from '../domain/verdict.ts';
import type { SuiteName } from '../domain/vocabulary.ts';
import { chainHash, eventText } from './chain.ts';
import { appendCheckpoints, CHECKPOINTED, type LogLine, lastLogged } from './checkpoint-log.ts';
import { cleanValue } from './clean.ts';
import { openDatabase } from './create-store.ts';
import { rootOfRoots, toHex } from './merkle.ts';
import { prepareObservations, prepareVerdicts } from './prepare-rows.ts';
import { type EventFilter, readEvents } from './read-events.ts';
import { readHistory, readObservations, readVerdicts } from './read-rows.ts';
import { type NamedSecret, Redactor } from './redaction.ts';
import { asStoreError, type Connection, type Statement } from './sqlite.ts';
import { type EvidenceStore, StoreError } from './store.ts';
import type { Upcasts } from './upcast.ts';
import { writeObservations, writeVerdicts } from './write-rows.ts';

export interface OpenStoreOptions {
  readonly directory: string;
  /** This program's name and version, recorded when the store is made. */
  readonly tool: string;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  /** Values that must not enter the record; those shorter than 6 characters are ignored. */
  readonly redact?: readonly NamedSecret[];
  /** Opens what exists and changes nothing. */
  readonly readOnly?: boolean;
  /** Steps from older event versions; the program's own unless a test names others. */
  readonly upcasts?: Upcasts;
}

/**
 * Opens the evidence store in a directory, which is made where it does not exist. Any number of processes may have it
 * open; one writes at a time, the others wait, and their events interleave in one chain.
 *
 * Fails where there is none to read, where the database is foreign, damaged or newer, or the place cannot be written.
 */
export function openStore(options: OpenStoreOptions): Result<EvidenceStore> {
  const clock = options.clock ?? Date.now;
  try {
    const db = openDatabase(options.directory, options.tool, clock, options.readOnly ?? false);
    try {
      return ok(new SqliteStore(db, options, clock));
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    const known = asStoreError(error, options.directory);
    if (known instanceof StoreError) return fail(known.failure);
    throw known;
  }
}

type WithRows = 'attempt-finished' | 'suite-judged';

class SqliteStore implements EvidenceStore {
  readonly directory: string;
  readonly #db: Connection;
  readonly #clock: () => number;
  readonly #redactor: Redactor;
  readonly #readOnly: boolean;
  readonly #upcasts: Upcasts | undefined;
  readonly #recorder: string;
  readonly #statements = new Map<string, Statement>();
  #tidied = false;

  constructor(db: Connection, options: OpenStoreOptions, clock: () => number) {
    this.directory = options.directory;
    this.#db = db;
    this.#clock = clock;
    this.#redactor = new Redactor(options.redact);
    this.#readOnly = options.readOnly ?? false;
    this.#upcasts = options.upcasts;
    this.#recorder = this.#statement(`SELECT json_extract(canonical, '$.body.recorder') FROM event WHERE seq = 1`)
      .pluck()
      .get() as string;
  }

  record<T extends EventType>(body: EventOf<T>): RecordedEvent<T> {
    return this.#append(body, () => body);
  }

  recordAttempt(
    body: Omit<EventOf<'attempt-finished'>, 'rows'>,
    observations: Iterable<Observation>,
  ): RecordedEvent<'attempt-finished'> {
    const prepared = prepareObservations(body, observations, this.#redactor);
    const whole = { ...body, rows: prepared.rows } as EventOf<'attempt-finished'>;
    return this.#append(whole, (seq) => {
      writeObservations(this.#db, seq, prepared);
      return whole;
    });
  }

  recordJudgement(
    body: Omit<EventOf<'suite-judged'>, 'rows'>,
    verdicts: Iterable<CaseVerdict>,
  ): RecordedEvent<'suite-judged'> {
    const prepared = prepareVerdicts(body.verdict.suite, verdicts, this.#redactor);
    const whole = { ...body, rows: prepared.rows } as EventOf<'suite-judged'>;
    return this.#append(whole, (seq) => {
      writeVerdicts(this.#db, seq, prepared);
      return whole;
    });
  }

  recordRunFinished(body: Omit<EventOf<'run-finished'>, 'root'>): RecordedEvent<'run-finished'> {
    // Within the transaction, so that no row set can come in between.
    return this.#append(body as EventOf<'run-finished'>, () => {
      const roots = [...this.#rowSets(body.run)].map((event) => event.body.rows.root);
      return { ...body, root: rootOfRoots(roots) as Sha256 } as EventOf<'run-finished'>;
    });
  }

  *events(filter?: EventFilter): Iterable<RecordedEvent> {
    try {
      yield* readEvents(this.#db, filter, this.#upcasts);
    } catch (error) {
      throw asStoreError(error, this.directory);
    }
  }

  *observations(run: RunId, suite?: SuiteName): Iterable<Observation> {
    for (const { seq, body } of this.#rowSets(run, 'attempt-finished')) {
      if (suite !== undefined && body.suite !== suite) continue;
      yield* this.#reading(readObservations(this.#db, seq, body.suite, body.attempt));
    }
  }

  *verdicts(run: RunId, suite?: SuiteName): Iterable<CaseVerdict> {
    for (const { seq, body } of this.#rowSets(run, 'suite-judged')) {
      if (suite !== undefined && body.verdict.suite !== suite) continue;
      yield* this.#reading(readVerdicts(this.#db, seq, body.verdict.suite));
    }
  }

  *history(suite: SuiteName, name: string): ReturnType<EvidenceStore['history']> {
    const clean = this.#redactor.redactSecrets(name.toWellFormed());
    const attempt = this.#statement(
      `SELECT run, json_extract(canonical, '$.body.attempt') FROM event WHERE seq = ?`,
    ).raw();
    for (const { seq, outcome } of this.#guard(() => readHistory(this.#db, suite, clean))) {
      const [run, number] = this.#guard(() => attempt.get(seq)) as [RunId, number];
      yield { run, attempt: number, outcome };
    }
  }

  async putArtifact(name: string, source: { readonly path: string } | { readonly text: string }): Promise<ArtifactRef> {
    this.#demandWritable();
    try {
      const { removeAbandoned, writeArtifact } = await import('./artifacts.ts');
      if (!this.#tidied) await removeAbandoned(this.directory);
      this.#tidied = true;
      const ref = await writeArtifact(this.directory, this.#redactor, name, source);
      return { ...ref, name: this.#redactor.redactText(ref.name) };
    } catch (error) {
      throw asStoreError(error, this.directory);
    }
  }

  // Compression is loaded where an artifact is touched: most commands only read events, and start-up is paid each time.
  async *readArtifact(sha256: Sha256): AsyncIterable<Uint8Array> {
    const { readArtifact } = await import('./artifacts.ts');
    yield* readArtifact(this.directory, sha256);
  }

  async readArtifactText(sha256: Sha256, limitBytes: number): Promise<string> {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    let text = '';
    let left = limitBytes;
    for await (const chunk of this.readArtifact(sha256)) {
      text += decoder.decode(chunk.subarray(0, left), { stream: true });
      left -= chunk.length;
      // Without the final flush: a character that the limit cut in two is left out.
      if (left < 0) return text;
    }
    return text + decoder.decode();
  }

  head(): Checkpoint {
    const [seq, hash] = this.#guard(() => this.#headRow());
    return { recorder: this.#recorder, seq, hash: toHex(hash) as Sha256 };
  }

  close(): void {
    if (this.#db.open) this.#db.close();
  }

  /** One transaction: rows and body from `complete`, then the event that seals them, then its checkpoint in the log. */
  #append<T extends EventType>(early: EventOf<T>, complete: (seq: number) => EventOf<T>): RecordedEvent<T> {
    this.#demandWritable();
    // Found before the lock is asked for: what has no canonical form is a bug of the caller.
    canonicalJson(cleanValue(early, this.#redactor));
    const event = this.#guard(() => {
      this.#statement('BEGIN IMMEDIATE').run();
      try {
        const [last, previous] = this.#headRow();
        const seq = last + 1;
        const body = cleanValue(complete(seq), this.#redactor) as EventOf<T>;
        const atMs = this.#clock();
        const canonical = eventText(seq, atMs, body);
        const hash = chainHash(previous, canonical);
        this.#statement('INSERT INTO event (seq, canonical, hash) VALUES (?, ?, ?)').run(seq, canonical, hash);
        this.#statement('COMMIT').run();
        return { seq, atMs, hash: toHex(hash) as Sha256, body };
      } catch (error) {
        if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    });
    if (CHECKPOINTED.includes(early.type)) this.#logCheckpoints(event.seq);
    return event;
  }

  /**
   * The log is a second witness, written after the commit: whatever hinders it, the event stands. Lines that a crash or
   * a full disk left out are written by the next one.
   */
  #logCheckpoints(seq: number): void {
    try {
      const lines = this.#statement(
        `SELECT seq, lower(hex(hash)) AS hash FROM event
         WHERE type IN (${CHECKPOINTED.map(() => '?').join(', ')}) AND ((seq > ? AND seq <= ?) OR seq = ?) ORDER BY seq`,
      ).all(...CHECKPOINTED, lastLogged(this.directory), seq, seq) as LogLine[];
      appendCheckpoints(this.directory, lines);
    } catch {
      // `verify` names a log that stays behind.
    }
  }

  #headRow(): [number, Uint8Array] {
    return this.#statement('SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1').raw().get() as [number, Uint8Array];
  }

  *#rowSets<T extends WithRows = WithRows>(run: RunId, type?: T): Generator<RecordedEvent<T>> {
    const types: readonly EventType[] = type === undefined ? ['attempt-finished', 'suite-judged'] : [type];
    yield* this.#reading(readEvents(this.#db, { run, types }, this.#upcasts)) as Generator<RecordedEvent<T>>;
  }

  /** Prepared at first use and kept. */
  #statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#db.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asStoreError(error, this.directory);
    }
  }

  *#reading<T>(rows: Generator<T>): Generator<T> {
    try {
      yield* rows;
    } catch (error) {
      // Reading rows is parsing and looking up codes: where that fails, the rows are not the ones that were written.
      if (!(error instanceof SyntaxError || error instanceof RangeError)) throw asStoreError(error, this.directory);
      throw new StoreError(
        {
          reason: 'store-integrity',
          what: `rows in ${this.directory} are not what was recorded: ${error.message}`,
          next: 'run `redfirst verify` to see every break, and restore a backup or a bundle',
          exit: EXIT.integrity,
        },
        { cause: error },
      );
    }
  }

  #demandWritable(): void {
    if (!this.#readOnly) return;
    throw new StoreError({
      reason: 'store-failed',
      what: `the record in ${this.directory} is open for reading only`,
      next: 'this is a bug of redfirst: report it',
      exit: EXIT.environment,
    });
  }
}
