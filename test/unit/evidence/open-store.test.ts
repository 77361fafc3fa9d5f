import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunId, Sha256 } from '../../../src/domain/brand.ts';
import type { RecordedEvent } from '../../../src/domain/event.ts';
import type { Observation } from '../../../src/domain/observation.ts';
import { openStore } from '../../../src/evidence/open-store.ts';
import { HISTORY } from '../../../src/evidence/read-rows.ts';
import { StoreError } from '../../../src/evidence/store.ts';
import {
  attemptFinished,
  breaksOf,
  failed,
  makeFolder,
  OTHER_RUN,
  open,
  passed,
  RUN,
  raw,
  recordRun,
  runFinished,
  runStarted,
  suiteJudged,
  suiteStarted,
  verdict,
} from './fixtures.ts'; // prettier-ignore

describe('opening', () => {
  it('makes a store with durable settings, its identity and one event', async () => {
    const directory = join(makeFolder(), 'deep', 'redfirst');
    const store = open(directory, { clock: () => 42 });
    expect([...store.events()]).toEqual([
      {
        seq: 1,
        atMs: 42,
        hash: store.head().hash,
        body: { type: 'store-created', v: 1, recorder: store.head().recorder, tool: 'redfirst 0.1.0' },
      },
    ]);
    expect(store.head().recorder).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const db = raw(directory);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('application_id', { simple: true })).toBe(0x72646673);
    expect(db.pragma('user_version', { simple: true })).toBe(1);
    db.close();
    expect(await breaksOf(directory)).toEqual([]);
  });

  it('opens again with the same recorder and goes on with the chain', () => {
    const directory = makeFolder();
    const first = open(directory);
    first.record(suiteStarted(0));
    const head = first.head();
    first.close();
    first.close();
    expect(open(directory).head()).toEqual(head);
  });

  it('refuses to read what does not exist, and makes nothing', () => {
    const directory = join(makeFolder(), 'none');
    expect(openStore({ directory, tool: 't', readOnly: true })).toEqual({
      ok: false,
      failure: {
        reason: 'not-found',
        what: `there is no evidence store in ${directory}`,
        next: 'record something first (`redfirst red FEATURE`), or name another place with --store',
        exit: 2,
      },
    });
    expect(existsSync(directory)).toBe(false);
  });

  it('records nothing when opened for reading', () => {
    const directory = makeFolder();
    open(directory).close();
    const store = open(directory, { readOnly: true });
    expect(() => store.record(suiteStarted(0))).toThrow(`the record in ${directory} is open for reading only`);
    expect(store.head().seq).toBe(1);
    store.close();
    expect(readdirSync(directory).filter((name) => !/^evidence\.db(-wal|-shm)?$/.test(name))).toEqual([]);
  });

  it.each([
    ['another program’s database', `CREATE TABLE t (a); PRAGMA user_version = 1`, 'is not an evidence store'],
    [
      'a newer schema',
      'PRAGMA application_id = 1919182451; PRAGMA user_version = 2; CREATE TABLE t (a)',
      'has schema 2; this redfirst knows schema 1',
    ],
  ])('refuses %s and leaves it as it is', (_, sql, what) => {
    const directory = makeFolder();
    const db = raw(directory);
    db.exec(sql);
    db.close();
    const before = readFileSync(join(directory, 'evidence.db'));
    for (const readOnly of [true, false]) {
      const opened = openStore({ directory, tool: 't', readOnly });
      expect(opened.ok ? '' : opened.failure.what).toContain(what);
    }
    expect(readFileSync(join(directory, 'evidence.db')).equals(before)).toBe(true);
  });

  it('says plainly that a file is no database', () => {
    const directory = makeFolder();
    writeFileSync(join(directory, 'evidence.db'), 'not a database, but long enough to look like one\n'.repeat(100));
    const opened = openStore({ directory, tool: 't' });
    expect(opened).toMatchObject({ ok: false, failure: { reason: 'store-integrity', exit: 5 } });
  });

  it('says plainly that the place cannot be written', () => {
    const directory = join(makeFolder(), 'file');
    writeFileSync(directory, '');
    expect(openStore({ directory, tool: 't' })).toMatchObject({ ok: false, failure: { reason: 'store-failed' } });
  });
});

describe('recording and reading', () => {
  it('gives back what was recorded, in order', async () => {
    const directory = makeFolder();
    await recordRun(directory);
    const store = open(directory, { readOnly: true });
    expect([...store.events()].map(({ seq, body }) => `${seq} ${body.type}`)).toEqual([
      '1 store-created',
      '2 run-started',
      '3 suite-started',
      '4 attempt-finished',
      '5 attempt-finished',
      '6 suite-judged',
      '7 run-finished',
    ]); // prettier-ignore
    expect([...store.observations(RUN)]).toEqual([
      passed('a', 1, 10),
      failed('b', 1),
      passed('c', 1, 30),
      passed('a', 2, 20),
      failed('b', 2),
      passed('c', 2, 60),
    ]); // prettier-ignore
    expect([...store.verdicts(RUN)]).toEqual([verdict('b'), verdict('a', { role: 'control', code: 'control-passed' })]);
    expect([
      ...store.observations(RUN, 'e2e'),
      ...store.observations(OTHER_RUN),
      ...store.verdicts(RUN, 'e2e'),
    ]).toEqual([]);
    expect(await breaksOf(directory)).toEqual([]);
  });

  it('filters events by run, by type and by both', () => {
    const store = open(makeFolder());
    for (const run of [RUN, OTHER_RUN, RUN]) store.record(suiteStarted(0, run));
    store.record({ type: 'observer-failed', v: 1, observer: 'progress', message: 'boom' });
    const seqs = (events: Iterable<RecordedEvent>): number[] => [...events].map(({ seq }) => seq);
    expect(seqs(store.events({ run: RUN }))).toEqual([2, 4]);
    expect(seqs(store.events({ types: ['observer-failed', 'store-created'] }))).toEqual([1, 5]);
    expect(seqs(store.events({ run: RUN, types: ['observer-failed'] }))).toEqual([]);
    expect(seqs(store.events({ types: [] }))).toEqual([]);
  });

  it('may record while it reads', () => {
    const store = open(makeFolder());
    for (let i = 0; i < 300; i++) store.record(suiteStarted(i));
    let met = 0;
    for (const event of store.events()) {
      met += 1;
      if (event.seq <= 3) store.record({ type: 'observer-failed', v: 1, observer: 'x', message: '' });
    }
    expect(met).toBe(304);
  });

  it('keeps every member of an observation, and the difference between absent and empty', async () => {
    const directory = makeFolder();
    const store = open(directory);
    const rich: Observation = {
      ...failed('rich'),
      file: 'test/a.test.ts',
      where: 'setup',
      additional: [{ where: 'teardown', kind: 'panic', type: 'runtime.Error', message: 'nil', missingNames: ['x'] }],
      retries: ['failed', 'failed'],
      labels: ['ac:AC-1', ''],
    };
    const bare: Observation = { ...passed('bare'), labels: [], retries: [], additional: [] };
    store.recordAttempt(attemptFinished(), [rich, bare, { ...bare, labels: ['x'] }]);
    expect([...store.observations(RUN)]).toEqual([rich, bare, { ...bare, labels: ['x'] }]);
    expect(await breaksOf(directory)).toEqual([]);
  });

  it('finds the history of a case over shuffled, partial and repeated attempts, newest first', async () => {
    const directory = makeFolder();
    const store = open(directory);
    const names = Array.from({ length: 700 }, (_, i) => `case ${i}`);
    const record = (attempt: number, run: RunId, some: readonly string[]): void => {
      store.recordAttempt(
        attemptFinished(attempt, run),
        some.map((name) => (name === 'case 5' && attempt === 2 ? failed(name, attempt) : passed(name, attempt))),
      );
    };
    record(1, RUN, names);
    record(2, RUN, names.toReversed());
    record(3, RUN, ['case 5', 'case 9']);
    record(1, OTHER_RUN, [...names, 'a new case']);
    record(2, OTHER_RUN, names.slice(6));
    const history = (name: string): string[] =>
      [...store.history('unit', name)].map(
        ({ run, attempt, outcome }) => `${run === RUN ? 'first' : 'other'} ${attempt} ${outcome}`,
      );
    expect(history('case 5')).toEqual(['other 1 passed', 'first 3 passed', 'first 2 failed', 'first 1 passed']);
    expect(history('a new case')).toEqual(['other 1 passed']);
    expect(history('unknown')).toEqual([]);
    expect([...store.history('e2e', 'case 5')]).toEqual([]);
    expect([...store.observations(RUN)].map(({ name }) => name)).toEqual([
      ...names,
      ...names.toReversed(),
      'case 5',
      'case 9',
    ]);
    expect(await breaksOf(directory)).toEqual([]);
  });

  it('keeps two cases of one name apart', async () => {
    const directory = makeFolder();
    const store = open(directory);
    store.recordAttempt(attemptFinished(1), [passed('twin', 1, 1), passed('other', 1, 2), failed('twin', 1)]);
    store.recordAttempt(attemptFinished(2), [passed('other', 2, 3), failed('twin', 2), passed('twin', 2, 4)]);
    expect([...store.observations(RUN)].map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'twin passed',
      'other passed',
      'twin failed',
      'other passed',
      'twin failed',
      'twin passed',
    ]); // prettier-ignore
    expect([...store.history('unit', 'twin')].map(({ outcome }) => outcome)).toEqual([
      'passed',
      'failed',
      'failed',
      'passed',
    ]);
    expect(await breaksOf(directory)).toEqual([]);
  });

  it('answers history by look-ups alone', () => {
    const directory = makeFolder();
    open(directory).close();
    const db = raw(directory);
    const plan = (db.prepare(`EXPLAIN QUERY PLAN ${HISTORY}`).all(3, 'x') as { detail: string }[]).map(
      ({ detail }) => detail,
    );
    db.close();
    expect(plan.filter((step) => /\b(SCAN|SEARCH)\b/.test(step))).toEqual([
      'SEARCH c USING COVERING INDEX test_case_by_name (suite=? AND name=?)',
      'SEARCH e USING COVERING INDEX roster_entry_by_case (test_case=?)',
      'SEARCH s USING COVERING INDEX row_set_by_roster (roster=?)',
      'SEARCH o USING PRIMARY KEY (set_id=? AND ordinal=?)',
      'SEARCH c USING COVERING INDEX test_case_by_name (suite=? AND name=?)',
      'SEARCH e USING COVERING INDEX roster_entry_by_case (test_case=?)',
      'SEARCH s USING COVERING INDEX row_set_by_roster (roster=?)',
      'SEARCH o USING INDEX observation_out_of_order (set_id=? AND entry=?)',
    ]);
  });

  it('takes an attempt and a judgement without rows, and a run without row sets', async () => {
    const directory = makeFolder();
    const store = open(directory);
    // SHA-256 of the byte 0x00.
    const empty = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d';
    expect(store.recordAttempt(attemptFinished(), []).body.rows).toEqual({ count: 0, root: empty });
    expect(store.recordJudgement(suiteJudged(), []).body.rows).toEqual({ count: 0, root: empty });
    expect(store.recordRunFinished(runFinished(OTHER_RUN)).body.root).toBe(empty);
    expect([...store.observations(RUN)]).toEqual([]);
    expect(await breaksOf(directory)).toEqual([]);
  });

  it('records nothing at all when a row is refused', () => {
    const store = open(makeFolder());
    const rows = function* (): Generator<Observation> {
      for (let i = 0; i < 600; i++) yield passed(`case ${i}`);
      yield { ...passed('of another attempt'), attempt: 2 };
    };
    expect(() => store.recordAttempt(attemptFinished(), rows())).toThrow(
      'an observation of unit attempt 2 in one of unit attempt 1',
    );
    expect(() => store.recordAttempt(attemptFinished(), [passed('a', 1, 0.5)])).toThrow('durationUs is 0.5');
    expect(() => store.recordJudgement(suiteJudged(), [verdict('a', { suite: 'e2e' })])).toThrow(
      'a verdict of e2e among those of unit',
    );
    expect(() => store.record({ ...suiteStarted(0), position: 1.5 })).toThrow('no canonical form for the number 1.5');
    expect(store.head().seq).toBe(1);
  });

  it('refuses an event from a newer redfirst, and says what to do', () => {
    const directory = makeFolder();
    const store = open(directory);
    store.record({ type: 'teleported', v: 1, run: RUN } as never);
    expect(() => [...store.events()]).toThrow('event 2 is "teleported" version 1, which this redfirst does not know');
    expect([...store.events({ types: ['store-created'] })]).toHaveLength(1);
  });

  it('brings events of an older version up to date while it reads them', () => {
    const directory = makeFolder();
    open(directory).record({ type: 'suite-started', v: 0, run: RUN, kind: 'unit', index: 3 } as never);
    const upcasts = {
      'suite-started': {
        0: ({ type, run, kind, index }: Record<string, unknown>) =>
          ({ type, v: 1, run, suite: kind, position: index }) as never,
      },
    };
    expect([...open(directory, { upcasts }).events({ run: RUN })].map(({ body }) => body)).toEqual([suiteStarted(3)]);
    expect(() => [...open(directory).events({ run: RUN })]).toThrow('version 0, which this redfirst does not know');
  });
});

describe('hostile text', () => {
  const hostile = [
    '',
    ' ',
    '\0',
    'a\0b',
    'a',
    '\ud800',
    '\udfff lone',
    '😀',
    '\u2028\u2029',
    '"\\/\b\f\n\r\t\u001f\u007f',
    `'; DROP TABLE event; --`,
    '<script>alert(1)</script>',
    ']]>&lt;',
    '../../etc/passwd',
    '$(touch /tmp/x)',
    '%s%n',
    '‮txt.exe',
    'x'.repeat(100_000),
    'é',
    'e\u0301',
  ]; // prettier-ignore

  it('survives in names, files, labels and messages', async () => {
    const directory = makeFolder();
    const store = open(directory);
    const rows = hostile.map((text) => ({ ...failed(text, 1, text), file: text, labels: [text] }));
    const stored = rows.map((row) =>
      JSON.parse(JSON.stringify(row), (_, value) => (typeof value === 'string' ? value.toWellFormed() : value)),
    );
    store.recordAttempt(attemptFinished(), rows);
    store.recordJudgement(
      suiteJudged(),
      hostile.map((text) => verdict(text, { detail: text, signature: text })),
    );
    expect([...store.observations(RUN)]).toEqual(stored);
    expect([...store.verdicts(RUN)].map(({ name, detail }) => [name, detail])).toEqual(
      hostile.map((text) => [text.toWellFormed(), text.toWellFormed()]),
    );
    for (const text of hostile) expect([...store.history('unit', text)]).toHaveLength(1);
    expect(await breaksOf(directory)).toEqual([]);
  });

  it('survives in events and artifact names', async () => {
    const directory = makeFolder();
    const store = open(directory);
    for (const text of hostile) {
      const artifact = await store.putArtifact(text, { text });
      const { body } = store.recordAttempt({ ...attemptFinished(), argv: [text], artifacts: [artifact] }, []);
      expect([body.argv, body.artifacts[0]?.name]).toEqual([[text.toWellFormed()], text.toWellFormed()]);
      expect(await store.readArtifactText(artifact.sha256, 1_000_000)).toBe(text.toWellFormed());
    }
    expect(await breaksOf(directory)).toEqual([]);
  });

  it('survives whatever it is (property)', async () => {
    const directory = makeFolder();
    const store = open(directory);
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    let attempt = 0;
    fc.assert(
      fc.property(
        fc.array(fc.record({ name: text, message: text, file: text, durationUs: fc.maxSafeNat() }), { maxLength: 20 }),
        (cases) => {
          attempt += 1;
          const rows = cases.map(({ name, message, file, durationUs }) => ({
            ...failed(name, attempt, message),
            file,
            durationUs,
          }));
          const { seq } = store.recordAttempt(attemptFinished(attempt, `run-${attempt}` as RunId), rows);
          expect(seq).toBe(attempt + 1);
          expect([...store.observations(`run-${attempt}` as RunId)]).toEqual(rows);
        },
      ),
      { numRuns: 100 },
    );
    expect(await breaksOf(directory)).toEqual([]);
  });
});

describe('schema', () => {
  const deeds = {
    event: [
      `UPDATE event SET canonical = '{}'`,
      'DELETE FROM event',
      `INSERT OR REPLACE INTO event (seq, canonical, hash) VALUES (2, '{}', zeroblob(32))`,
    ],
    row_set: [
      'UPDATE row_set SET roster = NULL',
      'DELETE FROM row_set',
      'INSERT OR REPLACE INTO row_set VALUES (4, NULL)',
      'INSERT INTO row_set VALUES (3, NULL)',
    ],
    observation: [
      'UPDATE observation SET outcome = 0',
      'DELETE FROM observation',
      'INSERT OR REPLACE INTO observation VALUES (4, 0, NULL, 1, 0, 0, NULL)',
      'INSERT INTO observation VALUES (4, 3, NULL, 0, 0, 0, NULL)',
    ],
    verdict: [
      'UPDATE verdict SET judgement = 1',
      'DELETE FROM verdict',
      'INSERT OR REPLACE INTO verdict VALUES (6, 0, 1, 1)',
    ],
    test_case: [
      `UPDATE test_case SET name = 'x'`,
      'DELETE FROM test_case',
      `INSERT OR REPLACE INTO test_case VALUES (1, 3, 'x', NULL, NULL)`,
    ],
    detail: [
      `UPDATE detail SET body = '{}'`,
      'DELETE FROM detail',
      `INSERT OR REPLACE INTO detail SELECT 1, digest, '{}' FROM detail`,
      `INSERT OR REPLACE INTO detail SELECT (SELECT max(id) + 1 FROM detail), digest, '{}' FROM detail`,
    ],
    roster: [
      'UPDATE roster SET size = 9',
      'DELETE FROM roster',
      'INSERT OR REPLACE INTO roster SELECT max(id) + 1, size, sequence_digest, zeroblob(32) FROM roster',
    ],
    roster_entry: [
      'UPDATE roster_entry SET test_case = 1',
      'DELETE FROM roster_entry',
      'INSERT OR REPLACE INTO roster_entry VALUES (1, 0, 2)',
      'INSERT INTO roster_entry VALUES (1, 9, 2)',
    ],
  };

  it.each(Object.entries(deeds))('keeps table %s append-only for any client', async (table, statements) => {
    const directory = makeFolder();
    (await recordRun(directory)).close();
    const db = raw(directory);
    for (const sql of [...statements, ...statements.map((one) => one.replace('OR REPLACE', 'OR IGNORE'))]) {
      expect(() => db.exec(sql), sql).toThrow(`redfirst: ${table} is append-only`);
    }
    db.close();
    expect(await breaksOf(directory)).toEqual([]);
  });
});

describe('artifacts', () => {
  it('lie compressed under the digest of their content', async () => {
    const directory = makeFolder();
    const store = open(directory);
    const ref = await store.putArtifact('stdout', { text: 'line\n'.repeat(10_000) });
    expect(ref).toEqual({ name: 'stdout', sha256: ref.sha256, bytes: 50_000, cuts: [] });
    const path = join(directory, 'artifacts', ref.sha256.slice(0, 2), ref.sha256.slice(2));
    expect(readFileSync(path).length).toBeLessThan(1000);
    expect(await store.readArtifactText(ref.sha256, 12)).toBe('line\nline\nli');
    expect(await store.putArtifact('stderr', { text: 'line\n'.repeat(10_000) })).toEqual({ ...ref, name: 'stderr' });
    expect(readdirSync(join(directory, 'artifacts', 'unfinished'))).toEqual([]);
  });

  it('may be empty, binary, or larger than what is held in memory', async () => {
    const directory = makeFolder();
    const store = open(directory);
    const path = join(directory, 'source');
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 2654435761) >>> 24));
    writeFileSync(path, bytes);
    const ref = await store.putArtifact('core', { path });
    const parts: Uint8Array[] = [];
    for await (const part of store.readArtifact(ref.sha256)) parts.push(part);
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    expect((await store.putArtifact('nothing', { text: '' })).bytes).toBe(0);
  });

  it('leaves out a character that the limit cuts in two', async () => {
    const store = open(makeFolder());
    const { sha256 } = await store.putArtifact('x', { text: 'aé😀b' });
    expect(await Promise.all([1, 2, 3, 6, 7, 8].map((limit) => store.readArtifactText(sha256, limit)))).toEqual([
      'a',
      'a',
      'aé',
      'aé',
      'aé😀',
      'aé😀b',
    ]);
  });

  it('are refused when the source is no file or is gone, and when nothing has that digest', async () => {
    const directory = makeFolder();
    const store = open(directory);
    await expect(store.putArtifact('x', { path: directory })).rejects.toThrow(
      'is no regular file and cannot be stored',
    );
    await expect(store.putArtifact('x', { path: join(directory, 'none') })).rejects.toBeInstanceOf(StoreError);
    await expect(store.readArtifactText('0'.repeat(64) as Sha256, 1)).rejects.toThrow(
      `artifact ${'0'.repeat(64)} is missing`,
    );
    await expect(store.readArtifactText('../../x' as Sha256, 1)).rejects.toThrow('not a SHA-256 in hex');
  });
});

it('records secrets nowhere', async () => {
  const directory = makeFolder();
  const secret = 'correct-horse-battery';
  const store = open(directory, {
    redact: [
      { name: 'PASSWORD', value: secret },
      { name: 'SHORT', value: 'a' },
    ],
  });
  const artifact = await store.putArtifact(`log ${secret}`, {
    text: `password ${secret}\nas base64 ${Buffer.from(secret).toString('base64')}\n`,
  });
  store.record({ ...runStarted(), refs: [secret], scenario: artifact });
  store.recordAttempt({ ...attemptFinished(), argv: ['login', secret], artifacts: [artifact] }, [
    failed(`logs in with ${secret}`, 1, `wrong password ${secret}; Authorization: Bearer abcdefghijklmnop`),
  ]);
  store.recordJudgement(suiteJudged(), [
    verdict(`logs in with ${secret}`, { detail: secret, signature: `${secret}!` }),
  ]);
  store.record({ type: 'observer-failed', v: 1, observer: 'x', message: `failed with ${secret}` });
  expect([...store.observations(RUN)].map(({ name, failure }) => [name, failure?.message])).toEqual([
    [
      'logs in with [redacted:secret:PASSWORD]',
      'wrong password [redacted:secret:PASSWORD]; Authorization: [redacted:authorization]',
    ],
  ]);
  expect([...store.history('unit', `logs in with ${secret}`)]).toHaveLength(1);
  expect(await store.readArtifactText(artifact.sha256, 1000)).toBe(
    'password [redacted:secret:PASSWORD]\nas base64 [redacted:secret:PASSWORD]\n',
  );
  expect(await breaksOf(directory)).toEqual([]);
  store.close();
  for (const name of readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )) {
    expect(readFileSync(join(name.parentPath, name.name)).includes(secret), name.name).toBe(false);
  }
});
