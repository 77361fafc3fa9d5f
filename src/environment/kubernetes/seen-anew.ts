import { ok, type Result } from '../../domain/failure.ts';
import type { ProvisionContext } from '../provider.ts';
import type { KubeApi } from './api.ts';
import { conditionOf, type KubeNode, type List, type ObjectMeta, type Pod } from './objects.ts';
import { waitFor } from './wait-for.ts';

/**
 * What has not yet shown itself since the nodes were started (again). etcd keeps what everybody said before: a node that is `Ready`, a pod
 * that is `Running` and KubeVirt that is `Available` may all be from before the stop, so only what is dated after the start counts. Pure.
 *
 * @param sinceMs when the nodes were started; the API's times are whole seconds
 */
export function missingAnew(sinceMs: number, nodes: readonly KubeNode[], pods: readonly Pod[]): string[] {
  const fresh = (time: string | undefined): boolean => Date.parse(time ?? '') >= Math.floor(sinceMs / 1000) * 1000;
  const silent = nodes.flatMap(({ metadata: { name }, status }) => {
    const ready = conditionOf(status?.conditions, 'Ready');
    if (!fresh(ready?.lastHeartbeatTime)) return [`node ${name} to speak again`];
    return ready?.status === 'True' ? [] : [`node ${name} to be ready (${ready?.message ?? 'no word yet'})`];
  });
  const names = new Set(nodes.map(({ metadata: { name } }) => name));
  const unready = pods.flatMap((pod) => {
    const { metadata, spec, status } = pod;
    const placed = spec?.nodeName !== undefined && names.has(spec.nodeName);
    if (metadata.deletionTimestamp !== undefined || isDone(pod)) return [];
    const anew = (status?.containerStatuses ?? []).map(
      ({ ready, state }) => ready === true && fresh(state?.running?.startedAt),
    );
    const whole = placed && anew.length > 0 && anew.every(Boolean);
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
  sinceMs: number,
  deadlineMs: number,
  { signal, progress }: Pick<ProvisionContext, 'signal' | 'progress'>,
): Promise<Result<void>> {
  const answering = await waitFor({
    ...{ what: 'the API server', deadlineMs, signal, progress },
    missing: async () => ok((await api.text('/readyz')).ok ? [] : ['the API server to be ready again']),
  });
  if (!answering.ok) return answering;
  await dropStaleLeases(api, sinceMs);
  return waitFor({
    ...{ what: 'the cluster', deadlineMs, signal, progress },
    missing: async () => {
      const [nodes, pods] = await Promise.all([
        api.get<List<KubeNode>>('/api/v1/nodes'),
        api.get<List<Pod>>('/api/v1/pods'),
      ]);
      if (!nodes.ok) return ok([`the nodes (${nodes.failure.message})`]);
      if (!pods.ok) return ok([`the pods (${pods.failure.message})`]);
      return ok(missingAnew(sinceMs, nodes.value.items, pods.value.items));
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
      metadata.namespace !== NODE_LEASES &&
      (spec?.holderIdentity ?? '') !== '' &&
      Date.parse(spec?.renewTime ?? '') < Math.floor(sinceMs / 1000) * 1000,
  );
}

/** Deletes them, each only as it was seen: one that was renewed in the meantime has another version. A failure costs time and nothing else. */
async function dropStaleLeases(api: KubeApi, sinceMs: number): Promise<void> {
  const leases = await api.get<List<Lease>>('/apis/coordination.k8s.io/v1/leases');
  if (!leases.ok) return;
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
