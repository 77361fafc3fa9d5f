import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentVm, askKubeVirt, isAgentConnected, type OsInfo, untilAgentSays } from '../support/agent.ts';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { lookAt, startVms, tinyVm, virsh } from '../support/vm.ts';
import { vmtool } from '../support/vmtool.ts';

const CHANNEL = 'org.qemu.guest_agent.0';

let cluster: Cluster;
/** What KubeVirt heard from the agent in `talker`. */
let heard: OsInfo;

beforeAll(async () => {
  cluster = await openCluster();
  await startVms(cluster, agentVm('talker'), tinyVm('silent'));
  heard = await untilAgentSays(cluster, 'talker');
});
afterAll(() => cluster?.close());

/** Whether an agent has opened its end of the channel, says libvirt. */
async function channelState(name: string): Promise<string | undefined> {
  const xml = await virsh(cluster, name, 'dumpxml', 'DOMAIN');
  return new RegExp(`<target type='virtio' name='${CHANNEL}' state='(\\w+)'`).exec(xml)?.[1];
}

/** Asks the agent itself, through libvirt beside QEMU: nothing of KubeVirt has a part in the answer. */
async function askAgent(command: string): Promise<Record<string, unknown>> {
  const said = await virsh(cluster, 'talker', 'qemu-agent-command', 'DOMAIN', JSON.stringify({ execute: command }));
  return JSON.parse(said).return;
}

describe('KubeVirt and libvirt agree on who has an agent', () => {
  it('control: the agent of talker is connected', async () => {
    const seen = await lookAt(cluster, 'talker');
    expect([isAgentConnected(seen), await channelState('talker')]).toEqual([true, 'connected']);
  });

  it('control: silent has a channel, and no agent on its other end', async () => {
    const seen = await lookAt(cluster, 'silent');
    expect([isAgentConnected(seen), await channelState('silent')]).toEqual([false, 'disconnected']);
  });
});

describe('KubeVirt, the agent and vmtool agree on the guest', () => {
  async function expectTold(what: string, from: string, pick: (told: Told) => unknown, wanted: unknown) {
    const { stdout } = await vmtool('info', 'talker');
    expect(pick(JSON.parse(stdout)), `vmtool info does not say of the ${what} what ${from} says`).toEqual(wanted);
  }

  it('AC-1: on host and system, says KubeVirt', async () => {
    const { hostname, os, guestAgentVersion } = heard;
    const wanted = [hostname, os?.prettyName, os?.kernelRelease, guestAgentVersion];
    await expectTold(
      'guest',
      'KubeVirt',
      (told) => [told.hostname, told.os?.name, told.os?.kernel, told.agent],
      wanted,
    );
  });

  it('AC-1: on the system, says the agent itself', async () => {
    const { 'kernel-release': kernel, 'pretty-name': name } = await askAgent('guest-get-osinfo');
    await expectTold('system', 'the agent', (told) => [told.os?.kernel, told.os?.name], [kernel, name]);
  });

  it('AC-1: on the name of the host, says the agent itself', async () => {
    const { 'host-name': hostname } = await askAgent('guest-get-host-name');
    await expectTold('host', 'the agent', (told) => told.hostname, hostname);
  });

  it('AC-3: on users and filesystems, says KubeVirt', async () => {
    const lists = await Promise.all(
      (['userlist', 'filesystemlist'] as const).map(async (action) => {
        const { body } = await askKubeVirt(cluster, 'talker', action);
        const items: { userName?: string; mountPoint?: string }[] = JSON.parse(body).items ?? [];
        return items.map(({ userName, mountPoint }) => userName ?? mountPoint).sort();
      }),
    );
    const pick = ({ users, filesystems }: Told) => [users, filesystems?.map(({ mountPoint }) => mountPoint)];
    await expectTold('users and filesystems', 'KubeVirt', pick, lists);
  });
});

/** What vmtool told, or some of it. */
interface Told {
  readonly hostname?: string;
  readonly os?: { readonly name: string; readonly kernel: string };
  readonly agent?: string;
  readonly users?: readonly string[];
  readonly filesystems?: readonly { readonly mountPoint: string }[];
}
