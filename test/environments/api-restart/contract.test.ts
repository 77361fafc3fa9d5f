import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { watchCluster } from '../../../src/environment/kubernetes/watch-cluster.ts';
import { type Answer, fakeApi, list, refusal } from '../../unit/environment/kubernetes/fake-api.ts';

const LEASES =
  '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=apiserver.kubernetes.io%2Fidentity%3Dkube-apiserver';
/** As kube-apiserver v1.36 writes it: the holder is named anew at each start. */
const lease = (name: string, start: string) => ({
  metadata: { name, namespace: 'kube-system', uid: `uid-${name}` },
  spec: { holderIdentity: `${name}_${start}`, leaseDurationSeconds: 3600 },
});

/** A window in which the leases were these at first, and those at the end. */
async function windowWith(first: Answer, last: Answer) {
  let leases = first;
  const { api, asked } = await fakeApi(({ path }) => {
    if (path === '/readyz') return { text: 'ok' };
    return path === LEASES ? leases : list();
  });
  const watch = watchCluster({ api, ownNamespaces: () => [], hasNodes: false, pollMs: 60_000 });
  // The first look has its answer; whoever never asks for leases is not waited for.
  for (let waits = 0; waits < 100 && !asked.some(({ path }) => path === LEASES); waits++) await sleep(20);
  leases = last;
  return watch.stop();
}

describe('an API server that was replaced during a window', () => {
  it('makes it unhealthy, though it answered at every look', async () => {
    const health = await windowWith(list(lease('apiserver-a', 'one')), list(lease('apiserver-a', 'two')));
    expect(health).toEqual({ healthy: false, reason: 'the API server was started anew (lease apiserver-a)' });
  });

  it('is named among several', async () => {
    const others = lease('apiserver-b', 'same');
    const health = await windowWith(
      list(lease('apiserver-a', 'one'), others),
      list(lease('apiserver-a', 'two'), others),
    );
    expect(health).toMatchObject({ reason: 'the API server was started anew (lease apiserver-a)' });
  });
});

describe('control: an API server', () => {
  it('that stays is healthy', async () => {
    const same = list(lease('apiserver-a', 'one'));
    expect(await windowWith(same, same)).toEqual({ healthy: true });
  });

  it('whose leases may not be read is watched as before', async () => {
    const denied = refusal(403, 'Forbidden', 'leases.coordination.k8s.io is forbidden');
    expect(await windowWith(denied, denied)).toEqual({ healthy: true });
  });

  it('that keeps no leases is watched as before', async () => {
    expect(await windowWith(list(), list())).toEqual({ healthy: true });
  });

  it('that joins others is healthy', async () => {
    const old = lease('apiserver-a', 'one');
    expect(await windowWith(list(old), list(old, lease('apiserver-b', 'one')))).toEqual({ healthy: true });
  });
});
