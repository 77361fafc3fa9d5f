import { expect, test } from 'vitest';
import type { Pod } from '../../../../src/environment/kubernetes/objects.ts';
import {
  dueForProbe,
  PROBE_ANNOTATION,
  readinessProber,
} from '../../../../src/environment/kubernetes/probe-readiness.ts';
import { fakeApi } from './fake-api.ts';

const STARTED = '2026-11-26T15:00:00Z';
const afterStart = (seconds: number): number => Date.parse(STARTED) + seconds * 1000;

function pod(more: { ready?: boolean; running?: boolean; probe?: object; deleted?: boolean } = {}): Pod {
  const { ready = false, running = true, probe = { initialDelaySeconds: 15, periodSeconds: 20 } } = more;
  return {
    metadata: {
      ...{ name: 'virt-handler-1', namespace: 'kubevirt', uid: 'u1' },
      ...(more.deleted === true ? { deletionTimestamp: STARTED } : {}),
    },
    spec: { containers: [{ name: 'virt-handler', readinessProbe: probe }, { name: 'no-probe' }] },
    status: {
      containerStatuses: [
        { name: 'virt-handler', ready, state: running ? { running: { startedAt: STARTED } } : { waiting: {} } },
        { name: 'no-probe', ready: true, state: { running: { startedAt: STARTED } } },
      ],
    },
  };
}

test('a container that runs and is not ready is due once its initial delay is over', () => {
  expect(dueForProbe(pod(), afterStart(14.9))).toBe(false);
  expect(dueForProbe(pod(), afterStart(15))).toBe(true);
  expect(dueForProbe(pod({ probe: {} }), afterStart(0))).toBe(true);
});

test('nothing is asked where no readiness probe can change anything', () => {
  expect(dueForProbe(pod({ ready: true }), afterStart(60))).toBe(false);
  expect(dueForProbe(pod({ running: false }), afterStart(60))).toBe(false);
  expect(dueForProbe(pod({ deleted: true }), afterStart(60))).toBe(false);
  const without: Pod = { ...pod(), spec: { containers: [{ name: 'virt-handler' }] } };
  expect(dueForProbe(without, afterStart(60))).toBe(false);
});

test('the kubelet is asked by an annotation of the pod, ever more rarely, and anew for another pod', async () => {
  const { api, asked } = await fakeApi(() => ({ json: {} }));
  const ask = readinessProber(api);
  const other: Pod = { ...pod(), metadata: { name: 'virt-handler-2', namespace: 'kubevirt', uid: 'u2' } };
  for (const second of [10, 15, 15.5, 16, 17, 18, 19, 20, 22, 23]) await ask([pod()], afterStart(second));
  await ask([other, pod({ ready: true })], afterStart(24));
  expect(asked.map(({ path }) => path)).toEqual([
    ...Array.from({ length: 4 }, () => '/api/v1/namespaces/kubevirt/pods/virt-handler-1'),
    '/api/v1/namespaces/kubevirt/pods/virt-handler-2',
  ]);
  expect(asked[0]).toMatchObject({ method: 'PATCH', contentType: 'application/merge-patch+json' });
  const values = asked.slice(0, 4).map(({ body }) => body as { metadata: { annotations: Record<string, string> } });
  const told = values.map(({ metadata }) => metadata.annotations[PROBE_ANNOTATION]);
  // 15, 16, 18, 22: a value that was there before is no change, and asks nobody.
  expect(told).toEqual([15, 16, 18, 22].map((second) => new Date(afterStart(second)).toISOString()));
});

test('an API server that refuses costs time and nothing else', async () => {
  const { api, close } = await fakeApi(() => undefined);
  await readinessProber(api)([pod()], afterStart(15));
  await close();
  await readinessProber(api)([pod()], afterStart(15));
});
