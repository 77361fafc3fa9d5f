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
  /** Asked now and then, and once more when time is over: why, in words (which component, which pod, which event). */
  readonly why?: (over: boolean) => Promise<readonly string[]>;
  /** Whether a reason is one that waiting does not mend; then the wait ends long before its deadline. */
  readonly isHopeless?: (cause: string) => boolean;
  readonly times?: Partial<WaitTimes>;
}

export interface WaitTimes {
  readonly pollMs: number;
  /** How often it is asked why, once the wait takes long. */
  readonly askMs: number;
  /** How long there must be a hopeless reason: a registry that is slow once may answer the next time. */
  readonly hopelessMs: number;
}

const TIMES: WaitTimes = { pollMs: 500, askMs: 10_000, hopelessMs: 60_000 };

/**
 * Waits until nothing is missing. Says what it waits for, and why where there is a reason to be seen; when time is over, or when the reason is one
 * that time does not mend, what was missing last.
 */
export async function waitFor(request: WaitRequest): Promise<Result<void>> {
  const { what, deadlineMs, signal, progress, missing, why, isHopeless = () => false } = request;
  const { pollMs, askMs, hopelessMs } = { ...TIMES, ...request.times };
  const beganMs = Date.now();
  let told = '';
  let askedMs = beganMs;
  let causes: readonly string[] = [];
  let hopeless: { readonly cause: string; readonly sinceMs: number } | undefined;
  for (;;) {
    if (signal.aborted) return fail(interrupted(what, signal));
    const looked = await missing();
    if (!looked.ok) return looked;
    if (looked.value.length === 0) return ok(undefined);
    const nowMs = Date.now();
    const over = nowMs - beganMs > deadlineMs;
    if (why !== undefined && (over || nowMs - askedMs > askMs)) {
      askedMs = nowMs;
      causes = await why(over);
      const cause = causes.find(isHopeless);
      hopeless = cause === undefined ? undefined : { cause, sinceMs: hopeless?.sinceMs ?? nowMs };
    }
    const said = summary(looked.value);
    const line = causes[0] === undefined ? said : `${said}; ${causes[0]}`;
    if (line !== told) progress(line);
    told = line;
    if (over || (hopeless !== undefined && nowMs - hopeless.sinceMs > hopelessMs))
      return fail(notReady(what, Math.round((nowMs - beganMs) / 1000), said, causes));
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

function notReady(what: string, seconds: number, said: string, causes: readonly string[]): Failure {
  return {
    reason: 'environment-failed',
    what: `${what} was not ready within ${seconds} s; still waiting for ${said}`,
    next: causes.length === 0 ? 'look at the cluster with kubectl' : `mend this first: ${causes[0]}`,
    exit: EXIT.environment,
    details: causes.map((cause) => ({ severity: 'error', what: cause })),
  };
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
