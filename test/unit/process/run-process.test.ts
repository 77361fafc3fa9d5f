import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, processesWithToken, processStartTicks, sweepToken } from '../../../src/process/process-group.ts';
import { captureProcess, runProcess } from '../../../src/process/run-process.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'redfirst-process-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const env = { PATH: process.env['PATH'] ?? '' };
const streamed = (script: string, more: object = {}) =>
  runProcess({
    argv: ['sh', '-c', script],
    cwd: dir,
    env,
    stdoutPath: join(dir, 'out'),
    stderrPath: join(dir, 'err'),
    ...more,
  });

describe('runProcess', () => {
  it('streams both outputs to files and reports the exit code', async () => {
    const result = await streamed('echo one; echo two >&2; exit 7');
    expect(result.end).toEqual({ cause: 'exited', code: 7 });
    expect(readFileSync(join(dir, 'out'), 'utf8')).toBe('one\n');
    expect(readFileSync(join(dir, 'err'), 'utf8')).toBe('two\n');
  });

  it('names the signal that killed the child', async () => {
    expect((await streamed('kill -9 $$')).end).toEqual({ cause: 'signalled', signal: 'SIGKILL' });
  });

  it('says why a program could not be started', async () => {
    const result = await captureProcess({ argv: ['/does/not/exist'], cwd: dir, env });
    expect(result.end.cause).toBe('spawn-failed');
    expect(JSON.stringify(result.end)).toContain('ENOENT');
  });

  it('says so of an argument that holds NUL, which no program can be given', async () => {
    const result = await captureProcess({ argv: ['true', 'a\0b'], cwd: dir, env });
    expect(result.end).toEqual({ cause: 'spawn-failed', message: 'an argument holds a NUL character' });
  });

  it('ends the whole group at the deadline, grandchildren that ignore TERM included', async () => {
    const script = `sh -c 'trap "" TERM; echo $$ > ${dir}/pid; sleep 100 & wait; sleep 100' & trap "" TERM; wait; sleep 100`;
    const result = await streamed(script, { deadlineMs: 400, graceMs: 200 });
    expect(result.end).toEqual({ cause: 'timed-out', deadlineMs: 400 });
    await sleep(100);
    expect(isAlive(Number(readFileSync(join(dir, 'pid'), 'utf8')), 0)).toBe(false);
  });

  it('does not wait for a grandchild that keeps the pipe open, and kills it', async () => {
    const result = await captureProcess({
      argv: ['sh', '-c', `sleep 100 & echo $! > ${dir}/pid; echo done`],
      cwd: dir,
      env,
    });
    expect(result.end).toEqual({ cause: 'exited', code: 0 });
    expect(result.stdout.toString()).toBe('done\n');
    await sleep(100);
    expect(isAlive(Number(readFileSync(join(dir, 'pid'), 'utf8')), 0)).toBe(false);
  });

  it('is cancelled by its signal', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    expect((await streamed('sleep 100', { signal: controller.signal })).end).toEqual({ cause: 'cancelled' });
  });

  it('passes nothing of our own environment', async () => {
    process.env['REDFIRST_CANARY'] = 'secret';
    const result = await captureProcess({ argv: ['/usr/bin/env'], cwd: dir, env: { ONLY: 'this' } });
    delete process.env['REDFIRST_CANARY'];
    expect(result.stdout.toString()).toBe('ONLY=this\n');
  });

  it('passes arguments verbatim, shell metacharacters included', async () => {
    const nasty = `$(touch ${dir}/pwned)\n;'"\`id\``;
    const result = await captureProcess({ argv: ['printf', '%s', nasty], cwd: dir, env });
    expect(result.stdout.toString()).toBe(nasty);
  });
});

describe('sweepToken', () => {
  it('finds and kills a process that left its group and session', async () => {
    const token = `t${process.pid}x${Date.now()}`;
    await streamed(`setsid sh -c 'echo $$ > ${dir}/pid; exec sleep 100' & sleep 0.3`, {
      env: { ...env, REDFIRST_TOKEN: token },
    });
    const pid = Number(readFileSync(join(dir, 'pid'), 'utf8'));
    expect(isAlive(pid, processStartTicks(pid))).toBe(true);
    expect(await sweepToken(token)).toEqual([pid]);
    expect(processesWithToken(token)).toEqual([]);
    expect(isAlive(pid, 0)).toBe(false);
  });

  it('leaves alone the name server that Podman shares among all containers, whoever started the first', async () => {
    const token = `t${process.pid}x${Date.now()}`;
    copyFileSync('/bin/sleep', join(dir, 'aardvark-dns'));
    await streamed(`setsid sh -c 'echo $$ > ${dir}/pid; exec ./aardvark-dns 100' & sleep 0.3`, {
      env: { ...env, REDFIRST_TOKEN: token },
    });
    const pid = Number(readFileSync(join(dir, 'pid'), 'utf8'));
    expect(await sweepToken(token)).toEqual([]);
    expect(isAlive(pid, processStartTicks(pid))).toBe(true);
    process.kill(pid, 'SIGKILL');
  });
});
