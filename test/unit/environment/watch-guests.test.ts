import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GuestWatch, watchGuests } from '../../../src/environment/watch-guests.ts';
import { processStartTicks } from '../../../src/process/process-group.ts';

let dir: string;
let path: string;
let watch: GuestWatch;
const children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-watch-'));
  path = join(dir, 'guests.log');
  writeFileSync(path, '');
  watch = watchGuests(path);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

async function living(): Promise<{ pid: number; ticks: number; end: () => Promise<void> }> {
  const child = spawn('sleep', ['100']);
  children.push(child);
  const pid = child.pid ?? 0;
  return {
    pid,
    ticks: processStartTicks(pid),
    end: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    },
  };
}
const note = (line: string): void => appendFileSync(path, `${line}\n`);

describe('watchGuests', () => {
  it('is content with guests that run or ended well', async () => {
    const launcher = await living();
    const guest = await living();
    note('start 1 10 2 11');
    note('end 1 10 2 0 -');
    note(`start ${launcher.pid} ${launcher.ticks} ${guest.pid} ${guest.ticks}`);
    expect(watch.look()).toEqual({ healthy: true });
    expect(watch.open().map((open) => open.guest.pid)).toEqual([guest.pid]);
  });

  it('names every guest that was lost, until it is told to forget', () => {
    note('start 1 10 2 11');
    note('end 1 10 2 137 -');
    note('start 3 12 4 13');
    note('end 3 12 4 139 -');
    const lost = { healthy: false, reason: 'guest pid 2 was killed by SIGKILL; guest pid 4 was killed by SIGSEGV' };
    expect(watch.look()).toEqual(lost);
    expect(watch.look()).toEqual(lost);
    watch.forget();
    expect(watch.look()).toEqual({ healthy: true });
    note('start 5 14 6 15');
    note('end 5 14 6 137 -');
    expect(watch.look()).toEqual({ healthy: false, reason: 'guest pid 6 was killed by SIGKILL' });
  });

  it('counts a log that is gone, cut short or written by others as unhealthy', () => {
    note('hello');
    expect(watch.look()).toEqual({ healthy: false, reason: `${path} holds a line that no launcher wrote: hello` });
    watch.forget();
    writeFileSync(path, '');
    expect(watch.look()).toEqual({ healthy: false, reason: `${path} was cut short` });
    rmSync(path);
    expect(watch.look()).toEqual({ healthy: false, reason: `${path} is gone` });
  });

  it('notices a launcher that vanishes while a suite is watched', async () => {
    const launcher = await living();
    const guest = await living();
    note(`start ${launcher.pid} ${launcher.ticks} ${guest.pid} ${guest.ticks}`);
    const watched = watch.start();
    await launcher.end();
    while (watch.look().healthy) await sleep(50);
    watched.stop();
    expect(watch.look()).toEqual({
      healthy: false,
      reason: `the launcher (pid ${launcher.pid}) of guest pid ${guest.pid} vanished while the suite ran`,
    });
  });

  it('does not blame a suite for a launcher that went with the one before', async () => {
    const launcher = await living();
    note(`start ${launcher.pid} ${launcher.ticks} 2 11`);
    await launcher.end();
    const lasting = await living();
    note(`start ${lasting.pid} ${lasting.ticks} 4 13`);
    const watched = watch.start();
    await lasting.end();
    while (watch.look().healthy) await sleep(50);
    watched.stop();
    const reason = `the launcher (pid ${lasting.pid}) of guest pid 4 vanished while the suite ran`;
    expect(watch.look()).toEqual({ healthy: false, reason });
  });

  it('does not blame a suite for the launchers that end with it', async () => {
    const launcher = await living();
    const guest = await living();
    note(`start ${launcher.pid} ${launcher.ticks} ${guest.pid} ${guest.ticks}`);
    const watched = watch.start();
    await launcher.end();
    await guest.end();
    watched.stop();
    expect(watch.look()).toEqual({ healthy: true });
  });

  it('waits for a launcher that is still writing down the end of its guest', async () => {
    const launcher = await living();
    const guest = await living();
    note(`start ${launcher.pid} ${launcher.ticks} ${guest.pid} ${guest.ticks}`);
    await guest.end();
    setTimeout(() => {
      note(`end ${launcher.pid} ${launcher.ticks} ${guest.pid} 137 -`);
      void launcher.end();
    }, 100);
    await watch.settle();
    expect(watch.look()).toEqual({ healthy: false, reason: `guest pid ${guest.pid} was killed by SIGKILL` });
  });
});
