import { describe, expect, it } from 'vitest';
import type { KubeNode, KubeVirtObject } from '../../../../src/environment/kubernetes/objects.ts';
import { missingForReady, workersOf } from '../../../../src/environment/kubevirt/readiness.ts';
import { condition, kubevirtObject, recordedItems } from '../cluster-fixtures.ts';

const node = (name: string, labels: Record<string, string> = { 'kubevirt.io/schedulable': 'true' }): KubeNode => ({
  metadata: { name, labels },
});
const PLANE = { 'node-role.kubernetes.io/control-plane': '' };
const missing = (status: Parameters<typeof kubevirtObject>[0], nodes: KubeNode[] = [node('n1')], expected?: string) =>
  missingForReady(kubevirtObject(status), nodes, expected);
const ALL = kubevirtObject().status?.conditions ?? [];
const without = (type: string) => ALL.filter((one) => one.type !== type);

describe('missingForReady', () => {
  it('is nothing for what was recorded when all was ready', () => {
    const [kubevirt] = recordedItems<KubeVirtObject>('kubectl/kubevirt.json');
    expect(missingForReady(kubevirt, recordedItems<KubeNode>('kubectl/nodes.json'), 'v1.9.0')).toEqual([]);
  });

  it('is the object itself where there is none', () => {
    expect(missingForReady(undefined, [node('n1')])).toEqual(['the KubeVirt object']);
  });

  it.each<[string, Parameters<typeof kubevirtObject>[0], string[]]>([
    ['all is well', {}, []],
    [
      'it is not available',
      { conditions: [...without('Available'), condition('Available', 'False', 'Deploying version v1.9.0')] },
      ['KubeVirt to be Available (Deploying version v1.9.0)'],
    ],
    [
      'availability is unknown',
      { conditions: [...without('Available'), condition('Available', 'Unknown')] },
      ['KubeVirt to be Available'],
    ],
    ['nothing is said of availability', { conditions: without('Available') }, ['KubeVirt to be Available']],
    ['not all is created', { conditions: without('Created') }, ['KubeVirt to be Created']],
    [
      'it is on its way',
      { conditions: [...without('Progressing'), condition('Progressing', 'True', 'Transitioning from v1.8')] },
      ['KubeVirt to be no longer Progressing (Transitioning from v1.8)'],
    ],
    [
      'it is degraded',
      { conditions: [...without('Degraded'), condition('Degraded', 'True')] },
      ['KubeVirt to be no longer Degraded'],
    ],
    [
      'nothing is said of trouble',
      { conditions: ALL.filter(({ type }) => type === 'Available' || type === 'Created') },
      [],
    ],
    [
      'its newest generation is not observed',
      { observedGeneration: 1 },
      ['generation 2 of the KubeVirt object to be observed (so far 1)'],
    ],
    [
      'a deployment is wanted that is not there',
      { targetDeploymentID: 'two' },
      ['the operator to finish its deployment'],
    ],
  ])('says so where %s', (_, status, expected) => {
    expect(missing(status)).toEqual(expected);
  });

  it('is much for an object that nobody has looked at yet', () => {
    const fresh: KubeVirtObject = { metadata: { name: 'kubevirt', generation: 1 } };
    expect(missingForReady(fresh, [])).toEqual([
      'KubeVirt to be Available',
      'KubeVirt to be Created',
      'generation 1 of the KubeVirt object to be observed (so far none)',
    ]);
  });

  it('is a version that is expected, while conditions still speak of the one before', () => {
    expect(missing({}, [node('n1')], 'v1.9.0')).toEqual([]);
    expect(missing({}, [node('n1')], 'v1.10.0')).toEqual(['version v1.10.0 (so far v1.9.0)']);
    expect(missing({ observedKubeVirtVersion: '' }, [node('n1')], 'v1.10.0')).toEqual([
      'version v1.10.0 (so far none)',
    ]);
  });

  it('is every worker that takes no guests yet', () => {
    expect(missing({}, [node('n1'), node('n2', {}), node('n3', { 'kubevirt.io/schedulable': 'false' })])).toEqual([
      'node n2 to become schedulable for guests',
      'node n3 to become schedulable for guests',
    ]);
  });
});

describe('workersOf', () => {
  it('is all but control planes, and those where there is nothing else', () => {
    const [plane, worker] = [node('p', PLANE), node('w')];
    expect(workersOf([plane, worker])).toEqual([worker]);
    expect(workersOf([plane])).toEqual([plane]);
    expect(workersOf([])).toEqual([]);
    expect(missing({}, [plane, worker])).toEqual([]);
    expect(missing({}, [plane])).toEqual(['node p to become schedulable for guests']);
  });
});
