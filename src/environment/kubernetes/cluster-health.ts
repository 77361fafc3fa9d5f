import type { Health } from '../../domain/environment.ts';
import type { Result } from '../../domain/failure.ts';
import type { ApiFailure } from './api.ts';
import {
  type Condition,
  type ContainerStatus,
  conditionOf,
  type KubeEvent,
  type KubeNode,
  type KubeVirtObject,
  type Lease,
  type Pod,
} from './objects.ts';

/** What one look at a cluster saw; what was not asked for is absent. */
export interface ClusterView {
  readonly ready: Result<unknown, ApiFailure>;
  readonly nodes?: readonly KubeNode[];
  /** Of the API servers, where they keep any and they may be read. */
  readonly apiServers?: readonly Lease[];
  /** Null where there is none any more. */
  readonly kubevirt?: KubeVirtObject | null;
  /** Pods of KubeVirt's own namespace. */
  readonly components?: readonly Pod[];
  /** virt-launcher pods of the namespaces that belong to the run. */
  readonly launchers?: readonly Pod[];
  /** Events of the namespaces that belong to the run: they stay when what they tell of is gone. */
  readonly events?: readonly KubeEvent[];
}

/** What a window began with: restarts by pod UID and container of KubeVirt's components, and who held the lease of each API server, by lease. */
export type Baseline = ReadonlyMap<string, number | string>;

/** Conditions of a node that must not be True. */
const PRESSURES = ['DiskPressure', 'MemoryPressure', 'PIDPressure', 'NetworkUnavailable'];
/** 128 + SIGKILL: nobody asks a container to end like that. */
const KILLED = 137;

export function baselineOf(components: readonly Pod[], apiServers: readonly Lease[] = []): Baseline {
  return new Map<string, number | string>([
    ...components.flatMap((pod) =>
      statuses(pod).map((status) => [keyOf(pod, status), status.restartCount ?? 0] as const),
    ),
    ...apiServers.map(({ metadata, spec }) => [metadata.name, spec?.holderIdentity ?? ''] as const),
  ]);
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
    ...(view.apiServers ?? []).flatMap((lease) => aboutApiServer(lease, baseline)),
    ...(view.nodes ?? []).flatMap(aboutNode),
    ...(view.kubevirt === undefined ? [] : aboutKubeVirt(view.kubevirt)),
    ...(view.components ?? []).flatMap((pod) => aboutComponent(pod, baseline)),
    ...(view.launchers ?? []).flatMap((pod) => aboutLauncher(pod, view)),
    ...aboutGuests(view.events ?? []),
    ...aboutDisks(view.events ?? []),
  ];
}

/** All complaints as one health. */
export function healthOf(complaints: readonly string[]): Health {
  return complaints.length === 0 ? { healthy: true } : { healthy: false, reason: [...new Set(complaints)].join('; ') };
}

/** A process that was replaced took its connections with it, however quickly the new one answered: kube-apiserver holds its lease under a new name then. */
function aboutApiServer({ metadata: { name }, spec }: Lease, baseline: Baseline | undefined): string[] {
  const before = baseline?.get(name);
  return before === undefined || before === (spec?.holderIdentity ?? '')
    ? []
    : [`the API server was started anew (lease ${name})`];
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
    const before = Number(baseline?.get(keyOf(pod, status)) ?? 0);
    const restarts = status.restartCount ?? 0;
    if (baseline === undefined || restarts <= before) return [];
    return [`${pod.metadata.name} restarted (container ${status.name}: ${endOf(status.lastState?.terminated)})`];
  });
}

/**
 * A launcher that ended while nobody deleted its pod took its guest with it. virt-launcher killed by SIGKILL leaves exit code 255: its monitor
 * outlives it, ends QEMU, and passes that on (KubeVirt v1.9.0, cmd/virt-launcher-monitor). One that never had a guest, and the other end of a
 * migration, are the test's own business.
 */
function aboutLauncher(pod: Pod, { launchers = [], events = [] }: ClusterView): string[] {
  if (pod.metadata.deletionTimestamp !== undefined) return [];
  const ended = endOfCompute(pod);
  if (ended === undefined) return [];
  const killed = ended.exitCode === KILLED || ended.reason === 'OOMKilled';
  const guest = pod.metadata.labels?.['kubevirt.io/created-by'];
  const hadGuest = guest !== undefined && startedGuests(events).has(guest);
  const livesElsewhere = launchers.some(
    (other) =>
      other !== pod && other.metadata.labels?.['kubevirt.io/created-by'] === guest && endOfCompute(other) === undefined,
  );
  if (!killed && (ended.exitCode === 0 || !hadGuest || livesElsewhere)) return [];
  return [`${pod.metadata.namespace}/${pod.metadata.name} was killed (container compute: ${endOf(ended)})`];
}

function endOfCompute(pod: Pod) {
  return statuses(pod).find(({ name }) => name === 'compute')?.state?.terminated;
}

/** UIDs of the VirtualMachineInstances that ran. */
function startedGuests(events: readonly KubeEvent[]): ReadonlySet<string | undefined> {
  return new Set(
    events.filter((event) => isGuestEvent(event, 'Started')).map(({ involvedObject }) => involvedObject?.uid),
  );
}

/**
 * A QEMU that is killed looks from outside like one that ended well: its launcher ends with exit code 0. But virt-handler warns that the guest
 * crashed, where one that was powered off, stopped or deleted "was shut down" (KubeVirt v1.9.0). The event outlives the VirtualMachineInstance,
 * which a VirtualMachine replaces at once.
 */
function aboutGuests(events: readonly KubeEvent[]): string[] {
  const started = startedGuests(events);
  return events.flatMap((event) => {
    const { type, message, involvedObject } = event;
    if (type !== 'Warning' || !isGuestEvent(event, 'Stopped') || !started.has(involvedObject?.uid)) return [];
    return [`guest ${involvedObject?.namespace}/${involvedObject?.name} was lost: ${message}`];
  });
}

function isGuestEvent({ reason, involvedObject }: KubeEvent, wanted: string): boolean {
  return involvedObject?.kind === 'VirtualMachineInstance' && reason === wanted;
}

/** kind switches the kubelet's own look at the disk off (its evictions), so that a full one shows in what pods fail with alone. */
function aboutDisks(events: readonly KubeEvent[]): string[] {
  const full = events.find(({ type, message }) => type === 'Warning' && /no space left on device/i.test(message ?? ''));
  if (full === undefined) return [];
  const { involvedObject, reason, message } = full;
  return [`a disk of the node is full: ${involvedObject?.kind} ${involvedObject?.name}: ${reason}: ${message}`];
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
