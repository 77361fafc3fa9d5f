import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { READY_LINE } from '../../src/environment/boot-sector.ts';
import { tinyGuestImage } from '../../src/environment/kubevirt/image-archive.ts';
import { POWER_BUTTON_LINE, tinyGuestDisk } from '../../src/environment/kubevirt/tiny-guest.ts';
import { findExecutable } from '../../src/environment/qemu-binary.ts';
import { awaitQmp, type QmpClient } from '../../src/environment/qmp.ts';
import { serialLines, waitForSerialLine } from '../../src/environment/serial-console.ts';
import { type StartedProcess, startProcess } from '../../src/process/start-process.ts';

const QEMU = findExecutable('qemu-system-x86_64');
const DOCKER = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 10_000 }).status === 0;
const DEADLINE_MS = 30_000;

const dir = mkdtempSync(join(tmpdir(), 'rf-tiny-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Guest {
  readonly process: StartedProcess;
  readonly qmp: QmpClient;
  readonly serialPath: string;
  /** The number of the last beat so far; 0 before the first. */
  lastBeat(): number;
  waitFor(line: string | RegExp, from?: number): Promise<void>;
}

const guests: Guest[] = [];
let started = 0;

/** `-device` of a hard disk on each bus that KubeVirt offers and SeaBIOS boots from. */
const DISKS = { virtio: 'virtio-blk-pci,drive=disk', sata: 'ide-hd,drive=disk', ide: 'ide-hd,drive=disk' };

async function startGuest(machine: string, disk: keyof typeof DISKS, more: readonly string[] = []): Promise<Guest> {
  const folder = join(dir, String(++started));
  mkdirSync(folder);
  const file = (name: string): string => join(folder, name);
  writeFileSync(file('disk.img'), tinyGuestDisk());
  const process = startProcess({
    argv: [
      ...[QEMU ?? '', '-nodefaults', '-no-user-config', '-display', 'none', '-machine', machine, '-accel', 'tcg'],
      ...['-m', '32', '-drive', `file=${file('disk.img')},format=raw,if=none,id=disk`, '-device', DISKS[disk]],
      ...['-serial', `file:${file('serial')}`, '-qmp', `unix:${file('qmp')},server=on,wait=off`, ...more],
    ],
    cwd: folder,
    env: {},
    stdoutPath: file('stdout'),
    stderrPath: file('stderr'),
  });
  const qmp = await awaitQmp(file('qmp'), DEADLINE_MS);
  if (!qmp.ok) throw new Error(`${qmp.failure.what}\n${readFileSync(file('stderr'), 'utf8')}`);
  const guest: Guest = {
    process,
    qmp: qmp.value,
    serialPath: file('serial'),
    lastBeat: () => beats(file('serial')).at(-1) ?? 0,
    waitFor: async (expected, from = 0) => {
      const matches = (line: string): boolean =>
        typeof expected === 'string' ? line === expected : expected.test(line);
      const found = await waitForSerialLine(file('serial'), matches, DEADLINE_MS, { from });
      expect(found).toMatchObject({ ok: true });
    },
  };
  guests.push(guest);
  return guest;
}

function beats(serialPath: string): number[] {
  return serialLines(serialPath).flatMap((line) => /^beat (\d+)$/.exec(line)?.slice(1).map(Number) ?? []);
}

/** 1, 2, … n */
function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}

async function pressPowerButton(guest: Guest): Promise<void> {
  expect(await guest.qmp.execute('system_powerdown')).toMatchObject({ ok: true });
  expect(await guest.process.ended).toEqual({ cause: 'exited', code: 0 });
  expect(serialLines(guest.serialPath).at(-1)).toBe(POWER_BUTTON_LINE);
}

describe('the tiny guest', () => {
  beforeEach((ctx) => ctx.skip(QEMU === undefined, 'qemu-system-x86_64 is not installed'));
  afterEach(async () => {
    for (const { process, qmp } of guests.splice(0)) {
      qmp.close();
      await process.stop(0);
    }
  });

  it.each([
    ['q35', 'virtio'],
    ['q35', 'sata'],
    ['pc', 'virtio'],
    ['pc', 'ide'],
  ] as const)('on %s, disk on %s: counts, also over a pause, and heeds the power button', async (machine, disk) => {
    const guest = await startGuest(machine, disk);
    await guest.waitFor('beat 3');
    expect(serialLines(guest.serialPath).slice(0, 5)).toEqual(['', READY_LINE, 'beat 1', 'beat 2', 'beat 3']);

    await guest.qmp.execute('stop');
    expect(await guest.qmp.waitForEvent('STOP')).toMatchObject({ ok: true });
    const paused = guest.lastBeat();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(guest.lastBeat()).toBe(paused);
    await guest.qmp.execute('cont');
    await guest.waitFor(`beat ${paused + 1}`);

    await pressPowerButton(guest);
    expect(beats(guest.serialPath)).toEqual(upTo(guest.lastBeat()));
  });

  it('counts on in decimal', async () => {
    // The guest sleeps nearly all the time, and here QEMU leaves the sleep out.
    const guest = await startGuest('q35', 'virtio', ['-icount', 'shift=0,sleep=off', '-rtc', 'clock=vm']);
    await guest.waitFor('beat 1024');
    await pressPowerButton(guest);
    expect(beats(guest.serialPath)).toEqual(upTo(guest.lastBeat()));
  });

  it('begins a line of its own where the firmware uses the serial port, as KubeVirt has it, and again after a reset', async () => {
    const guest = await startGuest('q35,graphics=off', 'virtio');
    await guest.waitFor(READY_LINE);
    expect(readFileSync(guest.serialPath, 'latin1')).toContain('SeaBIOS');
    await guest.waitFor('beat 1');
    const before = serialLines(guest.serialPath).length;
    await guest.qmp.execute('system_reset');
    await guest.waitFor(READY_LINE, before);
    await guest.waitFor('beat 1', before);
    await pressPowerButton(guest);
  });

  it('goes on counting where it migrates to, and heeds the power button there', async () => {
    const uri = `unix:${join(dir, 'migration')}`;
    const source = await startGuest('q35', 'virtio');
    const target = await startGuest('q35', 'virtio', ['-incoming', uri]);
    await source.waitFor('beat 2');
    expect(await source.qmp.execute('migrate', { uri })).toMatchObject({ ok: true });
    expect(await target.qmp.waitForEvent('RESUME', DEADLINE_MS)).toMatchObject({ ok: true });
    expect(await source.qmp.execute('query-status')).toMatchObject({ ok: true, value: { status: 'postmigrate' } });
    await target.waitFor(/^beat \d+$/);
    await pressPowerButton(target);
    // The guest may have moved in the middle of a line.
    const both = join(dir, 'both');
    writeFileSync(both, Buffer.concat([source, target].map(({ serialPath }) => readFileSync(serialPath))));
    expect(beats(both)).toEqual(upTo(target.lastBeat()));
  });
});

describe('the image of the tiny guest', () => {
  const { name, archive } = tinyGuestImage();

  it('is one that docker loads, and gives its disk back', (ctx) => {
    ctx.skip(!DOCKER, 'docker does not answer');
    const docker = (args: readonly string[], input?: Uint8Array): string => {
      const { status, stdout, stderr } = spawnSync('docker', args, input === undefined ? {} : { input });
      expect(status, `docker ${args.join(' ')}: ${stderr}`).toBe(0);
      return String(stdout).trim();
    };
    const there = spawnSync('docker', ['image', 'inspect', name]).status === 0;
    let container: string | undefined;
    try {
      expect(docker(['load'], archive)).toBe(`Loaded image: ${name}`);
      // A container that never starts: its command need not exist.
      container = docker(['create', name, 'none']);
      docker(['cp', `${container}:/disk/disk.img`, join(dir, 'copied.img')]);
      expect(readFileSync(join(dir, 'copied.img')).equals(tinyGuestDisk())).toBe(true);
    } finally {
      if (container !== undefined) docker(['rm', container]);
      if (!there) docker(['rmi', name]);
    }
  });
});
