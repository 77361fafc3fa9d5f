import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentVm, askKubeVirt, untilAgentSays } from '../support/agent.ts';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { startVms, tinyVm } from '../support/vm.ts';
import { assertAnswer, vmtool } from '../support/vmtool.ts';

// `talker` runs qemu-guest-agent; `silent` is the tiny guest, which has none.
let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
  await cluster.create(tinyVm('halted', { runStrategy: 'Halted' }));
  await startVms(cluster, agentVm('talker'), tinyVm('silent'));
  await untilAgentSays(cluster, 'talker');
});
afterAll(() => cluster?.close());

describe('KubeVirt, which vmtool stands on', () => {
  it('control: KubeVirt tells what the agent said of host and system', async () => {
    const { status, body } = await askKubeVirt(cluster, 'talker', 'guestosinfo');
    const some = expect.stringMatching(/\S/);
    expect({ status, ...JSON.parse(body) }).toMatchObject({
      status: 200,
      guestAgentVersion: some,
      hostname: some,
      os: { prettyName: some, kernelRelease: some },
    });
  });

  it.each(['userlist', 'filesystemlist'] as const)('control: KubeVirt tells the %s of the agent', async (action) => {
    const { status, body } = await askKubeVirt(cluster, 'talker', action);
    expect({ status, items: JSON.parse(body).items }).toEqual({ status: 200, items: expect.any(Array) });
  });

  it.each(['guestosinfo', 'userlist', 'filesystemlist'] as const)(
    'control: KubeVirt refuses the %s of a guest without an agent',
    async (action) => {
      // A conflict by its words; virt-api hands it on with status 500 and as plain text (KubeVirt v1.9).
      const { status, body } = await askKubeVirt(cluster, 'silent', action);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body).toContain('VMI does not have guest agent connected');
    },
  );
});

describe('vmtool and a VM whose guest runs an agent', () => {
  it('control: status answers with the VM and its state', async () => {
    assertAnswer(await vmtool('status', 'talker'), { ok: true, vm: 'talker', state: 'running' }, 0);
  });

  it('AC-1: info answers with host, system, agent, users and filesystems', async () => {
    const some = expect.stringMatching(/^\S(.*\S)?$/);
    const promised = {
      ok: true,
      vm: 'talker',
      hostname: some,
      os: { name: some, version: expect.any(String), kernel: some },
      agent: some,
      users: expect.any(Array),
      filesystems: expect.any(Array),
    };
    assertAnswer(await vmtool('info', 'talker'), promised, 0);
  });

  it('guard: a command that vmtool does not have is still refused with unknown-command', async () => {
    assertAnswer(await vmtool('inspect', 'talker'), { ok: false, error: { code: 'unknown-command' } }, 2);
  });
});

describe('vmtool and a VM of which there is nothing to tell', () => {
  it('AC-2: info of a guest without an agent is refused with agent-not-connected', async () => {
    assertAnswer(await vmtool('info', 'silent'), { ok: false, error: { code: 'agent-not-connected' } }, 4);
  });

  it('AC-2: info of a halted VM is refused with not-running', async () => {
    assertAnswer(await vmtool('info', 'halted'), { ok: false, error: { code: 'not-running' } }, 4);
  });

  it('AC-2: info of an unknown VM is refused with unknown-vm', async () => {
    assertAnswer(await vmtool('info', 'nobody'), { ok: false, error: { code: 'unknown-vm' } }, 3);
  });
});
