import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { launchersOf, migrationsOf } from '../support/migration.ts';
import { conditionOf, domainState, lookAt, type Seen, startVms, tinyVm, untilVm } from '../support/vm.ts';
import { vmtool } from '../support/vmtool.ts';

// One move, looked at from all sides: it is made once, and what comes of it is for each case to say.
let cluster: Cluster;
let before: Seen;
let after: Seen;
let told: { readonly source?: string; readonly target?: string };

beforeAll(async () => {
  cluster = await openCluster();
  await startVms(cluster, tinyVm('traveller'));
  before = await untilVm(cluster, 'traveller', 'is known to be migratable or not', (seen) => migratable(seen) !== '');
  told = JSON.parse((await vmtool('migrate', 'traveller')).stdout);
  after = await lookAt(cluster, 'traveller');
});
afterAll(() => cluster?.close());

const migratable = (seen: Seen): string => conditionOf(seen, 'LiveMigratable')?.status ?? '';

describe('KubeVirt, libvirt and vmtool agree on a VM that was moved', () => {
  it('control: KubeVirt says that it can be moved', () => {
    expect(migratable(before)).toBe('True');
  });

  it('control: it is one and the same VMI, and it runs', () => {
    expect(after.vmi?.metadata.uid).toBe(before.vmi?.metadata.uid);
    expect(after.vmi?.status?.phase).toBe('Running');
  });

  it('AC-1: KubeVirt knows of one migration, and it succeeded', async () => {
    const phases = (await migrationsOf(cluster, 'traveller')).map(({ status }) => status?.phase);
    const says = `KubeVirt knows ${phases.length} migrations (${phases}) after vmtool migrate`;
    expect(phases, says).toEqual(['Succeeded']);
  });

  it('AC-1: the VMI left the node that vmtool told, and is on the one that vmtool told', () => {
    // Names of nodes differ from run to run, and stay out of the message of a red.
    expect(Object.keys(told), 'vmtool told no nodes after vmtool migrate').toEqual(
      expect.arrayContaining(['source', 'target']),
    );
    expect(told).toMatchObject({ source: before.vmi?.status?.nodeName, target: after.vmi?.status?.nodeName });
    expect(told.target).not.toBe(told.source);
  });

  it('AC-1: its guest runs on another node, says libvirt there', async () => {
    const elsewhere = (await launchersOf(cluster, 'traveller')).filter(
      ({ node }) => node !== before.vmi?.status?.nodeName,
    );
    const state = elsewhere.length === 0 ? 'nothing' : await domainState(cluster, 'traveller');
    expect(state, `libvirt says ${state} on another node after vmtool migrate`).toBe('running');
  });
});
