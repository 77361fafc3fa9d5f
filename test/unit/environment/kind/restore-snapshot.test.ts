import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fail, ok } from '../../../../src/domain/failure.ts';
import { type ContainerEngine, engineFailure } from '../../../../src/environment/kind/container-engine.ts';
import { snapshotDamage } from '../../../../src/environment/kind/restore-snapshot.ts';
import type { StoredSnapshot } from '../../../../src/environment/kind/snapshot-store.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-snapshot-'));
  writeFileSync(join(dir, 'kubeconfig'), 'abc');
  writeFileSync(join(dir, 'one.var.tar'), 'abcd');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function snapshot(): StoredSnapshot {
  const volume = { file: 'one.var.tar', bytes: 4, sha256: 'x' };
  const manifest = {
    nodeImageId: 'sha256:n',
    kubeconfig: { file: 'kubeconfig', bytes: 3 },
    nodes: [{ rootImage: 'sha256:r', volume }],
  };
  return { dir, manifest } as unknown as StoredSnapshot;
}

function engineWith(images: readonly string[]): ContainerEngine {
  const run: ContainerEngine['run'] = async (args) =>
    args.slice(4).every((image) => images.includes(image)) ? ok('') : fail(engineFailure('no such image'));
  return { name: 'docker', version: '', env: {}, run };
}

const WHOLE = engineWith(['sha256:n', 'sha256:r']);

test('a snapshot with all its files and images can be begun with', async () => {
  expect(await snapshotDamage(WHOLE, snapshot())).toBeUndefined();
});

test('a file that was cut, or is gone, is said', async () => {
  writeFileSync(join(dir, 'one.var.tar'), 'ab');
  expect(await snapshotDamage(WHOLE, snapshot())).toBe('one.var.tar is not there, or not whole');
  rmSync(join(dir, 'kubeconfig'));
  expect(await snapshotDamage(WHOLE, snapshot())).toBe('kubeconfig is not there, or not whole');
});

test('an image that the engine has no more is said', async () => {
  expect(await snapshotDamage(engineWith(['sha256:n']), snapshot())).toBe('an image of it is gone from docker');
});
