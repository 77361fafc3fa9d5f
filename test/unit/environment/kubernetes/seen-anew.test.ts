import { expect, test } from 'vitest';
import type { KubeNode, Pod } from '../../../../src/environment/kubernetes/objects.ts';
import { type Lease, missingAnew, staleLeases } from '../../../../src/environment/kubernetes/seen-anew.ts';

const SINCE_MS = Date.parse('2026-11-26T15:00:10.400Z');
const SINCE = new Map([['one', SINCE_MS]]);
const BEFORE = '2026-11-26T15:00:09Z';
const AFTER = '2026-11-26T15:00:10Z';

function node(lastHeartbeatTime: string, status = 'True'): KubeNode {
  return {
    metadata: { name: 'one' },
    status: { conditions: [{ type: 'Ready', status, lastHeartbeatTime, message: 'why' }] },
  };
}

function pod(startedAt: string, ready = true, more: Partial<Pod['metadata']> = {}, phase = 'Running'): Pod {
  return {
    metadata: { name: 'virt-api', namespace: 'kubevirt', ...more },
    spec: { nodeName: 'one' },
    status: { phase, containerStatuses: [{ name: 'c', ready, state: { running: { startedAt } } }] },
  };
}

test('a node that was ready before the start has to say so again', () => {
  expect(missingAnew(SINCE, [node(BEFORE)], [])).toEqual(['node one to speak again']);
  expect(missingAnew(SINCE, [node(AFTER, 'False')], [])).toEqual(['node one to be ready (why)']);
  expect(missingAnew(SINCE, [node(AFTER)], [])).toEqual([]);
  expect(missingAnew(SINCE, [], [])).toEqual(['the nodes']);
});

test('a pod that was ready before the start counts only once its containers were started after it', () => {
  const missing = ['pod kubevirt/virt-api to run again'];
  expect(missingAnew(SINCE, [node(AFTER)], [pod(BEFORE)])).toEqual(missing);
  expect(missingAnew(SINCE, [node(AFTER)], [pod(AFTER, false)])).toEqual(missing);
  expect(missingAnew(SINCE, [node(AFTER)], [pod(AFTER)])).toEqual([]);
});

test('a pod that has no container yet, or is on a node that is gone, is missing', () => {
  const waiting: Pod = {
    metadata: { name: 'a', namespace: 'b' },
    spec: { nodeName: 'one' },
    status: { phase: 'Pending' },
  };
  expect(missingAnew(SINCE, [node(AFTER)], [waiting])).toEqual(['pod b/a to run again']);
  expect(missingAnew(SINCE, [node(AFTER)], [{ ...pod(AFTER), spec: { nodeName: 'two' } }])).toHaveLength(1);
});

test('nobody waits for pods that are done, that are being deleted, or that are a job', () => {
  const done = [
    pod(BEFORE, false, {}, 'Succeeded'),
    pod(BEFORE, false, {}, 'Failed'),
    pod(BEFORE, false, { deletionTimestamp: BEFORE }),
    pod(BEFORE, false, { ownerReferences: [{ kind: 'Job', name: 'j' }] }),
  ];
  expect(missingAnew(SINCE, [node(AFTER)], done)).toEqual([]);
});

test('leases of leaders that ended with the stop are dropped; those of nodes, and renewed ones, are not', () => {
  const lease = (name: string, renewTime: string, namespace = 'kube-system', holderIdentity = 'a_1'): Lease => ({
    metadata: { name, namespace },
    spec: { renewTime, holderIdentity },
  });
  const leases = [
    lease('kube-scheduler', '2026-11-26T14:59:59.000000Z'),
    lease('kube-controller-manager', '2026-11-26T15:00:20.000000Z'),
    lease('one', '2026-11-26T14:59:59.000000Z', 'kube-node-lease'),
    lease('released', '2026-11-26T14:59:59.000000Z', 'kubevirt', ''),
  ];
  expect(staleLeases(leases, SINCE_MS).map(({ metadata }) => metadata.name)).toEqual(['kube-scheduler']);
});

test('a node that was not started again, and pods on it, only have to be ready', () => {
  const others = new Map([['two', SINCE_MS]]);
  expect(missingAnew(others, [node(BEFORE)], [pod(BEFORE)])).toEqual([]);
  expect(missingAnew(others, [node(BEFORE, 'False')], [pod(BEFORE, false)])).toEqual([
    'node one to be ready (why)',
    'pod kubevirt/virt-api to run again',
  ]);
});
