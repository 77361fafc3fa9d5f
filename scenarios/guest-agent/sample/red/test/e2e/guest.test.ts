import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { agentVm, askKubeVirt, isAgentConnected, untilAgentSays } from '../support/agent.ts';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { openShell, type Shell } from '../support/shell.ts';
import { until } from '../support/until.ts';
import { lookAt, startVms, untilVm } from '../support/vm.ts';
import { vmtool } from '../support/vmtool.ts';

// What only the guest itself can know is done in it, through its serial console, and has to come out of vmtool.
const HOST = 'named-in-the-guest';
const PORT = '/dev/virtio-ports/org.qemu.guest_agent.0';
/** In a guest with systemd, and in one where something simpler starts the agent again and again. */
const AGENT = {
  start: `systemctl start qemu-guest-agent || { [ -e ${PORT} ] || mv ${PORT}.gone ${PORT}; }`,
  restart: 'systemctl restart qemu-guest-agent || kill $(grep -lx qemu-ga /proc/[0-9]*/comm | cut -d/ -f3)',
  stop: `systemctl stop qemu-guest-agent || { [ -e ${PORT} ] && mv ${PORT} ${PORT}.gone; kill $(grep -lx qemu-ga /proc/[0-9]*/comm | cut -d/ -f3); }`,
};

let cluster: Cluster;
let shell: Shell;

beforeAll(async () => {
  cluster = await openCluster();
  await startVms(cluster, agentVm('talker'));
  await untilAgentSays(cluster, 'talker');
  shell = await openShell(cluster, 'talker');
  await shell.ask(`hostname ${HOST}`);
  // Who is logged in is kept in a file, where there is one.
  await shell.enter('touch /run/utmp; login -f root');
});
afterAll(async () => {
  shell?.close();
  await cluster?.close();
});

/** KubeVirt asks an agent when it connects, and seldom after that: where it does not know of the new name, the agent is started again. */
async function ensureAgent(): Promise<void> {
  await shell.ask(AGENT.start);
  const { status, body } = await askKubeVirt(cluster, 'talker', 'guestosinfo');
  if (status === 200 && JSON.parse(body).hostname !== HOST) await shell.ask(AGENT.restart);
  await untilAgentSays(cluster, 'talker', ({ hostname }) => hostname === HOST);
}

/** Whatever starts the agent again finds no port to open. */
async function ensureNoAgent(): Promise<void> {
  await shell.ask(AGENT.stop);
  await untilVm(cluster, 'talker', 'has no agent', (seen) => !isAgentConnected(seen));
}

async function told(): Promise<{
  hostname?: string;
  os?: { kernel?: string };
  users?: string[];
  error?: { code?: string };
}> {
  return JSON.parse((await vmtool('info', 'talker')).stdout);
}

describe('a guest whose agent runs', () => {
  beforeEach(ensureAgent);

  it('control: the guest has a shell on its serial console, and it runs Linux', async () => {
    expect(await shell.ask('uname -s')).toBe('Linux');
  });

  it('AC-1: vmtool tells the kernel that the guest names on its serial console', async () => {
    const kernel = await shell.ask('uname -r');
    const { os } = await told();
    expect(os?.kernel, `vmtool tells kernel ${os?.kernel}, the guest says ${kernel}`).toBe(kernel);
  });

  it('AC-4: vmtool tells the name that the host was given in the guest', async () => {
    const { hostname } = await told();
    expect(hostname, `vmtool tells host ${hostname}, the guest is ${HOST}`).toBe(HOST);
  });

  it('AC-4: vmtool tells of a user who logged in on the serial console', async () => {
    expect(await shell.ask('id -un')).toBe('root');
    await until(
      'KubeVirt knows who is logged in',
      () => askKubeVirt(cluster, 'talker', 'userlist'),
      ({ status, body }) => status === 200 && JSON.parse(body).items?.length > 0,
      ({ status, body }) => `${status} ${body}`,
    );
    const { users } = await told();
    expect(users, `vmtool tells users ${JSON.stringify(users)}, the guest has root`).toEqual(['root']);
  });
});

describe('a guest whose agent has ended', () => {
  beforeEach(ensureNoAgent);

  it('control: KubeVirt knows that there is no agent any more', async () => {
    expect(isAgentConnected(await lookAt(cluster, 'talker'))).toBe(false);
  });

  it('AC-2: vmtool tells nothing of it any more, and says why', async () => {
    const { error } = await told();
    expect(error?.code, `vmtool info of a guest whose agent has ended is refused with ${error?.code}`).toBe(
      'agent-not-connected',
    );
  });
});
