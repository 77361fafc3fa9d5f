import { describe, expect, it } from 'vitest';
import { type ApiFailure, kubeApi } from '../../../../src/environment/kubernetes/api.ts';
import { type Answer, fakeApi, refusal } from './fake-api.ts';

async function failureOfGet(answer: Answer, deadlineMs?: number): Promise<ApiFailure> {
  const { api } = await fakeApi(() => answer);
  const got = await api.get('/api/v1/nodes', deadlineMs);
  if (got.ok) throw new Error('it did not fail');
  return got.failure;
}

describe('kubeApi', () => {
  it('decodes JSON, and leaves text as it is', async () => {
    const { api, asked } = await fakeApi(({ path }) =>
      path === '/readyz' ? { text: 'ok' } : { json: { items: [1] } },
    );
    expect(await api.get('/api/v1/nodes?labelSelector=a%3Db')).toEqual({ ok: true, value: { items: [1] } });
    expect(await api.text('/readyz')).toEqual({ ok: true, value: 'ok' });
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/nodes?labelSelector=a%3Db',
      'GET /readyz',
    ]);
  });

  it('sends a body with its type and length in bytes', async () => {
    const { api, asked } = await fakeApi(() => ({ status: 201, json: { metadata: { name: 'é' } } }));
    const body = { metadata: { name: 'é' } };
    expect(await api.send({ method: 'POST', path: '/api/v1/namespaces', body })).toEqual({ ok: true, value: body });
    const contentType = 'application/merge-patch+json';
    await api.send({ method: 'PATCH', path: '/x', body: JSON.stringify(body), contentType });
    expect(asked).toEqual([
      { method: 'POST', path: '/api/v1/namespaces', contentType: 'application/json', body },
      { method: 'PATCH', path: '/x', contentType, body },
    ]);
  });

  it.each([502, 503, 504])(
    'takes %i, which the proxy answers in the API server’s place, for no answer',
    async (status) => {
      const text = 'Error trying to reach service: dial tcp 127.0.0.1:6443: connect: connection refused\n';
      expect(await failureOfGet({ status, text })).toEqual({
        kind: 'unreachable',
        status,
        reason: '',
        message: text.trim(),
      });
    },
  );

  it.each([
    [401, 'Unauthorized', 'Unauthorized', 'denied'],
    [403, 'Forbidden', 'nodes is forbidden: User "system:anonymous" cannot list resource "nodes"', 'denied'],
    [404, 'NotFound', 'namespaces "x" not found', 'status'],
    [409, 'AlreadyExists', 'namespaces "x" already exists', 'status'],
    [422, 'Invalid', 'Namespace "X" is invalid', 'status'],
    [429, 'TooManyRequests', 'the server has received too many requests', 'status'],
    [500, 'InternalError', 'failed calling webhook "virt-api"', 'status'],
  ])('reads the Status object of %i %s', async (status, reason, message, kind) => {
    expect(await failureOfGet(refusal(status, reason, message))).toEqual({ kind, status, reason, message });
  });

  it('keeps of a refusal without words the number, and of one with many the beginning', async () => {
    expect((await failureOfGet({ status: 500, text: '' })).message).toBe('HTTP 500');
    expect((await failureOfGet({ status: 500, text: 'x'.repeat(5000) })).message).toHaveLength(2000);
    expect((await failureOfGet({ status: 500, json: { message: 7, reason: null } })).message).toBe(
      '{"message":7,"reason":null}',
    );
    expect((await failureOfGet({ status: 500, json: null })).message).toBe('null');
  });

  it('takes an answer that is no JSON for none', async () => {
    expect(await failureOfGet({ text: '<html>not Kubernetes</html>' })).toEqual({
      kind: 'unreachable',
      status: 0,
      reason: '',
      message: 'the answer to GET /api/v1/nodes is no JSON',
    });
  });

  it('says how long it waited: for the answer, and for the rest of one', async () => {
    const words = 'GET /api/v1/nodes: no answer within 0.1 s';
    expect(await failureOfGet({ raw: () => undefined }, 100)).toMatchObject({ kind: 'unreachable', message: words });
    const half = { raw: (response: { write: (text: string) => void }) => response.write('{"items": [') };
    expect(await failureOfGet(half as Answer, 100)).toMatchObject({ kind: 'unreachable', message: words });
  });

  it('takes an answer that breaks off for none', async () => {
    const broken: Answer = {
      raw: (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"items": []}', () => response.destroy());
      },
    };
    expect(await failureOfGet(broken)).toMatchObject({ kind: 'unreachable', status: 0 });
  });

  it('does not hold an answer without end', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    const endless: Answer = {
      raw: (response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(piece));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
    };
    expect(await failureOfGet(endless, 60_000)).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('the answer is larger than 67108864 bytes'),
    });
  });

  it('says so where no proxy listens', async () => {
    const { api, close } = await fakeApi(() => ({ text: 'ok' }));
    await close();
    expect(await api.text('/readyz')).toMatchObject({
      ok: false,
      failure: { kind: 'unreachable', message: expect.stringMatching(/^GET \/readyz: connect ENOENT/) },
    });
    expect(await kubeApi('/proc/none').text('/readyz')).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
  });
});
