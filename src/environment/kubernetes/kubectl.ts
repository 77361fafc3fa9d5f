import { EXIT, type Failure, fail, ok, type Result } from '../../domain/failure.ts';
import { describeEnd } from '../../domain/process-end.ts';
import { captureProcess } from '../../process/run-process.ts';

export interface KubectlOptions {
  readonly input?: string;
  /** A minute unless named. */
  readonly deadlineMs?: number;
  readonly maxBytes?: number;
}

/** kubectl, bound to one cluster. */
export interface Kubectl {
  readonly path: string;
  /** Standard output, or what went wrong in kubectl's own words. */
  run(args: readonly string[], options?: KubectlOptions): Promise<Result<string>>;
}

export interface KubectlTarget {
  readonly path: string;
  readonly kubeconfig: string;
  readonly context?: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const DEADLINE_MS = 60_000;

/** Every call names kubeconfig and context: what the caller's own environment points at is never touched. */
export function kubectl(target: KubectlTarget): Kubectl {
  const { path, cwd, env, signal } = target;
  return {
    path,
    run: async (args, { input, deadlineMs = DEADLINE_MS, maxBytes } = {}) => {
      const { end, stdout, stderr } = await captureProcess({
        argv: [path, ...targetArgs(target), ...args],
        cwd,
        env,
        deadlineMs,
        ...(signal === undefined ? {} : { signal }),
        ...(input === undefined ? {} : { input }),
        ...(maxBytes === undefined ? {} : { maxBytes }),
      });
      if (end.cause === 'exited' && end.code === 0) return ok(stdout.toString('utf8'));
      const words = stderr.trim().split('\n').slice(-5).join('\n');
      return fail(kubectlFailure(args, words === '' ? describeEnd(end) : words));
    },
  };
}

/**
 * Keeps kubectl from writing ~/.kube/cache, and from believing what it saw of another cluster on the same port. An option and no variable
 * (`KUBECACHEDIR`): a program that a context logs in through would keep its tokens there.
 */
export const NO_CACHE = '--cache-dir=/dev/null';

/** The options that bind a call to the cluster. */
export function targetArgs({ kubeconfig, context }: Pick<KubectlTarget, 'kubeconfig' | 'context'>): string[] {
  return [`--kubeconfig=${kubeconfig}`, ...(context === undefined ? [] : [`--context=${context}`]), NO_CACHE];
}

function kubectlFailure(args: readonly string[], words: string): Failure {
  return {
    reason: 'environment-failed',
    what: `kubectl ${args.slice(0, 3).join(' ')} failed: ${words}`,
    next: 'read the message above; `redfirst doctor PROFILE` checks the cluster',
    exit: EXIT.environment,
  };
}
