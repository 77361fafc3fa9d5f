import { describe, expect, it } from 'vitest';
import type { KubeEvent, Pod } from '../../../../src/environment/kubernetes/objects.ts';
import { awaitKubeVirt, explainUnready, readKubeVirt } from '../../../../src/environment/kubevirt/deploy.ts';
import { identifyKubeVirt, minorOf } from '../../../../src/environment/kubevirt/identify.ts';
import { failureIn, KUBEVIRT, kubevirtObject, recorded, recordedItems, valueIn } from '../cluster-fixtures.ts';
import { type Answer, fakeApi, list, refusal } from '../kubernetes/fake-api.ts';

const NODE = {
  metadata: { name: 'n1', labels: { 'kubevirt.io/schedulable': 'true' } },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
};
const json = (path: string): Answer => ({ json: JSON.parse(recorded(path)) });
const operator = (version: string, status: object = {}) => ({
  metadata: { name: 'virt-operator', generation: 1 },
  spec: {
    replicas: 1,
    template: {
      spec: {
        containers: [
          { name: 'virt-operator', env: version === '' ? [] : [{ name: 'KUBEVIRT_VERSION', value: version }] },
        ],
      },
    },
  },
  status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1, ...status },
});

async function cluster(answers: Record<string, Answer | (() => Answer)>) {
  const all: Record<string, Answer | (() => Answer)> = {
    '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts': list(kubevirtObject()),
    '/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator': { json: operator('v1.9.0') },
    '/api/v1/nodes': list(NODE),
    ...answers,
  };
  return fakeApi(({ path }) => {
    const answer = all[path] ?? list();
    return typeof answer === 'function' ? answer() : answer;
  });
}

async function wait(answers: Parameters<typeof cluster>[0], deadlineMs = 20_000) {
  const { api } = await cluster(answers);
  const told: string[] = [];
  const result = await awaitKubeVirt({
    ...{ api, spec: KUBEVIRT, root: '/', readyDeadlineMs: deadlineMs },
    kubectl: { path: 'kubectl', run: async () => Promise.reject(new Error('kubectl was asked')) },
    signal: new AbortController().signal,
    progress: (what) => told.push(what),
  });
  return { result, told };
}

describe('awaitKubeVirt', () => {
  it.each([true, false])(
    'has pods probed at once in a cluster of our own, and touches nobody else’s (%s)',
    async (isOurs) => {
      const unready: Pod = {
        metadata: { name: 'virt-handler-1', namespace: 'kubevirt', uid: 'u' },
        spec: { containers: [{ name: 'virt-handler', readinessProbe: {} }] },
        status: {
          containerStatuses: [{ name: 'virt-handler', state: { running: { startedAt: '2026-11-26T15:00:00Z' } } }],
        },
      };
      const { api, asked } = await cluster({ '/api/v1/namespaces/kubevirt/pods': list(unready) });
      const target = { api, spec: KUBEVIRT, root: '/', readyDeadlineMs: 20_000, progress: () => undefined, isOurs };
      const kubectl = { path: 'kubectl', run: async () => Promise.reject(new Error('kubectl was asked')) };
      valueIn(await awaitKubeVirt({ ...target, kubectl, signal: new AbortController().signal }));
      expect(asked.filter(({ method }) => method !== 'GET').map(({ path }) => path)).toEqual(
        isOurs ? ['/api/v1/namespaces/kubevirt/pods/virt-handler-1'] : [],
      );
    },
  );

  it('is content with one that is ready', async () => {
    const { result, told } = await wait({});
    valueIn(result);
    expect(told).toEqual([]);
  });

  it('waits while the API server is silent or has trouble of its own, and says so', async () => {
    const answers = [
      { status: 502, text: 'connection refused' },
      refusal(500, 'InternalError', 'etcd leader changed'),
      list(kubevirtObject()),
    ];
    const { result, told } = await wait({
      '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts': () => answers.shift() ?? list(kubevirtObject()),
    });
    valueIn(result);
    expect(told).toEqual(['the KubeVirt object (connection refused)', 'the KubeVirt object (etcd leader changed)']);
  });

  it('ends at once where it may not look', async () => {
    const { result } = await wait({
      '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts': refusal(403, 'Forbidden', 'you may not'),
    });
    expect(failureIn(result).what).toBe('the KubeVirt object cannot be read: you may not');
  });

  it('does not take the version before for the one that is wanted: after an upgrade its conditions still say that all is well', async () => {
    const deployment = '/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator';
    const upgraded = { [deployment]: { json: operator('v1.10.0') } };
    expect(failureIn((await wait(upgraded, 0)).result).what).toContain(
      'still waiting for version v1.10.0 (so far v1.9.0)',
    );
  });

  it.each<[string, object]>([
    ['has not been looked at', { observedGeneration: 0 }],
    ['still has a pod of before', { replicas: 2 }],
    ['has no new pod yet', { updatedReplicas: 0 }],
    ['is not up', { availableReplicas: 0 }],
  ])('waits for an operator that %s', async (_, status) => {
    const deployment = '/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator';
    const { result } = await wait({ [deployment]: { json: operator('v1.9.0', status) } }, 0);
    expect(failureIn(result).what).toMatch(/still waiting for the operator to be rolled out$/);
  });

  it('asks no more of an operator that tells no version, or that has another name', async () => {
    const deployment = '/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator';
    valueIn((await wait({ [deployment]: { json: operator('') } })).result);
    valueIn((await wait({ [deployment]: refusal(404, 'NotFound', 'no') })).result);
  });

  it('does not expect the operator’s version where the object names an image tag', async () => {
    const deployment = '/apis/apps/v1/namespaces/kubevirt/deployments/virt-operator';
    const tagged = list(kubevirtObject({ observedKubeVirtVersion: 'devel' }, { imageTag: 'devel' }));
    valueIn(
      (
        await wait({
          [deployment]: { json: operator('v1.9.0') },
          '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts': tagged,
        })
      ).result,
    );
  });

  it('names the reason at its deadline', async () => {
    const pods = { json: JSON.parse(recorded('kubectl/stuck-pods.json').replaceAll('record-units', 'kubevirt')) };
    const unready = list(kubevirtObject({ conditions: [] }));
    const answers = {
      '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts': unready,
      '/api/v1/namespaces/kubevirt/pods': pods,
    };
    const failure = failureIn((await wait(answers, 0)).result);
    expect(failure.what).toMatch(
      /^KubeVirt v1\.9\.0 was not ready within 0 s; still waiting for KubeVirt to be Available, and 1 more$/,
    );
    expect(failure.next).toMatch(/^mend this first: image pull: UPPER::case of kubevirt\/bad-name/);
    expect(failure.details).toHaveLength(4);
  });
});

describe('explainUnready', () => {
  const pods = recordedItems<Pod>('kubectl/kubevirt-pods.json');
  const events = recordedItems<KubeEvent>('kubectl/kubevirt-events.json');

  it('says in the end what components warned of, and keeps still before', async () => {
    const { api } = await cluster({
      '/api/v1/namespaces/kubevirt/pods': list(...pods),
      '/api/v1/namespaces/kubevirt/events': list(...events),
    });
    expect(await explainUnready(api, 'kubevirt', false)).toEqual([]);
    const said = await explainUnready(api, 'kubevirt', true);
    expect(said.length).toBeLessThanOrEqual(3);
    for (const one of said) expect(one).toMatch(/^\w+ virt-\S+: \w+: /);
  });

  it('knows a namespace in which nothing runs from one that cannot be asked', async () => {
    const { api } = await cluster({});
    expect(await explainUnready(api, 'kubevirt', true)).toEqual([
      'no pod runs in namespace kubevirt: the operator was not applied, or cannot make pods',
    ]);
    const gone = await fakeApi(() => ({ status: 502, text: 'connection refused' }));
    expect(await explainUnready(gone.api, 'kubevirt', true)).toEqual(['API server gone: connection refused']);
  });
});

describe('identifyKubeVirt', () => {
  it('tells version, deployment, gates and images as they were recorded', async () => {
    const { api } = await cluster({
      '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts': json('kubectl/kubevirt.json'),
      '/api/v1/namespaces/kubevirt/pods': json('kubectl/kubevirt-pods.json'),
    });
    const facts = valueIn(await identifyKubeVirt(api, 'kubevirt'));
    expect(facts).toMatchObject({
      'kubevirt.version': 'v1.9.0',
      'kubevirt.minor': 'v1.9',
      'kubevirt.deployment': 'f08b08c3b9012fcac7b5a2d79029ff38cabe7071',
      'kubevirt.gates.enabled': '',
    });
    expect(facts['kubevirt.image.virt-handler']).toMatch(/sha256:[0-9a-f]{64}$/);
  });

  it('does not call a cluster that is silent one without KubeVirt', async () => {
    const { api } = await fakeApi(() => ({ status: 502, text: 'connection refused' }));
    expect(failureIn(await identifyKubeVirt(api, 'kubevirt')).what).toBe(
      'the KubeVirt object cannot be read: connection refused',
    );
  });

  it('is nothing where there is no such kind', async () => {
    const { api } = await fakeApi(() => refusal(404, 'NotFound', 'the server could not find the requested resource'));
    expect(valueIn(await readKubeVirt(api, 'kubevirt'))).toBeUndefined();
  });

  it.each([
    ['v1.9.0', 'v1.9'],
    ['v1.10.0-rc.0', 'v1.10'],
    ['1.9', '1.9'],
    ['devel', undefined],
    ['', undefined],
  ])('has of %j the minor %j', (version, minor) => {
    expect(minorOf(version)).toBe(minor);
  });
});
