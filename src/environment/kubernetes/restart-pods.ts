import { fail, ok, type Result } from '../../domain/failure.ts';
import type { KubeApi } from './api.ts';
import { clusterFailure } from './cluster-failure.ts';
import { conditionOf, type List, type Pod } from './objects.ts';
import { waitFor } from './wait-for.ts';

export interface RestartRequest {
  readonly api: KubeApi;
  /** Whether a container runs another image than its name stands for now. @param id as the runtime tells it: a digest, or a name with one */
  readonly isOutdated: (image: string, id: string) => boolean;
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
export async function restartPods(request: RestartRequest): Promise<Result<void>> {
  const { api, isOutdated, signal, progress, deadlineMs } = request;
  const listed = await api.get<List<Pod>>('/api/v1/pods');
  if (!listed.ok) return fail(clusterFailure(`pods could not be listed: ${listed.failure.message}`));
  const outdated = (pod: Pod): string[] => outdatedImages(pod, isOutdated);
  const old = listed.value.items.filter((pod) => outdated(pod).length > 0);
  if (old.length === 0) return ok(undefined);
  for (const { metadata } of old) {
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    const deleted = await api.send({ method: 'DELETE', path, body: { preconditions: { uid: metadata.uid } } });
    if (!deleted.ok && deleted.failure.status !== 404 && deleted.failure.status !== 409)
      return fail(
        clusterFailure(`pod ${metadata.namespace}/${metadata.name} could not be restarted: ${deleted.failure.message}`),
      );
  }
  const images = new Set(old.flatMap(outdated));
  const wanted = old.filter(comesBack).length;
  return waitFor({
    ...{ what: 'what runs images that were loaded anew', deadlineMs, signal, progress },
    missing: async () => {
      const now = await api.get<List<Pod>>('/api/v1/pods');
      if (!now.ok) return ok([`the pods (${now.failure.message})`]);
      const going = now.value.items.filter(({ metadata }) => old.some((one) => one.metadata.uid === metadata.uid));
      const anew = now.value.items.filter(
        (pod) => !going.includes(pod) && imagesOf(pod).some(([, image]) => images.has(image)),
      );
      const ready = anew.filter((pod) => comesBack(pod) && isReady(pod)).length;
      return ok([
        ...going.map(({ metadata }) => `pod ${metadata.name} with the image before to go`),
        ...(ready < wanted ? [`pods to be ready with the images that were loaded anew (${ready} of ${wanted})`] : []),
      ]);
    },
  });
}

/** Containers and the images that they are to run. */
function imagesOf({ spec }: Pod): (readonly [container: string, image: string])[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ name, image = '' }) => [name, image]);
}

function outdatedImages(pod: Pod, isOutdated: RestartRequest['isOutdated']): string[] {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return imagesOf(pod).flatMap(([container, image]) => {
    const id = statuses.find(({ name }) => name === container)?.imageID ?? '';
    return id !== '' && isOutdated(image, id) ? [image] : [];
  });
}

function comesBack({ metadata }: Pod): boolean {
  return (metadata.ownerReferences ?? []).some(({ kind }) => RESTORERS.has(kind));
}

function isReady({ status }: Pod): boolean {
  return conditionOf(status?.conditions, 'Ready')?.status === 'True';
}
