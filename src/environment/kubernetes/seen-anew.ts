import { ok, type Result } from '../../domain/failure.ts';
import type { ProvisionContext } from '../provider.ts';
import type { KubeApi } from './api.ts';
import { conditionOf, type KubeNode, type List, type ObjectMeta, type Pod } from './objects.ts';
import { readinessProber } from './probe-readiness.ts';
import { waitFor } from './wait-for.ts';

/** Nodes that were started with what they held, by name, and when. */
type StartedNodes = ReadonlyMap<string, number>;

/** Whether a time is not before another; the API's times are whole seconds. */
function notBefore(time: string | undefined, thenMs: number): boolean {
  return Date.parse(time ?? '') >= Math.floor(thenMs / 1000) * 1000;
}

/**
 * What has not yet shown itself since nodes were started (again). etcd keeps what everybody said before: a node that is `Ready`, a pod
 * that is `Running` and KubeVirt that is `Available` may all be from before the stop, so only what is dated after the start counts. Pure.
 */
export function missingAnew(started: StartedNodes, nodes: readonly KubeNode[], pods: readonly Pod[]): string[] {
  const fresh = (time: string | undefined, node: string): boolean => notBefore(time, started.get(node) ?? 0);
  const silent = nodes.flatMap(({ metadata: { name }, status }) => {
    const ready = conditionOf(status?.conditions, 'Ready');
    if (started.has(name) && !fresh(ready?.lastHeartbeatTime, name)) return [`node ${name} to speak again`];
    return ready?.status === 'True' ? [] : [`node ${name} to be ready (${ready?.message ?? 'no word yet'})`];
  });
  const names = new Set(nodes.map(({ metadata: { name } }) => name));
  const unready = pods.flatMap((pod) => {
    const { metadata, spec, status } = pod;
    if (metadata.deletionTimestamp !== undefined || isDone(pod)) return [];
    const node = spec?.nodeName ?? '';
    const anew = (status?.containerStatuses ?? []).map(
      ({ ready, state }) => ready === true && (!started.has(node) || fresh(state?.running?.startedAt, node)),
    );
    const whole = names.has(node) && anew.length > 0 && anew.every(Boolean);
    return whole ? [] : [`pod ${metadata.namespace}/${metadata.name} to run again`];
  });
  return [...(nodes.length === 0 ? ['the nodes'] : []), ...silent, ...unready];
}

/** Pods that nobody expects to run again. */
function isDone({ metadata, status }: Pod): boolean {
  return (
    status?.phase === 'Succeeded' ||
    status?.phase === 'Failed' ||
    metadata.ownerReferences?.some(({ kind }) => kind === 'Job') === true
  );
}

/** Waits until every node and every pod has shown itself anew. Leases of those that ended with the stop are dropped first. */
export async function awaitAnew(
  api: KubeApi,
  started: StartedNodes,
  deadlineMs: number,
  { signal, progress }: Pick<ProvisionContext, 'signal' | 'progress'>,
): Promise<Result<void>> {
  const answering = await waitFor({
    ...{ what: 'the API server', deadlineMs, signal, progress },
    missing: async () => ok((await api.text('/readyz')).ok ? [] : ['the API server to be ready again']),
  });
  if (!answering.ok) return answering;
  await dropStaleLeases(api, started);
  const probe = readinessProber(api);
  return waitFor({
    ...{ what: 'the cluster', deadlineMs, signal, progress },
    missing: async () => {
      const [nodes, pods] = await Promise.all([
        api.get<List<KubeNode>>('/api/v1/nodes'),
        api.get<List<Pod>>('/api/v1/pods'),
      ]);
      if (!nodes.ok) return ok([`the nodes (${nodes.failure.message})`]);
      if (!pods.ok) return ok([`the pods (${pods.failure.message})`]);
      await probe(pods.value.items);
      return ok(missingAnew(started, nodes.value.items, pods.value.items));
    },
  });
}

/** Of a Lease (coordination.k8s.io/v1) what is read here. */
export interface Lease {
  readonly metadata: ObjectMeta & { readonly resourceVersion?: string };
  readonly spec?: { readonly renewTime?: string; readonly holderIdentity?: string };
}

/** Where the nodes' own leases are: each kubelet renews its own, and nobody waits for it. */
const NODE_LEASES = 'kube-node-lease';

/**
 * Leases of leaders that ended when the nodes were stopped. Whoever wants to lead next would wait until they have run out, 15 s and longer;
 * nobody who held one before the start can still be alive. Pure.
 */
export function staleLeases(leases: readonly Lease[], sinceMs: number): Lease[] {
  return leases.filter(
    ({ metadata, spec }) =>
      metadata.namespace !== NODE_LEASES && (spec?.holderIdentity ?? '') !== '' && !notBefore(spec?.renewTime, sinceMs),
  );
}

/** Deletes them, each only as it was seen: one that was renewed in the meantime has another version. A failure costs time and nothing else. */
async function dropStaleLeases(api: KubeApi, started: StartedNodes): Promise<void> {
  const [leases, nodes] = await Promise.all([
    api.get<List<Lease>>('/apis/coordination.k8s.io/v1/leases'),
    api.get<List<KubeNode>>('/api/v1/nodes'),
  ]);
  // On a node that was not started again a leader may be alive.
  if (!leases.ok || !nodes.ok || !nodes.value.items.every(({ metadata: { name } }) => started.has(name))) return;
  const sinceMs = Math.min(...started.values());
  await Promise.all(
    staleLeases(leases.value.items, sinceMs).map(({ metadata: { namespace, name, uid, resourceVersion } }) =>
      api.send({
        method: 'DELETE',
        path: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`,
        body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } },
      }),
    ),
  );
}
