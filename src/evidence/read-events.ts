import type { RunId, Sha256 } from '../domain/brand.ts';
import type { EventBody, EventType, RecordedEvent } from '../domain/event.ts';
import { EXIT } from '../domain/failure.ts';
import type { Connection } from './sqlite.ts';
import { StoreError } from './store.ts';
import { type StoredBody, type Upcasts, upcast } from './upcast.ts';

const PAGE_EVENTS = 256;

export interface EventFilter {
  readonly run?: RunId;
  readonly types?: readonly EventType[];
}

/** Events in order, upcast. @throws {StoreError} for an event of a newer version, or one that is no event at all. */
export function* readEvents(db: Connection, filter: EventFilter = {}, upcasts?: Upcasts): Generator<RecordedEvent> {
  if (filter.types?.length === 0) return;
  const conditions = ['seq > ?'];
  const values: string[] = [];
  if (filter.run !== undefined) {
    conditions.push('run = ?');
    values.push(filter.run);
  }
  if (filter.types !== undefined) {
    // With a run named, its few events are filtered; the unary plus keeps the planner on the run's index.
    conditions.push(`${filter.run === undefined ? '' : '+'}type IN (${filter.types.map(() => '?').join(', ')})`);
    values.push(...filter.types);
  }
  // A page is found in the index alone: whole events would be sorted anew for every page.
  const page = db
    .prepare(
      `SELECT seq, canonical, lower(hex(hash)) FROM event WHERE seq IN
        (SELECT seq FROM event WHERE ${conditions.join(' AND ')} ORDER BY seq LIMIT ${PAGE_EVENTS}) ORDER BY seq`,
    )
    .raw();
  let after = 0;
  for (;;) {
    const rows = page.all(after, ...values) as [number, string, string][];
    for (const [seq, canonical, hash] of rows) yield toEvent(seq, canonical, hash, upcasts);
    if (rows.length < PAGE_EVENTS) return;
    after = rows.at(-1)?.[0] ?? after;
  }
}

function toEvent(seq: number, canonical: string, hash: string, upcasts?: Upcasts): RecordedEvent {
  const stored = parseEvent(canonical);
  if (stored === undefined || stored.seq !== seq) {
    throw new StoreError({
      reason: 'store-integrity',
      what: `event ${seq} is not what was recorded`,
      next: 'run `redfirst verify` to see every break, and restore a backup or a bundle',
      exit: EXIT.integrity,
    });
  }
  const body = upcast(seq, stored.body, upcasts);
  if (!body.ok) throw new StoreError(body.failure);
  return { seq, atMs: stored.atMs, hash: hash as Sha256, body: body.value as EventBody } as RecordedEvent;
}

/** An event's text taken apart; undefined where it is none. */
export function parseEvent(canonical: string): { seq: number; atMs: number; body: StoredBody } | undefined {
  try {
    const { seq, atMs, body } = JSON.parse(canonical);
    const isEvent =
      typeof seq === 'number' &&
      typeof atMs === 'number' &&
      typeof body?.type === 'string' &&
      typeof body.v === 'number';
    return isEvent ? { seq, atMs, body } : undefined;
  } catch {
    return undefined;
  }
}
