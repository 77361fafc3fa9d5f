import { conditionOf, type KubeNode, type KubeVirtObject } from '../kubernetes/objects.ts';

/** Set by virt-handler on nodes that can run guests. */
export const SCHEDULABLE_LABEL = 'kubevirt.io/schedulable';

/**
 * What is still missing until KubeVirt is ready (design 3): Available and Created, neither Progressing nor Degraded, the newest generation
 * observed, every worker schedulable. Empty when it is. Says what is being waited for, in KubeVirt's own words.
 *
 * @param expected version that must be observed; any where it is undefined
 */
export function missingForReady(
  kubevirt: KubeVirtObject | undefined,
  nodes: readonly KubeNode[],
  expected?: string,
): string[] {
  if (kubevirt === undefined) return ['the KubeVirt object'];
  const { status, metadata } = kubevirt;
  const conditions = status?.conditions;
  const wanted = (['Available', 'Created'] as const).flatMap((type) => {
    const found = conditionOf(conditions, type);
    return found?.status === 'True' ? [] : [`KubeVirt to be ${type}${because(found?.message)}`];
  });
  const unwanted = (['Progressing', 'Degraded'] as const).flatMap((type) => {
    const found = conditionOf(conditions, type);
    return found?.status === 'True' ? [`KubeVirt to be no longer ${type}${because(found.message)}`] : [];
  });
  const generation =
    status?.observedGeneration === metadata.generation
      ? []
      : [
          `generation ${metadata.generation} of the KubeVirt object to be observed (so far ${status?.observedGeneration ?? 'none'})`,
        ];
  const version =
    expected === undefined || status?.observedKubeVirtVersion === expected
      ? []
      : [`version ${expected} (so far ${status?.observedKubeVirtVersion || 'none'})`];
  // A change that the operator has not begun yet looks like rest.
  const deployment =
    status?.observedDeploymentID === status?.targetDeploymentID ? [] : ['the operator to finish its deployment'];
  const unschedulable = workersOf(nodes).filter(({ metadata: { labels } }) => labels?.[SCHEDULABLE_LABEL] !== 'true');
  const schedulable = unschedulable.map(({ metadata: { name } }) => `node ${name} to become schedulable for guests`);
  return [...wanted, ...unwanted, ...generation, ...version, ...deployment, ...schedulable];
}

/** Nodes that pods may land on: those without the control plane's taint, and on a single node that one. */
export function workersOf(nodes: readonly KubeNode[]): KubeNode[] {
  const workers = nodes.filter(
    ({ metadata: { labels } }) => labels?.['node-role.kubernetes.io/control-plane'] === undefined,
  );
  return workers.length === 0 ? [...nodes] : workers;
}

/** When virt-handler last said that it serves its node; an RFC 3339 time, in quotes. */
const HEARTBEAT = 'kubevirt.io/heartbeat';

/** Nodes whose virt-handler has said nothing since the node was started: `schedulable` and `Available` are from before then. */
export function staleHeartbeats(nodes: readonly KubeNode[], startedAtMs: ReadonlyMap<string, number>): string[] {
  return workersOf(nodes).flatMap(({ metadata: { name, annotations } }) => {
    const heard = Date.parse((annotations?.[HEARTBEAT] ?? '').replaceAll('"', ''));
    const startedMs = startedAtMs.get(name);
    return startedMs === undefined || heard >= Math.floor(startedMs / 1000) * 1000
      ? []
      : [`virt-handler on node ${name} to speak again`];
  });
}

function because(message: string | undefined): string {
  return message === undefined || message === '' ? '' : ` (${message})`;
}
