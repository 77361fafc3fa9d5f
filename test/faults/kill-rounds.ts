import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Lab, PROGRAM } from '../cli/lab.ts';

/** A number from 0 to 1 for a round: the same seed kills at the same moments. */
export function momentOf(seed: string, round: number): number {
  return createHash('sha256').update(`${seed}/${round}`).digest().readUInt32BE(0) / 2 ** 32;
}

/**
 * Kills the program in the middle of a red run and checks what the next command finds: the store verifies, nothing that
 * was shown is lost, the run is named as interrupted, and no process, runtime folder or claimed worktree is left.
 *
 * @param longestMs about how long a whole run takes; the kill falls somewhere in it.
 */
export async function killOnce(
  lab: Lab,
  feature: string,
  seed: string,
  round: number,
  longestMs: number,
): Promise<'killed' | 'finished'> {
  const child = spawn(process.execPath, [PROGRAM, 'red', feature], {
    cwd: lab.repo,
    env: { ...lab.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let shown = '';
  child.stdout.on('data', (chunk) => (shown += chunk));
  child.stderr.on('data', (chunk) => (shown += chunk));
  const ended = new Promise<boolean>((resolve) => child.once('exit', (_, signal) => resolve(signal === 'SIGKILL')));
  await Promise.race([sleep(momentOf(seed, round) * longestMs), ended]);
  child.kill('SIGKILL');
  const killed = await ended;

  const status = lab.redfirst('status', '--json');
  if (status.exit === 4) {
    expect(shown).not.toContain('checkpoint');
    return 'killed';
  }
  expect({ round, exit: status.exit, stderr: status.stderr.replace(/run r\S+ was interrupted: .*\n/g, '') }).toEqual({
    round,
    exit: 0,
    stderr: '',
  });
  const verified = lab.redfirst('verify', '--json');
  expect({ round, exit: verified.exit, stdout: verified.exit === 0 ? '' : verified.stdout }).toEqual({
    round,
    exit: 0,
    stdout: '',
  });
  expect({ round, processes: processesOf(lab.dir), folders: readdirSync(lab.temporary) }).toEqual({
    round,
    processes: [],
    folders: [],
  });
  expectShownIsKept(lab, shown);
  return killed ? 'killed' : 'finished';
}

/** Every checkpoint and every judged suite that a person could read on the screen is in the store. */
function expectShownIsKept(lab: Lab, shown: string): void {
  for (const [, seq, hash] of shown.matchAll(/checkpoint (\d+):([0-9a-f]{64})/g)) {
    expect(lab.redfirst('verify', '--checkpoint', `${seq}:${hash}`).exit).toBe(0);
  }
  const run = /\br\d{8}T\d{6}Z-[0-9a-f]{4}\b/.exec(shown)?.[0];
  if (run !== undefined) expect(lab.redfirst('show', run).exit).toBe(0);
}

/** Command lines of living processes that were started for this lab. */
export function processesOf(dir: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const environ = readFileSync(join('/proc', pid, 'environ'), 'latin1');
        const line = readFileSync(join('/proc', pid, 'cmdline'), 'latin1').replaceAll('\0', ' ');
        return environ.includes('REDFIRST_TOKEN=') && (environ.includes(dir) || line.includes(dir)) ? [line] : [];
      } catch {
        return [];
      }
    });
}

/** Claims of the worktree pool that a dead process still holds. */
export function staleClaims(lab: Lab): string[] {
  const pool = join(lab.env['XDG_CACHE_HOME'] ?? '', 'redfirst', 'pool');
  if (!existsSync(pool)) return [];
  return readdirSync(pool, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.claim-'));
}
