import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { fail, ok, type Result } from '../../domain/failure.ts';
import { describeEnd } from '../../domain/process-end.ts';
import { captureProcess } from '../../process/run-process.ts';
import type { ApiFailure } from '../kubernetes/api.ts';
import { NO_CACHE } from '../kubernetes/kubectl.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The caller's own files and the context in them: read by short calls of kubectl, never written, never handed on. */
export interface CallerKubeconfig {
  /** Absolute path of kubectl. */
  readonly kubectl: string;
  readonly paths: readonly string[];
  readonly context?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const DEADLINE_MS = 30_000;

/**
 * The files that a profile names, as `$KUBECONFIG` has them: several, in the order of their precedence. Relative ones begin at the
 * repository's root (kubevirtci's lie there), `~` is the caller's home.
 */
export function kubeconfigPaths(named: string, root: string, home = homedir()): string[] {
  const paths = named.split(delimiter).flatMap((part) => {
    const path = part.trim().replace(/^~(?=\/|$)/, home);
    return path === '' ? [] : [isAbsolute(path) ? path : join(root, path)];
  });
  return [...new Set(paths)];
}

/**
 * What kubectl needs of the caller's environment: all of it, since a context may log in through any program (`exec`), which has variables of
 * its own. Suites get none of this.
 */
export function callerVariables(env: Env = process.env): Record<string, string> {
  const { KUBECONFIG: _, ...rest } = env;
  return Object.fromEntries(Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** One short call of kubectl with the caller's files; its own words where it fails. */
export async function callKubectl(
  { kubectl, paths, context, env, signal }: CallerKubeconfig,
  args: readonly string[],
  input?: string,
): Promise<Result<string, ApiFailure>> {
  const { end, stdout, stderr } = await captureProcess({
    argv: [kubectl, ...(context === undefined ? [] : [`--context=${context}`]), NO_CACHE, ...args],
    cwd: '/',
    env: { ...env, KUBECONFIG: paths.join(delimiter) },
    deadlineMs: DEADLINE_MS,
    signal,
    ...(input === undefined ? {} : { input }),
  });
  if (end.cause === 'exited' && end.code === 0) return ok(stdout.toString('utf8'));
  return fail(readRefusal(stderr.trim() === '' ? describeEnd(end) : stderr));
}

/** What kubectl says of a call that failed, as the API's own answer: `Error from server (Forbidden): …`. */
export function readRefusal(stderr: string): ApiFailure {
  // Its log lines come before what it has to say, advice for a person after it.
  const said = stderr.split('\n').find((line) => line.trim() !== '' && !/^[IWEF]\d{4} /.test(line)) ?? '';
  const named = /^Error from server \((\w+)\)/.exec(said)?.[1];
  const reason = named ?? (said.includes('(Unauthorized)') ? 'Unauthorized' : '');
  const status = STATUSES[reason] ?? 0;
  const message = said.replace(/^(?:error|Error from server(?: \(\w+\))?): /, '').slice(0, 2000);
  const denied = status === 401 || status === 403 || said.includes('getting credentials: ');
  return { kind: denied ? 'denied' : status === 0 ? 'unreachable' : 'status', status, reason, message };
}

const STATUSES: Readonly<Record<string, number>> = {
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  Timeout: 504,
  ServiceUnavailable: 503,
  InternalError: 500,
};
