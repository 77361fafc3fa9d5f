import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bootSector } from '../../src/environment/boot-sector.ts';
import type { Environment } from '../../src/environment/provider.ts';
import { findExecutable } from '../../src/environment/qemu-binary.ts';
import { openQmp, startGuest, suiteEnvironment } from '../../src/testing.ts';
import { type Provisioned, provisionProfile, QEMU_PROFILE } from './provisioned.ts';

const QEMU = findExecutable(QEMU_PROFILE.binary);
if (QEMU === undefined)
  console.warn('skipped: qemu-system-x86_64 is not on this machine (apt-get install qemu-system-x86)');

describe('suiteEnvironment', () => {
  it('says which variable is missing', () => {
    expect(() => suiteEnvironment({})).toThrow(
      'REDFIRST_PHASE is not set: run this suite through redfirst, or set it by hand',
    );
  });
});

describe('redfirst/testing, in a provisioned environment', () => {
  beforeEach((ctx) => ctx.skip(QEMU === undefined, 'qemu-system-x86_64 is not installed'));
  let provisioned: Provisioned;
  let environment: Environment;
  beforeAll(async () => {
    if (QEMU === undefined) return;
    provisioned = await provisionProfile(QEMU_PROFILE);
    if (!provisioned.result.ok) throw new Error(provisioned.result.failure.what);
    environment = provisioned.result.value;
    const given = {
      REDFIRST_PHASE: 'red',
      REDFIRST_SUITE: 'e2e',
      REDFIRST_ATTEMPT: '2',
      REDFIRST_SEED: '7',
      REDFIRST_ARTIFACTS: provisioned.runtimeDir,
    };
    for (const [name, value] of Object.entries({ ...given, ...environment.suiteVariables() })) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    if (QEMU === undefined) return;
    vi.unstubAllEnvs();
    await provisioned.cleanUp();
    provisioned.remove();
  });

  it('boots a guest, talks to it over QMP and reads its console', async () => {
    expect(suiteEnvironment()).toMatchObject({ phase: 'red', suite: 'e2e', attempt: 2, seed: 7, accelerator: 'tcg' });
    const disk = join(provisioned.runtimeDir, 'disk.img');
    writeFileSync(disk, bootSector());
    const guest = await startGuest('one', ['-m', '8', '-drive', `file=${disk},format=raw,if=floppy,readonly=on`]);
    try {
      const { index } = await guest.serial.waitFor(/^beat$/g);
      await guest.qmp.execute('stop');
      expect((await guest.qmp.waitForEvent('STOP')).event).toBe('STOP');
      expect(await guest.qmp.status()).toBe('paused');
      const paused = guest.serial.lines().length;
      await guest.qmp.execute('cont');
      expect((await guest.serial.waitFor('beat', { from: paused })).index).toBeGreaterThan(index);
      await expect(guest.qmp.execute('dance')).rejects.toThrow('QEMU refused: The command dance has not been found');
      await expect(guest.serial.waitFor('never', { deadlineMs: 30 })).rejects.toThrow('the guest wrote "beat" last');
    } finally {
      await guest.quit();
      await guest.quit();
    }
    expect(await environment.health()).toEqual({ healthy: true });
  });

  it('throws the words of a QEMU that does not start', async () => {
    await expect(startGuest('two', ['-drive', 'file=/does/not/exist'])).rejects.toThrow(
      /^QEMU of guest two ended before .*exit code 1; .*Could not open/s,
    );
    await expect(startGuest('a/b', [])).rejects.toThrow('not a name for a guest: a/b');
    // Whichever comes first names the socket: the refused connection or the deadline.
    await expect(openQmp('/does/not/exist', 30)).rejects.toThrow(/QEMU at \/does\/not\/exist/);
  });
});
