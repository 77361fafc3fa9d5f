import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { engineOfProfile } from '../../../../src/environment/kind/choose-engine.ts';
import { clusterFolder } from '../../../../src/environment/kind/cluster-record.ts';
import { failureIn, RECORD, valueIn } from '../cluster-fixtures.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-choose-'));
  program('docker', 'echo 27.0.1');
  program('podman', 'echo 5.2.0');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function program(name: string, script: string): void {
  writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, name), 0o755);
}

const choose = (engine: 'auto' | 'docker' | 'podman') => {
  const folder = clusterFolder(RECORD.cluster, dir);
  return engineOfProfile({ engine, cluster: RECORD.cluster }, undefined, { PATH: dir }, folder);
};
const made = (engine: 'docker' | 'podman'): void => clusterFolder(RECORD.cluster, dir).write({ ...RECORD, engine });

it('is the one that answers where there is no cluster yet', async () => {
  expect(valueIn(await choose('auto')).name).toBe('docker');
  program('docker', 'exit 1');
  expect(valueIn(await choose('auto')).name).toBe('podman');
});

it('is the one that has the cluster where either would do', async () => {
  made('podman');
  expect(valueIn(await choose('auto')).name).toBe('podman');
});

it('is the one that the profile names, wherever the cluster is', async () => {
  made('podman');
  expect(valueIn(await choose('docker')).name).toBe('docker');
});

it('is no other while the one that has the cluster does not answer', async () => {
  made('podman');
  program('podman', 'echo "cannot open its storage" >&2; exit 125');
  const { what, next } = failureIn(await choose('auto'));
  expect(what).toMatch(/^cluster redfirst-lab was made with podman, which does not answer: .*cannot open its storage/);
  expect(next).toContain('redfirst cluster down redfirst-lab');
});

it('is another where that one is not on this machine any more', async () => {
  made('podman');
  rmSync(join(dir, 'podman'));
  expect(valueIn(await choose('auto')).name).toBe('docker');
});
