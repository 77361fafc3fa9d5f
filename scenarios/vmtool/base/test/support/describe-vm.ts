import type { Cluster, KubeObject } from './cluster.ts';
import type { Condition, Seen } from './vm.ts';

const EVENTS_TOLD = 8;

interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: Readonly<Record<string, { readonly reason?: string; readonly message?: string }>>;
}

interface KubeEvent {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly involvedObject: { readonly kind?: string; readonly name?: string };
}

/** All that helps to see why a VM is not as it should be: its own state, its launcher pods, the last events. */
export async function describeVm(cluster: Cluster, name: string, { vm, vmi }: Seen): Promise<string> {
  const pods = await list<Pod>(cluster, 'pods');
  const events = await list<KubeEvent>(cluster, 'events');
  const own = pods.filter(({ metadata }) => metadata.name.startsWith(`virt-launcher-${name}-`));
  const recent = events
    .filter(({ involvedObject }) => involvedObject.name === name || involvedObject.name?.includes(`-${name}-`))
    .sort((a, b) => timeOf(a).localeCompare(timeOf(b)))
    .slice(-EVENTS_TOLD);
  return [
    vm === undefined
      ? `no VirtualMachine ${name}`
      : `VirtualMachine: ${vm.spec.runStrategy}, ${vm.status?.printableStatus ?? 'no status yet'}${deleted(vm)}`,
    ...conditions(vm?.status?.conditions),
    vmi === undefined
      ? 'no VirtualMachineInstance'
      : `VirtualMachineInstance: ${vmi.status?.phase ?? 'no phase yet'} on ${vmi.status?.nodeName ?? 'no node'}${deleted(vmi)}`,
    ...conditions(vmi?.status?.conditions),
    ...(own.length === 0 ? ['no launcher pod'] : own.flatMap(describePod)),
    'the last events:',
    ...recent.map(
      (event) =>
        `  ${timeOf(event)} ${event.type} ${event.reason} ${event.involvedObject.kind}: ${event.message?.trim()}${event.count !== undefined && event.count > 1 ? ` (${event.count} times)` : ''}`,
    ),
  ].join('\n');
}

function describePod(pod: Pod): string[] {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return [
    `pod ${pod.metadata.name}: ${pod.status?.phase}${deleted(pod)}`,
    ...conditions(pod.status?.conditions),
    ...statuses.map(({ name, ready, restartCount, state = {} }) => {
      const [[word, detail] = ['no state', {}]] = Object.entries(state);
      const why = [detail.reason, detail.message].filter(Boolean).join(': ');
      return `  container ${name}: ${word}${ready ? ', ready' : ''}${why === '' ? '' : ` (${why})`}${restartCount > 0 ? `, restarted ${restartCount} times` : ''}`;
    }),
  ];
}

/** A condition that is as it should be needs no reason. */
function conditions(all: readonly Condition[] = []): string[] {
  return all.map(({ type, status, reason, message }) => {
    const why = [reason, message].filter(Boolean).join(': ');
    return `  ${type}=${status}${why === '' ? '' : ` (${why})`}`;
  });
}

const deleted = ({ metadata }: KubeObject): string =>
  metadata.deletionTimestamp === undefined ? '' : `, being deleted since ${metadata.deletionTimestamp}`;

const timeOf = ({ lastTimestamp, eventTime }: KubeEvent): string => lastTimestamp ?? eventTime ?? '';

/** What cannot be listed must not hide what was to be told. */
async function list<T>({ namespace, get }: Cluster, kind: string): Promise<readonly T[]> {
  const found = await get<{ items: T[] }>(`/api/v1/namespaces/${namespace}/${kind}`).catch(() => undefined);
  return found?.items ?? [];
}
