import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentIdentity, Health } from '../../domain/environment.ts';
import type { GuestImage } from '../../domain/profile.ts';
import { checkFolder } from '../host-facts.ts';
import type { AttemptPlace, Environment, GateSwitch } from '../provider.ts';
import { healthOf } from './cluster-health.ts';
import { type DiagnosisRequest, diagnoseCluster } from './diagnose.ts';
import { makeNamespace, namespaceName, ownedNamespaces, removeNamespaces } from './namespaces.ts';
import { lookAtCluster, type Watched, watchCluster } from './watch-cluster.ts';

export interface ClusterParts extends Pick<Watched, 'api' | 'kubevirtNamespace' | 'hasNodes' | 'ignoredNodes'> {
  readonly identity: EnvironmentIdentity;
  readonly runtimeDir: string;
  readonly token: string;
  /** What suites log in with. */
  readonly kubeconfig: string;
  readonly tools: { readonly kubectl: string; readonly virtctl: string };
  readonly namespacePrefix: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  /** Image of redfirst's tiny guest where the cluster has it. */
  readonly tinyGuest?: string;
  readonly guests: Readonly<Record<string, GuestImage>>;
  /** What diagnosis asks beside the API: the nodes' own logs. */
  readonly diagnosis: Omit<DiagnosisRequest, 'namespaces' | 'dir' | 'api' | 'kubevirtNamespace' | 'complaints'>;
  /** Absent where gates are not ours to switch. */
  readonly gates?: GateSwitch;
  /** Puts back what suites may have changed beyond their namespaces; complains in words. */
  readonly restore?: () => Promise<readonly string[]>;
  /** Where nothing in the cluster empties a namespace that is deleted. */
  readonly removeNamespaces?: typeof removeNamespaces;
}

/** How long a namespace with guests in it may take to go. */
const REMOVE_DEADLINE_MS = 90_000;
/** After an attempt a silent API server is not waited for: at the end all is looked for again. */
const PATIENCE_MS = 15_000;
const HEALTHY: Health = { healthy: true };

/** The environment around any API server: a namespace for each attempt, the health witness, diagnosis, and a reset that is verified. */
export function clusterEnvironment(parts: ClusterParts): Environment {
  const { api, identity, runtimeDir, token, gates } = parts;
  /** Namespaces made and not yet seen to be gone. */
  const open = new Set<string>();
  let resetProblems: readonly string[] = [];
  let places = 0;
  let gateState = '';
  const suiteDir = join(runtimeDir, 'run');
  const watched: Watched = {
    api,
    hasNodes: parts.hasNodes,
    ownNamespaces: () => [...open],
    ...(parts.kubevirtNamespace === undefined ? {} : { kubevirtNamespace: parts.kubevirtNamespace }),
    ...(parts.ignoredNodes === undefined ? {} : { ignoredNodes: parts.ignoredNodes }),
  };
  const remove = async (names: readonly string[]): Promise<string[]> => {
    const left = await (parts.removeNamespaces ?? removeNamespaces)(api, names, REMOVE_DEADLINE_MS, PATIENCE_MS);
    for (const name of names) if (!left.some((one) => one.startsWith(`${name}:`))) open.delete(name);
    return left;
  };
  const openAttempt = async (name: string): Promise<AttemptPlace> => {
    const request = { prefix: parts.namespacePrefix, token, labels: parts.namespaceLabels };
    const suffix = `${name}-${++places}`;
    const namespace = namespaceName(request, suffix);
    // Also one whose making was not confirmed: it may be there, and without its name a suite would work in `default`.
    open.add(namespace);
    const made = await makeNamespace(api, request, suffix);
    return {
      variables: { REDFIRST_NAMESPACE: namespace },
      health: made.ok ? HEALTHY : { healthy: false, reason: made.failure.what },
      close: async () => {
        await remove([namespace]);
      },
    };
  };
  return {
    identity,
    suiteVariables: () => ({
      KUBECONFIG: parts.kubeconfig,
      REDFIRST_KUBECTL: parts.tools.kubectl,
      REDFIRST_VIRTCTL: parts.tools.virtctl,
      REDFIRST_ACCEL: identity.facts['accelerator'] ?? '',
      REDFIRST_RUNTIME: suiteDir,
      REDFIRST_KUBEVIRT_NAMESPACE: parts.kubevirtNamespace ?? '',
      REDFIRST_GUEST_IMAGE: parts.tinyGuest ?? '',
      REDFIRST_GUESTS: JSON.stringify(parts.guests),
      ...(gateState === '' ? {} : { REDFIRST_GATE: gateState }),
    }),
    openAttempt,
    ...(gates === undefined
      ? {}
      : {
          gates: {
            components: gates.components,
            set: async (gate, state) => {
              const set = await gates.set(gate, state);
              if (set.ok) gateState = state;
              return set;
            },
          },
        }),
    health: async () => {
      const looks = [await checkFolder(runtimeDir), await lookAtCluster(watched), healthOf(resetProblems)];
      return healthOf(looks.flatMap((health) => (health.healthy ? [] : [health.reason])));
    },
    watch: () => watchCluster(watched),
    reset: async () => {
      await rm(suiteDir, { recursive: true, force: true });
      await mkdir(suiteDir, { recursive: true, mode: 0o700 });
      const owned = await ownedNamespaces(api, token);
      const left = await remove([...new Set([...open, ...(owned.ok ? owned.value : [])])]);
      const restored = (await parts.restore?.()) ?? [];
      gateState = '';
      resetProblems = [...(owned.ok ? [] : [owned.failure.what]), ...left, ...restored];
    },
    diagnose: (complaints = []) =>
      diagnoseCluster({
        ...parts.diagnosis,
        api,
        complaints,
        dir: join(runtimeDir, 'diagnosis'),
        namespaces: [...open],
        ...(parts.kubevirtNamespace === undefined ? {} : { kubevirtNamespace: parts.kubevirtNamespace }),
      }),
  };
}

/** Clean-up of everything that carries the token, for the end of an invocation; waits for an API server that is just away. @throws what is left. */
export async function removeOwned(
  { api, token }: Pick<ClusterParts, 'api' | 'token'>,
  patienceMs = REMOVE_DEADLINE_MS,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let owned = await ownedNamespaces(api, token);
  while (!owned.ok && Date.now() < deadline) {
    const ready = await api.text('/readyz');
    // Credentials that are refused are not taken the next time either.
    if (!ready.ok && ready.failure.kind === 'denied') break;
    await sleep(1000);
    owned = await ownedNamespaces(api, token);
  }
  if (!owned.ok) throw new Error(owned.failure.what);
  const left = await removeNamespaces(api, owned.value, REMOVE_DEADLINE_MS);
  if (left.length > 0) throw new Error(`namespaces are left: ${left.join('; ')}`);
}
