import { suiteEnvironment } from 'redfirst/testing';
import type { Answer, Cluster, KubeObject } from './cluster.ts';
import { describeVm } from './describe-vm.ts';
import { until } from './until.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface Vm extends KubeObject {
  readonly spec: { readonly runStrategy?: string };
  readonly status?: { readonly printableStatus?: string; readonly conditions?: readonly Condition[] };
}

export interface Vmi extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly nodeName?: string;
    readonly conditions?: readonly Condition[];
  };
}

/** What the API server says of a VM: the VirtualMachine and, while there is one, its VirtualMachineInstance. */
export interface Seen {
  readonly vm: Vm | undefined;
  readonly vmi: Vmi | undefined;
}

/** A VirtualMachine to be made, as far as it matters who it is. */
export interface VmManifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

const KUBEVIRT = '/apis/kubevirt.io/v1';

export interface TinyVmOptions {
  readonly runStrategy?: 'Always' | 'Halted' | 'Manual' | 'RerunOnFailure';
  /** How long a stopped guest may take to power itself off; 0 ends it at once. */
  readonly gracePeriodS?: number;
}

/** A VM of redfirst's tiny guest, which beats on its serial console. Written here and not by vmtool. */
export function tinyVm(name: string, { runStrategy = 'Always', gracePeriodS = 0 }: TinyVmOptions = {}) {
  const image = suiteEnvironment().guestImage;
  const devices = {
    autoattachPodInterface: false,
    logSerialConsole: true,
    disks: [{ name: 'root', disk: { bus: 'virtio' } }],
  };
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name },
    spec: {
      runStrategy,
      template: {
        spec: {
          terminationGracePeriodSeconds: gracePeriodS,
          domain: { memory: { guest: '64Mi' }, devices },
          volumes: [{ name: 'root', containerDisk: { image, imagePullPolicy: 'IfNotPresent' } }],
        },
      },
    },
  };
}

export async function lookAt({ namespace, get }: Cluster, name: string): Promise<Seen> {
  const [vm, vmi] = await Promise.all([
    get<Vm>(`${KUBEVIRT}/namespaces/${namespace}/virtualmachines/${name}`),
    get<Vmi>(`${KUBEVIRT}/namespaces/${namespace}/virtualmachineinstances/${name}`),
  ]);
  return { vm, vmi };
}

/** Waits until a VM is as it is to be; a failure tells phase, conditions, launcher pod and events. */
export function untilVm(
  cluster: Cluster,
  name: string,
  what: string,
  isSo: (seen: Seen) => boolean,
  deadlineMs?: number,
): Promise<Seen> {
  const describe = (seen: Seen): Promise<string> => describeVm(cluster, name, seen);
  return until(`VM ${name} ${what}`, () => lookAt(cluster, name), isSo, describe, deadlineMs);
}

export const isRunning = ({ vmi }: Seen): boolean =>
  vmi?.status?.phase === 'Running' && vmi.metadata.deletionTimestamp === undefined;

/** Creates VMs side by side and waits until KubeVirt says that all of them run. */
export async function startVms(cluster: Cluster, ...vms: readonly VmManifest[]): Promise<void> {
  await Promise.all(
    vms.map(async (vm) => {
      await cluster.create(vm);
      await untilVm(cluster, vm.metadata.name, 'runs', isRunning);
    }),
  );
}

export function conditionOf({ vmi }: Seen, type: string): Condition | undefined {
  return vmi?.status?.conditions?.find((condition) => condition.type === type);
}

/** Asks KubeVirt itself, by PUT on one of its subresources. */
export function putSubresource(
  cluster: Cluster,
  kind: 'virtualmachines' | 'virtualmachineinstances',
  name: string,
  action: string,
): Promise<Answer> {
  const path = `/apis/subresources.kubevirt.io/v1/namespaces/${cluster.namespace}/${kind}/${name}/${action}`;
  return cluster.ask('PUT', path, {});
}

interface LauncherPod extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}

/** The pod that a VMI's guest runs in; one that its guest has left does not count. @throws where there is none, or more than one. */
export async function launcherPod({ namespace, get }: Cluster, vmi: Vmi | undefined): Promise<string> {
  const selector = encodeURIComponent(`kubevirt.io/created-by=${vmi?.metadata.uid}`);
  const pods = await get<{ items: LauncherPod[] }>(`/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`);
  const names = (pods?.items ?? [])
    .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
    // For a while the pod that a guest has moved away from runs on.
    .filter(({ spec }) => vmi?.status?.nodeName === undefined || spec?.nodeName === vmi.status.nodeName)
    .map(({ metadata }) => metadata.name);
  const [pod] = names;
  if (pod === undefined || names.length > 1)
    throw new Error(`VMI ${vmi?.metadata.name} has ${names.length} launcher pods: ${names}`);
  return pod;
}

const LIBVIRT = 'qemu+unix:///session?socket=/var/run/libvirt/virtqemud-sock';

/** Runs virsh beside a guest's QEMU. `DOMAIN` among the arguments becomes the guest's name there. */
export async function virsh(cluster: Cluster, name: string, ...args: string[]): Promise<string> {
  const { vmi } = await lookAt(cluster, name);
  const pod = await launcherPod(cluster, vmi);
  const domain = `${cluster.namespace}_${name}`;
  const own = args.map((arg) => (arg === 'DOMAIN' ? domain : arg));
  return (await cluster.exec(pod, 'compute', 'virsh', '-c', LIBVIRT, ...own)).trim();
}

/** What libvirt says of a guest: `running`, `paused` … */
export function domainState(cluster: Cluster, name: string): Promise<string> {
  return virsh(cluster, name, 'domstate', 'DOMAIN');
}
