import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical.ts';

/** What the first event's hash follows: 32 zero bytes. */
export const GENESIS: Uint8Array = new Uint8Array(32);

/** The canonical form of an event, which is what is stored and hashed: RFC 8785 of `{atMs, body, seq}`. */
export function eventText(seq: number, atMs: number, body: unknown): string {
  return canonicalJson({ seq, atMs, body });
}

/** SHA-256(previous hash, raw 32 bytes ‖ UTF-8 of the canonical event). */
export function chainHash(previous: Uint8Array, canonical: string): Buffer {
  return createHash('sha256').update(previous).update(canonical, 'utf8').digest();
}
