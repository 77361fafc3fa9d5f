import { EXIT, type Failure, fail, ok, type Result } from '../../domain/failure.ts';
import type { KubeApi } from './api.ts';
import type { KubeNode, List } from './objects.ts';

/** What the API server and the nodes are; an API server without nodes tells its version alone. */
export async function identifyCluster(api: KubeApi): Promise<Result<Record<string, string>>> {
  const version = await api.get<{ gitVersion?: string; major?: string; minor?: string }>('/version');
  if (!version.ok) return fail(failedToIdentify(version.failure.message));
  const nodes = await api.get<List<KubeNode>>('/api/v1/nodes');
  if (!nodes.ok) return fail(failedToIdentify(nodes.failure.message));
  const infos = nodes.value.items.flatMap(({ status }) => (status?.nodeInfo === undefined ? [] : [status.nodeInfo]));
  const all = (values: readonly (string | undefined)[]): string =>
    [...new Set(values.filter(Boolean))].sort().join(', ');
  return ok({
    'kubernetes.version': version.value.gitVersion ?? '',
    'kubernetes.minor': /^v?\d+\.\d+/.exec(version.value.gitVersion ?? '')?.[0] ?? '',
    ...(infos.length === 0
      ? {}
      : {
          'kubernetes.nodes': String(infos.length),
          'node.kubelet': all(infos.map(({ kubeletVersion }) => kubeletVersion)),
          'node.runtime': all(infos.map(({ containerRuntimeVersion }) => containerRuntimeVersion)),
          'node.kernel': all(infos.map(({ kernelVersion }) => kernelVersion)),
          'node.os': all(infos.map(({ osImage }) => osImage)),
        }),
  });
}

export function failedToIdentify(why: string): Failure {
  return {
    reason: 'environment-failed',
    what: `the cluster does not say what it is: ${why}`,
    next: 'ask it by hand: kubectl version; kubectl get nodes',
    exit: EXIT.environment,
  };
}
