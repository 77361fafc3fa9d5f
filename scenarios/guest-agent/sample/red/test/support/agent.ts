import { type SuiteEnvironment, suiteEnvironment } from 'redfirst/testing';
import type { Answer, Cluster } from './cluster.ts';
import { until } from './until.ts';
import { conditionOf, type Seen, untilVm, type VmManifest } from './vm.ts';

type Guest = NonNullable<SuiteEnvironment['guests'][string]>;

/** A guest that boots as a machine does may take minutes where it is emulated. */
const BOOT_DEADLINE_MS = 240_000;

/** For a guest that heeds cloud-init: root's shell on the first serial port. One that does not sees a disk more. */
const AUTOLOGIN = `#cloud-config
write_files:
  - path: /etc/systemd/system/serial-getty@ttyS0.service.d/autologin.conf
    content: |
      [Service]
      ExecStart=
      ExecStart=-/sbin/agetty --autologin root --keep-baud 115200 - linux
runcmd:
  - systemctl daemon-reload
  - systemctl restart serial-getty@ttyS0
`;

/**
 * A VM of the profile's guest `agent`, which runs qemu-guest-agent and has root's shell on its first serial port.
 * @throws where the profile names no such guest
 */
export function agentVm(name: string): VmManifest {
  const { guests } = suiteEnvironment();
  const { agent } = guests;
  if (agent === undefined)
    throw new Error(`the profile names no guest "agent", only: ${Object.keys(guests).join(', ') || 'none'}`);
  const { memory, firmware, disks, volumes } = 'kernelBoot' in agent ? fromKernel(agent) : fromDisk(agent);
  const devices = { autoattachPodInterface: false, logSerialConsole: true, disks };
  const domain = { memory: { guest: memory }, devices, ...(firmware && { firmware }) };
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name },
    spec: { runStrategy: 'Always', template: { spec: { terminationGracePeriodSeconds: 0, domain, volumes } } },
  };
}

function fromKernel({ kernelBoot: { kernelArgs, ...image } }: Extract<Guest, { kernelBoot: object }>) {
  const kernelBoot = { kernelArgs, container: { ...image, imagePullPolicy: 'IfNotPresent' } };
  return { memory: '256Mi', firmware: { kernelBoot }, disks: [], volumes: [] };
}

function fromDisk({ containerDisk: image }: Extract<Guest, { containerDisk: string }>) {
  const disks = ['root', 'cloud-init'].map((name) => ({ name, disk: { bus: 'virtio' } }));
  const volumes = [
    { name: 'root', containerDisk: { image, imagePullPolicy: 'IfNotPresent' } },
    { name: 'cloud-init', cloudInitNoCloud: { userData: AUTOLOGIN } },
  ];
  return { memory: '1Gi', firmware: undefined, disks, volumes };
}

export const isAgentConnected = (seen: Seen): boolean => conditionOf(seen, 'AgentConnected')?.status === 'True';

/** What KubeVirt's subresource `guestosinfo` says of a guest, as far as the tests look into it. */
export interface OsInfo {
  readonly guestAgentVersion?: string;
  readonly hostname?: string;
  readonly os?: { readonly prettyName?: string; readonly versionId?: string; readonly kernelRelease?: string };
}

/** Asks KubeVirt itself what the agent in a guest said. */
export function askKubeVirt(
  { namespace, ask }: Cluster,
  name: string,
  action: 'guestosinfo' | 'userlist' | 'filesystemlist',
): Promise<Answer> {
  return ask(
    'GET',
    `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstances/${name}/${action}`,
  );
}

/**
 * Waits until KubeVirt has asked the agent in a guest, and heard what is waited for; kernel and agent unless named: it asks for one thing after the
 * other, and tells what it has.
 */
export async function untilAgentSays(
  cluster: Cluster,
  name: string,
  isSo: (said: OsInfo) => boolean = ({ os, guestAgentVersion }) => Boolean(os?.kernelRelease && guestAgentVersion),
): Promise<OsInfo> {
  await untilVm(cluster, name, 'has an agent that is connected', isAgentConnected, BOOT_DEADLINE_MS);
  const { body } = await until(
    `the agent in ${name} says what is waited for`,
    () => askKubeVirt(cluster, name, 'guestosinfo'),
    ({ status, body }) => status === 200 && isSo(JSON.parse(body)),
    ({ status, body }) => `${status} ${body}`,
  );
  return JSON.parse(body);
}
