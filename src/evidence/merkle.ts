import { createHash } from 'node:crypto';

/** Most canonical rows in one leaf of a row set's tree. */
export const BLOCK_ROWS = 256;

const LEAF = Buffer.of(0x00);
const NODE = Buffer.of(0x01);

/** SHA-256(0x00 ‖ block); the prefix keeps a leaf from being passed off as a node (RFC 6962, 2.1). */
export function leafDigest(block: string | Uint8Array): Buffer {
  const hash = createHash('sha256').update(LEAF);
  return (typeof block === 'string' ? hash.update(block, 'utf8') : hash.update(block)).digest();
}

/**
 * Root over leaves in order: node = SHA-256(0x01 ‖ left ‖ right), an odd node is promoted as it is,
 * and the root of nothing is SHA-256 of 0x00 alone.
 */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return createHash('sha256').update(LEAF).digest();
  let level = leaves;
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array;
      const right = level[i + 1];
      above.push(right === undefined ? left : createHash('sha256').update(NODE).update(left).update(right).digest());
    }
    level = above;
  }
  return level[0] as Uint8Array;
}

/** Root over the roots of a run's row sets, in the order of their events: each root is a leaf. */
export function rootOfRoots(roots: readonly string[]): string {
  return toHex(merkleRoot(roots.map((root) => leafDigest(Buffer.from(root, 'hex')))));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Takes canonical rows one after another and hashes them in blocks of `BLOCK_ROWS`, each row ended by a line feed. */
export class RowDigest {
  count = 0;
  readonly #leaves: Uint8Array[] = [];
  #pending: string[] = [];

  add(row: string): void {
    this.count += 1;
    this.#pending.push(row);
    if (this.#pending.length === BLOCK_ROWS) this.#seal();
  }

  /** A whole block at once: `rows` canonical rows, each ended by a line feed. Only between blocks. */
  addBlock(text: string, rows: number): void {
    if (this.#pending.length > 0) throw new RangeError('a block within a block');
    this.count += rows;
    this.#leaves.push(leafDigest(text));
  }

  /** Hex root over all rows so far; no row may follow. */
  root(): string {
    if (this.#pending.length > 0) this.#seal();
    return toHex(merkleRoot(this.#leaves));
  }

  #seal(): void {
    this.#leaves.push(leafDigest(`${this.#pending.join('\n')}\n`));
    this.#pending = [];
  }
}
