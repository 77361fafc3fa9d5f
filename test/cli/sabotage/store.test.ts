import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HEAD, labAtRed, redThenHead } from '../doubling.ts';
import type { Lab } from '../lab.ts';

let lab: Lab;
let store: string;
let untouched: string;

/** One honest record, red and green; every test gets a fresh copy of it to forge. */
beforeAll(() => {
  lab = labAtRed();
  redThenHead(lab, HEAD);
  store = join(lab.repo, '.git', 'redfirst');
  untouched = join(lab.dir, 'untouched');
  cpSync(store, untouched, { recursive: true });
});
afterAll(() => lab?.remove());
beforeEach(() => {
  rmSync(store, { recursive: true, force: true });
  cpSync(untouched, store, { recursive: true });
});

/** Opens the database as a forger does: triggers dropped, and put back afterwards. */
function forge(tamper: (db: Database.Database) => void): void {
  const file = readdirSync(store).find((name) => /\.(db|sqlite3?)$/.test(name)) as string;
  const db = new Database(join(store, file));
  const triggers = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all() as {
    name: string;
    sql: string;
  }[];
  for (const { name } of triggers) db.exec(`DROP TRIGGER "${name}"`);
  db.pragma('foreign_keys = OFF');
  tamper(db);
  for (const { sql } of triggers) db.exec(sql);
  db.close();
}

function expectBroken(): void {
  const verified = lab.redfirst('verify');
  expect({ exit: verified.exit, said: verified.stdout.includes('integrity broken') }).toEqual({ exit: 5, said: true });
  const proof = lab.json('prove', 'double');
  expect({ exit: proof.exit, word: proof.document.word ?? 'not proven' }).toEqual({ exit: 5, word: 'not proven' });
}

describe('a store is refused', () => {
  it('never when nobody touched it', () => {
    expect(lab.redfirst('verify').exit).toBe(0);
    expect(lab.redfirst('prove', 'double').exit).toBe(0);
  });

  it('when an event is changed', () => {
    forge((db) =>
      db.exec(
        `UPDATE event SET canonical = replace(canonical, 'green/passed', 'green/PASSED') WHERE type = 'run-finished'`,
      ),
    );
    expectBroken();
  });

  it('when an observation is changed', () => {
    forge((db) => {
      const before = db.prepare('SELECT count(DISTINCT outcome) AS n FROM observation').get() as { n: number };
      expect(before.n).toBeGreaterThan(1);
      db.exec('UPDATE observation SET outcome = (SELECT min(outcome) FROM observation), detail = NULL');
    });
    expectBroken();
  });

  it('when an observation is removed', () => {
    forge((db) =>
      db.exec('DELETE FROM observation WHERE set_id = (SELECT min(set_id) FROM observation) AND ordinal = 0'),
    );
    expectBroken();
  });

  it('when a verdict is replaced', () => {
    forge((db) =>
      db.exec(
        'INSERT OR REPLACE INTO verdict SELECT set_id, ordinal, test_case, (SELECT max(id) FROM detail) FROM verdict WHERE ordinal = 0',
      ),
    );
    expectBroken();
  });

  it('when two events change places', () => {
    forge((db) => {
      db.exec('UPDATE event SET seq = -1 WHERE seq = 3');
      db.exec('UPDATE event SET seq = 3 WHERE seq = 4');
      db.exec('UPDATE event SET seq = 4 WHERE seq = -1');
    });
    expectBroken();
  });

  it('when an event is removed', () => {
    forge((db) => db.exec('DELETE FROM event WHERE seq = 3'));
    expectBroken();
  });

  it('when its tail is cut off', () => {
    forge((db) => {
      const { last } = db.prepare('SELECT max(seq) AS last FROM event').get() as { last: number };
      for (const table of ['observation', 'verdict']) db.prepare(`DELETE FROM ${table} WHERE set_id > ?`).run(last - 3);
      db.prepare('DELETE FROM row_set WHERE seq > ?').run(last - 3);
      db.prepare('DELETE FROM event WHERE seq > ?').run(last - 3);
    });
    const verified = lab.redfirst('verify');
    expect(verified.exit).toBe(5);
  });

  it('when an artifact is changed', () => {
    const folder = join(store, 'artifacts');
    const file = readdirSync(folder, { recursive: true, withFileTypes: true }).find((entry) => entry.isFile());
    const path = join(file?.parentPath ?? '', file?.name ?? '');
    const bytes = readFileSync(path);
    bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
    rmSync(path);
    writeFileSync(path, bytes);
    expectBroken();
  });

  it('when it lacks the checkpoint that somebody noted', () => {
    const verified = lab.redfirst('verify', '--checkpoint', `5:${'0'.repeat(64)}`);
    expect(verified.exit).toBe(5);
  });
});

describe('a store that nobody forged', () => {
  it('refuses update, delete and replace even from another program', () => {
    const file = readdirSync(store).find((name) => /\.(db|sqlite3?)$/.test(name)) as string;
    const db = new Database(join(store, file));
    for (const sql of [
      'UPDATE event SET seq = seq WHERE seq = 1',
      'DELETE FROM event WHERE seq = 1',
      'INSERT OR REPLACE INTO event (seq, canonical, hash) SELECT seq, canonical, hash FROM event WHERE seq = 1',
      'DELETE FROM observation',
    ]) {
      expect(() => db.exec(sql)).toThrow(/append-only/);
    }
    db.close();
    expect(lab.redfirst('verify').exit).toBe(0);
  });
});
