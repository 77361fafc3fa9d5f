import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The variable that every process of a run carries, so that one that left its group is still found. */
export const TOKEN_VARIABLE = 'REDFIRST_TOKEN';

/** Sends a signal to a whole process group; a group that is gone already is fine. */
export function signalGroup(pgid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pgid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * When a process started, in clock ticks since boot (`/proc/PID/stat`, field 22): with the pid it names a
 * process for good, since pids are reused. 0 where there is no /proc or no such process.
 */
export function processStartTicks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 0);
  } catch {
    return 0;
  }
}

/** Whether the process that `pid` and `startedAtTicks` name is alive. A zombie is dead. */
export function isAlive(pid: number, startedAtTicks: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  if (startedAtTicks !== 0 && processStartTicks(pid) !== startedAtTicks) return false;
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

/**
 * Daemons that serve every container of the machine and inherit the environment of whoever happened to start the first. Podman starts its
 * name server so: ended with a run, it would leave all containers without names.
 */
const SHARED_DAEMONS: ReadonlySet<string> = new Set(['aardvark-dns']);

/**
 * Living processes, other than this one, that carry `REDFIRST_TOKEN=token`, or a token below it (`token.e2e.1`:
 * what an attempt's processes carry below their run's), but for daemons that others need too. Empty where there is no /proc.
 */
export function processesWithToken(token: string): number[] {
  const carries = (environ: string): boolean => {
    const at = `\0${environ}`.indexOf(`\0${TOKEN_VARIABLE}=${token}`);
    if (at === -1) return false;
    const after = environ[at + TOKEN_VARIABLE.length + 1 + token.length];
    return after === undefined || after === '\0' || after === '.';
  };
  let entries: string[];
  try {
    entries = readdirSync('/proc');
  } catch {
    return [];
  }
  return entries
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        if (!carries(readFileSync(`/proc/${pid}/environ`, 'latin1')) || isZombie(pid)) return false;
        return !SHARED_DAEMONS.has(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
      } catch {
        return false;
      }
    });
}

/**
 * Kills what still carries the token: SIGKILL at once, since everything polite was tried before.
 * @returns the pids that were found alive; repeated until none is left, at most `rounds` times.
 */
export async function sweepToken(token: string, rounds = 20): Promise<number[]> {
  const found = new Set<number>();
  for (let round = 0; round < rounds; round++) {
    const pids = processesWithToken(token);
    if (pids.length === 0) break;
    for (const pid of pids) {
      found.add(pid);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone between the look and the signal.
      }
    }
    await sleep(25);
  }
  return [...found];
}
