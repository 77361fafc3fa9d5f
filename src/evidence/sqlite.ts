import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { EXIT, type Failure } from '../domain/failure.ts';
import { StoreError } from './store.ts';

export type Connection = Database.Database;
export type Statement = Database.Statement;

/** How long a writer waits for another one to commit. A transaction lasts milliseconds; minutes mean that one hangs. */
export const BUSY_TIMEOUT_MS = 60_000;
/** Before it, two connections that reset the WAL at once could corrupt it (sqlite.org/wal.html, "the WAL-reset bug"). */
const OLDEST_SQLITE = [3, 51, 3] as const;

/** createRequire keeps the native add-on out of the bundle, which is ESM. */
const load = createRequire(import.meta.url);

/** Opens the file with the settings that durability rests on, and reads them back. @throws {StoreError} */
export function connect(path: string, readOnly: boolean): Connection {
  const Sqlite = load('better-sqlite3') as typeof Database;
  // Named, so that better-sqlite3 need not search for it; where it lies elsewhere, it searches.
  const addon = join(dirname(load.resolve('better-sqlite3')), '../build/Release/better_sqlite3.node');
  const db = new Sqlite(path, {
    readonly: readOnly,
    fileMustExist: readOnly,
    timeout: BUSY_TIMEOUT_MS,
    ...(existsSync(addon) ? { nativeBinding: addon } : {}),
  });
  try {
    const version = db.prepare('SELECT sqlite_version()').pluck().get() as string;
    if (isOlder(version))
      throw unusable(
        `SQLite ${version} is too old for a record that must not be lost`,
        'reinstall better-sqlite3 (12.11 or newer)',
      );
    if (!readOnly) db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    // better-sqlite3 opens WAL databases with NORMAL, which loses acknowledged commits at a power cut.
    if (!readOnly && db.pragma('synchronous', { simple: true }) !== 2) {
      throw unusable('SQLite refused synchronous=FULL', 'reinstall better-sqlite3 with its default compile options');
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function isOlder(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [i, wanted] of OLDEST_SQLITE.entries()) {
    const found = parts[i] ?? 0;
    if (found !== wanted) return found < wanted;
  }
  return false;
}

function unusable(what: string, next: string): StoreError {
  return new StoreError({ reason: 'store-failed', what, next, exit: EXIT.environment });
}

/** Whether another connection was in the way; SQLite does not call its busy handler everywhere. */
export function isBusy(error: unknown): boolean {
  return codeOfError(error).startsWith('SQLITE_BUSY');
}

export function codeOfError(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** An error of SQLite or of the file system as a failure for people; anything else is a bug and comes back unchanged. */
export function asStoreError(error: unknown, directory: string): unknown {
  if (error instanceof StoreError) return error;
  const failure = describe(codeOfError(error), error instanceof Error ? error.message : String(error), directory);
  return failure === undefined ? error : new StoreError(failure, { cause: error });
}

function describe(code: string, message: string, directory: string): Failure | undefined {
  const failed = (what: string, next: string): Failure => ({
    reason: 'store-failed',
    what,
    next,
    exit: EXIT.environment,
  });
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') {
    return failed(
      `the disk that holds ${directory} is full`,
      'free some space and repeat the command; what was recorded before is intact',
    );
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return failed(
      `another process has kept the record in ${directory} locked for ${BUSY_TIMEOUT_MS / 1000} s`,
      'find it with `fuser` or `lsof` and end it, then repeat the command',
    );
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return {
      reason: 'store-integrity',
      what: `the database in ${directory} is damaged: ${message}`,
      next: 'keep it for inspection, restore a backup or a bundle, and run `redfirst verify`',
      exit: EXIT.integrity,
    };
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return failed(
      `${directory} cannot be written: ${message}`,
      'check who owns it, or name another place with --store',
    );
  }
  if (code.startsWith('SQLITE_CONSTRAINT')) {
    return {
      reason: 'store-integrity',
      what: `the record in ${directory} refused a row: ${message}`,
      next: 'run `redfirst verify`: its tables do not hold what this program wrote',
      exit: EXIT.integrity,
    };
  }
  if (code.startsWith('SQLITE_') || /^E[A-Z]+$/.test(code)) {
    return failed(
      `the record in ${directory} failed: ${message}`,
      'check the disk and the folder, then repeat the command',
    );
  }
  return undefined;
}
