import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processStartTicks } from '../process/process-group.ts';

/**
 * Claims on the slots of a pool. A claim is an empty file `w0.claim-<pid>-<start ticks>-<place>-<nonce>` beside the slot.
 *
 * A lock file that a later process takes over has a race: two of them see the stale lock, one replaces it, the other removes
 * the replacement. Here nobody ever takes over a file: each process makes a claim of its own, then looks for others. Who sees
 * a living one withdraws; a dead process's claim is ignored, and removing it is safe because its name never comes again.
 * Of two that claim at once both may withdraw, never both stay.
 */
export interface Claim {
  readonly slot: string;
  readonly file: string;
  readonly pid: number;
  readonly alive: boolean;
}

const CLAIM = /^(w\d+)\.claim-(\d+)-(\d+)-([0-9a-f]{8})-[0-9a-f]{8}$/;

/** Host and pid namespace: a pid means nothing in another one, so claims from there count as alive. */
function thisPlace(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // No /proc: the host's name has to do.
  }
  return createHash('sha256').update(`${hostname()}\0${namespace}`).digest('hex').slice(0, 8);
}

/** All claims in a pool's folder, living and dead; none where the folder does not exist. */
export async function listClaims(folder: string): Promise<readonly Claim[]> {
  const names = await readdir(folder).catch(() => []);
  const place = thisPlace();
  return names.flatMap((name) => {
    const [, slot, pid, ticks, where] = CLAIM.exec(name) ?? [];
    if (slot === undefined || pid === undefined) return [];
    const alive = where !== place || isAlive(Number(pid), Number(ticks));
    return [{ slot, file: join(folder, name), pid: Number(pid), alive }];
  });
}

const TRIES = 4;

/**
 * Claims a slot, and removes the claims of dead processes on it.
 * @returns how to give it back, or the living claim that stands in the way.
 */
export async function claimSlot(
  folder: string,
  slot: string,
): Promise<{ release(): Promise<void> } | { heldBy: Claim }> {
  for (let attempt = 1; ; attempt++) {
    const ticks = processStartTicks(process.pid);
    const nonce = randomBytes(4).toString('hex');
    const file = join(folder, `${slot}.claim-${process.pid}-${ticks}-${thisPlace()}-${nonce}`);
    await writeFile(file, '', { flag: 'wx' });
    const others = (await listClaims(folder)).filter((claim) => claim.slot === slot && claim.file !== file);
    const living = others.find((claim) => claim.alive);
    if (living === undefined) {
      for (const claim of others) await rm(claim.file, { force: true });
      return { release: () => rm(file, { force: true }) };
    }
    await rm(file, { force: true });
    if (attempt === TRIES) return { heldBy: living };
    // The other one may be withdrawing as well: come back at another moment than it does.
    await sleep(5 + Math.random() * 20 * attempt);
  }
}
