import { describe, expect, it } from 'vitest';
import { makeNamespace, ownedNamespaces, removeNamespaces } from '../../../../src/environment/kubernetes/namespaces.ts';
import { failureIn, valueIn } from '../cluster-fixtures.ts';
import { type Answer, type Asked, fakeApi, list, notFound, refusal } from './fake-api.ts';

const REQUEST = { prefix: 'redfirst', token: '0123456789abcdef', labels: { team: 'a' } };

/** A cluster of namespaces; `onDelete` says what a deletion does to one. */
async function cluster(names: string[], onDelete: (name: string, asked: Asked) => Answer | undefined) {
  const there = new Map(names.map((name) => [name, { metadata: { name }, status: { phase: 'Active' } as object }]));
  const fake = await fakeApi((asked) => {
    const name = /^\/api\/v1\/namespaces\/([^?]+)/.exec(asked.path)?.[1] ?? '';
    const found = there.get(name);
    if (found === undefined) return notFound(asked.path);
    if (asked.method !== 'DELETE') return { json: found };
    return onDelete(name, asked) ?? { json: found };
  });
  /** Namespaces alone. */
  const deleted = (): string[] =>
    fake.asked.flatMap(({ method, path }) => (method === 'DELETE' && path.startsWith('/api/') ? [path] : []));
  return { ...fake, there, deleted };
}

describe('makeNamespace', () => {
  it('makes one that says whose it is', async () => {
    const { api, asked } = await fakeApi(() => ({ status: 201, json: {} }));
    expect(valueIn(await makeNamespace(api, REQUEST, 'e2e-1-3'))).toBe('redfirst-0123456789ab-e2e-1-3');
    expect(asked).toMatchObject([{ method: 'POST', path: '/api/v1/namespaces' }]);
    expect(asked[0]?.body).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: 'redfirst-0123456789ab-e2e-1-3',
        labels: { team: 'a', 'redfirst.dev/token': '0123456789abcdef', 'app.kubernetes.io/managed-by': 'redfirst' },
      },
    });
  });

  it('says in the API server’s words why not', async () => {
    const { api } = await fakeApi(() => refusal(403, 'Forbidden', 'exceeded quota'));
    const failure = failureIn(await makeNamespace(api, REQUEST, 'e2e-1-3'));
    expect(failure.what).toBe('namespace redfirst-0123456789ab-e2e-1-3 could not be made: exceeded quota');
  });

  it.each(['p'.repeat(63), `${'p'.repeat(35)}-${'q'.repeat(27)}`, 'redfirst'])(
    'keeps names apart, and fit for a DNS label, under the prefix %s',
    async (prefix) => {
      const { api } = await fakeApi(() => ({ status: 201, json: {} }));
      const names = new Set<string>();
      for (const suffix of ['integration-4-1', 'integration-4-12', 'integration-4-13', 'probe'])
        names.add(valueIn(await makeNamespace(api, { ...REQUEST, prefix }, suffix)));
      expect(names.size).toBe(4);
      for (const name of names) expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
      for (const name of names) expect(name).toContain('-0123456789ab-');
    },
  );
});

describe('removeNamespaces', () => {
  it('waits until they are gone', async () => {
    const { api, there, deleted } = await cluster(['a', 'b', 'other'], (name) => {
      setTimeout(() => there.delete(name), 20);
      return undefined;
    });
    expect(await removeNamespaces(api, ['a', 'b'], 60_000)).toEqual([]);
    expect([...there.keys()]).toEqual(['other']);
    expect(deleted().sort()).toEqual([
      '/api/v1/namespaces/a?propagationPolicy=Foreground',
      '/api/v1/namespaces/b?propagationPolicy=Foreground',
    ]);
  });

  it('has KubeVirt end the guests first, VMs before what they would start again', async () => {
    const { api, asked, there } = await cluster(['a'], (name) => {
      there.delete(name);
      return undefined;
    });
    expect(await removeNamespaces(api, ['a'], 60_000)).toEqual([]);
    expect(asked.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual([
      '/apis/kubevirt.io/v1/namespaces/a/virtualmachines',
      '/apis/kubevirt.io/v1/namespaces/a/virtualmachineinstances',
      '/api/v1/namespaces/a?propagationPolicy=Foreground',
    ]);
  });

  it('has nothing to do for none, and is content with one that is gone already', async () => {
    const { api, asked } = await cluster([], () => undefined);
    expect(await removeNamespaces(api, [], 0)).toEqual([]);
    expect(asked).toEqual([]);
    expect(await removeNamespaces(api, ['gone'], 0)).toEqual([]);
  });

  it('names one that is stuck, with the reason that Kubernetes gives', async () => {
    const { api, there } = await cluster(['stuck', 'quiet', 'gone'], (name) => {
      const finalizers =
        'Some content in the namespace has finalizers remaining: example.com/never in 1 resource instances';
      const conditions = [
        {
          type: 'NamespaceDeletionDiscoveryFailure',
          status: 'False',
          message: 'All resources successfully discovered',
        },
        {
          type: 'NamespaceContentRemaining',
          status: 'True',
          message: 'Some resources are remaining: pods. has 1 resource instances',
        },
        { type: 'NamespaceFinalizersRemaining', status: 'True', message: finalizers },
      ];
      const metadata = { name, deletionTimestamp: '2026-11-26T15:00:00Z' };
      if (name === 'gone') there.delete(name);
      else
        there.set(name, {
          metadata,
          status: { phase: 'Terminating', ...(name === 'stuck' ? { conditions } : {}) },
        } as never);
      return undefined;
    });
    expect(await removeNamespaces(api, ['stuck', 'quiet', 'gone'], 0)).toEqual([
      'stuck: Some resources are remaining: pods. has 1 resource instances; Some content in the namespace has finalizers remaining: example.com/never in 1 resource instances',
      'quiet: still Terminating',
    ]);
  });

  it('deletes again what a refused request left there', async () => {
    let refused = 0;
    const { api, there, deleted } = await cluster(['a'], (name) => {
      if (refused++ === 0) return { status: 502, text: 'connection refused' };
      there.delete(name);
      return undefined;
    });
    expect(await removeNamespaces(api, ['a'], 60_000)).toEqual([]);
    expect(deleted()).toHaveLength(2);
  });

  it('asks once for one that is on its way', async () => {
    const { api, there, deleted } = await cluster(['a'], (name) => {
      there.set(name, { metadata: { name, deletionTimestamp: 'now' } as never, status: { phase: 'Terminating' } });
      setTimeout(() => there.delete(name), 600);
      return undefined;
    });
    expect(await removeNamespaces(api, ['a'], 60_000)).toEqual([]);
    expect(deleted()).toHaveLength(1);
  });

  it('says that it cannot tell where the API server is gone', async () => {
    const { api, close } = await fakeApi(() => undefined);
    await close();
    expect(await removeNamespaces(api, ['a'], 0)).toEqual([
      expect.stringMatching(/^a: GET \/api\/v1\/namespaces\/a: connect ENOENT/),
    ]);
  });

  it('says that it may not', async () => {
    const { api } = await cluster(['a'], () => refusal(403, 'Forbidden', 'you may not'));
    expect(await removeNamespaces(api, ['a'], 0)).toEqual(['a: still Active (you may not)']);
  });
});

describe('ownedNamespaces', () => {
  it('asks by the token', async () => {
    const { api, asked } = await fakeApi(() => list({ metadata: { name: 'a' } }, { metadata: { name: 'b' } }));
    expect(valueIn(await ownedNamespaces(api, '0123'))).toEqual(['a', 'b']);
    expect(asked.map(({ path }) => path)).toEqual(['/api/v1/namespaces?labelSelector=redfirst.dev%2Ftoken%3D0123']);
  });

  it('does not take an API server that is gone for an empty cluster', async () => {
    const { api } = await fakeApi(() => ({ status: 502, text: 'connection refused' }));
    expect(failureIn(await ownedNamespaces(api, '0123')).what).toBe(
      'namespaces could not be listed: connection refused',
    );
  });
});
