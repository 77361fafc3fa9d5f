import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256 } from '../../../src/domain/brand.ts';
import type { Failure, Result } from '../../../src/domain/failure.ts';
import type { KindProfile, KubeVirtSpec } from '../../../src/domain/profile.ts';
import type { ClusterRecord } from '../../../src/environment/kind/cluster-record.ts';
import type { NodeContainer } from '../../../src/environment/kind/container-engine.ts';
import type { Condition, KubeVirtObject } from '../../../src/environment/kubernetes/objects.ts';

const ADAPTERS = join(import.meta.dirname, '../../adapters');

/** What a real tool printed (see `test/adapters/clusters.md`). */
export function recorded(path: string): string {
  return readFileSync(join(ADAPTERS, path), 'utf8');
}

/** The items of a recorded list. */
export function recordedItems<T>(path: string): T[] {
  return (JSON.parse(recorded(path)) as { items: T[] }).items;
}

export const KUBEVIRT: KubeVirtSpec = {
  version: 'v1.9.0',
  namespace: 'kubevirt',
  emulation: 'auto',
  featureGates: [],
  disabledFeatureGates: [],
  imagePullPolicy: 'IfNotPresent',
};

/** One node, KubeVirt, nothing else. */
export const KIND: KindProfile = {
  name: 'lab',
  provider: 'kind',
  tools: { kubectl: 'kubectl', virtctl: 'virtctl' },
  kubevirt: KUBEVIRT,
  addons: [],
  guests: {},
  probe: { guest: 'own', ready: 'REDFIRST-GUEST-READY', deadlineMs: 180_000 },
  systems: {},
  readyDeadlineMs: 600_000,
  kind: 'kind',
  engine: 'docker',
  cluster: 'redfirst-lab',
  image: 'kindest/node:v1.36.1',
  controlPlanes: 1,
  workers: 0,
  cni: 'default',
  kubeadmPatches: [],
  containerdPatches: [],
  mounts: [],
  images: [],
  createDeadlineMs: 300_000,
};

export const RECORD: ClusterRecord = {
  v: 1,
  cluster: 'redfirst-lab',
  profile: 'lab',
  digest: 'd1' as Sha256,
  engine: 'docker',
  phase: 'ready',
  mark: 'mark-1',
  madeAtMs: 0,
  token: 'no-such-token',
  system: '',
  origin: 'created',
};

/** A node container; `mark` is the folder that it mounts as ours. */
export function container(name: string, mark?: string, more: Partial<NodeContainer> = {}): NodeContainer {
  return {
    id: `id-${name}`,
    name,
    role: 'control-plane',
    state: 'running',
    imageId: 'sha256:1',
    image: 'kindest/node:v1.36.1',
    mounts: [
      { source: '/lib/modules', destination: '/lib/modules' },
      ...(mark === undefined ? [] : [{ source: mark, destination: '/kind/redfirst' }]),
    ],
    startedAt: '',
    ...more,
  };
}

export function condition(type: string, status: string, message?: string): Condition {
  return { type, status, ...(message === undefined ? {} : { message }) };
}

/** A KubeVirt object that is ready; the status is laid over. */
export function kubevirtObject(
  status: Partial<NonNullable<KubeVirtObject['status']>> = {},
  spec: NonNullable<KubeVirtObject['spec']> = {},
): KubeVirtObject {
  return {
    metadata: { name: 'kubevirt', namespace: 'kubevirt', generation: 2 },
    spec,
    status: {
      phase: 'Deployed',
      conditions: [
        condition('Available', 'True', 'All components are ready.'),
        condition('Progressing', 'False', 'All components are ready.'),
        condition('Degraded', 'False', 'All components are ready.'),
        condition('Created', 'True', 'All resources were created.'),
      ],
      observedGeneration: 2,
      observedKubeVirtVersion: 'v1.9.0',
      targetKubeVirtVersion: 'v1.9.0',
      observedDeploymentID: 'one',
      targetDeploymentID: 'one',
      ...status,
    },
  };
}

/** What a result holds; a failure ends the test. */
export function valueIn<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.what} (${result.failure.next})`);
  return result.value;
}

/** How it failed; a success ends the test. */
export function failureIn(result: Result<unknown>): Failure {
  if (result.ok) throw new Error('it did not fail');
  return result.failure;
}
