import { suiteEnvironment } from 'redfirst/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { ensureStarted, ensureStopped } from '../support/lifecycle.ts';
import { putSubresource, startVms, tinyVm } from '../support/vm.ts';
import { assertAnswer, vmtool } from '../support/vmtool.ts';

const IMAGE = suiteEnvironment().guestImage;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
  await cluster.create(tinyVm('halted', { runStrategy: 'Halted' }));
  await cluster.create(tinyVm('spare', { runStrategy: 'Halted' }));
  await startVms(cluster, tinyVm('vm'));
});
afterAll(() => cluster?.close());

/** KubeVirt's answer to a request that makes no sense, without what the server adds for its own use. */
async function refusalByKubevirt(name: string, action: string): Promise<object> {
  const { status, body } = await putSubresource(cluster, 'virtualmachines', name, action);
  const { kind, reason, message } = JSON.parse(body);
  return { status, kind, reason, message };
}

function conflict(name: string, why: string): object {
  const message = `Operation cannot be fulfilled on virtualmachine.kubevirt.io "${name}": ${why}`;
  return { status: 409, kind: 'Status', reason: 'Conflict', message };
}

describe('KubeVirt and vmtool, and a VM that is halted', () => {
  it('control: status answers with the VM and its state', async () => {
    assertAnswer(await vmtool('status', 'halted'), { ok: true, vm: 'halted', state: 'stopped' }, 0);
  });

  it('control: KubeVirt refuses to stop it', async () => {
    expect(await refusalByKubevirt('halted', 'stop')).toEqual(conflict('halted', 'VM is not running'));
  });

  it('control: KubeVirt refuses to restart it', async () => {
    const why = 'RunStategy Halted does not support manual restart requests';
    expect(await refusalByKubevirt('halted', 'restart')).toEqual(conflict('halted', why));
  });

  it('AC-4: stopping it is refused with not-running', async () => {
    assertAnswer(await vmtool('stop', 'halted'), { ok: false, error: { code: 'not-running' } }, 4);
  });

  it('AC-4: restarting it is refused with not-running', async () => {
    assertAnswer(await vmtool('restart', 'halted'), { ok: false, error: { code: 'not-running' } }, 4);
  });

  describe('and may be started', () => {
    beforeEach(() => ensureStopped(cluster, 'spare'));

    it('AC-1: start answers with the VM and the state running', async () => {
      assertAnswer(await vmtool('start', 'spare'), { ok: true, vm: 'spare', state: 'running' }, 0);
    });
  });
});

describe('KubeVirt and vmtool, and a VM that runs', () => {
  beforeEach(() => ensureStarted(cluster, 'vm'));

  it('control: status answers with the VM and its state', async () => {
    assertAnswer(await vmtool('status', 'vm'), { ok: true, vm: 'vm', state: 'running' }, 0);
  });

  it('control: KubeVirt refuses to start it', async () => {
    expect(await refusalByKubevirt('vm', 'start')).toEqual(conflict('vm', 'VM is already running'));
  });

  it('AC-4: starting it is refused with already-running', async () => {
    assertAnswer(await vmtool('start', 'vm'), { ok: false, error: { code: 'already-running' } }, 4);
  });

  it('AC-3: restart answers with the VM and the state running', async () => {
    assertAnswer(await vmtool('restart', 'vm'), { ok: true, vm: 'vm', state: 'running' }, 0);
  });

  it('AC-2: stop answers with the VM and the state stopped', async () => {
    assertAnswer(await vmtool('stop', 'vm'), { ok: true, vm: 'vm', state: 'stopped' }, 0);
  });
});

describe('vmtool and a VM that is not there', () => {
  it.each(['start', 'stop', 'restart'])('AC-4: %s is refused with unknown-vm', async (command) => {
    assertAnswer(await vmtool(command, 'nobody'), { ok: false, error: { code: 'unknown-vm' } }, 3);
  });

  it.each(['Halted', 'Manual'])(
    'AC-5: create with the run strategy %s answers that it is stopped',
    async (strategy) => {
      const name = `made-${strategy.toLowerCase()}`;
      const said = await vmtool('create', name, '--run-strategy', strategy, '--image', IMAGE);
      assertAnswer(said, { ok: true, vm: name, state: 'stopped' }, 0);
    },
  );

  it('guard: create with a run strategy that KubeVirt does not have is refused with bad-usage', async () => {
    const said = await vmtool('create', 'made', '--run-strategy', 'Sometimes', '--image', IMAGE);
    assertAnswer(said, { ok: false, error: { code: 'bad-usage' } }, 2);
  });
});
