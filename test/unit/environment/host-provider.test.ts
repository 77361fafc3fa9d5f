import { existsSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Provisioned, provisionProfile } from '../../environments/provisioned.ts';

const HOST = { name: 'here', provider: 'host' } as const;
let provisioned: Provisioned | undefined;
afterEach(() => provisioned?.remove());

async function host() {
  provisioned = await provisionProfile(HOST);
  if (!provisioned.result.ok) throw new Error(provisioned.result.failure.what);
  return { environment: provisioned.result.value, runtimeDir: provisioned.runtimeDir };
}

describe('the host environment', () => {
  it('claims no realism, and says what machine it is', async () => {
    const { identity } = (await host()).environment;
    expect(identity).toMatchObject({ profile: 'here', provider: 'host', grade: [], findings: [] });
    expect(identity.profileDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(Object.keys(identity.facts).sort()).toEqual(['host.cpu', 'host.kernel', 'host.os', 'node.version']);
    expect(identity.facts['node.version']).toBe(process.version);
    expect(Object.values(identity.facts).every((fact) => fact.length > 0)).toBe(true);
  });

  it('is healthy while its runtime folder can be written to, and leaves nothing there', async () => {
    const { environment, runtimeDir } = await host();
    expect(await environment.health()).toEqual({ healthy: true });
    expect(existsSync(`${runtimeDir}/.health`)).toBe(false);
    const watch = environment.watch();
    rmSync(runtimeDir, { recursive: true });
    expect(await watch.stop()).toMatchObject({
      healthy: false,
      reason: expect.stringContaining(`the runtime folder ${runtimeDir} cannot be written to: ENOENT`),
    });
    expect((await environment.health()).healthy).toBe(false);
  });

  it('gives suites a private folder', async () => {
    const { environment, runtimeDir } = await host();
    expect(environment.suiteVariables()).toEqual({ REDFIRST_RUNTIME: runtimeDir });
    expect(await environment.diagnose()).toEqual({});
  });
});
