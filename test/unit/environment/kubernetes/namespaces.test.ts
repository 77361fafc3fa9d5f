import { describe, expect, it } from 'vitest';
import type { ApiRequest, KubeApi } from '../../../../src/environment/kubernetes/api.ts';
import { makeNamespace } from '../../../../src/environment/kubernetes/namespaces.ts';

/** Takes everything. */
const api: KubeApi = {
  send: async <T>({ body }: ApiRequest) => ({ ok: true, value: body as T }),
  get: async () => ({ ok: false, failure: { kind: 'status', status: 404, reason: '', message: '' } }),
  text: async () => ({ ok: true, value: 'ok' }),
};

describe('makeNamespace', () => {
  it('names it by prefix, token and attempt', async () => {
    const made = await makeNamespace(api, { prefix: 'redfirst', token: '0123456789abcdef', labels: {} }, 'e2e-1-1');
    expect(made).toEqual({ ok: true, value: 'redfirst-0123456789ab-e2e-1-1' });
  });

  it('cuts a long prefix, and never what tells two attempts apart', async () => {
    const request = { prefix: 'p'.repeat(63), token: '0123456789ab', labels: {} };
    const made = [await makeNamespace(api, request, 'e2e-1-1'), await makeNamespace(api, request, 'e2e-1-2')];
    expect(made.map((one) => (one.ok ? one.value.length : 0))).toEqual([63, 63]);
    expect(made.map((one) => (one.ok ? one.value.slice(-21) : ''))).toEqual([
      '-0123456789ab-e2e-1-1',
      '-0123456789ab-e2e-1-2',
    ]);
  });
});
