import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXIT, type Failure } from '../domain/failure.ts';
import { chainHash, eventText, GENESIS } from './chain.ts';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';
import { BUSY_TIMEOUT_MS, type Connection, connect, isBusy } from './sqlite.ts';
import { StoreError } from './store.ts';

/** The database within a store's directory. */
export const DATABASE = 'evidence.db';

/** SQLite answers "busy" at once, without its busy handler, while WAL is switched on or recovered by another process. */
const OPEN_PAUSE_MS = 25;

/**
 * Opens a store's database, made where there is none unless `readOnly`.
 * @throws {StoreError} for a foreign database, a newer schema, or a missing store that may not be made.
 */
export function openDatabase(directory: string, tool: string, nowMs: () => number, readOnly: boolean): Connection {
  const path = join(directory, DATABASE);
  const existed = existsSync(path);
  if (!existed && readOnly) throw new StoreError(missing(directory));
  if (!existed) mkdirSync(directory, { recursive: true });
  return whileBusy(() => {
    const db = connect(path, readOnly);
    try {
      if (readOnly) checkIdentity(db, directory);
      else prepareForWriting(db, directory, tool, nowMs);
      if (!existed) syncFolders(directory);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function prepareForWriting(db: Connection, directory: string, tool: string, nowMs: () => number): void {
  // Looked at before anything is written: WAL mode is a change of the file, and a foreign file is left as it is.
  const isNew = isEmpty(db);
  if (!isNew) checkIdentity(db, directory);
  if (db.pragma('journal_mode = WAL', { simple: true }) !== 'wal') {
    throw new StoreError({
      reason: 'store-failed',
      what: `${directory} is on a file system where SQLite cannot use its write-ahead log`,
      next: 'name a place on a local disk with --store',
      exit: EXIT.environment,
    });
  }
  if (isNew) createTables(db, directory, tool, nowMs);
}

function createTables(db: Connection, directory: string, tool: string, nowMs: () => number): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been faster.
    if (isEmpty(db)) {
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${SCHEMA_VERSION}`);
      for (const statement of SCHEMA) db.exec(statement);
      const canonical = eventText(1, nowMs(), {
        type: 'store-created',
        v: 1,
        recorder: randomUUID(),
        tool: tool.toWellFormed(),
      });
      db.prepare('INSERT INTO event (seq, canonical, hash) VALUES (1, ?, ?)').run(
        canonical,
        chainHash(GENESIS, canonical),
      );
    } else checkIdentity(db, directory);
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function isEmpty(db: Connection): boolean {
  const identity = db.pragma('application_id', { simple: true });
  return identity === 0 && db.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined;
}

function checkIdentity(db: Connection, directory: string): void {
  const failure = identityFailure(db, directory);
  if (failure !== undefined) throw new StoreError(failure);
}

/** Why this database is none that this program may touch. */
export function identityFailure(db: Connection, directory: string): Failure | undefined {
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    return {
      reason: 'store-failed',
      what: `${join(directory, DATABASE)} is not an evidence store`,
      next: 'name another place with --store; this file is left as it is',
      exit: EXIT.environment,
    };
  }
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version !== SCHEMA_VERSION) {
    return {
      reason: 'store-failed',
      what: `the store in ${directory} has schema ${version}; this redfirst knows schema ${SCHEMA_VERSION}`,
      next:
        version > SCHEMA_VERSION
          ? 'use the newer redfirst that wrote it'
          : 'run `redfirst verify`: no release has written that schema',
      exit: EXIT.environment,
    };
  }
  return undefined;
}

function missing(directory: string): Failure {
  return {
    reason: 'not-found',
    what: `there is no evidence store in ${directory}`,
    next: 'record something first (`redfirst red FEATURE`), or name another place with --store',
    exit: EXIT.usage,
  };
}

function whileBusy<T>(open: () => T): T {
  const started = performance.now();
  for (;;) {
    try {
      return open();
    } catch (error) {
      if (!isBusy(error) || performance.now() - started > BUSY_TIMEOUT_MS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OPEN_PAUSE_MS);
    }
  }
}

/** A new file lasts only when the folders that name it are synced. */
function syncFolders(directory: string): void {
  for (const folder of [directory, dirname(directory)]) {
    const fd = openSync(folder, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
