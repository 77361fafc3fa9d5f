import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { ensureStarted, ensureStopped } from '../support/lifecycle.ts';
import { domainState, lookAt, startVms, tinyVm } from '../support/vm.ts';
import { vmtool } from '../support/vmtool.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
  await cluster.create(tinyVm('manual', { runStrategy: 'Manual' }));
  await startVms(cluster, tinyVm('vm'));
});
afterAll(() => cluster?.close());

/** What KubeVirt says of a VM, in words that are the same whenever it is the same. */
async function said(name: string): Promise<string> {
  const { vm, vmi } = await lookAt(cluster, name);
  return `${vmi === undefined ? 'no VMI' : `a VMI that is ${vmi.status?.phase}`}, run strategy ${vm?.spec.runStrategy}`;
}

describe('KubeVirt, libvirt and vmtool agree on a VM that runs', () => {
  beforeEach(() => ensureStarted(cluster, 'vm'));

  it('control: its guest runs, says libvirt', async () => {
    expect(await domainState(cluster, 'vm')).toBe('running');
  });

  it('AC-2: after vmtool stop it has no VMI, and is to have none', async () => {
    await vmtool('stop', 'vm');
    const says = await said('vm');
    expect(says, `KubeVirt says ${says} after vmtool stop`).toBe('no VMI, run strategy Halted');
  });

  it('AC-3: after vmtool restart another VMI runs', async () => {
    const before = await lookAt(cluster, 'vm');
    await vmtool('restart', 'vm');
    const after = await lookAt(cluster, 'vm');
    const which = after.vmi?.metadata.uid === before.vmi?.metadata.uid ? 'the same VMI' : 'another VMI';
    const says = `${which} that is ${after.vmi?.status?.phase}`;
    expect(says, `KubeVirt says ${says} after vmtool restart`).toBe('another VMI that is Running');
  });
});

describe('KubeVirt, libvirt and vmtool agree on a VM that is stopped', () => {
  beforeEach(() => ensureStopped(cluster, 'manual'));

  it('control: it has no VMI', async () => {
    expect(await said('manual')).toBe('no VMI, run strategy Manual');
  });

  it('AC-1: after vmtool start its guest runs, and its run strategy is what it was', async () => {
    await vmtool('start', 'manual');
    const says = await said('manual');
    expect(says, `KubeVirt says ${says} after vmtool start`).toBe('a VMI that is Running, run strategy Manual');
    const state = await domainState(cluster, 'manual');
    expect(state, `libvirt says ${state} after vmtool start`).toBe('running');
  });
});
