import { EXIT, fail, ok, type Result } from '../../domain/failure.ts';
import type { KubeApi } from './api.ts';
import { conditionOf, type List, type Pod } from './objects.ts';
import { waitFor } from './wait-for.ts';

export interface RestartRequest {
  readonly api: KubeApi;
  /** Whether a pod's container runs an image by this name that is another now. */
  readonly isReplaced: (image: string) => boolean;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
  readonly deadlineMs: number;
}

/** What makes a pod anew when one is deleted. */
const RESTORERS = new Set(['ReplicaSet', 'DaemonSet', 'StatefulSet', 'ReplicationController']);

/**
 * Deletes the pods that run an image which was loaded anew under its name, and waits until as many are ready again: nothing else makes a pod
 * leave the image that it was started with.
 */
export async function restartPods({
  api,
  isReplaced,
  signal,
  progress,
  deadlineMs,
}: RestartRequest): Promise<Result<void>> {
  const listed = await podsWith(api, isReplaced);
  if (!listed.ok) return listed;
  const old = listed.value;
  if (old.length === 0) return ok(undefined);
  for (const { metadata } of old) {
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    const deleted = await api.send({ method: 'DELETE', path, body: { preconditions: { uid: metadata.uid } } });
    if (!deleted.ok && deleted.failure.status !== 404 && deleted.failure.status !== 409)
      return fail(
        failed(`pod ${metadata.namespace}/${metadata.name} could not be restarted: ${deleted.failure.message}`),
      );
  }
  const wanted = old.filter(comesBack).length;
  const goneUids = new Set(old.map(({ metadata }) => metadata.uid));
  return waitFor({
    ...{ what: 'what runs images that were loaded anew', deadlineMs, signal, progress },
    missing: async () => {
      const now = await podsWith(api, isReplaced);
      if (!now.ok) return ok([now.failure.what]);
      const going = now.value.filter(({ metadata }) => goneUids.has(metadata.uid));
      const ready = now.value.filter((pod) => !goneUids.has(pod.metadata.uid) && comesBack(pod) && isReady(pod)).length;
      return ok([
        ...going.map(({ metadata }) => `pod ${metadata.name} with the image before to go`),
        ...(ready < wanted ? [`pods to be ready with the images that were loaded anew (${ready} of ${wanted})`] : []),
      ]);
    },
  });
}

async function podsWith(api: KubeApi, isReplaced: (image: string) => boolean): Promise<Result<readonly Pod[]>> {
  const pods = await api.get<List<Pod>>('/api/v1/pods');
  if (!pods.ok) return fail(failed(`pods could not be listed: ${pods.failure.message}`));
  return ok(
    pods.value.items.filter(({ spec }) =>
      [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].some(({ image }) => isReplaced(image ?? '')),
    ),
  );
}

function comesBack({ metadata }: Pod): boolean {
  return (metadata.ownerReferences ?? []).some(({ kind }) => RESTORERS.has(kind));
}

function isReady({ status }: Pod): boolean {
  return conditionOf(status?.conditions, 'Ready')?.status === 'True';
}

function failed(what: string) {
  return {
    reason: 'environment-failed',
    what,
    next: 'look at the cluster with kubectl',
    exit: EXIT.environment,
  } as const;
}
