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
  const ready = await waitFor({
    what: 'the API server',
    deadlineMs: target.deadlineMs,
    signal,
    progress,
    missing: async () => {
      const answer = await api.text('/readyz', 5000);
      if (answer.ok) return ok([]);
      const { kind, message } = answer.failure;
      if (kind !== 'denied') return ok([`the API server (${message})`]);
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
