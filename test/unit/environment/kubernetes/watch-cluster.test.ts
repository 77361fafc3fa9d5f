import { describe, expect, it } from 'vitest';
import { lookAtCluster, type Watched, watchCluster } from '../../../../src/environment/kubernetes/watch-cluster.ts';
import { condition, kubevirtObject } from '../cluster-fixtures.ts';
import { type Answer, type Asked, type FakeApi, fakeApi, list, refusal } from './fake-api.ts';

const LEASES =
  '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=apiserver.kubernetes.io%2Fidentity%3Dkube-apiserver';
const OK: Answer = { text: 'ok' };
/** An API server that is well and holds no lease. */
const answers = ({ path }: Asked): Answer => (path === '/readyz' ? OK : list());
const GONE: Answer = { status: 502, text: 'connection refused' };
const READY = { metadata: { name: 'n1' }, status: { conditions: [condition('Ready', 'True')] } };

/** A cluster that can be changed while it is watched. */
interface Scene {
  readyz: Answer;
  nodes: Answer;
  kubevirts: Answer;
  restarts: number;
  launchers: object[];
}
const launcher = (namespace: string, exitCode: number): object => ({
  metadata: { name: 'virt-launcher-vm', namespace },
  status: { containerStatuses: [{ name: 'compute', state: { terminated: { reason: 'Error', exitCode } } }] },
});

async function cluster(more: Partial<Watched> = {}, change: Partial<Scene> = {}) {
  const scene: Scene = {
    readyz: OK,
    nodes: list(READY),
    kubevirts: list(kubevirtObject()),
    restarts: 0,
    launchers: [],
    ...change,
  };
  const fake: FakeApi = await fakeApi(({ path }) => {
    if (path === '/readyz') return scene.readyz;
    if (path === '/api/v1/nodes') return scene.nodes;
    if (path.startsWith('/apis/kubevirt.io/')) return scene.kubevirts;
    if (path.startsWith('/api/v1/pods')) return list(...scene.launchers);
    const status = { containerStatuses: [{ name: 'virt-api', restartCount: scene.restarts }] };
    return list({ metadata: { name: 'virt-api-1', uid: '1' }, status });
  });
  const own = { kubevirtNamespace: 'kubevirt', ownNamespaces: () => ['mine'], hasNodes: true, pollMs: 10 };
  const watched: Watched = { api: fake.api, ...own, ...more };
  /** Waits until the cluster was looked at so many times more. */
  const looks = async (count: number): Promise<void> => {
    const seen = (): number => fake.asked.filter(({ path }) => path === '/readyz').length;
    const wanted = seen() + count;
    while (seen() < wanted) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  return { ...fake, scene, watched, looks };
}

describe('lookAtCluster', () => {
  it('asks for everything that is watched', async () => {
    const { watched, asked } = await cluster();
    expect(await lookAtCluster(watched)).toEqual({ healthy: true });
    expect(asked.map(({ path }) => path).sort()).toEqual([
      '/api/v1/namespaces/kubevirt/pods',
      '/api/v1/namespaces/mine/events',
      '/api/v1/nodes',
      '/api/v1/pods?labelSelector=kubevirt.io%3Dvirt-launcher',
      LEASES,
      '/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts',
      '/readyz',
    ]);
  });

  it('asks an API server without nodes and KubeVirt whether it is ready and who it is, and nothing else', async () => {
    const { api, asked } = await fakeApi(answers);
    expect(await lookAtCluster({ api, ownNamespaces: () => [], hasNodes: false })).toEqual({ healthy: true });
    expect(asked.map(({ path }) => path)).toEqual(['/readyz', LEASES]);
  });

  it('asks again where there is no answer, and believes the second silence', async () => {
    const { watched, asked } = await cluster({}, { readyz: GONE });
    expect(await lookAtCluster(watched)).toEqual({
      healthy: false,
      reason: 'the API server does not answer: connection refused',
    });
    expect(asked).toHaveLength(2);
  });

  it('forgives one silence', async () => {
    let first = true;
    const { api } = await fakeApi((asked) => {
      if (!first) return answers(asked);
      first = false;
      return GONE;
    });
    expect(await lookAtCluster({ api, ownNamespaces: () => [], hasNodes: false, pollMs: 1 })).toEqual({
      healthy: true,
    });
  });

  it('does not ask twice with credentials that are refused', async () => {
    const { watched, asked } = await cluster({}, { readyz: refusal(401, 'Unauthorized', 'Unauthorized') });
    expect(await lookAtCluster(watched)).toMatchObject({
      reason: 'the API server refuses the credentials: Unauthorized',
    });
    expect(asked).toHaveLength(1);
  });

  it('takes a list that cannot be had for silence, though /readyz answered', async () => {
    const { watched } = await cluster({}, { nodes: refusal(500, 'InternalError', 'etcd leader changed') });
    expect(await lookAtCluster(watched)).toMatchObject({
      reason: 'the API server does not answer: etcd leader changed',
    });
  });

  it('looks at launchers of the run’s own namespaces alone', async () => {
    const { watched, scene } = await cluster({}, { launchers: [launcher('theirs', 137)] });
    expect(await lookAtCluster(watched)).toEqual({ healthy: true });
    scene.launchers = [launcher('theirs', 137), launcher('mine', 137)];
    expect(await lookAtCluster(watched)).toMatchObject({
      reason: expect.stringMatching(/^mine\/virt-launcher-vm was killed/),
    });
  });

  it('says where KubeVirt has no object any more', async () => {
    const { watched } = await cluster({}, { kubevirts: list() });
    expect(await lookAtCluster(watched)).toEqual({
      healthy: false,
      reason: 'KubeVirt is not there any more: its object is gone',
    });
  });
});

describe('watchCluster', () => {
  it('is content with a window in which nothing happened', async () => {
    const { watched, looks } = await cluster({}, { restarts: 3 });
    const watch = watchCluster(watched);
    await looks(3);
    expect(await watch.stop()).toEqual({ healthy: true });
  });

  it('keeps what it saw though it is over in the end', async () => {
    const { watched, scene, looks } = await cluster();
    const watch = watchCluster(watched);
    await looks(2);
    scene.nodes = list({
      metadata: { name: 'n1' },
      status: { conditions: [condition('Ready', 'False', 'runtime is down')] },
    });
    await looks(3);
    scene.nodes = list(READY);
    await looks(2);
    expect(await watch.stop()).toEqual({ healthy: false, reason: 'node n1 is not ready: runtime is down' });
  });

  it('compares restarts with how the window began', async () => {
    const { watched, scene, looks } = await cluster({}, { restarts: 5 });
    const watch = watchCluster(watched);
    await looks(2);
    scene.restarts = 6;
    expect(await watch.stop()).toMatchObject({
      reason: expect.stringContaining('virt-api-1 restarted (container virt-api'),
    });
  });

  it('sees at the end what happened since its last look', async () => {
    const { watched, scene, looks } = await cluster({ pollMs: 3000 });
    const watch = watchCluster(watched);
    await looks(1);
    scene.launchers = [launcher('mine', 137)];
    expect(await watch.stop()).toMatchObject({ healthy: false });
  });

  it('takes an API server for gone that was silent twice in a row, though it answers again', async () => {
    const { watched, scene, looks } = await cluster();
    const watch = watchCluster(watched);
    await looks(2);
    scene.readyz = GONE;
    await looks(3);
    scene.readyz = OK;
    await looks(2);
    expect(await watch.stop()).toEqual({
      healthy: false,
      reason: 'the API server does not answer: connection refused',
    });
  });

  it('forgives an API server that is late now and then', async () => {
    let look = 0;
    const { api } = await fakeApi((asked) => (asked.path === '/readyz' && look++ % 2 === 0 ? GONE : answers(asked)));
    const watch = watchCluster({ api, ownNamespaces: () => [], hasNodes: false, pollMs: 5 });
    while (look < 10) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await watch.stop()).toEqual({ healthy: true });
  });

  it('says so where nobody answers from beginning to end', async () => {
    const { watched, close } = await cluster();
    await close();
    expect(await watchCluster(watched).stop()).toMatchObject({
      healthy: false,
      reason: expect.stringContaining('the API server does not answer: GET /readyz: connect ENOENT'),
    });
  });

  it('says each thing once, though it still holds in the end', async () => {
    const unready = (name: string) => ({
      metadata: { name },
      status: { conditions: [condition('Ready', 'False', 'down')] },
    });
    const { watched, looks } = await cluster({}, { nodes: list(unready('n1'), unready('n2')) });
    const watch = watchCluster(watched);
    await looks(3);
    expect(await watch.stop()).toEqual({
      healthy: false,
      reason: 'node n1 is not ready: down; node n2 is not ready: down',
    });
  });

  it('keeps twenty complaints at most', async () => {
    const nodes = Array.from({ length: 50 }, (_, index) => ({ metadata: { name: `n${index}` }, status: {} }));
    const { watched, looks } = await cluster({}, { nodes: list(...nodes) });
    const watch = watchCluster(watched);
    await looks(2);
    const health = await watch.stop();
    expect(health).toMatchObject({ reason: expect.stringMatching(/^node n0 is not ready/) });
    expect(JSON.stringify(health).length).toBeLessThan(8000);
  });
});
