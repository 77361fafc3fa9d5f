import type { KubeApi } from './api.ts';
import type { Pod } from './objects.ts';

/** Its change makes the kubelet look at the pod again; the value, the time of asking (RFC 3339), says nothing to anybody. */
export const PROBE_ANNOTATION = 'redfirst.dev/readiness-asked-at';

/** How long after a first time it is asked again; twice as long each time. */
const AGAIN_MS = 1000;

/**
 * Asks kubelets to run readiness probes now that would only run when their period is over.
 *
 * A readiness probe that fails once, or comes a moment before `initialDelaySeconds` are over, is tried again after `periodSeconds`: 20 s for
 * virt-handler, and as much at random before the first where the kubelet itself has just started. A kubelet that sees a change of
 * a pod that is not ready runs the probe at once (pkg/kubelet/prober/prober_manager.go, "Trigger an immediate run", since Kubernetes 1.21). The probe
 * stays the kubelet's own, and what it says is what counts. For clusters of our own alone: it writes an annotation on others' pods.
 *
 * @returns to be called with the pods that are waited for, at each look; never fails, since it only saves time
 */
export function readinessProber(api: KubeApi): (pods: readonly Pod[], nowMs?: number) => Promise<void> {
  const asked = new Map<string, { readonly dueMs: number; readonly waitMs: number }>();
  return async (pods, nowMs = Date.now()) => {
    const due = pods.filter(
      (pod) => dueForProbe(pod, nowMs) && nowMs >= (asked.get(pod.metadata.uid ?? '')?.dueMs ?? 0),
    );
    await Promise.all(
      due.map(({ metadata: { namespace, name, uid = '' } }) => {
        const waitMs = (asked.get(uid)?.waitMs ?? AGAIN_MS / 2) * 2;
        asked.set(uid, { dueMs: nowMs + waitMs, waitMs });
        return api.send({
          method: 'PATCH',
          path: `/api/v1/namespaces/${namespace}/pods/${name}`,
          contentType: 'application/merge-patch+json',
          body: { metadata: { annotations: { [PROBE_ANNOTATION]: new Date(nowMs).toISOString() } } },
        });
      }),
    );
  };
}

/** Whether a container of the pod waits for nothing but its next readiness probe. Pure. */
export function dueForProbe({ metadata, spec, status }: Pod, nowMs: number): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  return (status?.containerStatuses ?? []).some(({ name, ready, state }) => {
    const probe = spec?.containers?.find((container) => container.name === name)?.readinessProbe;
    if (ready === true || probe === undefined || state?.running?.startedAt === undefined) return false;
    return nowMs - Date.parse(state.running.startedAt) >= (probe.initialDelaySeconds ?? 0) * 1000;
  });
}
