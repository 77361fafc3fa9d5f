import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach } from 'vitest';
import type { CommitId, FeatureName, RunId, Sha256, TreeId } from '../../../src/domain/brand.ts';
import type { EventOf } from '../../../src/domain/event.ts';
import type { Observation } from '../../../src/domain/observation.ts';
import type { CaseVerdict } from '../../../src/domain/verdict.ts';
import { type OpenStoreOptions, openStore } from '../../../src/evidence/open-store.ts';
import type { EvidenceStore } from '../../../src/evidence/store.ts';
import { verifyStore } from '../../../src/evidence/verify-store.ts';

const Sqlite = createRequire(import.meta.url)('better-sqlite3') as typeof Database;

export const RUN = 'r20261122T164105Z-3fa9' as RunId;
export const OTHER_RUN = 'r20261122T170000Z-0001' as RunId;

const folders: string[] = [];
const stores: EvidenceStore[] = [];

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder that goes when the test ends. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'redfirst-evidence-'));
  folders.push(folder);
  return folder;
}

/** Opens a store that closes when the test ends. */
export function open(directory: string, options: Partial<OpenStoreOptions> = {}): EvidenceStore {
  const opened = openStore({ directory, tool: 'redfirst 0.1.0', ...options });
  if (!opened.ok) throw new Error(opened.failure.what);
  stores.push(opened.value);
  return opened.value;
}

/** Raw access to a store's database, as any SQLite client has it. */
export function raw(directory: string): Database.Database {
  return new Sqlite(join(directory, 'evidence.db'));
}

/** Raw access without the triggers, as a forger would take it; they are put back afterwards so that only the deed shows. */
export function forge(directory: string, deed: (db: Database.Database) => void): void {
  const db = raw(directory);
  db.pragma('foreign_keys = OFF');
  const triggers = db.prepare(`SELECT name, sql FROM sqlite_master WHERE type = 'trigger'`).all() as {
    name: string;
    sql: string;
  }[];
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  deed(db);
  for (const { sql } of triggers) db.exec(sql);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

export async function breaksOf(directory: string, anchor?: { seq: number; hash: string }): Promise<string[]> {
  const verified = await verifyStore(directory, anchor === undefined ? {} : { anchor });
  if (!verified.ok) throw new Error(verified.failure.what);
  return verified.value.breaks.map(({ what }) => what);
}

export function runStarted(run = RUN): EventOf<'run-started'> {
  const corner = {
    corner: 'R',
    commit: 'c'.repeat(40) as CommitId,
    tree: 'd'.repeat(40) as TreeId,
    synthesised: false,
    from: [],
  } as const;
  return {
    type: 'run-started',
    v: 1,
    run,
    feature: 'pause-guest' as FeatureName,
    phase: 'red',
    corner,
    corners: [corner],
    draft: false,
    testDigest: 'e'.repeat(64) as Sha256,
    patchId: '',
    scenario: { name: 'scenario.yaml', sha256: 'f'.repeat(64) as Sha256, bytes: 0, cuts: [] },
    plan: [],
    seed: 1,
    tool: 'redfirst 0.1.0',
    node: 'v20',
    platform: 'linux',
    recorderProcess: { pid: 1, startedAtTicks: 1, token: 't' },
    buildsOn: [],
    refs: [],
  };
}

export function suiteStarted(position: number, run = RUN): EventOf<'suite-started'> {
  return { type: 'suite-started', v: 1, run, suite: 'unit', position };
}

export function attemptFinished(attempt = 1, run = RUN): Omit<EventOf<'attempt-finished'>, 'rows'> {
  const healthy = { healthy: true } as const;
  return {
    type: 'attempt-finished',
    v: 1,
    run,
    suite: 'unit',
    attempt,
    order: 'declared',
    orderGranularity: 'cases',
    seed: 7,
    argv: ['node', '--test'],
    end: { cause: 'exited', code: 1 },
    durationMs: 12,
    report: { status: 'complete' },
    health: { before: healthy, during: healthy, after: healthy },
    dirtied: [],
    artifacts: [],
  };
}

export function suiteJudged(run = RUN): Omit<EventOf<'suite-judged'>, 'rows'> {
  return {
    type: 'suite-judged',
    v: 1,
    run,
    verdict: { suite: 'unit', code: 'red/valid', detail: 'one driver', counts: { 'red/assertion': 1 } },
  };
}

export function runFinished(run = RUN): Omit<EventOf<'run-finished'>, 'root'> {
  return { type: 'run-finished', v: 1, run, verdict: { code: 'red/valid', detail: 'red' } };
}

export function passed(name: string, attempt = 1, durationUs = 1500): Observation {
  return { suite: 'unit', attempt, name, outcome: 'passed', where: 'body', durationUs };
}

export function failed(name: string, attempt = 1, message = 'expected 1 to be 2'): Observation {
  return {
    ...passed(name, attempt),
    outcome: 'failed',
    failure: { kind: 'assertion', type: 'AssertionError', message, location: { file: 'test/a.test.ts', line: 3 } },
  };
}

export function verdict(name: string, more: Partial<CaseVerdict> = {}): CaseVerdict {
  return {
    suite: 'unit',
    name,
    role: 'driver',
    code: 'red/assertion',
    strength: 'strong',
    criteria: ['AC-1'],
    signature: 'expected 1 to be 2',
    detail: 'failed by an assertion',
    outcomes: ['failed'],
    ...more,
  };
}

/** A store with one whole run: 10 events, two attempts of three cases, a judgement, two artifacts, a checkpoint. */
export async function recordRun(directory: string): Promise<EvidenceStore> {
  const store = open(directory);
  const scenario = await store.putArtifact('scenario.yaml', { text: 'problem: guests cannot be paused\n' });
  const stdout = await store.putArtifact('stdout', { text: 'not ok 2\n'.repeat(100) });
  store.record({ ...runStarted(), scenario });
  store.record(suiteStarted(0));
  for (const attempt of [1, 2]) {
    store.recordAttempt({ ...attemptFinished(attempt), artifacts: [stdout] }, [
      passed('a', attempt, 10 * attempt),
      failed('b', attempt),
      passed('c', attempt, 30 * attempt),
    ]);
  }
  store.recordJudgement(suiteJudged(), [verdict('b'), verdict('a', { role: 'control', code: 'control-passed' })]);
  store.recordRunFinished(runFinished());
  return store;
}
