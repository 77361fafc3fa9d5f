import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kvmObstacle } from '../../src/environment/choose-accelerator.ts';
import type { Environment } from '../../src/environment/provider.ts';
import { providerFor } from '../../src/environment/providers.ts';
import { findExecutable } from '../../src/environment/qemu-binary.ts';
import { awaitQmp, connectQmp } from '../../src/environment/qmp.ts';
import { serialLines, waitForSerialLine } from '../../src/environment/serial-console.ts';
import { isAlive, processesWithToken } from '../../src/process/process-group.ts';
import { type Provisioned, provisionProfile, QEMU_PROFILE } from './provisioned.ts';

const QEMU = findExecutable(QEMU_PROFILE.binary);
if (QEMU === undefined)
  console.warn('skipped: qemu-system-x86_64 is not on this machine (apt-get install qemu-system-x86)');

let provisioned: Provisioned;
let environment: Environment;
const suiteGuests: ChildProcess[] = [];

async function provision(): Promise<void> {
  provisioned = await provisionProfile(QEMU_PROFILE);
  if (!provisioned.result.ok) throw new Error(provisioned.result.failure.what);
  environment = provisioned.result.value;
}

/** Starts a guest as a suite does: through $REDFIRST_QEMU, with a QMP socket in $REDFIRST_RUNTIME. */
async function startGuest(name: string) {
  const variables = environment.suiteVariables();
  const qmpPath = `${variables['REDFIRST_RUNTIME']}/${name}`;
  const args = [
    '-nodefaults',
    '-display',
    'none',
    '-accel',
    variables['REDFIRST_ACCEL'] ?? '',
    '-machine',
    variables['REDFIRST_MACHINE'] ?? '',
  ];
  const child = spawn(
    variables['REDFIRST_QEMU'] ?? '',
    [...args, '-m', '8', '-qmp', `unix:${qmpPath},server=on,wait=off`],
    {
      env: { PATH: process.env['PATH'] ?? '', REDFIRST_TOKEN: `${provisioned.token}-suite` },
      stdio: 'ignore',
    },
  );
  suiteGuests.push(child);
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  // QEMU obeys TERM politely only once it has come this far.
  const qmp = await awaitQmp(qmpPath, 30_000);
  if (!qmp.ok) throw new Error(qmp.failure.what);
  qmp.value.close();
  return { child, ended, qmpPath, pid: lastGuestPid() };
}

function lastGuestPid(): number {
  const starts = readFileSync(`${provisioned.runtimeDir}/guests.log`, 'utf8').match(/^start \d+ \d+ \d+/gm) ?? [];
  return Number(starts.at(-1)?.split(' ')[3]);
}

function sentinelPid(): number {
  const pids = processesWithToken(provisioned.token);
  expect(pids).toHaveLength(1);
  return pids[0] ?? 0;
}

describe('the qemu environment', () => {
  beforeEach((ctx) => ctx.skip(QEMU === undefined, 'qemu-system-x86_64 is not installed'));
  beforeAll(() => (QEMU === undefined ? undefined : provision()));
  afterAll(async () => {
    if (QEMU === undefined) return;
    for (const child of suiteGuests) child.kill('SIGKILL');
    await provisioned.cleanUp();
    provisioned.remove();
  });

  it('earned its grade by a guest that booted, and says exactly what that was', () => {
    const { identity } = environment;
    expect(identity).toMatchObject({ profile: 'qemu', provider: 'qemu', grade: ['vmm'], findings: [] });
    expect(identity.facts).toMatchObject({
      accelerator: 'tcg',
      'qemu.version': expect.stringMatching(/^\d+\.\d+/),
      'qemu.machine': expect.stringMatching(/^pc-i440fx-\d/),
      'qemu.binary.sha256': expect.stringMatching(/^[0-9a-f]{64}$/),
      'qemu.firmware': expect.stringMatching(/^bios\S* sha256:[0-9a-f]{64}$/),
    });
    expect(provisioned.waitedFor).toEqual(['the probe guest to boot on tcg']);
  });

  it('keeps a sentinel whose heart beats', async () => {
    expect(await environment.health()).toEqual({ healthy: true });
    const serial = Object.keys(await environment.diagnose()).find((path) => path.endsWith('.serial.log')) ?? '';
    const before = serialLines(serial).length;
    const beat = await waitForSerialLine(serial, (line) => line === 'beat', 30_000, { from: before });
    expect(beat).toMatchObject({ ok: true, value: { index: before } });
    expect(serialLines(serial)[0]).toBe('REDFIRST-GUEST-READY');
  });

  it('stays healthy when a suite ends its guest by QMP quit', async () => {
    const watch = environment.watch();
    const guest = await startGuest('quit');
    const qmp = await connectQmp(guest.qmpPath, 30_000);
    if (!qmp.ok) throw new Error(qmp.failure.what);
    expect(await qmp.value.execute('query-status')).toMatchObject({ ok: true, value: { status: 'running' } });
    expect(await qmp.value.execute('dance')).toMatchObject({ ok: false, failure: { class: 'CommandNotFound' } });
    await qmp.value.execute('quit');
    qmp.value.close();
    expect(await guest.ended).toBe(0);
    expect(await watch.stop()).toEqual({ healthy: true });
    expect(await environment.health()).toEqual({ healthy: true });
  });

  it('stays healthy when a suite ends its guest by TERM, to the launcher or to QEMU itself', async () => {
    const watch = environment.watch();
    const first = await startGuest('term-launcher');
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    const second = await startGuest('term-qemu');
    // The token makes the sender one of the run's processes; it stays until it was looked up.
    const kill = spawn('sh', ['-c', `kill -TERM ${second.pid}; sleep 2`], {
      env: { ...process.env, REDFIRST_TOKEN: `${provisioned.token}-suite` },
    });
    expect(await second.ended).toBe(0);
    expect(await watch.stop()).toEqual({ healthy: true });
    kill.kill();
  });

  it('says that a guest was lost when somebody kills it, until reset', async () => {
    const watch = environment.watch();
    const { pid, ended } = await startGuest('killed');
    process.kill(pid, 'SIGKILL');
    expect(await ended).toBe(137);
    const lost = { healthy: false, reason: `guest pid ${pid} was killed by SIGKILL` };
    expect(await watch.stop()).toEqual(lost);
    expect(await environment.health()).toEqual(lost);
    await environment.reset();
    expect(await environment.health()).toEqual({ healthy: true });
    expect(await environment.watch().stop()).toEqual({ healthy: true });
  });

  it('knows of a guest that was killed a moment ago, while its launcher has yet to say so', async () => {
    const watch = environment.watch();
    const { pid } = await startGuest('killed-now');
    process.kill(pid, 'SIGKILL');
    while (isAlive(pid, 0)) await sleep(0);
    expect(await watch.stop()).toEqual({ healthy: false, reason: `guest pid ${pid} was killed by SIGKILL` });
    await environment.reset();
  });

  it('says that a guest was lost when a stranger ends it by TERM', async () => {
    const watch = environment.watch();
    const guest = await startGuest('stranger');
    const stranger = spawn('sh', ['-c', `kill -TERM ${guest.pid}; sleep 2`], {
      env: { PATH: process.env['PATH'] ?? '' },
    });
    await guest.ended;
    const reason = `guest pid ${guest.pid} was ended by a signal from pid ${stranger.pid}, which does not belong to this run`;
    expect(await watch.stop()).toEqual({ healthy: false, reason });
    stranger.kill();
    const files = await environment.diagnose();
    const stderr = Object.entries(files).find(([, name]) => name === `qemu/guest-${guest.child.pid}.stderr`)?.[0] ?? '';
    expect(readFileSync(stderr, 'utf8')).toContain(`terminating on signal 15 from pid ${stranger.pid}`);
    await environment.reset();
  });

  it('reset ends the guests that a suite left behind and empties its folder', async () => {
    const guest = await startGuest('left-behind');
    await environment.reset();
    expect(await guest.ended).toBe(null);
    expect(isAlive(guest.pid, 0)).toBe(false);
    expect(readdirSync(environment.suiteVariables()['REDFIRST_RUNTIME'] ?? '')).toEqual([]);
    expect(await environment.health()).toEqual({ healthy: true });
  });

  it('notices a sentinel that stands still although its QEMU is well', async () => {
    const path = Object.keys(await environment.diagnose()).find((name) => name.endsWith('.serial.log')) ?? '';
    const qmp = await connectQmp(path.replace('.serial.log', '.qmp'), 30_000);
    if (!qmp.ok) throw new Error(qmp.failure.what);
    await qmp.value.execute('stop');
    qmp.value.close();
    expect(await environment.health()).toEqual({ healthy: false, reason: 'the sentinel guest is not running: paused' });
    const again = await connectQmp(path.replace('.serial.log', '.qmp'), 30_000);
    if (!again.ok) throw new Error(again.failure.what);
    await again.value.execute('cont');
    again.value.close();
    expect(await environment.health()).toEqual({ healthy: true });
  });

  it('notices the death of the sentinel, and reset starts another', async () => {
    const watch = environment.watch();
    const pid = sentinelPid();
    process.kill(pid, 'SIGKILL');
    while (processesWithToken(provisioned.token).length > 0) await sleep(10);
    await sleep(50);
    const reason = `the sentinel guest (pid ${pid}) is gone: QEMU ended (killed by SIGKILL)`;
    expect(await watch.stop()).toEqual({ healthy: false, reason });
    expect(await environment.health()).toEqual({ healthy: false, reason });
    await environment.reset();
    expect(sentinelPid()).not.toBe(pid);
    expect(await environment.health()).toEqual({ healthy: true });
  });
});

describe('after the qemu environment', () => {
  beforeEach((ctx) => ctx.skip(QEMU === undefined, 'qemu-system-x86_64 is not installed'));
  it('nothing is left: no process, no file', async () => {
    await provision();
    sentinelPid();
    expect(readdirSync(provisioned.runtimeDir).sort()).toEqual(['guests.log', 'qemu', 'run']);
    expect(await provisioned.cleanUp()).toEqual(['probe guests', `files in ${provisioned.runtimeDir}`]);
    expect(processesWithToken(provisioned.token)).toEqual([]);
    expect(readdirSync(provisioned.runtimeDir)).toEqual([]);
    provisioned.remove();
  });

  it('nothing is left of a provisioning that was cancelled', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 150);
    const stopped = await provisionProfile(
      { ...QEMU_PROFILE, binary: QEMU ?? '', probeDeadlineMs: 60_000 },
      controller.signal,
    );
    await stopped.cleanUp();
    expect(processesWithToken(stopped.token)).toEqual([]);
    expect(readdirSync(stopped.runtimeDir)).toEqual([]);
    stopped.remove();
  });
});

describe('the qemu provider refuses', () => {
  it('a QEMU that is not there, with what to install', async () => {
    const profile = { ...QEMU_PROFILE, binary: 'qemu-system-nothing' };
    const refused = await provisionProfile(profile);
    expect(refused.result).toMatchObject({ ok: false, failure: { reason: 'tool-missing', exit: 3 } });
    expect(await providerFor(profile).preflight(profile, new AbortController().signal)).toMatchObject([
      {
        severity: 'error',
        what: 'qemu-system-nothing is not on this machine',
        next: expect.stringContaining('apt-get install qemu-system-x86'),
      },
    ]);
    refused.remove();
  });

  it('nothing where all is there: preflight has no error, and says what it cannot know of kvm', async (ctx) => {
    ctx.skip(QEMU === undefined, 'qemu-system-x86_64 is not installed');
    const profile = { ...QEMU_PROFILE, accelerator: 'auto' as const };
    const note = kvmObstacle() ?? '/dev/kvm opens for writing; only booting a guest tells whether it works';
    expect(await providerFor(profile).preflight(profile, new AbortController().signal)).toEqual([
      { severity: 'note', what: note },
    ]);
  });
});
