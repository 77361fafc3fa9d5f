import { canonicalJson } from '../domain/canonical.ts';
import type { Finding } from '../domain/failure.ts';
import { chainHash, GENESIS } from './chain.ts';
import { toHex } from './merkle.ts';
import { parseEvent } from './read-events.ts';
import type { Connection } from './sqlite.ts';
import type { StoredBody } from './upcast.ts';

const PAGE_EVENTS = 256;

/** An event as the walk found it; `body` is undefined where the text is no event. */
export interface WalkedEvent {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly body: StoredBody | undefined;
}

/**
 * Walks the chain from its genesis and recomputes every hash from the events' own text.
 * A hash that only follows from an earlier break is not reported again.
 */
export function* walkChain(db: Connection, report: (what: string, next?: string) => void): Generator<WalkedEvent> {
  const page = db.prepare('SELECT seq, canonical, hash FROM event WHERE seq > ? ORDER BY seq LIMIT ?').raw();
  let expected = 1;
  let recomputed: Uint8Array = GENESIS;
  let stored: Uint8Array = GENESIS;
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const rows = page.all(after, PAGE_EVENTS) as [number, string, Uint8Array][];
    for (const [seq, canonical, hash] of rows) {
      if (seq !== expected) {
        report(seq === expected + 1 ? `event ${expected} is missing` : `events ${expected} to ${seq - 1} are missing`);
      }
      const follows = Buffer.compare(chainHash(stored, canonical), hash) === 0;
      recomputed = chainHash(recomputed, canonical);
      if (seq === expected && !follows)
        report(`event ${seq} was changed: its hash does not follow from its text and its predecessor`);
      const event = parseEvent(canonical);
      for (const problem of formProblems(seq, canonical, event)) report(problem);
      yield { seq, hash: recomputed, body: event?.body };
      stored = hash;
      expected = seq + 1;
    }
    if (rows.length < PAGE_EVENTS) return;
    after = rows.at(-1)?.[0] ?? after;
  }
}

function formProblems(seq: number, canonical: string, event: ReturnType<typeof parseEvent>): string[] {
  if (event === undefined) return [`event ${seq} is no event of any version`];
  const problems: string[] = [];
  if (event.seq !== seq) problems.push(`event ${seq} calls itself event ${event.seq}`);
  if (!isCanonical(canonical)) problems.push(`event ${seq} is not in canonical form`);
  if ((seq === 1) !== (event.body.type === 'store-created')) {
    problems.push(
      seq === 1 ? 'the record does not begin with store-created' : `event ${seq} creates the store a second time`,
    );
  }
  return problems;
}

function isCanonical(canonical: string): boolean {
  try {
    return canonicalJson(JSON.parse(canonical)) === canonical;
  } catch {
    return false;
  }
}

/** Hashes by sequence number that other witnesses remember, compared while the chain is walked. */
export class Witnesses {
  readonly #remembered = new Map<number, { readonly hash: string; readonly who: string }[]>();

  add(seq: number, hash: string, who: string): void {
    const known = this.#remembered.get(seq);
    if (known === undefined) this.#remembered.set(seq, [{ hash, who }]);
    else if (!known.some((one) => one.hash === hash && one.who === who)) known.push({ hash, who });
  }

  *contradictions(seq: number, hash: Uint8Array): Generator<string> {
    const found = toHex(hash);
    for (const { hash: remembered, who } of this.#remembered.get(seq) ?? []) {
      if (remembered !== found)
        yield `${who} says that event ${seq} has hash ${remembered}, but the record gives ${found}`;
    }
  }

  /** What the witnesses saw after the end of the record. */
  *beyond(head: number): Generator<string> {
    for (const [seq, memories] of [...this.#remembered].sort(([a], [b]) => a - b)) {
      if (seq <= head) continue;
      for (const who of new Set(memories.map((one) => one.who))) {
        yield `the record ends at event ${head}, but ${who} was written for event ${seq}`;
      }
    }
  }
}

/** A break as a finding. */
export function breakOf(
  what: string,
  next = 'keep the store for inspection and restore a backup or a bundle; what rests on this proves nothing',
): Finding {
  return { severity: 'error', what, next };
}
