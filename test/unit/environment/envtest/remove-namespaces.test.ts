import { describe, expect, it } from 'vitest';
import { namespacedResources, removeWithoutController } from '../../../../src/environment/envtest/remove-namespaces.ts';
import type { ApiRequest, KubeApi } from '../../../../src/environment/kubernetes/api.ts';

type Answer = object | number;

/** Answers by path; a number is a refusal with that status. What a real API server does is in test/environments. */
function fakeApi(answer: (request: Pick<ApiRequest, 'method' | 'path'>) => Answer): KubeApi {
  const send: KubeApi['send'] = async <T>(request: ApiRequest) => {
    const said = answer(request);
    return typeof said === 'number'
      ? { ok: false, failure: { kind: 'status', status: said, reason: '', message: `HTTP ${said}` } }
      : { ok: true, value: said as T };
  };
  return { send, get: (path) => send({ method: 'GET', path }), text: async () => ({ ok: true, value: 'ok' }) };
}

const all = ['create', 'delete', 'deletecollection', 'get', 'list'];
const resource = (name: string, namespaced = true, verbs = all) => ({ name, namespaced, verbs });

const DISCOVERY: Readonly<Record<string, Answer>> = {
  '/api/v1': {
    resources: [
      resource('pods'),
      resource('pods/log'),
      resource('nodes', false),
      resource('bindings', true, ['create']),
    ],
  },
  '/apis': {
    groups: [{ versions: [{ groupVersion: 'x.y/v1' }, { groupVersion: 'x.y/v1beta1' }] }],
  },
  '/apis/x.y/v1': { resources: [resource('guests')] },
  '/apis/x.y/v1beta1': { resources: [resource('guests'), resource('olds')] },
};

describe('namespacedResources', () => {
  it('names every kind that can be deleted in a namespace, in whatever version it is served, once', async () => {
    const found = await namespacedResources(fakeApi(({ path }) => DISCOVERY[path] ?? 404));
    expect(found).toMatchObject({
      ok: true,
      value: [
        { base: '/api/v1', name: 'pods' },
        { base: '/apis/x.y/v1', name: 'guests' },
        { base: '/apis/x.y/v1beta1', name: 'olds' },
      ],
    });
  });

  it('does not guess what a group holds that does not answer', async () => {
    const found = await namespacedResources(
      fakeApi(({ path }) => (path === '/apis/x.y/v1' ? 503 : (DISCOVERY[path] ?? 404))),
    );
    expect(found).toMatchObject({ ok: false, failure: { message: '/apis/x.y/v1 does not answer: HTTP 503' } });
  });
});

describe('removeWithoutController', () => {
  it('finalizes no namespace in which something stays, and says what', async () => {
    const finalized: string[] = [];
    const api = fakeApi(({ method, path }) => {
      if (path.endsWith('/finalize')) finalized.push(path);
      if (path === '/apis/x.y/v1/namespaces/one/guests') return { items: [{ metadata: { name: 'stubborn' } }] };
      if (path === '/api/v1/namespaces/one') return { metadata: { name: 'one', deletionTimestamp: 'now' } };
      if (path.includes('/namespaces/one/')) return method === 'GET' ? { items: [] } : {};
      return DISCOVERY[path] ?? 404;
    });
    expect(await removeWithoutController(api, ['one', 'gone'], 0)).toEqual(['one: guests stubborn is still there']);
    expect(finalized).toEqual([]);
  });
});
