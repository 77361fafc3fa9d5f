import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../../src/process/process-group.ts';
import { startProcess } from '../../../src/process/start-process.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'redfirst-start-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const start = (script: string, more: object = {}) =>
  startProcess({
    argv: ['sh', '-c', script],
    cwd: dir,
    env: { PATH: process.env['PATH'] ?? '' },
    stdoutPath: join(dir, 'out'),
    stderrPath: join(dir, 'err'),
    ...more,
  });

async function appears(path: string): Promise<string> {
  for (;;) {
    if (existsSync(path)) {
      const text = readFileSync(path, 'utf8');
      if (text.endsWith('\n')) return text.trim();
    }
    await sleep(10);
  }
}

describe('startProcess', () => {
  it('keeps a child running and writes its streams to files', async () => {
    const child = start('echo up; echo bad >&2; exec sleep 100');
    expect(await appears(join(dir, 'out'))).toBe('up');
    expect(isAlive(child.pid ?? 0, child.startedAtTicks)).toBe(true);
    expect(child.end()).toBeUndefined();
    expect(await child.stop()).toEqual({ cause: 'cancelled' });
    expect(child.end()).toEqual({ cause: 'cancelled' });
    expect(readFileSync(join(dir, 'err'), 'utf8')).toBe('bad\n');
  });

  it('says how a child ended by itself, and stop after that is fine', async () => {
    const child = start('exit 3');
    expect(await child.ended).toEqual({ cause: 'exited', code: 3 });
    expect(await child.stop()).toEqual({ cause: 'exited', code: 3 });
  });

  it('names the signal of a child that somebody else killed', async () => {
    const child = start('exec sleep 100');
    process.kill(child.pid ?? 0, 'SIGKILL');
    expect(await child.ended).toEqual({ cause: 'signalled', signal: 'SIGKILL' });
  });

  it('kills the group of a child that ignores TERM, grandchildren included', async () => {
    const child = start('trap "" TERM; sh -c \'trap "" TERM; echo $$; while :; do sleep 1; done\' & wait; sleep 100');
    const grandchild = Number(await appears(join(dir, 'out')));
    expect(await child.stop(50)).toEqual({ cause: 'cancelled' });
    while (isAlive(grandchild, 0)) await sleep(10);
    expect(isAlive(child.pid ?? 0, child.startedAtTicks)).toBe(false);
  });

  it('kills what is left of the group when the child ends', async () => {
    const child = start('sleep 100 & echo $!');
    const grandchild = Number(await appears(join(dir, 'out')));
    await child.ended;
    while (isAlive(grandchild, 0)) await sleep(10);
  });

  it('ends at once on abort, and does not start after it', async () => {
    const controller = new AbortController();
    const child = start('exec sleep 100', { signal: controller.signal });
    controller.abort();
    expect(await child.ended).toEqual({ cause: 'cancelled' });
    const late = start('exec sleep 100', { signal: controller.signal });
    expect(late.pid).toBeUndefined();
    expect(await late.ended).toEqual({ cause: 'cancelled' });
  });

  it('says so of an argument that holds NUL, which no program can be given', async () => {
    const started = startProcess({
      argv: ['true', 'a\0b'],
      cwd: dir,
      env: {},
      stdoutPath: join(dir, 'out'),
      stderrPath: join(dir, 'err'),
    });
    expect(await started.ended).toEqual({ cause: 'spawn-failed', message: 'an argument holds a NUL character' });
    expect([started.pid, started.end()]).toEqual([undefined, await started.stop()]);
  });

  it('says why a program could not be started', async () => {
    const child = start('', { argv: ['/does/not/exist'] });
    expect(child.pid).toBeUndefined();
    expect(JSON.stringify(await child.ended)).toContain('ENOENT');
  });
});
