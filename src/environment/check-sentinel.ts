import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from '../domain/environment.ts';
import { BEAT_PERIOD_MS } from './boot-sector.ts';
import { describeGuestEnd, type ProbeGuest } from './probe-guest.ts';
import { connectQmp } from './qmp.ts';

/** A beat may be that late on a busy machine before anybody waits for it. */
const FRESH_MS = 3 * BEAT_PERIOD_MS;
/** Longest wait for one more beat. */
const PATIENCE_MS = 10 * BEAT_PERIOD_MS;
const QMP_DEADLINE_MS = 10_000;
const POLL_MS = 50;

/** Whether QEMU lives, says that its guest runs, and the guest's heart beats: the three can disagree. */
export async function checkSentinel(sentinel: ProbeGuest): Promise<Health> {
  const gone = sentinelDeath(sentinel);
  if (gone !== undefined) return gone;
  const status = await queryStatus(sentinel);
  if (status !== 'running') return sentinelDeath(sentinel) ?? unhealthy(`the sentinel guest is not running: ${status}`);
  const before = lastBeat(sentinel.serialPath);
  if (before !== undefined && Date.now() - before.atMs <= FRESH_MS) return { healthy: true };
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const now = lastBeat(sentinel.serialPath);
    if (now !== undefined && now.bytes > (before?.bytes ?? 0)) return { healthy: true };
    if (performance.now() >= until) {
      return (
        sentinelDeath(sentinel) ?? unhealthy(`the sentinel guest's heart stopped: no beat in ${PATIENCE_MS / 1000} s`)
      );
    }
    await sleep(POLL_MS);
  }
}

/** Unhealthy when the sentinel's QEMU has ended; costs nothing. */
export function sentinelDeath(sentinel: ProbeGuest): Health | undefined {
  const end = describeGuestEnd(sentinel);
  return end === undefined ? undefined : unhealthy(`the sentinel guest (pid ${sentinel.process.pid}) is gone: ${end}`);
}

/** QEMU's run state, or why it cannot be had. */
async function queryStatus({ qmpPath }: ProbeGuest): Promise<string> {
  const qmp = await connectQmp(qmpPath, QMP_DEADLINE_MS);
  if (!qmp.ok) return qmp.failure.what;
  const answer = await qmp.value.execute('query-status', {}, QMP_DEADLINE_MS);
  qmp.value.close();
  return answer.ok ? String((answer.value as { status?: unknown }).status) : answer.failure.what;
}

function lastBeat(path: string): { readonly bytes: number; readonly atMs: number } | undefined {
  try {
    const { size, mtimeMs } = statSync(path);
    return { bytes: size, atMs: mtimeMs };
  } catch {
    return undefined;
  }
}

function unhealthy(reason: string): Health {
  return { healthy: false, reason };
}
