import type { RunId } from '../domain/brand.ts';
import { foldRuns } from '../domain/run-record.ts';
import { cleanLeftovers, hasLeftovers, isRecorderAlive } from '../environment/leftovers.ts';
import type { EvidenceStore } from '../evidence/store.ts';

export interface Recovered {
  readonly run: RunId;
  readonly detail: string;
}

/**
 * Names every run whose recorder died before it could finish, and removes what it left: guests and other processes,
 * its runtime folder. Worktree locks are keyed by the dead process and are taken over by whoever needs them next.
 */
export async function recoverInterrupted(store: EvidenceStore): Promise<Recovered[]> {
  const recovered: Recovered[] = [];
  for (const { run, started, finished, interrupted, suites } of foldRuns(store.events())) {
    const { recorderProcess } = started;
    const ended = finished !== undefined || interrupted !== undefined;
    // A run that ended may have died in its clean-up: there is nothing to record then, but something to remove.
    if ((ended && !hasLeftovers(recorderProcess.token)) || isRecorderAlive(recorderProcess)) continue;
    const cleaned = await cleanLeftovers(recorderProcess.token);
    if (ended) continue;
    const last = suites.at(-1);
    const where =
      last === undefined ? 'before its first suite' : `in suite ${last.suite}, after ${last.attempts.length} attempts`;
    const detail = `its process ${recorderProcess.pid} died ${where}`;
    store.record<'run-interrupted'>({ type: 'run-interrupted', v: 1, run, how: 'recovered', detail, cleaned });
    recovered.push({ run, detail });
  }
  return recovered;
}
