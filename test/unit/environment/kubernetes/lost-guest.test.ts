import { describe, expect, it } from 'vitest';
import { ok } from '../../../../src/domain/failure.ts';
import { type ClusterView, complaintsAbout } from '../../../../src/environment/kubernetes/cluster-health.ts';
import type { KubeEvent, Pod } from '../../../../src/environment/kubernetes/objects.ts';

/** As seen on KubeVirt v1.9.0 in kind; `docs/environments.md` tells how. */
function event(type: string, reason: string, message: string, uid = 'u1'): KubeEvent {
  const involvedObject = { kind: 'VirtualMachineInstance', name: 'vm', namespace: 'ns', uid };
  return { metadata: { name: 'e' }, type, reason, message, involvedObject };
}
const STARTED = event('Normal', 'Started', 'VirtualMachineInstance started.');
const CRASHED = event('Warning', 'Stopped', 'The VirtualMachineInstance crashed.');

function launcher(name: string, terminated?: { exitCode: number; reason: string }, deletionTimestamp?: string): Pod {
  return {
    metadata: {
      name,
      namespace: 'ns',
      labels: { 'kubevirt.io/created-by': 'u1' },
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    status: {
      containerStatuses: [{ name: 'compute', state: terminated === undefined ? { running: {} } : { terminated } }],
    },
  };
}

function complaints(view: Partial<ClusterView>): string[] {
  return complaintsAbout({ ready: ok(undefined), ...view }, undefined);
}

const DONE = { exitCode: 0, reason: 'Completed' };
const KILLED = { exitCode: 255, reason: 'Error' };

describe('a guest was lost when', () => {
  it('its QEMU was killed: the launcher ends well, but virt-handler warns of a crash', () => {
    const view = { launchers: [launcher('a', DONE)], events: [STARTED, CRASHED] };
    expect(complaints(view)).toEqual(['guest ns/vm was lost: The VirtualMachineInstance crashed.']);
  });
  it('the same, after its VirtualMachine replaced it and the pod is gone', () => {
    expect(
      complaints({ launchers: [], events: [STARTED, CRASHED, event('Normal', 'Started', '', 'u2')] }),
    ).toHaveLength(1);
  });
  it('its virt-launcher was killed: exit code 255, before virt-handler knows', () => {
    const view = { launchers: [launcher('a', KILLED)], events: [STARTED] };
    expect(complaints(view)).toEqual(['ns/a was killed (container compute: Error, exit code 255)']);
  });
  it('its whole container was killed, or ran out of memory', () => {
    expect(complaints({ launchers: [launcher('a', { exitCode: 137, reason: 'Error' })] })).toHaveLength(1);
    expect(complaints({ launchers: [launcher('a', { exitCode: 1, reason: 'OOMKilled' })] })).toHaveLength(1);
  });
});

describe("it is the test's own business when a guest", () => {
  it('powers itself off, or is stopped', () => {
    const stopped = event('Normal', 'Stopped', 'The VirtualMachineInstance was shut down.');
    expect(complaints({ launchers: [launcher('a', DONE)], events: [STARTED, stopped] })).toEqual([]);
  });
  it('is deleted', () => {
    expect(complaints({ launchers: [launcher('a', KILLED, '2026-11-26T15:40:50Z')], events: [STARTED] })).toEqual([]);
  });
  it('never ran', () => {
    expect(complaints({ launchers: [launcher('a', KILLED)], events: [CRASHED] })).toEqual([]);
  });
  it('moved to another launcher', () => {
    expect(complaints({ launchers: [launcher('a', KILLED), launcher('b')], events: [STARTED] })).toEqual([]);
  });
});

it('a full disk of a node shows in what pods fail with', () => {
  const message = 'failed to create sandbox: mkdir /run/x: no space left on device';
  const full: KubeEvent = {
    ...{ metadata: { name: 'e' }, type: 'Warning', reason: 'FailedCreatePodSandBox', message },
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'ns' },
  };
  expect(complaints({ events: [full] })).toEqual([
    `a disk of the node is full: Pod p: FailedCreatePodSandBox: ${message}`,
  ]);
});
