import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../../domain/failure.ts';
import { isAlive, processStartTicks } from '../../process/process-group.ts';
import { interrupted } from '../kubernetes/wait-for.ts';
import { cleanLeftovers } from '../leftovers.ts';

interface Holder {
  readonly pid: number;
  readonly startedAtTicks: number;
  readonly what: string;
  /** Marks what it started. */
  readonly token?: string;
}

export interface LockRequest {
  /** Folder of the cluster. */
  readonly dir: string;
  /** What the holder does, told to whoever waits. */
  readonly what: string;
  /** Marks what the holder starts: whoever finds the lock of a dead one ends that. */
  readonly token?: string;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

const POLL_MS = 500;
/** Locks that this process holds, and how often it took each: a run that changes the system under test takes its cluster again. */
const held = new Map<string, number>();

/**
 * Takes a cluster for this process alone: a reset or a switched gate would disturb another run on it (this process may take it more than
 * once). Waits for whoever has it, and says for whom; the lock of a process that died is taken over, and what that left running is ended.
 */
export async function lockCluster(request: LockRequest): Promise<Result<() => void>> {
  const path = lockPath(request.dir);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const mine: Holder = {
    ...{ pid: process.pid, startedAtTicks: processStartTicks(process.pid), what: request.what },
    ...(request.token === undefined ? {} : { token: request.token }),
  };
  const release = (): void => {
    const left = (held.get(path) ?? 1) - 1;
    if (left > 0) held.set(path, left);
    else {
      held.delete(path);
      rmSync(path, { force: true });
    }
  };
  let told = '';
  for (;;) {
    if (request.signal.aborted) return fail(interrupted('the cluster', request.signal));
    const times = held.get(path) ?? 0;
    if (times > 0 || place(path, mine)) {
      held.set(path, times + 1);
      return ok(release);
    }
    const holder = readHolder(path);
    if (holder === undefined || !isAlive(holder.pid, holder.startedAtTicks)) {
      if (holder?.token !== undefined) await cleanLeftovers(holder.token);
      takeAway(path);
    } else {
      const said = describe(holder);
      if (said !== told) request.progress(said);
      told = said;
      await sleep(POLL_MS, undefined, { signal: request.signal }).catch(() => undefined);
    }
  }
}

/** Who has a cluster now, in words; undefined where nobody else has it. Takes nothing. */
export function describeHolder(dir: string): string | undefined {
  const holder = readHolder(lockPath(dir));
  if (holder === undefined || holder.pid === process.pid || !isAlive(holder.pid, holder.startedAtTicks))
    return undefined;
  return describe(holder);
}

function describe({ pid, what }: Holder): string {
  return `process ${pid}, which has the cluster (${what})`;
}

function lockPath(dir: string): string {
  return join(dirname(dir), `${basename(dir)}.lock`);
}

/** Puts a lock where there is none. It appears with its content: one that is empty for a moment would be taken for a dead one's. */
function place(path: string, mine: Holder): boolean {
  const next = `${path}.${process.pid}.next`;
  writeFileSync(next, JSON.stringify(mine));
  try {
    linkSync(next, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(next, { force: true });
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as Holder | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Takes a dead process's lock away; one that a living process took in the meantime is put back. */
function takeAway(path: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    const holder = readHolder(aside);
    if (holder !== undefined && isAlive(holder.pid, holder.startedAtTicks)) linkSync(aside, path);
  } catch {
    // Somebody else was quicker.
  }
  rmSync(aside, { force: true });
}
