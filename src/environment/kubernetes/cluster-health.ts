import type { Health } from '../../domain/environment.ts';
import type { Result } from '../../domain/failure.ts';
import type { ApiFailure } from './api.ts';
import {
  type Condition,
  type ContainerStatus,
  conditionOf,
  type KubeNode,
  type KubeVirtObject,
  type Pod,
} from './objects.ts';

/** What one look at a cluster saw; what was not asked for is absent. */
export interface ClusterView {
  readonly ready: Result<unknown, ApiFailure>;
  readonly nodes?: readonly KubeNode[];
  /** Null where there is none any more. */
  readonly kubevirt?: KubeVirtObject | null;
  /** Pods of KubeVirt's own namespace. */
  readonly components?: readonly Pod[];
  /** virt-launcher pods of the namespaces that belong to the run. */
  readonly launchers?: readonly Pod[];
}

/** Restarts of every container of KubeVirt's components, by pod UID and container, when a window began. */
export type Baseline = ReadonlyMap<string, number>;

/** Conditions of a node that must not be True. */
const PRESSURES = ['DiskPressure', 'MemoryPressure', 'PIDPressure', 'NetworkUnavailable'];
/** 128 + SIGKILL: nobody asks a container to end like that. */
const KILLED = 137;

export function baselineOf(components: readonly Pod[]): Baseline {
  return new Map(
    components.flatMap((pod) => statuses(pod).map((status) => [keyOf(pod, status), status.restartCount ?? 0])),
  );
}

/** Every complaint about one look, the gravest first; none when the cluster is as it should be. */
export function complaintsAbout(view: ClusterView, baseline: Baseline | undefined): string[] {
  if (!view.ready.ok) {
    const { kind, message } = view.ready.failure;
    return [
      kind === 'denied'
        ? `the API server refuses the credentials: ${message}`
        : `the API server does not answer: ${message}`,
    ];
  }
  return [
    ...(view.nodes ?? []).flatMap(aboutNode),
    ...(view.kubevirt === undefined ? [] : aboutKubeVirt(view.kubevirt)),
    ...(view.components ?? []).flatMap((pod) => aboutComponent(pod, baseline)),
    ...(view.launchers ?? []).flatMap(aboutLauncher),
  ];
}

/** All complaints as one health. */
export function healthOf(complaints: readonly string[]): Health {
  return complaints.length === 0 ? { healthy: true } : { healthy: false, reason: [...new Set(complaints)].join('; ') };
}

function aboutNode({ metadata, status }: KubeNode): string[] {
  const ready = conditionOf(status?.conditions, 'Ready');
  const pressures = (status?.conditions ?? []).filter(
    ({ type, status }) => PRESSURES.includes(type) && status === 'True',
  );
  return [
    ...(ready?.status === 'True' ? [] : [`node ${metadata.name} is not ready: ${words(ready)}`]),
    ...pressures.map((condition) => `node ${metadata.name} has ${condition.type}: ${words(condition)}`),
  ];
}

function aboutKubeVirt(kubevirt: KubeVirtObject | null): string[] {
  if (kubevirt === null) return ['KubeVirt is not there any more: its object is gone'];
  const conditions = kubevirt.status?.conditions;
  const available = conditionOf(conditions, 'Available');
  const degraded = conditionOf(conditions, 'Degraded');
  return [
    ...(available?.status === 'True' ? [] : [`KubeVirt is not available: ${words(available)}`]),
    ...(degraded?.status === 'True' ? [`KubeVirt is degraded: ${words(degraded)}`] : []),
  ];
}

function aboutComponent(pod: Pod, baseline: Baseline | undefined): string[] {
  return statuses(pod).flatMap((status) => {
    const before = baseline?.get(keyOf(pod, status)) ?? 0;
    const restarts = status.restartCount ?? 0;
    if (baseline === undefined || restarts <= before) return [];
    return [`${pod.metadata.name} restarted (container ${status.name}: ${endOf(status.lastState?.terminated)})`];
  });
}

/** A launcher whose container was killed while nobody deleted its pod took its guest with it. */
function aboutLauncher(pod: Pod): string[] {
  if (pod.metadata.deletionTimestamp !== undefined) return [];
  return (pod.status?.containerStatuses ?? []).flatMap(({ name, state }) => {
    const ended = state?.terminated;
    if (name !== 'compute' || ended === undefined) return [];
    if (ended.exitCode !== KILLED && ended.reason !== 'OOMKilled') return [];
    return [`${pod.metadata.namespace}/${pod.metadata.name} was killed (container ${name}: ${endOf(ended)})`];
  });
}

function statuses(pod: Pod): readonly ContainerStatus[] {
  return pod.status?.containerStatuses ?? [];
}

function keyOf(pod: Pod, status: ContainerStatus): string {
  return `${pod.metadata.uid ?? pod.metadata.name}/${status.name}`;
}

function endOf(ended: { readonly reason?: string; readonly exitCode?: number } | undefined): string {
  return ended === undefined ? 'reason unknown' : `${ended.reason ?? 'ended'}, exit code ${ended.exitCode ?? '?'}`;
}

function words(condition: Condition | undefined): string {
  if (condition === undefined) return 'it does not say';
  const text = [condition.reason, condition.message].filter((part) => part !== undefined && part !== '').join(', ');
  return text === '' ? `${condition.type} is ${condition.status}` : text;
}
