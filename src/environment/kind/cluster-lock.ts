import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../../domain/failure.ts';
import { isAlive, processStartTicks } from '../../process/process-group.ts';
import { interrupted } from '../kubernetes/wait-for.ts';

interface Holder {
  readonly pid: number;
  readonly startedAtTicks: number;
  readonly what: string;
}

export interface LockRequest {
  /** Folder of the cluster. */
  readonly dir: string;
  /** What the holder does, told to whoever waits. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

const POLL_MS = 500;
/** Locks that this process holds, and how often it took each: a run that changes the system under test takes its cluster again. */
const held = new Map<string, number>();

/**
 * Takes a cluster for this process alone: a reset or a switched gate would disturb another run on it (this process may take it more than once). Waits for whoever has it, and says for
 * whom; the lock of a process that died is taken over.
 */
export async function lockCluster(request: LockRequest): Promise<Result<() => void>> {
  const path = join(dirname(request.dir), `${request.dir.slice(dirname(request.dir).length + 1)}.lock`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const mine: Holder = { pid: process.pid, startedAtTicks: processStartTicks(process.pid), what: request.what };
  const release = (): void => {
    const left = (held.get(path) ?? 1) - 1;
    if (left > 0) held.set(path, left);
    else {
      held.delete(path);
      rmSync(path, { force: true });
    }
  };
  const mineAlready = held.get(path);
  if (mineAlready !== undefined) {
    held.set(path, mineAlready + 1);
    return ok(release);
  }
  let told = '';
  for (;;) {
    if (request.signal.aborted) return fail(interrupted('the cluster', request.signal));
    try {
      writeFileSync(path, JSON.stringify(mine), { flag: 'wx' });
      held.set(path, 1);
      return ok(release);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(path);
    if (holder === undefined || !isAlive(holder.pid, holder.startedAtTicks)) takeAway(path);
    else {
      const said = `process ${holder.pid}, which has the cluster (${holder.what})`;
      if (said !== told) request.progress(said);
      told = said;
      await sleep(POLL_MS, undefined, { signal: request.signal }).catch(() => undefined);
    }
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
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
