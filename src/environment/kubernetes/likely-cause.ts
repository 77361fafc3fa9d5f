import { type ContainerStatus, conditionOf, type KubeEvent, type KubeNode, type Pod, type Vmi } from './objects.ts';

/** What a diagnosis found, for the question what went wrong first. */
export interface Evidence {
  /** Why the API server did not answer; empty where it did. */
  readonly apiProblem: string;
  /** What was seen while it happened, and may be over: an API server that is back, a launcher that was replaced. */
  readonly complaints?: readonly string[];
  readonly nodes: readonly KubeNode[];
  readonly pods: readonly Pod[];
  readonly vmis: readonly Vmi[];
  readonly events: readonly KubeEvent[];
}

const IMAGE_REASONS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ErrImagePullBackOff',
]);
/** How a cause begins that no waiting mends. */
export const IMAGE_PULL = 'image pull: ';

/** A guest that is not there yet. */
const BEFORE_RUNNING = new Set(['Pending', 'Scheduling', 'Scheduled', 'WaitingForSync', '']);

/**
 * Names what probably went wrong, the deepest cause first: API server, node, image, scheduling, webhook, guest. Reads Kubernetes' own
 * words (pod states, events, conditions) and adds none of its own guesses.
 */
export function likelyCauses(evidence: Evidence): string[] {
  const seen = evidence.complaints ?? [];
  if (evidence.apiProblem !== '') return [...new Set([`API server gone: ${evidence.apiProblem}`, ...seen])];
  const found = [
    ...seen,
    ...evidence.nodes.flatMap(aboutNode),
    ...evidence.pods.flatMap(aboutImages),
    ...evidence.pods.flatMap(aboutScheduling),
    ...evidence.events.flatMap(aboutWebhook),
    ...evidence.pods.flatMap(aboutCrash),
    ...evidence.vmis.flatMap(aboutGuest),
  ];
  return [...new Set(found)];
}

function aboutNode({ metadata, status }: KubeNode): string[] {
  const ready = conditionOf(status?.conditions, 'Ready');
  return ready?.status === 'True'
    ? []
    : [`node ${metadata.name} is not ready: ${ready?.message ?? ready?.reason ?? 'no word'}`];
}

function containers({ status }: Pod): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

function aboutImages(pod: Pod): string[] {
  return containers(pod).flatMap(({ name, image, state }) => {
    const waiting = state?.waiting;
    if (waiting?.reason === undefined || !IMAGE_REASONS.has(waiting.reason)) return [];
    return [
      `${IMAGE_PULL}${image} of ${nameOf(pod)} (container ${name}): ${waiting.reason}: ${waiting.message ?? ''}`.trim(),
    ];
  });
}

function aboutScheduling(pod: Pod): string[] {
  const scheduled = conditionOf(pod.status?.conditions, 'PodScheduled');
  return scheduled?.status === 'False'
    ? [`scheduling: ${nameOf(pod)} fits no node: ${scheduled.message ?? scheduled.reason}`]
    : [];
}

function aboutWebhook({ type, reason, message, involvedObject }: KubeEvent): string[] {
  if (type !== 'Warning' || !/failed calling webhook|admission webhook .* denied/.test(message ?? '')) return [];
  return [`webhook: ${involvedObject?.kind} ${involvedObject?.name}: ${reason}: ${message}`];
}

function aboutCrash(pod: Pod): string[] {
  return containers(pod).flatMap(({ name, state, lastState }) => {
    const ended = state?.terminated ?? lastState?.terminated;
    const crashing = state?.waiting?.reason === 'CrashLoopBackOff';
    if (!crashing && (ended?.exitCode === undefined || ended.exitCode === 0)) return [];
    if (!crashing && pod.metadata.deletionTimestamp !== undefined) return [];
    return [
      `container ${name} of ${nameOf(pod)} ended: ${ended?.reason ?? 'unknown'}, exit code ${ended?.exitCode ?? '?'}`,
    ];
  });
}

function aboutGuest({ metadata, status }: Vmi): string[] {
  const phase = status?.phase ?? '';
  const name = `${metadata.namespace}/${metadata.name}`;
  const words = (status?.conditions ?? [])
    .filter(({ status: state, message }) => state === 'False' && message !== undefined && message !== '')
    .map(({ type, message }) => `${type}: ${message}`);
  const why = words.length === 0 ? (status?.reason ?? '') : words.join('; ');
  if (phase === 'Failed') return [`guest failed: VMI ${name}${why === '' ? '' : `: ${why}`}`];
  return BEFORE_RUNNING.has(phase)
    ? [`guest did not boot: VMI ${name} is ${phase || 'without a phase'}${why === '' ? '' : `: ${why}`}`]
    : [];
}

function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
