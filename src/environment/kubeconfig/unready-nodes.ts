import type { Finding } from '../../domain/failure.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import { conditionOf, type KubeNode, type List } from '../kubernetes/objects.ts';

/** Names of the nodes that are not ready now; none where that is all of them. */
export async function unreadyNodes(api: KubeApi): Promise<string[]> {
  const nodes = await api.get<List<KubeNode>>('/api/v1/nodes');
  const items = nodes.ok ? nodes.value.items : [];
  const unready = items.filter(({ status }) => conditionOf(status?.conditions, 'Ready')?.status !== 'True');
  // A cluster none of whose nodes is ready is not one to look away from.
  return unready.length === items.length ? [] : unready.map(({ metadata }) => metadata.name);
}

export function ignoredNode(name: string): Finding {
  return {
    severity: 'warning',
    what: `node ${name} is not ready, and is left out of account`,
    next: 'see why: kubectl describe node',
  };
}
