import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, type Failure, fail, ok, type Result } from '../../domain/failure.ts';

export interface WaitRequest {
  /** What is waited for as a whole: `KubeVirt v1.9.0`. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Told what is missing, whenever that changes. */
  readonly progress: (what: string) => void;
  /** What is missing now; empty ends the wait. A failure ends it too. */
  readonly missing: () => Promise<Result<readonly string[]>>;
  /** Asked once when time is over: why, in words (which component, which pod, which event). */
  readonly why?: () => Promise<readonly string[]>;
  readonly pollMs?: number;
}

const POLL_MS = 500;

/** Waits until nothing is missing. Says what it waits for, and when time is over what was missing last and why. */
export async function waitFor(request: WaitRequest): Promise<Result<void>> {
  const { what, deadlineMs, signal, progress, missing, why, pollMs = POLL_MS } = request;
  const deadline = Date.now() + deadlineMs;
  let told = '';
  for (;;) {
    if (signal.aborted) return fail(interrupted(what, signal));
    const looked = await missing();
    if (!looked.ok) return looked;
    if (looked.value.length === 0) return ok(undefined);
    const said = summary(looked.value);
    if (said !== told) progress(said);
    told = said;
    if (Date.now() > deadline) {
      const causes = (await why?.()) ?? [];
      return fail({
        reason: 'environment-failed',
        what: `${what} was not ready within ${Math.round(deadlineMs / 1000)} s; still waiting for ${said}`,
        next: causes.length === 0 ? 'look at the cluster with kubectl' : `mend this first: ${causes[0]}`,
        exit: EXIT.environment,
        details: causes.map((cause) => ({ severity: 'error' as const, what: cause })),
      });
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

function summary(missing: readonly string[]): string {
  const [first = '', ...rest] = missing;
  return rest.length === 0 ? first : `${first}, and ${rest.length} more`;
}

export function interrupted(what: string, signal: AbortSignal): Failure {
  return {
    reason: 'interrupted',
    what: `waiting for ${what} was interrupted (${String(signal.reason ?? 'stopped')})`,
    next: 'start it again: what is half made is finished or removed then',
    exit: signal.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted,
  };
}
