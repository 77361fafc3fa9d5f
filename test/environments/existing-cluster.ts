import { createSign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeconfigProfile } from '../../src/domain/profile.ts';
import { removeWithoutController } from '../../src/environment/envtest/remove-namespaces.ts';
import { type KubeApi, kubeApi } from '../../src/environment/kubernetes/api.ts';
import type { List, Namespace } from '../../src/environment/kubernetes/objects.ts';
import { ASSETS, envtestProfile, kubectlOf } from './envtest-assets.ts';
import { type Provisioned, provisionProfile } from './provisioned.ts';

/**
 * A cluster that is there already, as far as an API server goes: envtest's, with a stand-in for the namespace controller, without which a
 * deleted namespace would stay. The provider under test knows nothing of either.
 */
export interface ExistingCluster {
  readonly provisioned: Provisioned;
  readonly api: KubeApi;
  /** As administrator. */
  readonly kubectl: (args: readonly string[], input?: string) => string;
  /** The administrator's kubeconfig. */
  readonly admin: Kubeconfig;
  /** Writes a kubeconfig. @returns its path. */
  readonly write: (name: string, config: Kubeconfig) => string;
  /** A kubeconfig whose one user has this token. */
  readonly withToken: (token: string) => Kubeconfig;
  /** A token of a service account, as `kubectl create token` makes it, whose time is over. */
  readonly expired: (token: string) => string;
  readonly stop: () => Promise<void>;
}

export interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: object }[];
  readonly users: readonly { readonly name: string; readonly user: object }[];
  readonly contexts: readonly {
    readonly name: string;
    readonly context: { readonly cluster: string; readonly user: string };
  }[];
  readonly 'current-context'?: string;
}

export async function startExistingCluster(dir: string): Promise<ExistingCluster> {
  const provisioned = await provisionProfile(envtestProfile());
  if (!provisioned.result.ok) throw new Error(provisioned.result.failure.what);
  const variables = provisioned.result.value.suiteVariables();
  const admin = JSON.parse(readFileSync(variables['KUBECONFIG'] ?? '', 'utf8')) as Kubeconfig;
  const api = kubeApi(join(provisioned.runtimeDir, 'api', 'kube.sock'));
  let stopped = false;
  const controller = (async () => {
    while (!stopped) {
      const found = await api.get<List<Namespace>>('/api/v1/namespaces');
      const deleted = (found.ok ? found.value.items : []).filter(
        ({ metadata }) => metadata.deletionTimestamp !== undefined,
      );
      await removeWithoutController(
        api,
        deleted.map(({ metadata }) => metadata.name),
        0,
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    provisioned,
    api,
    kubectl: kubectlOf(variables),
    admin,
    write: (name, config) => {
      const path = join(dir, name);
      writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
      return path;
    },
    withToken: (token) => ({ ...admin, users: admin.users.map(({ name }) => ({ name, user: { token } })) }),
    expired: (token) => {
      const [header = '', payload = ''] = token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
      const past = Math.floor(Date.now() / 1000) - 7200;
      const old = { ...claims, iat: past, nbf: past, exp: past + 3600 };
      const signed = `${header}.${Buffer.from(JSON.stringify(old)).toString('base64url')}`;
      const key = readFileSync(join(provisioned.runtimeDir, 'envtest', 'service-accounts.key'));
      return `${signed}.${createSign('sha256').update(signed).sign(key).toString('base64url')}`;
    },
    stop: async () => {
      stopped = true;
      await controller;
      await provisioned.cleanUp();
      provisioned.remove();
    },
  };
}

export function existingProfile(kubeconfig: string, more: Partial<KubeconfigProfile> = {}): KubeconfigProfile {
  return {
    name: 'existing',
    provider: 'kubeconfig',
    kubeconfig,
    tools: { kubectl: join(ASSETS ?? '', 'kubectl'), virtctl: 'virtctl-that-is-nowhere' },
    addons: [],
    systems: {},
    guests: {},
    probe: { guest: 'own', ready: 'REDFIRST-GUEST-READY', deadlineMs: 20_000 },
    readyDeadlineMs: 60_000,
    namespacePrefix: 'rf-test',
    namespaceLabels: {},
    allowMutation: false,
    install: false,
    ...more,
  };
}
