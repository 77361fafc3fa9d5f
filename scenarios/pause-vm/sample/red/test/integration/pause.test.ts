import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { ensurePaused, ensureResumed } from '../support/pause.ts';
import { conditionOf, domainState, lookAt, startVms, tinyVm } from '../support/vm.ts';
import { vmtool } from '../support/vmtool.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
  await startVms(cluster, tinyVm('vm'));
});
afterAll(() => cluster?.close());

describe('KubeVirt, libvirt and vmtool agree on a VM that runs', () => {
  beforeEach(() => ensureResumed(cluster, 'vm'));

  it('control: its guest runs, says libvirt', async () => {
    expect(await domainState(cluster, 'vm')).toBe('running');
  });

  it('AC-1: the VMI has the condition Paused after vmtool pause', async () => {
    await vmtool('pause', 'vm');
    const condition = conditionOf(await lookAt(cluster, 'vm'), 'Paused');
    const says = condition === undefined ? 'no condition Paused' : `Paused=${condition.status} (${condition.reason})`;
    expect(says, `KubeVirt says ${says} after vmtool pause`).toBe('Paused=True (PausedByUser)');
  });

  it('AC-1: the guest stands still after vmtool pause, says libvirt', async () => {
    await vmtool('pause', 'vm');
    const state = await domainState(cluster, 'vm');
    expect(state, `libvirt says ${state} after vmtool pause`).toBe('paused');
  });
});

describe('KubeVirt, libvirt and vmtool agree on a VM that is paused', () => {
  beforeEach(() => ensurePaused(cluster, 'vm'));

  it('control: its guest stands still, says libvirt', async () => {
    expect(await domainState(cluster, 'vm')).toBe('paused');
  });

  it('AC-2: the VMI has no condition Paused any more after vmtool resume', async () => {
    await vmtool('resume', 'vm');
    const condition = conditionOf(await lookAt(cluster, 'vm'), 'Paused');
    const says = condition === undefined ? 'no condition Paused' : `Paused=${condition.status} (${condition.reason})`;
    expect(says, `KubeVirt says ${says} after vmtool resume`).toBe('no condition Paused');
  });

  it('AC-2: the guest runs after vmtool resume, says libvirt', async () => {
    await vmtool('resume', 'vm');
    const state = await domainState(cluster, 'vm');
    expect(state, `libvirt says ${state} after vmtool resume`).toBe('running');
  });
});
