import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { ensurePaused, ensureResumed, isPaused } from '../support/pause.ts';
import { putSubresource, startVms, tinyVm, untilVm } from '../support/vm.ts';
import { assertAnswer, vmtool } from '../support/vmtool.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
  await cluster.create(tinyVm('halted', { runStrategy: 'Halted' }));
  await startVms(cluster, tinyVm('vm'));
});
afterAll(() => cluster?.close());

describe('KubeVirt, which vmtool stands on', () => {
  beforeEach(() => ensureResumed(cluster, 'vm'));

  it('control: KubeVirt pauses a VMI and answers nothing', async () => {
    expect(await putSubresource(cluster, 'virtualmachineinstances', 'vm', 'pause')).toEqual({ status: 200, body: '' });
    // It answers before the condition is there: a case that came next would take the VM for one that runs.
    await untilVm(cluster, 'vm', 'is paused', isPaused);
  });

  it('control: KubeVirt refuses to resume a VMI that is not paused', async () => {
    const { status, body } = await putSubresource(cluster, 'virtualmachineinstances', 'vm', 'unpause');
    expect(status).toBe(409);
    expect(JSON.parse(body)).toMatchObject({
      kind: 'Status',
      reason: 'Conflict',
      details: { name: 'vm', kind: 'virtualmachineinstance' },
      message: 'Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "vm": VMI is not paused',
    });
  });

  it('control: KubeVirt knows no VMI of a VM that is halted', async () => {
    const { status, body } = await putSubresource(cluster, 'virtualmachineinstances', 'halted', 'pause');
    expect({ status, reason: JSON.parse(body).reason }).toEqual({ status: 404, reason: 'NotFound' });
  });
});

describe('vmtool and a VM that runs', () => {
  beforeEach(() => ensureResumed(cluster, 'vm'));

  it('control: status answers with the VM and its state', async () => {
    assertAnswer(await vmtool('status', 'vm'), { ok: true, vm: 'vm', state: 'running' }, 0);
  });

  it('AC-1: pause answers with the VM and the state paused', async () => {
    assertAnswer(await vmtool('pause', 'vm'), { ok: true, vm: 'vm', state: 'paused' }, 0);
  });

  it('AC-3: resuming a running VM is refused with not-paused', async () => {
    assertAnswer(await vmtool('resume', 'vm'), { ok: false, error: { code: 'not-paused' } }, 4);
  });

  it('guard: a command that vmtool does not have is still refused with unknown-command', async () => {
    assertAnswer(await vmtool('hibernate', 'vm'), { ok: false, error: { code: 'unknown-command' } }, 2);
  });
});

describe('vmtool and a VM that is paused', () => {
  beforeEach(() => ensurePaused(cluster, 'vm'));

  it('AC-1: status answers with the state paused', async () => {
    assertAnswer(await vmtool('status', 'vm'), { ok: true, vm: 'vm', state: 'paused' }, 0);
  });

  it('AC-2: resume answers with the VM and the state running', async () => {
    assertAnswer(await vmtool('resume', 'vm'), { ok: true, vm: 'vm', state: 'running' }, 0);
  });

  it('AC-3: pausing a paused VM is refused with already-paused', async () => {
    assertAnswer(await vmtool('pause', 'vm'), { ok: false, error: { code: 'already-paused' } }, 4);
  });
});

describe('vmtool and a VM that does not run', () => {
  it('AC-3: pausing a halted VM is refused with not-running', async () => {
    assertAnswer(await vmtool('pause', 'halted'), { ok: false, error: { code: 'not-running' } }, 4);
  });

  it('AC-3: pausing an unknown VM is refused with unknown-vm', async () => {
    assertAnswer(await vmtool('pause', 'nobody'), { ok: false, error: { code: 'unknown-vm' } }, 3);
  });

  it('AC-3: resuming an unknown VM is refused with unknown-vm', async () => {
    assertAnswer(await vmtool('resume', 'nobody'), { ok: false, error: { code: 'unknown-vm' } }, 3);
  });
});
