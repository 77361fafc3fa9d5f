import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/domain/canonical.ts';
import { chainHash, eventText, GENESIS } from '../../../src/evidence/chain.ts';
import { leafDigest, merkleRoot, RowDigest, rootOfRoots, toHex } from '../../../src/evidence/merkle.ts';

const sha = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** The same tree by its recursive definition: the left half is the largest power of two below the size (RFC 6962, 2.1). */
function recursiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha(Buffer.of(0));
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return sha(Buffer.of(1), recursiveRoot(leaves.slice(0, half)), recursiveRoot(leaves.slice(half)));
}

describe('Merkle tree', () => {
  it('has known roots', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((text) => leafDigest(text)) as [Buffer, Buffer, Buffer];
    expect(toHex(merkleRoot([]))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(a.equals(sha(Buffer.from('\0a')))).toBe(true);
    expect(merkleRoot([a])).toBe(a);
    expect(toHex(merkleRoot([a, b, c]))).toBe(toHex(sha(Buffer.of(1), sha(Buffer.of(1), a, b), c)));
  });

  it('is that of RFC 6962 for any number of leaves', () => {
    for (let size = 0; size <= 70; size++) {
      const leaves = Array.from({ length: size }, (_, i) => leafDigest(String(i)));
      expect(toHex(merkleRoot(leaves))).toBe(toHex(recursiveRoot(leaves)));
    }
  });

  it('changes with every row, its order and its number (property)', () => {
    const root = (rows: readonly string[]): string => {
      const digest = new RowDigest();
      for (const row of rows) digest.add(row);
      return digest.root();
    };
    const row = fc.string({ minLength: 1 }).map((text) => JSON.stringify([text]));
    fc.assert(
      fc.property(fc.uniqueArray(row, { minLength: 2, maxLength: 600 }), fc.nat(), fc.nat(), (rows, m, n) => {
        const [i, j] = [m % rows.length, n % rows.length];
        const original = root(rows);
        expect(root(rows.toSpliced(i, 1))).not.toBe(original);
        expect(root(rows.with(i, '["another"]'))).not.toBe(original);
        if (i !== j) expect(root(rows.with(i, rows[j] as string).with(j, rows[i] as string))).not.toBe(original);
      }),
      { numRuns: 50 },
    );
  });

  it('hashes rows in blocks of 256, each row ended by a line feed', () => {
    const rows = Array.from({ length: 257 }, (_, i) => `[${i}]`);
    const digest = new RowDigest();
    for (const row of rows) digest.add(row);
    const block = (some: readonly string[]): Buffer => leafDigest(some.map((row) => `${row}\n`).join(''));
    expect(digest.root()).toBe(toHex(merkleRoot([block(rows.slice(0, 256)), block(rows.slice(256))])));
    expect(digest.count).toBe(257);
  });

  it('takes a run’s roots as its leaves', () => {
    const [a, b] = [toHex(leafDigest('a')), toHex(leafDigest('b'))] as const;
    expect(rootOfRoots([a, b])).toBe(
      toHex(merkleRoot([leafDigest(Buffer.from(a, 'hex')), leafDigest(Buffer.from(b, 'hex'))])),
    );
  });
});

describe('chain', () => {
  it('is SHA-256 over the previous hash and the canonical event', () => {
    const text = eventText(1, 42, { type: 'x', v: 1, b: 'é', a: undefined });
    expect(text).toBe('{"atMs":42,"body":{"b":"é","type":"x","v":1},"seq":1}');
    expect(chainHash(GENESIS, text).equals(sha(Buffer.alloc(32), Buffer.from(text)))).toBe(true);
  });
});

describe('canonical JSON', () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false),
      fc.maxSafeInteger(),
      fc.string({ unit: 'binary' }),
      fc.array(tie('value')),
      fc.dictionary(fc.string({ unit: 'binary' }), tie('value')),
    ),
  })).value; // prettier-ignore

  it('reads back as the same value, is its own canonical form, and knows no order of members (property)', () => {
    const reversed = (some: unknown): unknown =>
      Array.isArray(some)
        ? some.map(reversed)
        : some !== null && typeof some === 'object'
          ? Object.fromEntries(
              Object.entries(some)
                .reverse()
                .map(([key, member]) => [key, reversed(member)]),
            )
          : some;
    fc.assert(
      fc.property(value, (some) => {
        const text = canonicalJson(some);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(some)));
        expect(canonicalJson(reversed(some))).toBe(text);
      }),
    );
  });
});
