import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from '../../domain/environment.ts';
import { ok, type Result } from '../../domain/failure.ts';
import type { ApiFailure, KubeApi } from './api.ts';
import { type Baseline, baselineOf, type ClusterView, complaintsAbout, healthOf } from './cluster-health.ts';
import type { KubeEvent, KubeNode, KubeVirtObject, Lease, List, Pod } from './objects.ts';

export interface Watched {
  readonly api: KubeApi;
  /** Namespace of KubeVirt; absent where there is none. */
  readonly kubevirtNamespace?: string;
  /** Namespaces that belong to the run now. */
  readonly ownNamespaces: () => readonly string[];
  /** etcd and API server alone have no nodes to look at. */
  readonly hasNodes: boolean;
  /** Between two looks; 2 s unless named. */
  readonly pollMs?: number;
  /** Nodes that were not ready from the beginning: a large cluster always has some. */
  readonly ignoredNodes?: ReadonlySet<string>;
}

const READY_DEADLINE_MS = 5000;
const POLL_MS = 2000;
const LEASES_PATH = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=${encodeURIComponent('apiserver.kubernetes.io/identity=kube-apiserver')}`;
/** A cluster that is busy may be late once; one that is gone stays silent. */
const SILENCES_TOLERATED = 1;
/** Most complaints that a window keeps. */
const MAX_COMPLAINTS = 20;

/** One look at everything that is watched. */
export async function viewCluster(watched: Watched): Promise<ClusterView> {
  const { api, kubevirtNamespace, ownNamespaces, hasNodes, ignoredNodes } = watched;
  const ready = await api.text('/readyz', READY_DEADLINE_MS);
  if (!ready.ok) return { ready };
  const launcherPath = '/api/v1/pods?labelSelector=kubevirt.io%3Dvirt-launcher';
  const own = new Set(ownNamespaces());
  const [leases, nodes, kubevirts, components, launchers, ...events] = await Promise.all([
    api.get<List<Lease>>(LEASES_PATH),
    hasNodes ? api.get<List<KubeNode>>('/api/v1/nodes') : undefined,
    kubevirtNamespace === undefined
      ? undefined
      : api.get<List<KubeVirtObject>>(`/apis/kubevirt.io/v1/namespaces/${kubevirtNamespace}/kubevirts`),
    kubevirtNamespace === undefined ? undefined : api.get<List<Pod>>(`/api/v1/namespaces/${kubevirtNamespace}/pods`),
    kubevirtNamespace === undefined ? undefined : api.get<List<Pod>>(launcherPath),
    ...[...own].map((name) => api.get<List<KubeEvent>>(`/api/v1/namespaces/${name}/events`)),
  ]);
  // Not everybody may read the leases, and not every API server keeps any.
  const unreadable = !leases.ok && (leases.failure.status === 403 || leases.failure.status === 404);
  const gone = [unreadable ? undefined : leases, nodes, kubevirts, components, launchers, ...events].find(
    (answer) => answer?.ok === false,
  );
  if (gone !== undefined && !gone.ok) return { ready: gone };
  const items = <T>(answer: Result<List<T>, ApiFailure> | undefined): readonly T[] | undefined =>
    answer?.ok ? answer.value.items : undefined;
  return {
    ready: ok(undefined),
    ...(leases.ok ? { apiServers: leases.value.items } : {}),
    ...(nodes === undefined
      ? {}
      : { nodes: (items(nodes) ?? []).filter(({ metadata }) => !ignoredNodes?.has(metadata.name)) }),
    ...(kubevirts === undefined ? {} : { kubevirt: items(kubevirts)?.[0] ?? null }),
    ...(components === undefined ? {} : { components: items(components) ?? [] }),
    events: events.flatMap((answer) => items(answer) ?? []),
    ...(launchers === undefined
      ? {}
      : { launchers: (items(launchers) ?? []).filter(({ metadata }) => own.has(metadata.namespace ?? '')) }),
  };
}

/** One look that counts. */
export async function lookAtCluster(watched: Watched): Promise<Health> {
  return healthOf(await findComplaints(watched, undefined));
}

/** Asks until the cluster answered, or was silent too often to be merely busy. */
async function findComplaints(watched: Watched, baseline: Baseline | undefined): Promise<string[]> {
  for (let silences = 0; ; silences++) {
    const view = await viewCluster(watched);
    if (view.ready.ok || view.ready.failure.kind === 'denied' || silences >= SILENCES_TOLERATED)
      return complaintsAbout(view, baseline);
    await sleep((watched.pollMs ?? POLL_MS) / 2);
  }
}

/**
 * The health witness of one window: looks every two seconds, keeps every complaint, and says at the end whether there was one. An API
 * server that was silent twice in a row was gone, whatever the tests made of it.
 */
export function watchCluster(watched: Watched): { stop(): Promise<Health> } {
  const complaints: string[] = [];
  const stopped = new AbortController();
  const note = (found: readonly string[]): void => {
    for (const one of found) if (complaints.length < MAX_COMPLAINTS && !complaints.includes(one)) complaints.push(one);
  };
  let baseline: Baseline | undefined;
  const watching = (async () => {
    let silent: string[] = [];
    let silences = 0;
    for (;;) {
      const view = await viewCluster(watched);
      const found = complaintsAbout(view, baseline);
      if (view.ready.ok || view.ready.failure.kind === 'denied') {
        silences = 0;
        baseline ??= baselineOf(view.components ?? [], view.apiServers);
        note(found);
      } else {
        silences += 1;
        silent = found;
        if (silences > SILENCES_TOLERATED) note(silent);
      }
      if (stopped.signal.aborted) return;
      await sleep(watched.pollMs ?? POLL_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return;
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await watching;
      note(await findComplaints(watched, baseline));
      return healthOf(complaints);
    },
  };
}
