import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  beginSnapshot,
  describeFile,
  findSnapshot,
  hasContent,
  hasSize,
  listSnapshots,
  MANIFEST,
  removeSnapshot,
  snapshotsDir,
} from '../../../../src/environment/kind/snapshot-store.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'rf-snapshots-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(dir: string, digest: string, takenAtMs: number): void {
  const file = { file: 'var.tar', bytes: 3, sha256: 'ab' };
  const node = { recipe: { ports: [] }, role: 'control-plane', rootImage: 'sha256:r', volume: file };
  const whole = { v: 1, cluster: 'one', digest, takenAtMs, validUntilMs: 9, nodeImageId: 'sha256:n' };
  const manifest = { ...whole, network: { name: 'kind' }, kubeconfig: { ...file, file: 'kubeconfig' }, nodes: [node] };
  writeFileSync(join(dir, MANIFEST), JSON.stringify(manifest));
}

test('a snapshot that is being written is none yet; once kept it is found, and listed by age', () => {
  const younger = beginSnapshot('d2', base);
  write(younger.dir, 'd2', 2);
  expect(findSnapshot('d2', base)).toBeUndefined();
  expect(listSnapshots(base)).toEqual([]);
  younger.keep();
  const older = beginSnapshot('d1', base);
  write(older.dir, 'd1', 1);
  older.keep();
  expect(findSnapshot('d2', base)).toMatchObject({ dir: join(base, 'd2'), manifest: { digest: 'd2' } });
  expect(listSnapshots(base).map(({ manifest }) => manifest.digest)).toEqual(['d1', 'd2']);
});

test('a snapshot that is dropped leaves the one that was there', () => {
  const first = beginSnapshot('d1', base);
  write(first.dir, 'd1', 1);
  first.keep();
  beginSnapshot('d1', base).drop();
  expect(findSnapshot('d1', base)).toMatchObject({ manifest: { takenAtMs: 1 } });
});

test('keeping replaces the one that was there, and what a crash left half written goes', () => {
  mkdirSync(join(base, '.d1.99999999'));
  for (const takenAtMs of [1, 2]) {
    const began = beginSnapshot('d1', base);
    write(began.dir, 'd1', takenAtMs);
    began.keep();
  }
  expect(findSnapshot('d1', base)).toMatchObject({ manifest: { takenAtMs: 2 } });
  expect(existsSync(join(base, '.d1.99999999'))).toBe(false);
});

test('a folder without a manifest that can be read is broken, and says so', () => {
  mkdirSync(join(base, 'd1'));
  expect(findSnapshot('d1', base)).toBe('its manifest cannot be read');
  expect(listSnapshots(base)).toEqual([]);
});

test('removing twice does no harm', () => {
  removeSnapshot('d1', base);
  mkdirSync(join(base, 'd1'));
  removeSnapshot('d1', base);
  expect(existsSync(join(base, 'd1'))).toBe(false);
});

test('a file is known by its size and its content', async () => {
  writeFileSync(join(base, 'a'), 'abc');
  const described = await describeFile(base, 'a');
  expect(described.bytes).toBe(3);
  expect(await hasContent(base, described)).toBe(true);
  writeFileSync(join(base, 'a'), 'abd');
  expect([hasSize(base, described), await hasContent(base, described)]).toEqual([true, false]);
  writeFileSync(join(base, 'a'), 'ab');
  expect(hasSize(base, described)).toBe(false);
  expect(hasSize(base, { ...described, file: 'b' })).toBe(false);
});

test('snapshots lie in the cache, which may be emptied', () => {
  expect(snapshotsDir({ XDG_CACHE_HOME: '/c' })).toBe('/c/redfirst/snapshots');
  expect(snapshotsDir({ HOME: '/h' })).toBe('/h/.cache/redfirst/snapshots');
});
