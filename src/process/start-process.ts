import { closeSync, openSync } from 'node:fs';
import { execa } from 'execa';
import type { ProcessEnd } from '../domain/process-end.ts';
import { processStartTicks, signalGroup } from './process-group.ts';
import { holdsNul, NUL_IN_ARGV, type StreamedRequest } from './run-process.ts';

/** A long-lived child that leads its own process group. */
export interface StartedProcess {
  /** Undefined when it could not be started; `ended` says why. */
  readonly pid: number | undefined;
  /** With the pid it names the process for good (see `processStartTicks`). */
  readonly startedAtTicks: number;
  /** Resolves once it has ended; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Its end when it has ended already, without waiting. */
  readonly end: () => ProcessEnd | undefined;
  /**
   * TERM, then after `graceMs` KILL, to the whole group; `graceMs` 0 kills at once.
   * Stopping twice, or after the end, is fine.
   */
  readonly stop: (graceMs?: number) => Promise<ProcessEnd>;
}

export type StartRequest = Omit<StreamedRequest, 'deadlineMs' | 'graceMs'>;

const DEFAULT_GRACE_MS = 3000;

/**
 * Starts a program that is meant to stay up: in a process group of its own, streams written to files by the kernel.
 * Whatever of the group outlives its leader is killed. `signal` kills the group at once; the first cause of an end wins.
 */
export function startProcess(request: StartRequest): StartedProcess {
  const [file, ...args] = request.argv;
  if (file === undefined) throw new TypeError('argv is empty');
  const refused: ProcessEnd | undefined = request.signal?.aborted
    ? { cause: 'cancelled' }
    : holdsNul(request.argv)
      ? NUL_IN_ARGV
      : undefined;
  if (refused !== undefined) {
    const ended = Promise.resolve(refused);
    return { pid: undefined, startedAtTicks: 0, ended, end: () => refused, stop: () => ended };
  }
  const stdout = openSync(request.stdoutPath, 'w');
  const stderr = openSync(request.stderrPath, 'w');
  const child = execa(file, args, {
    cwd: request.cwd,
    env: { ...request.env },
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    stdin: 'ignore',
    // execa takes any open descriptor at run time; its types only know the standard three.
    stdout: stdout as 1,
    stderr: stderr as 2,
  });
  closeSync(stdout);
  closeSync(stderr);

  const pid = child.pid;
  const startedAtTicks = pid === undefined ? 0 : processStartTicks(pid);
  let cause: ProcessEnd | undefined;
  let seen: ProcessEnd | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  const send = (signal: NodeJS.Signals): void => {
    // Once the leader was reaped its pid may belong to somebody else.
    if (pid !== undefined && seen === undefined) signalGroup(pid, signal);
  };
  const cancel = (): void => {
    cause ??= { cause: 'cancelled' };
    send('SIGKILL');
  };
  request.signal?.addEventListener('abort', cancel, { once: true });
  child.once('exit', () => {
    // The group outlives its leader as long as a member does; an empty one is fine.
    if (pid !== undefined) signalGroup(pid, 'SIGKILL');
  });

  const ended = child.then((result): ProcessEnd => {
    clearTimeout(killTimer);
    request.signal?.removeEventListener('abort', cancel);
    if (pid === undefined) seen = { cause: 'spawn-failed', message: result.shortMessage ?? 'unknown reason' };
    else if (cause !== undefined) seen = cause;
    else if (result.signal !== undefined) seen = { cause: 'signalled', signal: result.signal };
    else seen = { cause: 'exited', code: result.exitCode ?? -1 };
    return seen;
  });
  const stop = (graceMs = DEFAULT_GRACE_MS): Promise<ProcessEnd> => {
    if (seen !== undefined) return ended;
    cause ??= { cause: 'cancelled' };
    if (graceMs <= 0) send('SIGKILL');
    else {
      send('SIGTERM');
      killTimer ??= setTimeout(() => send('SIGKILL'), graceMs);
    }
    return ended;
  };
  return { pid, startedAtTicks, ended, end: () => seen, stop };
}
