import { closeSync, openSync } from 'node:fs';
import { execa } from 'execa';
import type { ProcessEnd } from '../domain/process-end.ts';
import { signalGroup } from './process-group.ts';

export interface ProcessRequest {
  /** Program and arguments; never a shell string. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment of the child: nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
  /** Between TERM and KILL. */
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
}

export interface StreamedRequest extends ProcessRequest {
  /** Files that the child's streams are written to, directly by the kernel: nothing is held in memory. */
  readonly stdoutPath: string;
  readonly stderrPath: string;
}

export interface StreamedResult {
  readonly end: ProcessEnd;
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export interface CapturedRequest extends ProcessRequest {
  readonly input?: string | Uint8Array;
  /** Most bytes of stdout that are held; more ends the process. 64 MiB unless named. */
  readonly maxBytes?: number;
}

export interface CapturedResult extends StreamedResult {
  readonly stdout: Buffer;
  readonly stderr: string;
}

const DEFAULT_GRACE_MS = 3000;

/**
 * Runs a program in a process group of its own, streams to files, and ends the whole group:
 * TERM, then KILL, at the deadline or on abort; whatever of the group outlives its leader is killed.
 * The first cause of an end wins. Never rejects for what the child does.
 */
export async function runProcess(request: StreamedRequest): Promise<StreamedResult> {
  const stdout = openSync(request.stdoutPath, 'w');
  const stderr = openSync(request.stderrPath, 'w');
  try {
    const { end, startedAtMs, durationMs } = await supervise(request, (file, args, options) =>
      execa(file, args, { ...options, stdin: 'ignore', stdout: descriptor(stdout), stderr: descriptor(stderr) }),
    );
    return { end, startedAtMs, durationMs };
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}

/** Runs a short program and returns its output, bounded. For git and probes, not for suites. */
export async function captureProcess(request: CapturedRequest): Promise<CapturedResult> {
  const maxBuffer = request.maxBytes ?? 64 * 1024 * 1024;
  const { end, startedAtMs, durationMs, result } = await supervise(request, (file, args, options) =>
    execa(file, args, {
      ...options,
      encoding: 'buffer',
      maxBuffer,
      stripFinalNewline: false,
      ...(request.input === undefined ? { stdin: 'ignore' as const } : { input: request.input }),
    }),
  );
  const bytes = (value: unknown): Buffer => (value instanceof Uint8Array ? Buffer.from(value) : Buffer.alloc(0));
  return { end, startedAtMs, durationMs, stdout: bytes(result.stdout), stderr: bytes(result.stderr).toString('utf8') };
}

/** No system can pass NUL in an argument: execa throws for it, where it returns every other failure to start. */
export const NUL_IN_ARGV: ProcessEnd = { cause: 'spawn-failed', message: 'an argument holds a NUL character' };

/** Whether a command line holds what no program can be given. */
export function holdsNul(argv: readonly string[]): boolean {
  return argv.some((argument) => argument.includes('\0'));
}

/** execa takes any open descriptor at run time; its types only know the standard three. */
const descriptor = (fd: number): 1 => fd as 1;

const BASE_OPTIONS = { detached: true, cleanup: false, reject: false, extendEnv: false, windowsHide: true } as const;
type BaseOptions = typeof BASE_OPTIONS & { cwd: string; env: Record<string, string> };

/** The part of execa's subprocess that is used here; its own type is parametrised over every option. */
type Child = PromiseLike<unknown> & {
  readonly pid?: number | undefined;
  once(event: 'exit', listener: () => void): unknown;
};

interface Outcome {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly isMaxBuffer?: boolean;
  readonly shortMessage?: string;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
}

async function supervise(
  request: ProcessRequest,
  start: (file: string, args: readonly string[], options: BaseOptions) => Child,
): Promise<StreamedResult & { result: Outcome }> {
  const [file, ...args] = request.argv;
  if (file === undefined) throw new TypeError('argv is empty');
  const startedAtMs = Date.now();
  const began = process.hrtime.bigint();
  const elapsed = (): number => Number((process.hrtime.bigint() - began) / 1_000_000n);
  if (request.signal?.aborted) return { end: { cause: 'cancelled' }, startedAtMs, durationMs: 0, result: {} };
  if (holdsNul(request.argv)) return { end: NUL_IN_ARGV, startedAtMs, durationMs: 0, result: {} };

  const child = start(file, args, { ...BASE_OPTIONS, cwd: request.cwd, env: { ...request.env } });
  const group = child.pid;
  let first: ProcessEnd | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (end: ProcessEnd): void => {
    if (first !== undefined || group === undefined) return;
    first = end;
    signalGroup(group, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(group, 'SIGKILL'), request.graceMs ?? DEFAULT_GRACE_MS);
  };
  const deadlineMs = request.deadlineMs;
  const deadlineTimer =
    deadlineMs === undefined ? undefined : setTimeout(() => stop({ cause: 'timed-out', deadlineMs }), deadlineMs);
  const onAbort = (): void => stop({ cause: 'cancelled' });
  request.signal?.addEventListener('abort', onAbort, { once: true });
  // The group is ended as soon as its leader is gone: a grandchild that holds a pipe open must not keep us waiting.
  child.once('exit', () => {
    if (group !== undefined) signalGroup(group, 'SIGKILL');
  });

  const result = (await child) as Outcome;
  clearTimeout(deadlineTimer);
  clearTimeout(killTimer);
  request.signal?.removeEventListener('abort', onAbort);
  return { end: first ?? endOf(result, group), startedAtMs, durationMs: elapsed(), result };
}

function endOf(result: Outcome, pid: number | undefined): ProcessEnd {
  if (result.isMaxBuffer) return { cause: 'spawn-failed', message: 'it wrote more output than is held' };
  if (pid === undefined) return { cause: 'spawn-failed', message: result.shortMessage ?? 'unknown reason' };
  if (result.exitCode !== undefined) return { cause: 'exited', code: result.exitCode };
  if (result.signal !== undefined) return { cause: 'signalled', signal: result.signal };
  return { cause: 'spawn-failed', message: result.shortMessage ?? 'unknown reason' };
}
