import { readFile } from 'node:fs/promises';
import { EXIT, type Failure, fail, ok, type Result } from '../../domain/failure.ts';
import type { KubeVirtSpec } from '../../domain/profile.ts';
import type { ApiFailure, KubeApi } from '../kubernetes/api.ts';
import { applyManifest, manifestPath } from '../kubernetes/apply.ts';
import { clusterFailure } from '../kubernetes/cluster-failure.ts';
import type { Kubectl } from '../kubernetes/kubectl.ts';
import { IMAGE_PULL, likelyCauses } from '../kubernetes/likely-cause.ts';
import type { Deployment, KubeEvent, KubeNode, KubeVirtObject, List, Pod } from '../kubernetes/objects.ts';
import { readinessProber } from '../kubernetes/probe-readiness.ts';
import { waitFor } from '../kubernetes/wait-for.ts';
import { kubevirtObject, operatorManifest } from './kubevirt-object.ts';
import { probeVmi } from './probe-vmi.ts';
import { missingForReady, staleHeartbeats } from './readiness.ts';

export interface KubeVirtTarget {
  readonly api: KubeApi;
  readonly kubectl: Kubectl;
  readonly spec: KubeVirtSpec;
  /** Relative manifests begin here. */
  readonly root: string;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
  readonly readyDeadlineMs: number;
  /** Nodes that were started with what they held, and when: KubeVirt's conditions are from before that. */
  readonly startedAtMs?: ReadonlyMap<string, number>;
  /** In a cluster of our own: kubelets are asked to probe at once what may be ready. */
  readonly isOurs?: boolean;
}

/**
 * Applies the operator's manifest and the KubeVirt object; the same call upgrades.
 */
export async function deployKubeVirt(
  target: KubeVirtTarget,
  choices: { readonly useEmulation: boolean; readonly nodes: number },
): Promise<Result<void>> {
  const { kubectl, spec, root, progress } = target;
  progress(`the operator of KubeVirt ${spec.version} to be applied`);
  const metadata = { name: spec.namespace, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata };
  const applied = await applyManifest(kubectl, manifestPath(operatorManifest(spec), root));
  if (!applied.ok) return applied;
  const object = await readObject(spec, choices, root);
  if (!object.ok) return object;
  const documents = [namespace, object.value].map((document) => JSON.stringify(document)).join('\n---\n');
  const made = await applyManifest(kubectl, '-', { input: documents });
  return made.ok ? ok(undefined) : made;
}

async function readObject(
  spec: KubeVirtSpec,
  choices: { readonly useEmulation: boolean; readonly nodes: number },
  root: string,
): Promise<Result<object>> {
  if (spec.cr === undefined) return ok(kubevirtObject(spec, choices));
  if (/^https?:/.test(spec.cr))
    return fail(badManifest(spec.cr, 'it is a URL; `cr` takes a file', 'download it, and name its path'));
  try {
    return ok(kubevirtObject(spec, choices, await readFile(manifestPath(spec.cr, root), 'utf8')));
  } catch (error) {
    return fail(badManifest(spec.cr, (error as Error).message, 'mend the file, or leave `cr` away'));
  }
}

/** The KubeVirt object of a namespace; undefined where there is none, or no such kind yet. */
export async function findKubeVirt(
  api: KubeApi,
  namespace: string,
): Promise<Result<KubeVirtObject | undefined, ApiFailure>> {
  const found = await api.get<List<KubeVirtObject>>(`/apis/kubevirt.io/v1/namespaces/${namespace}/kubevirts`);
  if (found.ok) return ok(found.value.items[0]);
  return found.failure.status === 404 ? ok(undefined) : found;
}

/** The same for whoever acts on it: an API server that is silent must not be taken for an object without gates. */
export async function readKubeVirt(api: KubeApi, namespace: string): Promise<Result<KubeVirtObject | undefined>> {
  const found = await findKubeVirt(api, namespace);
  return found.ok ? found : fail(clusterFailure(`the KubeVirt object cannot be read: ${found.failure.message}`));
}

/** Waits until KubeVirt is ready, and says why when it does not become so: which component, which pod, which event. */
export function awaitKubeVirt(target: KubeVirtTarget): Promise<Result<void>> {
  const { api, spec, signal, progress, readyDeadlineMs, startedAtMs, isOurs = false } = target;
  const probe = readinessProber(api);
  return waitFor({
    what: `KubeVirt ${spec.version}`,
    deadlineMs: readyDeadlineMs,
    signal,
    progress,
    missing: async () => {
      if (isOurs) {
        const pods = await api.get<List<Pod>>(`/api/v1/namespaces/${spec.namespace}/pods`);
        if (pods.ok) await probe(pods.value.items);
      }
      const kubevirt = await findKubeVirt(api, spec.namespace);
      if (!kubevirt.ok) {
        const { kind, message } = kubevirt.failure;
        return kind === 'denied'
          ? fail(clusterFailure(`the KubeVirt object cannot be read: ${message}`))
          : ok([`the KubeVirt object (${message})`]);
      }
      const nodes = await api.get<List<KubeNode>>('/api/v1/nodes');
      const seen = nodes.ok ? nodes.value.items : [];
      const operator = await api.get<Deployment>(
        `/apis/apps/v1/namespaces/${spec.namespace}/deployments/virt-operator`,
      );
      // An image tag in the object itself decides over the operator's version.
      const version = operator.ok && !kubevirt.value?.spec?.imageTag ? versionOf(operator.value) : undefined;
      const missing = missingForReady(kubevirt.value, seen, version);
      if (operator.ok && !isRolledOut(operator.value)) return ok([...missing, 'the operator to be rolled out']);
      if (startedAtMs === undefined || missing.length > 0) return ok(missing);
      const silent = staleHeartbeats(seen, startedAtMs);
      return ok(silent.length > 0 ? silent : await admissionProblem(api));
    },
    why: (over) => explainUnready(api, spec.namespace, over),
    // An image that cannot be pulled now is not there in ten minutes either.
    isHopeless: (cause) => cause.startsWith(IMAGE_PULL),
  });
}

/** The version that the operator deploys, as its manifest has it: until it begins, KubeVirt's conditions speak of the version before. */
function versionOf({ spec }: Deployment): string | undefined {
  const variables = spec?.template?.spec?.containers?.flatMap(({ env }) => env ?? []) ?? [];
  return variables.find(({ name }) => name === 'KUBEVIRT_VERSION')?.value || undefined;
}

function isRolledOut({ metadata, spec, status }: Deployment): boolean {
  const wanted = spec?.replicas ?? 1;
  const { observedGeneration = 0, replicas, updatedReplicas, availableReplicas } = status ?? {};
  const counts = [replicas, updatedReplicas, availableReplicas];
  return observedGeneration >= (metadata.generation ?? 0) && counts.every((count) => (count ?? 0) === wanted);
}

/** Conditions do not tell that the webhooks' certificates have expired: an instance that is tried out, and not kept, does. */
async function admissionProblem(api: KubeApi): Promise<string[]> {
  const path = '/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances?dryRun=All';
  const tried = await api.send({ method: 'POST', path, body: probeVmi('own') });
  return tried.ok || tried.failure.status === 409 ? [] : [`virt-api to admit instances (${tried.failure.message})`];
}

/**
 * Why KubeVirt's components do not come up, in Kubernetes' words.
 * @param thorough also what is no sure cause: while components start they warn of this and that
 */
export async function explainUnready(api: KubeApi, namespace: string, thorough: boolean): Promise<string[]> {
  const pods = await api.get<List<Pod>>(`/api/v1/namespaces/${namespace}/pods`);
  const events = await api.get<List<KubeEvent>>(`/api/v1/namespaces/${namespace}/events`);
  const nodes = await api.get<List<KubeNode>>('/api/v1/nodes');
  const found = likelyCauses({
    apiProblem: pods.ok ? '' : pods.failure.message,
    nodes: nodes.ok ? nodes.value.items : [],
    pods: pods.ok ? pods.value.items : [],
    vmis: [],
    events: events.ok ? events.value.items : [],
  });
  if (found.length > 0 || !pods.ok || !thorough) return found;
  if (pods.value.items.length === 0)
    return [`no pod runs in namespace ${namespace}: the operator was not applied, or cannot make pods`];
  const warnings = (events.ok ? events.value.items : []).filter(({ type }) => type === 'Warning');
  return warnings
    .slice(-3)
    .map(
      ({ involvedObject, reason, message }) => `${involvedObject?.kind} ${involvedObject?.name}: ${reason}: ${message}`,
    );
}

function badManifest(path: string, why: string, next: string): Failure {
  return {
    reason: 'configuration-invalid',
    what: `the manifest of the KubeVirt object cannot be used: ${why}`,
    next,
    exit: EXIT.usage,
    where: { file: path },
  };
}
