import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/domain/canonical.ts';
import { chainHash, GENESIS } from '../../../src/evidence/chain.ts';
import { verifyStore } from '../../../src/evidence/verify-store.ts';
import {
  attemptFinished,
  breaksOf,
  failed,
  forge,
  makeFolder,
  OTHER_RUN,
  open,
  passed,
  RUN,
  raw,
  recordRun,
  runFinished,
  suiteStarted,
} from './fixtures.ts'; // prettier-ignore

/** A store as `recordRun` leaves it, closed. */
async function recorded(): Promise<string> {
  const directory = makeFolder();
  (await recordRun(directory)).close();
  return directory;
}

/** Rewrites the whole chain over texts that a forger chose, as one who knows the format would. */
function rewriteChain(
  directory: string,
  change: (event: { seq: number; atMs: number; body: Record<string, unknown> }) => void,
): void {
  forge(directory, (db) => {
    const texts = db.prepare('SELECT canonical FROM event ORDER BY seq').pluck().all() as string[];
    let previous: Uint8Array = GENESIS;
    for (const [i, text] of texts.entries()) {
      const event = JSON.parse(text);
      change(event);
      const canonical = canonicalJson(event);
      previous = chainHash(previous, canonical);
      db.prepare('UPDATE event SET canonical = ?, hash = ? WHERE seq = ?').run(canonical, previous, i + 1);
    }
  });
}

const artifactFile = (directory: string, name: string): string => {
  const store = open(directory, { readOnly: true });
  for (const { body } of store.events()) {
    const refs = body.type === 'run-started' ? [body.scenario] : body.type === 'attempt-finished' ? body.artifacts : [];
    for (const ref of refs)
      if (ref.name === name) return join(directory, 'artifacts', ref.sha256.slice(0, 2), ref.sha256.slice(2));
  }
  throw new Error(`no artifact ${name}`);
};

describe('a sound store', () => {
  it('has no breaks, and everything in it is counted', async () => {
    const directory = await recorded();
    const head = open(directory, { readOnly: true }).head();
    expect(await verifyStore(directory)).toEqual({
      ok: true,
      value: { events: 7, rows: 8, artifacts: 2, head, breaks: [] },
    });
  });

  it('is verified while it is being written', async () => {
    const directory = makeFolder();
    const store = await recordRun(directory);
    const verifying = verifyStore(directory);
    store.record(suiteStarted(1));
    const verified = await verifying;
    expect(verified.ok && verified.value.breaks).toEqual([]);
    expect(await breaksOf(directory)).toEqual([]);
  });

  it('agrees with an anchor at or before its head', async () => {
    const directory = await recorded();
    const store = open(directory, { readOnly: true });
    for (const { seq, hash } of store.events())
      expect(await breaksOf(directory, { seq, hash: hash.toUpperCase() })).toEqual([]);
  });

  it('may hold events that only a newer redfirst understands', async () => {
    const directory = makeFolder();
    open(directory).record({ type: 'teleported', v: 7, run: RUN } as never);
    expect(await breaksOf(directory)).toEqual([]);
  });

  it('does not exist, or is none: a failure, not a verdict', async () => {
    const directory = makeFolder();
    expect(await verifyStore(directory)).toMatchObject({ ok: false, failure: { reason: 'not-found' } });
    writeFileSync(join(directory, 'evidence.db'), 'x'.repeat(5000));
    expect(await verifyStore(directory)).toMatchObject({ ok: false, failure: { reason: 'store-integrity', exit: 5 } });
  });
});

describe('tampering with events is found:', () => {
  it('changed', async () => {
    const directory = await recorded();
    forge(directory, (db) =>
      db.exec(`UPDATE event SET canonical = replace(canonical, '"position":0', '"position":1') WHERE seq = 3`),
    );
    expect(await breaksOf(directory)).toContain(
      'event 3 was changed: its hash does not follow from its text and its predecessor',
    );
  });

  it('changed, with its own hash made to fit', async () => {
    const directory = await recorded();
    forge(directory, (db) => {
      const text = (db.prepare('SELECT canonical FROM event WHERE seq = 3').pluck().get() as string).replace(
        '"position":0',
        '"position":1',
      );
      const previous = db.prepare('SELECT hash FROM event WHERE seq = 2').pluck().get() as Uint8Array;
      db.prepare('UPDATE event SET canonical = ?, hash = ? WHERE seq = 3').run(text, chainHash(previous, text));
    });
    expect(await breaksOf(directory)).toContain(
      'event 4 was changed: its hash does not follow from its text and its predecessor',
    );
  });

  it('changed, with the whole chain rewritten: by the checkpoint log, and by an anchor', async () => {
    const directory = await recorded();
    const anchor = open(directory, { readOnly: true }).head();
    rewriteChain(directory, ({ body }) => {
      if (body['type'] === 'suite-started') body['position'] = 1;
    });
    expect((await breaksOf(directory)).map((what) => what.slice(0, 49))).toEqual([
      `checkpoints.log says that event 7 has hash ${anchor.hash.slice(0, 6)}`,
    ]);
    rmSync(join(directory, 'checkpoints.log'));
    expect(await breaksOf(directory)).toEqual([]);
    expect((await breaksOf(directory, anchor))[0]).toContain(
      `the anchor says that event 7 has hash ${anchor.hash}, but the record gives`,
    );
  });

  it('removed', async () => {
    const directory = await recorded();
    forge(directory, (db) => db.exec('DELETE FROM event WHERE seq = 3'));
    expect(await breaksOf(directory)).toContain('event 3 is missing');
  });

  it('removed at the beginning', async () => {
    const directory = await recorded();
    forge(directory, (db) => db.exec('DELETE FROM event WHERE seq <= 2'));
    expect(await breaksOf(directory)).toContain('events 1 to 2 are missing');
  });

  it('replaced through INSERT OR REPLACE', async () => {
    const directory = await recorded();
    forge(directory, (db) =>
      db.exec(`INSERT OR REPLACE INTO event (seq, canonical, hash) SELECT 3, canonical, hash FROM event WHERE seq = 2`),
    );
    expect(await breaksOf(directory)).toEqual(
      expect.arrayContaining([
        'event 3 was changed: its hash does not follow from its text and its predecessor',
        'event 3 calls itself event 2',
      ]),
    );
  });

  it('reordered', async () => {
    const directory = await recorded();
    forge(directory, (db) =>
      db.exec(
        'UPDATE event SET seq = -4 WHERE seq = 4; UPDATE event SET seq = 4 WHERE seq = 5; UPDATE event SET seq = 5 WHERE seq = -4',
      ),
    );
    expect(await breaksOf(directory)).toEqual(
      expect.arrayContaining(['event 4 calls itself event 5', 'event 5 calls itself event 4']),
    );
  });

  it('written in another form of the same JSON', async () => {
    const directory = await recorded();
    forge(directory, (db) => {
      const row = db.prepare('SELECT canonical FROM event WHERE seq = 7').pluck().get() as string;
      const text = row.replace('{"atMs"', '{ "atMs"');
      const previous = db.prepare('SELECT hash FROM event WHERE seq = 6').pluck().get() as Uint8Array;
      db.prepare('UPDATE event SET canonical = ?, hash = ? WHERE seq = 7').run(text, chainHash(previous, text));
    });
    expect(await breaksOf(directory)).toContain('event 7 is not in canonical form');
  });

  it('turned into something that is no event', async () => {
    const directory = await recorded();
    const db = raw(directory);
    db.exec(
      `DROP TRIGGER event_never_changes; DROP INDEX event_by_run; UPDATE event SET canonical = '7' WHERE seq = 3`,
    );
    db.close();
    expect(await breaksOf(directory)).toEqual(
      expect.arrayContaining([
        'event 3 is no event of any version',
        'the trigger "event_never_changes" is missing: the tables were open to changes',
        'the index "event_by_run" is missing: the tables were open to changes',
      ]),
    );
    expect(() => [...open(directory, { readOnly: true }).events()]).toThrow('event 3 is not what was recorded');
  });

  it('changed in the file itself, so that it is no JSON', async () => {
    const directory = await recorded();
    const path = join(directory, 'evidence.db');
    const bytes = readFileSync(path);
    bytes.write('x', bytes.indexOf('"position":0') + 10);
    writeFileSync(path, bytes);
    expect(await breaksOf(directory)).toEqual([
      'SQLite finds table event damaged: malformed JSON',
      'event 3 was changed: its hash does not follow from its text and its predecessor',
      'event 3 is no event of any version',
      expect.stringMatching(/^checkpoints.log says that event 7 has hash/),
    ]);
  });

  it('a tail cut off', async () => {
    const directory = await recorded();
    const anchor = open(directory, { readOnly: true }).head();
    forge(directory, (db) =>
      db.exec('DELETE FROM event WHERE seq >= 6; DELETE FROM verdict; DELETE FROM row_set WHERE seq = 6'),
    );
    expect(await breaksOf(directory)).toEqual([
      'the record ends at event 5, but checkpoints.log was written for event 7',
    ]);
    rmSync(join(directory, 'checkpoints.log'));
    expect(await breaksOf(directory, anchor)).toEqual([
      'the record ends at event 5, but the anchor was written for event 7',
    ]);
  });

  it('the run’s root', async () => {
    const directory = await recorded();
    rmSync(join(directory, 'checkpoints.log'));
    rewriteChain(directory, ({ body }) => {
      if (body['type'] === 'run-finished') body['root'] = '0'.repeat(64);
    });
    expect((await breaksOf(directory))[0]).toMatch(
      /^event 7: the rows of run r20261122T164105Z-3fa9 give root [0-9a-f]{64}, recorded is 0{64}$/,
    );
  });

  it('an event that lacks what its kind holds', async () => {
    const directory = await recorded();
    rmSync(join(directory, 'checkpoints.log'));
    rewriteChain(directory, ({ body }) => {
      if (body['type'] === 'attempt-finished') body['rows'] = undefined;
    });
    expect(await breaksOf(directory)).toContainEqual(
      expect.stringMatching(/^event 4 lacks what a attempt-finished holds: /),
    );
  });
});

describe('tampering with rows is found:', () => {
  const changed = expect.stringMatching(
    /^the rows of event \d were changed: they give root [0-9a-f]{64}, recorded is [0-9a-f]{64}$/,
  );

  it.each([
    ['an outcome', 'UPDATE observation SET outcome = 1 WHERE set_id = 4 AND ordinal = 0'],
    ['a duration', 'UPDATE observation SET duration_us = 11 WHERE set_id = 4 AND ordinal = 0'],
    ['a place', 'UPDATE observation SET failed_in = 1 WHERE set_id = 4 AND ordinal = 1'],
    ['a failure taken away', 'UPDATE observation SET detail = NULL WHERE set_id = 4 AND ordinal = 1'],
    ['a row replaced', 'INSERT OR REPLACE INTO observation VALUES (5, 1, NULL, 0, 0, 5, NULL)'],
    [
      'rows reordered',
      'UPDATE observation SET entry = 2 WHERE set_id = 4 AND ordinal = 0; UPDATE observation SET entry = 0 WHERE set_id = 4 AND ordinal = 2',
    ],
    ['a case renamed', `UPDATE test_case SET name = 'z' WHERE name = 'a'`],
    ['a case given a file', `UPDATE test_case SET file = 'z' WHERE name = 'a'`],
    ['a case given labels', `UPDATE test_case SET labels = '["z"]' WHERE name = 'a'`],
    ['a message', `UPDATE detail SET body = replace(body, 'to be 2', 'to be 3')`],
    [
      'a judgement',
      `UPDATE verdict SET judgement = (SELECT judgement FROM verdict WHERE ordinal = 1) WHERE ordinal = 0`,
    ],
    ['a verdict on another case', `UPDATE verdict SET test_case = 3 WHERE ordinal = 0`],
    [
      'the roster’s order',
      'UPDATE roster_entry SET ordinal = 9 WHERE ordinal = 0; UPDATE roster_entry SET ordinal = 0 WHERE ordinal = 1; UPDATE roster_entry SET ordinal = 1 WHERE ordinal = 9',
    ],
  ])('%s', async (_, sql) => {
    const directory = await recorded();
    forge(directory, (db) => db.exec(sql));
    expect(await breaksOf(directory)).toContainEqual(changed);
  });

  it.each([
    [
      'removed',
      'DELETE FROM observation WHERE set_id = 4 AND ordinal = 1',
      'event 4 vouches for 3 rows, but row 1 is gone',
    ],
    [
      'removed at the end',
      'DELETE FROM observation WHERE set_id = 4 AND ordinal = 2',
      'event 4 vouches for 3 rows, but row 2 is gone',
    ],
    ['all removed', 'DELETE FROM observation WHERE set_id = 4', 'event 4 vouches for 3 rows, but row 0 is gone'],
    [
      'added',
      'INSERT INTO observation VALUES (4, 3, 0, 0, 0, 0, NULL)',
      'event 4 vouches for 3 rows, but table observation holds 4',
    ],
    [
      'added before the first',
      'INSERT INTO observation VALUES (4, -1, 0, 0, 0, 0, NULL)',
      'event 4 vouches for 3 rows, but table observation holds 4',
    ],
    [
      'added to no event',
      'INSERT INTO observation VALUES (99, 0, 0, 0, 0, 0, NULL)',
      '1 rows in table observation belong to event 99, which vouches for none there',
    ],
    [
      'added to the wrong table',
      'INSERT INTO verdict VALUES (4, 0, 1, 1)',
      '1 rows in table verdict belong to event 4, which vouches for none there',
    ],
    ['a set removed', 'DELETE FROM row_set WHERE seq = 4', 'event 4 vouches for 3 rows, but its rows are gone'],
    ['a set added', 'INSERT INTO row_set VALUES (99, NULL)', 'a row set belongs to event 99, which has none'],
    ['a case removed', `DELETE FROM test_case WHERE name = 'a'`, 'event 4 vouches for 3 rows, but row 0 names no case'],
    ['a verdict removed', 'DELETE FROM verdict WHERE ordinal = 0', 'event 6 vouches for 2 rows, but row 0 is gone'],
    [
      'a code that nobody wrote',
      'UPDATE observation SET outcome = 17 WHERE set_id = 4',
      'event 4 vouches for 3 rows, but no outcome 17 in place 0',
    ],
    [
      'a roster’s digest',
      'UPDATE roster SET sequence_digest = zeroblob(32)',
      'roster 1 does not hold the cases that its digests name',
    ],
    [
      'a roster’s members',
      'UPDATE roster SET members_digest = zeroblob(32)',
      'roster 1 does not hold the cases that its digests name',
    ],
    [
      'a detail’s digest',
      'UPDATE detail SET digest = zeroblob(32) WHERE id = 1',
      'detail 1 is not the text that its digest names',
    ],
  ])('%s', async (_, sql, what) => {
    const directory = await recorded();
    forge(directory, (db) => db.exec(sql));
    expect(await breaksOf(directory)).toContain(what);
  });

  it('in a block of many passing rows, whichever row it is', async () => {
    const directory = makeFolder();
    const store = open(directory);
    store.recordAttempt(
      attemptFinished(),
      Array.from({ length: 1000 }, (_, i) => passed(`case ${i}`, 1, i)),
    );
    store.close();
    for (const ordinal of [0, 255, 256, 999]) {
      forge(directory, (db) =>
        db.exec(`UPDATE observation SET duration_us = duration_us + 1 WHERE ordinal = ${ordinal}`),
      );
      expect(await breaksOf(directory)).toEqual([changed]);
      forge(directory, (db) =>
        db.exec(`UPDATE observation SET duration_us = duration_us - 1 WHERE ordinal = ${ordinal}`),
      );
      expect(await breaksOf(directory)).toEqual([]);
    }
  });

  it('through the sqlite3 command line, triggers dropped and not put back', async (context) => {
    const directory = await recorded();
    const cli = spawnSync('sqlite3', [
      join(directory, 'evidence.db'),
      'DROP TRIGGER observation_never_changes; UPDATE observation SET outcome = 0, detail = NULL WHERE ordinal = 1',
    ]);
    if (cli.error !== undefined) context.skip('the sqlite3 command line is not installed here');
    expect([cli.status, String(cli.stderr)]).toEqual([0, '']);
    expect(await breaksOf(directory)).toEqual([
      'the trigger "observation_never_changes" is missing: the tables were open to changes',
      changed,
      changed,
      expect.stringMatching(/^event 7: the rows of run r20261122T164105Z-3fa9 give root [0-9a-f]{64}, recorded is/),
    ]);
  });

  it('a foreign trigger, and one that was weakened', async () => {
    const directory = await recorded();
    const db = raw(directory);
    db.exec(`CREATE TRIGGER helper AFTER INSERT ON event BEGIN SELECT 1; END;
      DROP TRIGGER verdict_never_changes; CREATE TRIGGER verdict_never_changes BEFORE UPDATE ON verdict WHEN 0 BEGIN SELECT 1; END`);
    db.close();
    expect(await breaksOf(directory)).toEqual([
      'the database has a trigger "helper" that no release makes',
      'the trigger "verdict_never_changes" was changed: it no longer is what a release makes',
    ]);
  });
});

describe('damage to files is found:', () => {
  it('every byte of an artifact, flipped one at a time', async () => {
    const directory = await recorded();
    const path = artifactFile(directory, 'stdout');
    const sound = readFileSync(path);
    for (let i = 0; i < sound.length; i++) {
      const flipped = Buffer.from(sound);
      flipped[i] = (flipped[i] as number) ^ 0x55;
      writeFileSync(path, flipped);
      const breaks = await breaksOf(directory);
      // Where gzip's header is free (time, operating system), the content is the same and that is fine.
      if (breaks.length === 0) expect(gunzipSync(flipped).equals(gunzipSync(sound)), `byte ${i}`).toBe(true);
      else expect(breaks[0]).toMatch(/^artifact [0-9a-f]{64} \("stdout" of event 4\) (cannot be read: |is |has )/);
    }
  });

  it('an artifact removed, cut, lengthened or exchanged', async () => {
    const directory = await recorded();
    const path = artifactFile(directory, 'stdout');
    const sound = readFileSync(path);
    const broken = async (bytes: Buffer): Promise<string> => {
      writeFileSync(path, bytes);
      return (await breaksOf(directory)).join().replace(/^artifact [0-9a-f]{64} \("stdout" of event 4\) /, '');
    };
    expect(await broken(sound.subarray(0, -9))).toBe('cannot be read: unexpected end of file');
    expect(await broken(Buffer.alloc(0))).toBe('cannot be read: unexpected end of file');
    expect(await broken(Buffer.concat([sound, Buffer.alloc(4)]))).toBe('is followed by foreign bytes');
    expect(await broken(Buffer.concat([sound, Buffer.from('more')]))).toBe('cannot be read: incorrect header check');
    expect(await broken(gzipSync('not ok 1\n'.repeat(100)))).toContain('has other content: its SHA-256 is');
    expect(await broken(gzipSync('x'.repeat(10_000_000)))).toBe('is longer than the 900 bytes recorded');
    rmSync(path);
    expect((await breaksOf(directory)).join()).toMatch(/is missing$/);
  });

  it('pages of the database overwritten', async () => {
    const directory = await recorded();
    const path = join(directory, 'evidence.db');
    const sound = readFileSync(path);
    let found = 0;
    for (let at = 4096; at + 2000 < sound.length; at += 4096) {
      const bytes = Buffer.from(sound);
      bytes.fill(0xa5, at, at + 2000);
      writeFileSync(path, bytes);
      const verified = await verifyStore(directory);
      if (!verified.ok || verified.value.breaks.length > 0) found += 1;
    }
    expect(found).toBe(Math.floor((sound.length - 2001) / 4096));
  });
});

describe('the checkpoint log', () => {
  const logOf = (directory: string): string => join(directory, 'checkpoints.log');

  it('has a line for every head that was told', async () => {
    const directory = await recorded();
    const { seq, hash } = open(directory, { readOnly: true }).head();
    expect(readFileSync(logOf(directory), 'utf8')).toBe(`${seq}:${hash}\n`);
  });

  it('edited: a hash, a line that is none, a line taken out', async () => {
    const directory = await recorded();
    const store = open(directory);
    store.recordRunFinished(runFinished(OTHER_RUN));
    store.close();
    const [first, second] = readFileSync(logOf(directory), 'utf8').split('\n') as [string, string];
    writeFileSync(logOf(directory), `7:${'0'.repeat(64)}\n${second}\n`);
    expect(await breaksOf(directory)).toContain(
      `checkpoints.log says that event 7 has hash ${'0'.repeat(64)}, but the record gives ${first.slice(2)}`,
    );
    writeFileSync(logOf(directory), `${first}\nhello\n${second}\n`);
    expect(await breaksOf(directory)).toEqual(['checkpoints.log has a line that is no checkpoint: "hello"']);
    writeFileSync(logOf(directory), `${second}\n`);
    expect(await breaksOf(directory)).toEqual(['checkpoints.log lacks its line for event 7']);
    writeFileSync(logOf(directory), '');
    expect(await breaksOf(directory)).toEqual(['checkpoints.log lacks its lines for events 7, 8']);
  });

  it('may lack its last line, or have it torn, as a crash leaves it; the next writer mends it', async () => {
    const directory = await recorded();
    const whole = readFileSync(logOf(directory), 'utf8');
    for (const rest of ['', whole.slice(0, 1), whole.slice(0, 20), whole.slice(0, -1)]) {
      writeFileSync(logOf(directory), rest);
      expect(await breaksOf(directory)).toEqual([]);
    }
    writeFileSync(logOf(directory), whole.slice(0, 20));
    const store = open(directory);
    store.recordRunFinished(runFinished(OTHER_RUN));
    expect(readFileSync(logOf(directory), 'utf8')).toBe(`${whole.slice(0, 20)}\n${whole}8:${store.head().hash}\n`);
    expect(await breaksOf(directory)).toEqual([]);
  });

  it('does not hinder recording when it cannot be written', async () => {
    const directory = makeFolder();
    const store = open(directory);
    store.record(suiteStarted(0));
    const blocked = logOf(directory);
    mkdirSync(blocked);
    expect(store.recordRunFinished(runFinished()).seq).toBe(3);
    rmSync(blocked, { recursive: true });
    store.recordRunFinished(runFinished(OTHER_RUN));
    expect(readFileSync(blocked, 'utf8').split('\n')).toHaveLength(3);
    expect(await breaksOf(directory)).toEqual([]);
  });
});

describe('the second verifier (Python)', () => {
  const script = join(import.meta.dirname, '../../evidence-verifier/verify.py');
  const python = spawnSync('python3', ['-c', 'import sqlite3; assert sqlite3.sqlite_version_info >= (3, 37)']);
  const verify = (directory: string): { status: number | null; out: string } => {
    const { status, stdout, stderr } = spawnSync('python3', [script, directory], { encoding: 'utf8' });
    return { status, out: stdout + stderr };
  };

  it('agrees with verify on a sound store and on forged ones', async (context) => {
    if (python.status !== 0) context.skip('python3 with SQLite 3.37 or newer is not installed here');
    const directory = makeFolder();
    const store = await recordRun(directory);
    const names = Array.from({ length: 600 }, (_, i) => `case ${i} "é😀\u0000\u001f\u007f\u2028`);
    store.recordAttempt(
      attemptFinished(3),
      names.map((name) => passed(name, 3)),
    );
    store.recordAttempt(
      attemptFinished(4),
      names.toReversed().map((name) => ({ ...failed(name, 4, `${name}\\`), file: 'ä.ts', labels: ['b', 'a'] })),
    );
    store.recordAttempt(
      attemptFinished(5),
      names.toReversed().map((name) => passed(name, 5)),
    );
    store.recordJudgement(
      {
        type: 'suite-judged',
        v: 1,
        run: OTHER_RUN,
        verdict: { suite: 'unit', code: 'red/valid', detail: '', counts: {} },
      },
      [],
    );
    store.recordRunFinished(runFinished());
    const { seq, hash } = store.head();
    store.close();
    expect(await breaksOf(directory)).toEqual([]);
    expect(verify(directory)).toEqual({
      status: 0,
      out: `consistent: ${seq} events, 1808 rows, head ${seq}:${hash}\n`,
    });

    const copy = join(directory, 'sound.db');
    copyFileSync(join(directory, 'evidence.db'), copy);
    for (const sql of [
      `UPDATE event SET canonical = replace(canonical, '"position":0', '"position":1') WHERE seq = 3`,
      'DELETE FROM event WHERE seq = 3',
      'UPDATE observation SET duration_us = 1 WHERE set_id = 8 AND ordinal = 599',
      'DELETE FROM observation WHERE set_id = 8 AND ordinal = 599',
      'UPDATE observation SET entry = entry - 600 WHERE set_id = 10 AND ordinal = 3',
      `UPDATE detail SET body = replace(body, 'to be 2', 'to be 3')`,
      'UPDATE verdict SET test_case = 3 WHERE ordinal = 0',
    ]) {
      forge(directory, (db) => db.exec(sql));
      expect((await breaksOf(directory)).length, sql).toBeGreaterThan(0);
      expect(verify(directory).status, sql).toBe(5);
      for (const suffix of ['-wal', '-shm']) rmSync(join(directory, `evidence.db${suffix}`), { force: true });
      copyFileSync(copy, join(directory, 'evidence.db'));
    }
    expect(verify(directory).status).toBe(0);
  });
});
