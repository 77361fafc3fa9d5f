import type { EventBody, EventType } from '../domain/event.ts';
import { EXIT, fail, ok, type Result } from '../domain/failure.ts';

/** An event's body as it lies in the record, of any version. */
export type StoredBody = { readonly type: string; readonly v: number } & Readonly<Record<string, unknown>>;

/** Per event type, and per version: the step to the next version. */
export type Upcasts = Readonly<Record<string, Readonly<Record<number, (body: StoredBody) => StoredBody>>>>;

/** The newest version of every event type; a new member of the union breaks the build here. */
export const NEWEST: Readonly<Record<EventType, number>> = {
  'store-created': 1,
  'run-started': 1,
  'environment-identified': 1,
  'suite-started': 1,
  'attempt-finished': 1,
  'suite-judged': 1,
  'gate-observed': 1,
  'run-finished': 1,
  'run-interrupted': 1,
  'observer-failed': 1,
  'proof-judged': 1,
  'report-imported': 1,
};

/** All are at version 1, so there is no step yet. A released step is never changed. */
export const UPCASTS: Upcasts = {};

/**
 * Brings an event's body to its newest version, one step at a time.
 * @returns a failure for a type or version that this program does not know; a missing step is treated alike.
 */
export function upcast(
  seq: number,
  body: StoredBody,
  upcasts: Upcasts = UPCASTS,
  newest: Readonly<Record<string, number>> = NEWEST,
): Result<EventBody> {
  const target = Object.hasOwn(newest, body.type) ? (newest[body.type] as number) : 0;
  let current = body;
  while (current.v < target) {
    const step = upcasts[current.type]?.[current.v];
    if (step === undefined) break;
    current = step(current);
  }
  if (current.v === target) return ok(current as unknown as EventBody);
  return fail({
    reason: 'store-failed',
    what: `event ${seq} is "${body.type}" version ${body.v}, which this redfirst does not know`,
    next: 'use the redfirst that recorded it (the run-started events name it), or a newer one',
    exit: EXIT.environment,
  });
}
