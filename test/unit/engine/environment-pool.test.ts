import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KindProfile, SystemUnderTest } from '../../../src/domain/profile.ts';
import { createCleanupStack } from '../../../src/engine/cleanup-stack.ts';
import { createEnvironmentPool, type EnvironmentPool } from '../../../src/engine/environment-pool.ts';
import { failureIn, KIND, valueIn } from '../environment/cluster-fixtures.ts';

const HOST = { name: 'here', provider: 'host' } as const;
const SYSTEM: SystemUnderTest = { name: 'head', images: [], manifests: [], wait: [] };

let root: string;
let pool: EnvironmentPool;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rf-pool-'));
  pool = createEnvironmentPool({
    ...{ root, keep: false, purpose: 'a test', runtimeDir: join(root, 'run'), token: 'pool-test' },
    signal: new AbortController().signal,
    cleanup: createCleanupStack(),
    progress: () => undefined,
  });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A profile whose provider is refused before anything is asked of the machine. */
const cluster = (systems: KindProfile['systems'] = {}): KindProfile => ({
  ...KIND,
  systems,
  engine: 'podman',
  kind: '/no/such/kind',
});

describe('an environment pool', () => {
  it('provisions once, in a folder of its own, and uses that again', async () => {
    const first = await pool.use(HOST);
    expect(await pool.use(HOST)).toBe(first);
    expect(existsSync(join(root, 'run/e0'))).toBe(true);
    valueIn(await pool.use({ name: 'other', provider: 'host' }));
    expect(existsSync(join(root, 'run/e1'))).toBe(true);
    await pool.resetAll();
  });

  it('gives a system to clusters alone: to anything else it makes no difference', async () => {
    const first = await pool.use(HOST, 'base');
    expect(await pool.use(HOST, 'head')).toBe(first);
    expect(await pool.use(HOST)).toBe(first);
    valueIn(first);
  });

  it('refuses a system that the profile does not have, and names those that it has', async () => {
    expect(failureIn(await pool.use(cluster({ base: SYSTEM, head: SYSTEM }), 'heads'))).toEqual({
      reason: 'configuration-invalid',
      what: 'profile lab has no system "heads"',
      next: 'one of base, head, or name it under `systems` in the profile',
      exit: 2,
    });
    expect(failureIn(await pool.use({ ...cluster(), name: 'bare' }, 'head')).next).toBe(
      'name it under `systems` in the profile',
    );
    expect(existsSync(join(root, 'run/e0'))).toBe(false);
  });

  it.each(['constructor', 'toString', '__proto__'])(
    'does not take what every object has for the system %s',
    async (name) => {
      expect(failureIn(await pool.use(cluster({ base: SYSTEM }), name)).reason).toBe('configuration-invalid');
    },
  );

  it('provisions again for another system, and keeps what failed for the same', async () => {
    const profile = cluster({ base: SYSTEM, head: SYSTEM });
    const base = await pool.use(profile, 'base');
    expect(base.ok).toBe(false);
    expect(await pool.use(profile, 'base')).toBe(base);
    expect(await pool.use(profile, 'head')).not.toBe(base);
    expect(await pool.use(profile, { ...SYSTEM })).not.toBe(base);
    expect(existsSync(join(root, 'run/e2'))).toBe(true);
    // What could not be had is not reset.
    await pool.resetAll();
  });
});
