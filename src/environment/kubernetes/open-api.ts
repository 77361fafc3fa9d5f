import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ok, type Result } from '../../domain/failure.ts';
import type { ProvisionContext } from '../provider.ts';
import type { KubeApi } from './api.ts';
import { type Kubectl, kubectl } from './kubectl.ts';
import { startProxy } from './proxy.ts';
import { waitFor } from './wait-for.ts';

export interface OpenedApi {
  readonly api: KubeApi;
  readonly kubectl: Kubectl;
}

/** How long an API server that answers may forbid everything before the credentials are to blame. */
const FORBIDDEN_MS = 20_000;

/**
 * What an API server that comes up says, without what changes from one look to the next: ports of the connection, checks that have passed.
 */
export function whyNotReady(message: string): string {
  const failed = [...message.matchAll(/^\[-\](\S+)/gm)].map(([, check]) => check);
  if (failed.length > 0) return `not yet: ${failed.slice(0, 3).join(', ')}`;
  return /\bEOF$|connection (?:reset|refused)/.test(message) ? 'it does not answer yet' : message;
}

export interface ApiTarget {
  /** Absolute path of kubectl. */
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly context?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Until the API server is ready. */
  readonly deadlineMs: number;
}

/** Opens a cluster's API: a proxy that lives as long as the environment, and kubectl bound to the same cluster. Waits until it is ready. */
export async function openApi(target: ApiTarget, context: ProvisionContext): Promise<Result<OpenedApi>> {
  const { runtimeDir, token, signal, progress, onCleanup } = context;
  const dir = join(runtimeDir, 'api');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const bound = {
    path: target.kubectl,
    kubeconfig: target.kubeconfig,
    ...(target.context === undefined ? {} : { context: target.context }),
    cwd: dir,
    env: target.env,
  };
  // Not bound to the interrupt: what was made in the cluster is removed through this proxy.
  const proxy = await startProxy({ ...bound, dir, token });
  if (!proxy.ok) return proxy;
  const { api, process } = proxy.value;
  onCleanup('kubectl proxy', async () => {
    await process.stop();
  });
  let deniedSinceMs: number | undefined;
  const ready = await waitFor({
    what: 'the API server',
    deadlineMs: target.deadlineMs,
    signal,
    progress,
    missing: async () => {
      const answer = await api.text('/readyz', 5000);
      if (answer.ok) return ok([]);
      const { kind, status, message } = answer.failure;
      deniedSinceMs = kind === 'denied' ? (deniedSinceMs ?? Date.now()) : undefined;
      // An API server that has just started forbids what it has not yet read the rules of.
      const early = status === 403 && Date.now() - (deniedSinceMs ?? 0) < FORBIDDEN_MS;
      if (kind !== 'denied' || early) return ok([`the API server (${whyNotReady(message)})`]);
      return {
        ok: false,
        failure: {
          reason: 'environment-failed',
          what: `the API server refuses the credentials of ${target.kubeconfig}: ${message}`,
          next: 'log in again, or name a kubeconfig that has not expired',
          exit: 3,
        },
      };
    },
  });
  return ready.ok ? ok({ api, kubectl: kubectl({ ...bound, signal }) }) : ready;
}
