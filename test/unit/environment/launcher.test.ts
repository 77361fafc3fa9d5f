import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launcherScript } from '../../../src/environment/launcher.ts';
import { isAlive } from '../../../src/process/process-group.ts';

let dir: string;
let launcher: string;
const TOKEN = 'token-of-the-run';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "rf-it's a launcher-"));
  launcher = join(dir, 'launcher');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A program that stands for QEMU. */
function install(script: string): void {
  const binary = join(dir, 'qemu');
  writeFileSync(binary, `#!/bin/sh\n${script}\n`);
  chmodSync(binary, 0o755);
  const request = { binary, logPath: join(dir, 'guests.log'), stderrDir: dir, ownerPid: process.pid, token: TOKEN };
  writeFileSync(launcher, launcherScript(request));
  chmodSync(launcher, 0o755);
}

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function launch(args: readonly string[] = [], input = '', env: Record<string, string> = {}) {
  const child = spawn(launcher, args, {
    cwd: dir,
    env: { PATH: process.env['PATH'] ?? '', REDFIRST_TOKEN: TOKEN, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
  return { pid: child.pid ?? 0, ended, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

/** The log with pids and start times made comparable. */
function log(): string[] {
  if (!existsSync(join(dir, 'guests.log'))) return [];
  return readFileSync(join(dir, 'guests.log'), 'utf8').trim().split('\n');
}

async function guestPid(): Promise<number> {
  for (;;) {
    const start = /^start \d+ \d+ (\d+)/.exec(log()[0] ?? '');
    if (start !== null) return Number(start[1]);
    await sleep(10);
  }
}

async function appears(name: string): Promise<void> {
  while (!existsSync(join(dir, name))) await sleep(10);
}

describe('the launcher', () => {
  it('passes arguments, stdin and both outputs on, and notes start and end', async () => {
    install(`printf '%s|' "$@"; cat; echo oops >&2; exit 7`);
    const child = launch(['-name', "a 'b' $(c) *", ''], 'from stdin');
    expect(await child.ended).toEqual({
      status: 7,
      signal: null,
      stdout: "-name|a 'b' $(c) *||from stdin",
      stderr: 'oops\n',
    });
    const guest = await guestPid();
    expect(log()).toHaveLength(2);
    expect(log()[0]).toMatch(new RegExp(`^start ${child.pid} [1-9]\\d* ${guest} \\d+$`));
    expect(log()[1]).toMatch(new RegExp(`^end ${child.pid} [1-9]\\d* ${guest} 7 -$`));
    expect(readFileSync(join(dir, `guest-${child.pid}.stderr`), 'utf8')).toBe('oops\n');
    expect(readdirSync(dir).filter((name) => name.endsWith('.pipe'))).toEqual([]);
  });

  it.each(['TERM', 'INT', 'HUP'] as const)('forwards %s and keeps the exit status', async (signal) => {
    // A background program of sh ignores INT unless it sets a handler, as QEMU does and sh cannot; so perl stands for QEMU.
    install(`exec perl -e '$SIG{${signal}} = sub { exit 5 }; open F, ">", "up"; close F; sleep 1 while 1'`);
    const child = launch();
    await appears('up');
    child.kill(`SIG${signal}`);
    expect(await child.ended).toMatchObject({ status: 5, signal: null });
    expect(log()[1]).toMatch(new RegExp(` 5 ${signal}$`));
  });

  it('goes on waiting for a guest that takes its time after TERM', async () => {
    install(`trap 'sleep 0.3; echo bye; exit 0' TERM; : >up; while :; do sleep 0.05; done`);
    const child = launch();
    await appears('up');
    child.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ status: 0, stdout: 'bye\n' });
  });

  it('notes that a guest was killed', async () => {
    install('exec sleep 100');
    const child = launch();
    process.kill(await guestPid(), 'SIGKILL');
    expect(await child.ended).toMatchObject({ status: 137, signal: null });
    expect(log()[1]).toMatch(/ 137 -$/);
  });

  it('runs the guest in its own process group', async () => {
    // Field 5 of /proc/PID/stat, counted after the name in parentheses: a minimal Debian has no ps.
    install('for pid in $$ $PPID; do sed "s/.*) //" /proc/$pid/stat | cut -d" " -f3; done');
    const groups = (await launch().ended).stdout.trim().split(/\s+/);
    expect(groups).toHaveLength(2);
    expect(groups[0]).toMatch(/^[1-9]\d*$/);
    expect(groups[0]).toBe(groups[1]);
  });

  it('refuses -daemonize, which would take the guest out of sight', async () => {
    install('echo started');
    expect(await launch(['-m', '8', '-daemonize']).ended).toEqual({
      status: 2,
      signal: null,
      stdout: '',
      stderr: 'redfirst: -daemonize takes the guest out of sight of the run; start QEMU in the background instead\n',
    });
    expect(log()[0]).toMatch(/^refused \d+ -daemonize$/);
  });

  describe('looks up who QEMU says ended it', () => {
    const said = (pid: string): string => `echo "qemu-system-x86_64: terminating on signal 15 from pid ${pid} (x)" >&2`;
    const sender = async (script: string, env: Record<string, string> = {}): Promise<string> => {
      install(script);
      await launch([], '', env).ended;
      return log()[2] ?? 'no sender';
    };

    it('redfirst itself is ours', async () => {
      expect(await sender(said(String(process.pid)))).toMatch(/^sender \d+ \d+ ours$/);
    });

    it('a process with the token is ours', async () => {
      expect(await sender(`sleep 1 >/dev/null 2>&1 & sleep 0.2; ${said('$!')}`)).toMatch(/ ours$/);
    });

    it('a living process without the token is foreign', async () => {
      expect(await sender(`env -u REDFIRST_TOKEN sleep 1 >/dev/null 2>&1 & sleep 0.2; ${said('$!')}`)).toMatch(
        / foreign:\d+$/,
      );
    });

    it('a process with the token of another run is foreign', async () => {
      expect(await sender(`REDFIRST_TOKEN=${TOKEN}2 sleep 1 >/dev/null 2>&1 & sleep 0.2; ${said('$!')}`)).toMatch(
        / foreign:\d+$/,
      );
    });

    it('a process that is gone is gone', async () => {
      expect(await sender(`true & wait; ${said('$!')}`)).toMatch(/ gone:\d+$/);
    });

    it('other words of QEMU name nobody', async () => {
      expect(await sender('echo "guest says: terminating on signal 15 from pid 1 (x)" >&2')).toBe('no sender');
    });
  });

  it('does not hang when a guest is killed before it ran', async () => {
    install('exec sleep 100');
    const children = Array.from({ length: 8 }, () => launch());
    const pids = new Map<number, number>();
    while (pids.size < children.length) {
      for (const line of log()) {
        const start = /^start (\d+) \d+ (\d+)/.exec(line);
        if (start === null || pids.has(Number(start[1]))) continue;
        pids.set(Number(start[1]), Number(start[2]));
        process.kill(Number(start[2]), 'SIGKILL');
      }
      await sleep(1);
    }
    const ends = await Promise.all(children.map(({ ended }) => ended));
    expect(ends.map(({ status }) => status)).toEqual(children.map(() => 137));
  });

  it('leaves nothing running', async () => {
    install('exec sleep 100');
    const child = launch();
    const guest = await guestPid();
    child.kill('SIGTERM');
    await child.ended;
    expect([isAlive(child.pid, 0), isAlive(guest, 0)]).toEqual([false, false]);
  });
});
