import { describe, expect, it } from 'vitest';
import { fail, ok } from '../../../../src/domain/failure.ts';
import {
  baselineOf,
  type ClusterView,
  complaintsAbout,
  healthOf,
} from '../../../../src/environment/kubernetes/cluster-health.ts';
import type { ContainerStatus, KubeNode, KubeVirtObject, Pod } from '../../../../src/environment/kubernetes/objects.ts';
import { condition, kubevirtObject, recordedItems } from '../cluster-fixtures.ts';

const view = (more: Partial<ClusterView>): string[] => complaintsAbout({ ready: ok(undefined), ...more }, new Map());
const node = (...conditions: [string, string, string?][]): KubeNode => ({
  metadata: { name: 'n1' },
  status: { conditions: conditions.map(([type, status, message]) => condition(type, status, message)) },
});
function pod(
  name: string,
  container: string,
  status: Partial<ContainerStatus>,
  meta: Partial<Pod['metadata']> = {},
): Pod {
  return {
    metadata: { name, namespace: 'ns', uid: `uid-${name}`, ...meta },
    status: { containerStatuses: [{ name: container, ...status }] },
  };
}

describe('a cluster that is well', () => {
  it('is one as it was recorded', () => {
    const components = recordedItems<Pod>('kubectl/kubevirt-pods.json');
    const [kubevirt] = recordedItems<KubeVirtObject>('kubectl/kubevirt.json');
    const seen = {
      nodes: recordedItems<KubeNode>('kubectl/nodes.json'),
      kubevirt: kubevirt as KubeVirtObject,
      components,
    };
    expect(complaintsAbout({ ready: ok(undefined), ...seen }, baselineOf(components))).toEqual([]);
    expect(baselineOf(components).size).toBeGreaterThanOrEqual(5);
  });

  it('is one where nothing was looked at', () => {
    expect(view({})).toEqual([]);
    expect(healthOf([])).toEqual({ healthy: true });
  });

  it('says every complaint once', () => {
    expect(healthOf(['a', 'b', 'a'])).toEqual({ healthy: false, reason: 'a; b' });
  });
});

describe('an API server', () => {
  const failure = { status: 0, reason: '', message: 'connect ECONNREFUSED' };

  it('that does not answer is all there is to say', () => {
    const ready = fail({ ...failure, kind: 'unreachable' } as const);
    expect(view({ ready, nodes: [node()] })).toEqual(['the API server does not answer: connect ECONNREFUSED']);
    const unready = fail({ ...failure, kind: 'status', status: 500, message: '[-]etcd failed' } as const);
    expect(view({ ready: unready })).toEqual(['the API server does not answer: [-]etcd failed']);
  });

  it('that refuses the credentials is not called silent', () => {
    const ready = fail({ ...failure, kind: 'denied', status: 401, message: 'Unauthorized' } as const);
    expect(view({ ready })).toEqual(['the API server refuses the credentials: Unauthorized']);
  });
});

describe('a node', () => {
  it.each<[string, KubeNode, string[]]>([
    ['ready', node(['Ready', 'True'], ['DiskPressure', 'False']), []],
    [
      'not ready',
      node(['Ready', 'False', 'container runtime is down']),
      ['node n1 is not ready: container runtime is down'],
    ],
    [
      'silent',
      node(['Ready', 'Unknown', 'Kubelet stopped posting node status.']),
      ['node n1 is not ready: Kubelet stopped posting node status.'],
    ],
    ['without a word', node(), ['node n1 is not ready: it does not say']],
    ['without words', node(['Ready', 'False']), ['node n1 is not ready: Ready is False']],
    ['without a status', { metadata: { name: 'n1' } }, ['node n1 is not ready: it does not say']],
    ...['DiskPressure', 'MemoryPressure', 'PIDPressure', 'NetworkUnavailable'].map(
      (type): [string, KubeNode, string[]] => [
        type,
        node(['Ready', 'True'], [type, 'True', 'why']),
        [`node n1 has ${type}: why`],
      ],
    ),
    ['with a pressure of its own', node(['Ready', 'True'], ['FrequentKubeletRestart', 'True']), []],
    ['whose pressure nobody knows', node(['Ready', 'True'], ['DiskPressure', 'Unknown']), []],
  ])('%s', (_, one, expected) => {
    expect(view({ nodes: [one] })).toEqual(expected);
  });

  it('is one of several', () => {
    expect(
      view({ nodes: [node(['Ready', 'True']), { ...node(['Ready', 'False', 'x']), metadata: { name: 'n2' } }] }),
    ).toEqual(['node n2 is not ready: x']);
  });
});

describe('KubeVirt', () => {
  const conditions = (...all: [string, string, string?][]) =>
    view({
      kubevirt: kubevirtObject({ conditions: all.map(([type, status, message]) => condition(type, status, message)) }),
    });

  it('is to be available, and not degraded', () => {
    expect(conditions(['Available', 'True'])).toEqual([]);
    expect(conditions(['Available', 'False', 'Deploying version v1.9.0'])).toEqual([
      'KubeVirt is not available: Deploying version v1.9.0',
    ]);
    expect(conditions(['Available', 'True'], ['Degraded', 'True', 'virt-handler'])).toEqual([
      'KubeVirt is degraded: virt-handler',
    ]);
    expect(conditions()).toEqual(['KubeVirt is not available: it does not say']);
  });

  it('may take over a gate while a window is open', () => {
    expect(conditions(['Available', 'True'], ['Progressing', 'True', 'Synchronizing'])).toEqual([]);
  });
});

describe('a component', () => {
  const api = (restartCount: number, meta = {}): Pod =>
    pod(
      'virt-api',
      'virt-api',
      { restartCount, lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } } },
      meta,
    );
  const seen = (components: Pod[], before: Pod[]) =>
    complaintsAbout({ ready: ok(undefined), components }, baselineOf(before));

  it('that restarted in the window is a complaint, with how it ended', () => {
    expect(seen([api(2)], [api(1)])).toEqual(['virt-api restarted (container virt-api: OOMKilled, exit code 137)']);
  });

  it('that restarted before the window is none', () => {
    expect(seen([api(3)], [api(3)])).toEqual([]);
  });

  it('is not judged by a first look, which has nothing to compare with', () => {
    expect(complaintsAbout({ ready: ok(undefined), components: [api(7)] }, undefined)).toEqual([]);
  });

  it('that is new counts from nothing: as it was made it is none, and what it did then is', () => {
    expect(seen([api(0, { uid: 'new' })], [api(3)])).toEqual([]);
    expect(seen([api(1, { uid: 'new' })], [api(3)])).toHaveLength(1);
  });

  it('does not always say how its container ended', () => {
    expect(seen([pod('p', 'c', { restartCount: 1 })], [pod('p', 'c', {})])).toEqual([
      'p restarted (container c: reason unknown)',
    ]);
    const bare = pod('p', 'c', { restartCount: 1, lastState: { terminated: {} } });
    expect(seen([bare], [])).toEqual(['p restarted (container c: ended, exit code ?)']);
    expect(seen([{ metadata: { name: 'starting' } }], [])).toEqual([]);
  });
});

describe('a launcher', () => {
  const ended = (terminated: object, meta = {}, container = 'compute') =>
    view({ launchers: [pod('virt-launcher-vm', container, { state: { terminated } }, meta)] });

  it('that was killed while nobody deleted it took its guest with it', () => {
    expect(ended({ reason: 'Error', exitCode: 137 })).toEqual([
      'ns/virt-launcher-vm was killed (container compute: Error, exit code 137)',
    ]);
    expect(ended({ reason: 'OOMKilled', exitCode: 137 })).toHaveLength(1);
    expect(ended({ reason: 'OOMKilled', exitCode: 0 })).toHaveLength(1);
  });

  it('that was deleted is as it should be, also where it had to be killed', () => {
    expect(ended({ reason: 'Error', exitCode: 137 }, { deletionTimestamp: '2026-11-26T15:00:00Z' })).toEqual([]);
  });

  it('whose guest powered itself off, or crashed by the test’s own doing, is as it should be', () => {
    expect(ended({ reason: 'Completed', exitCode: 0 })).toEqual([]);
    expect(ended({ reason: 'Error', exitCode: 1 })).toEqual([]);
  });

  it('that runs is as it should be, and other containers of it do not count', () => {
    expect(
      view({ launchers: [pod('l', 'compute', { state: { running: {} } }), { metadata: { name: 'new' } }] }),
    ).toEqual([]);
    expect(ended({ reason: 'Error', exitCode: 137 }, {}, 'guest-console-log')).toEqual([]);
  });
});
