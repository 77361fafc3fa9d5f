import { describe, expect, it } from 'vitest';
import { type Evidence, IMAGE_PULL, likelyCauses } from '../../../../src/environment/kubernetes/likely-cause.ts';
import type { ContainerStatus, KubeEvent, KubeNode, Pod, Vmi } from '../../../../src/environment/kubernetes/objects.ts';
import { condition, recordedItems } from '../cluster-fixtures.ts';

const find = (evidence: Partial<Evidence>): string[] =>
  likelyCauses({ apiProblem: '', nodes: [], pods: [], vmis: [], events: [], ...evidence });
const pod = (status: Partial<ContainerStatus>, more: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: { name: 'p', namespace: 'ns', ...more },
  status: { containerStatuses: [{ name: 'main', image: 'a:1', ...status }] },
});
const vmi = (status: Vmi['status'] & object): Vmi => ({ metadata: { name: 'vm', namespace: 'ns' }, status });
const warning = (message: string, type = 'Warning'): KubeEvent => ({
  metadata: { name: 'e' },
  type,
  reason: 'FailedCreate',
  message,
  involvedObject: { kind: 'VirtualMachineInstance', name: 'vm' },
});
const UNREADY: KubeNode = {
  metadata: { name: 'n1' },
  status: { conditions: [condition('Ready', 'False', 'runtime is down')] },
};

describe('of what was recorded', () => {
  it('names images that cannot be had and a pod that fits no node', () => {
    const causes = find({
      nodes: recordedItems<KubeNode>('kubectl/nodes.json'),
      pods: recordedItems<Pod>('kubectl/stuck-pods.json'),
      events: recordedItems<KubeEvent>('kubectl/stuck-events.json'),
    });
    expect(causes).toHaveLength(4);
    const [name, never, absent, large] = causes;
    expect(name).toMatch(
      /^image pull: UPPER::case of record-units\/bad-name \(container main\): InvalidImageName: Failed to apply/,
    );
    expect(never).toMatch(
      /^image pull: \S+ of record-units\/never-pulled \(container main\): ErrImageNeverPull: Container image/,
    );
    expect(absent).toMatch(/^image pull: \S+ of record-units\/no-image .*no such host$/);
    expect(large).toMatch(
      /^scheduling: record-units\/too-large fits no node: 0\/1 nodes are available: 1 Insufficient cpu\./,
    );
  });

  it('finds nothing where all is well, though components warned while they started', () => {
    const events = recordedItems<KubeEvent>('kubectl/kubevirt-events.json');
    expect(events.some(({ type }) => type === 'Warning')).toBe(true);
    const pods = recordedItems<Pod>('kubectl/kubevirt-pods.json');
    expect(find({ nodes: recordedItems<KubeNode>('kubectl/nodes.json'), pods, events })).toEqual([]);
  });
});

describe('likelyCauses', () => {
  it('has one cause where the API server is gone: nothing else is known', () => {
    expect(find({ apiProblem: 'connection refused', nodes: [UNREADY] })).toEqual([
      'API server gone: connection refused',
    ]);
  });

  it('names the deepest first: node, image, scheduling, webhook, crash, guest', () => {
    const unscheduled: Pod = {
      metadata: { name: 'p2', namespace: 'ns' },
      status: { conditions: [condition('PodScheduled', 'False', 'no kvm')] },
    };
    const causes = find({
      vmis: [vmi({ phase: 'Scheduling' })],
      events: [warning('Internal error: failed calling webhook "x": connection refused')],
      pods: [
        unscheduled,
        pod({ state: { terminated: { exitCode: 1, reason: 'Error' } } }),
        pod({ state: { waiting: { reason: 'ErrImagePull' } } }),
      ],
      nodes: [UNREADY],
    });
    expect(causes.map((cause) => cause.split(':')[0])).toEqual([
      'node n1 is not ready',
      'image pull',
      'scheduling',
      'webhook',
      'container main of ns/p ended',
      'guest did not boot',
    ]);
  });

  it.each(['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName'])(
    'knows %s, which no waiting mends',
    (reason) => {
      expect(find({ pods: [pod({ state: { waiting: { reason } } })] })).toEqual([
        `${IMAGE_PULL}a:1 of ns/p (container main): ${reason}:`,
      ]);
    },
  );

  it('looks at what runs before a pod’s own containers too', () => {
    const status = {
      initContainerStatuses: [
        { name: 'init', image: 'i:1', state: { waiting: { reason: 'ErrImagePull', message: 'x' } } },
      ],
    };
    expect(find({ pods: [{ metadata: { name: 'p', namespace: 'ns' }, status }] })).toEqual([
      'image pull: i:1 of ns/p (container init): ErrImagePull: x',
    ]);
  });

  it('is patient with what merely starts', () => {
    expect(
      find({ pods: [pod({ state: { waiting: { reason: 'ContainerCreating' } } }), { metadata: { name: 'new' } }] }),
    ).toEqual([]);
    expect(
      find({ pods: [pod({ state: { running: {} } })], vmis: [vmi({ phase: 'Running' }), vmi({ phase: 'Succeeded' })] }),
    ).toEqual([]);
  });

  it('knows a container that crashes, now or before, and not one that ended well or was deleted', () => {
    const ended = { exitCode: 2, reason: 'Error' };
    const said = ['container main of ns/p ended: Error, exit code 2'];
    expect(find({ pods: [pod({ state: { terminated: ended } })] })).toEqual(said);
    expect(find({ pods: [pod({ state: { running: {} }, lastState: { terminated: ended } })] })).toEqual(said);
    expect(
      find({ pods: [pod({ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: ended } })] }),
    ).toEqual(said);
    expect(find({ pods: [pod({ state: { waiting: { reason: 'CrashLoopBackOff' } } })] })).toEqual([
      'container main of ns/p ended: unknown, exit code ?',
    ]);
    expect(find({ pods: [pod({ state: { terminated: { exitCode: 0, reason: 'Completed' } } })] })).toEqual([]);
    expect(find({ pods: [pod({ state: { terminated: ended } }, { deletionTimestamp: 'now' })] })).toEqual([]);
  });

  it('reads webhooks out of warnings alone', () => {
    const denied =
      'admission webhook "virtualmachineinstances-create-validator.kubevirt.io" denied the request: spec.x';
    expect(find({ events: [warning(denied)] })).toEqual([
      `webhook: VirtualMachineInstance vm: FailedCreate: ${denied}`,
    ]);
    expect(
      find({ events: [warning(denied, 'Normal'), warning('Readiness probe failed'), { metadata: { name: 'e' } }] }),
    ).toEqual([]);
  });

  it('says of a guest what KubeVirt says', () => {
    expect(find({ vmis: [vmi({ phase: 'Failed', reason: 'crashed' })] })).toEqual(['guest failed: VMI ns/vm: crashed']);
    const conditions = [
      condition('Ready', 'False', 'Guest VM is not reported as running'),
      condition('LiveMigratable', 'True', 'x'),
      condition('Paused', 'False'),
    ];
    expect(find({ vmis: [vmi({ phase: 'Scheduled', conditions })] })).toEqual([
      'guest did not boot: VMI ns/vm is Scheduled: Ready: Guest VM is not reported as running',
    ]);
    expect(find({ vmis: [{ metadata: { name: 'vm', namespace: 'ns' } }] })).toEqual([
      'guest did not boot: VMI ns/vm is without a phase',
    ]);
  });

  it('says everything once', () => {
    expect(find({ nodes: [UNREADY, UNREADY] })).toHaveLength(1);
  });
});
