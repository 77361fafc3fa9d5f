import { expect, it } from 'vitest';
import { fail, ok } from '../../../../src/domain/failure.ts';
import type { ApiRequest, KubeApi } from '../../../../src/environment/kubernetes/api.ts';
import { likelyCauses } from '../../../../src/environment/kubernetes/likely-cause.ts';
import { removeNamespaces } from '../../../../src/environment/kubernetes/namespaces.ts';

/** An API server with one namespace that is silent for its first requests. */
function apiServer(silences: number): KubeApi & { readonly asked: string[] } {
  const asked: string[] = [];
  let deleted = false;
  const send = async <T>({ method, path }: ApiRequest) => {
    asked.push(`${method} ${path}`);
    if (asked.length <= silences)
      return fail({ kind: 'unreachable' as const, status: 0, reason: '', message: 'connection refused' });
    if (method === 'DELETE') {
      deleted = true;
      return ok({} as T);
    }
    return deleted
      ? fail({ kind: 'status' as const, status: 404, reason: 'NotFound', message: 'not found' })
      : ok({ metadata: { name: 'n' }, status: { phase: 'Active' } } as T);
  };
  return {
    asked,
    send,
    get: (path) => send({ method: 'GET', path }),
    text: () => Promise.reject(new Error('not asked')),
  };
}

it('asks for a namespace to go until the API server heard it', async () => {
  const api = apiServer(3);
  expect(await removeNamespaces(api, ['n'], 60_000)).toEqual([]);
  expect(api.asked.findLastIndex((one) => one.startsWith('DELETE'))).toBeGreaterThanOrEqual(3);
});

it('gives a silent API server up when its patience is over, and says what is left', async () => {
  expect(await removeNamespaces(apiServer(Number.POSITIVE_INFINITY), ['n'], 60_000, 0)).toEqual([
    'n: connection refused',
  ]);
});

it('names among the likely causes what the health witness saw, although it is over', () => {
  const nothing = { nodes: [], pods: [], vmis: [], events: [] };
  const complaints = ['the API server does not answer: connection refused'];
  expect(likelyCauses({ ...nothing, apiProblem: '', complaints })).toEqual(complaints);
  expect(likelyCauses({ ...nothing, apiProblem: 'silent', complaints })[0]).toBe('API server gone: silent');
});
