import { describe, expect, it } from 'vitest';
import { type RestartRequest, restartPods } from '../../../../src/environment/kubernetes/restart-pods.ts';
import { type Answer, type Asked, fakeApi, list, refusal } from './fake-api.ts';

const IMAGE = 'redfirst.local/mine:devel';
const NEW = { uid: 'a2', id: 'sha256:new' };
interface FakePod {
  readonly uid: string;
  readonly image?: string;
  /** Of the image that it was started with; none where it was not. */
  readonly id?: string;
  readonly owner?: string;
  readonly ready?: boolean;
}
const pod = ({ uid, image = IMAGE, id = 'sha256:old', owner = 'ReplicaSet', ready = true }: FakePod): object => ({
  metadata: {
    ...{ name: `pod-${uid}`, namespace: 'ns', uid },
    ...(owner === '' ? {} : { ownerReferences: [{ kind: owner, name: 'x' }] }),
  },
  spec: { containers: [{ name: 'c', image }] },
  status: {
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    containerStatuses: [{ name: 'c', imageID: id }],
  },
});

/** Restarts in a cluster that lists these pods, one list after the other, and the last one for good. */
async function restart(
  lists: readonly (readonly FakePod[])[],
  onDelete: () => Answer = () => ({ json: {} }),
  deadlineMs = 60_000,
) {
  let look = 0;
  const { api, asked } = await fakeApi(({ method }: Asked) =>
    method === 'DELETE' ? onDelete() : list(...(lists[Math.min(look++, lists.length - 1)] ?? []).map(pod)),
  );
  const said: string[] = [];
  const request: RestartRequest = {
    ...{ api, signal: new AbortController().signal, deadlineMs, progress: (what) => said.push(what) },
    isOutdated: (image, id) => image === IMAGE && id === 'sha256:old',
  };
  const result = await restartPods(request);
  return { result, said, deleted: asked.filter(({ method }) => method === 'DELETE') };
}

describe('restartPods', () => {
  it('deletes those that run the image, by their uid, and no others', async () => {
    const { result, deleted } = await restart([[{ uid: 'a' }, { uid: 'b', image: 'other:1' }], [{ ...NEW }]]);
    expect(result).toEqual({ ok: true, value: undefined });
    expect(deleted).toMatchObject([
      { path: '/api/v1/namespaces/ns/pods/pod-a', body: { preconditions: { uid: 'a' } } },
    ]);
  });

  it('does nothing where nobody runs it', async () => {
    const { result, deleted } = await restart([[{ uid: 'b', image: 'other:1' }, NEW, { uid: 'not-started', id: '' }]]);
    expect([result.ok, deleted]).toEqual([true, []]);
  });

  it('waits until the old ones are gone and as many are ready again', async () => {
    const { result, said } = await restart([
      [{ uid: 'a' }],
      [{ uid: 'a' }, { ...NEW, ready: false }],
      [{ ...NEW, ready: false }],
      [{ ...NEW }],
    ]);
    expect(result.ok).toBe(true);
    expect(said).toEqual([
      'pod pod-a with the image before to go, and 1 more',
      'pods to be ready with the images that were loaded anew (0 of 1)',
    ]);
  });

  it('says what is not ready when time is over', async () => {
    const { result } = await restart([[{ uid: 'a' }], [{ ...NEW, ready: false }]], undefined, 10);
    expect(result).toMatchObject({
      ok: false,
      failure: { what: expect.stringContaining('pods to be ready with the images that were loaded anew (0 of 1)') },
    });
  });

  it('waits for nothing to take the place of a pod that nobody makes anew', async () => {
    const { result } = await restart([
      [
        { uid: 'a', owner: '' },
        { uid: 'b', owner: 'VirtualMachineInstance' },
      ],
      [],
    ]);
    expect(result.ok).toBe(true);
  });

  it('is content with one that went by itself', async () => {
    const { result } = await restart([[{ uid: 'a' }], [{ ...NEW }]], () => refusal(404, 'NotFound', 'gone'));
    expect(result.ok).toBe(true);
  });

  it('says which one cannot be deleted', async () => {
    const { result } = await restart([[{ uid: 'a' }]], () => refusal(403, 'Forbidden', 'not allowed'));
    expect(result).toMatchObject({
      ok: false,
      failure: { what: 'pod ns/pod-a could not be restarted: not allowed' },
    });
  });
});
