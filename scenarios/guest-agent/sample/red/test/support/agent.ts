import type { Answer, Cluster } from './cluster.ts';
import { until } from './until.ts';
import { conditionOf, type Seen, type tinyVm, untilVm } from './vm.ts';

interface Guest {
  readonly containerDisk?: string;
  readonly kernelBoot?: {
    readonly image: string;
    readonly kernelPath: string;
    readonly initrdPath: string;
    readonly kernelArgs: string;
  };
}

/**
 * A VM of the profile's guest `agent`, which runs qemu-guest-agent and has a shell on its serial console that asks for no password.
 * @throws where the profile names no such guest
 */
export function agentVm(name: string): ReturnType<typeof tinyVm> {
  const guests: Record<string, Guest> = JSON.parse(process.env['REDFIRST_GUESTS'] || '{}');
  const { containerDisk, kernelBoot } = guests['agent'] ?? {};
  if (containerDisk === undefined && kernelBoot === undefined)
    throw new Error(`REDFIRST_GUESTS names no guest "agent", only: ${Object.keys(guests).join(', ') || 'none'}`);
  const imagePullPolicy = 'IfNotPresent';
  const { kernelArgs, ...container } = kernelBoot ?? {};
  const firmware = kernelBoot && { kernelBoot: { kernelArgs, container: { ...container, imagePullPolicy } } };
  const disks = containerDisk === undefined ? [] : [{ name: 'root', disk: { bus: 'virtio' } }];
  const volumes =
    containerDisk === undefined ? [] : [{ name: 'root', containerDisk: { image: containerDisk, imagePullPolicy } }];
  const devices = { autoattachPodInterface: false, logSerialConsole: true, disks };
  const domain = { memory: { guest: '256Mi' }, devices, ...(firmware && { firmware }) };
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name },
    spec: { runStrategy: 'Always', template: { spec: { terminationGracePeriodSeconds: 0, domain, volumes } } },
  };
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

/** Waits until KubeVirt has asked the agent in a guest, and heard what is waited for; that the guest has a kernel, unless named. */
export async function untilAgentSays(
  cluster: Cluster,
  name: string,
  isSo: (said: OsInfo) => boolean = ({ os }) => Boolean(os?.kernelRelease),
): Promise<OsInfo> {
  await untilVm(cluster, name, 'has an agent that is connected', isAgentConnected);
  const { body } = await until(
    `the agent in ${name} says what is waited for`,
    () => askKubeVirt(cluster, name, 'guestosinfo'),
    ({ status, body }) => status === 200 && isSo(JSON.parse(body)),
    ({ status, body }) => `${status} ${body}`,
  );
  return JSON.parse(body);
}
