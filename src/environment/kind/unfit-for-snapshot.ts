import { fail, ok, type Result } from '../../domain/failure.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import { clusterFailure } from '../kubernetes/cluster-failure.ts';
import { identifyCluster } from '../kubernetes/identify-cluster.ts';
import { MANAGED_LABEL } from '../kubernetes/namespaces.ts';
import type { List, Namespace, Vmi } from '../kubernetes/objects.ts';
import type { ContainerEngine, NodeContainer } from './container-engine.ts';

/** What is in a cluster that may be kept. */
export interface FitCluster {
  readonly namespaces: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Looks whether a cluster may become a snapshot: what is in it comes up with every restored cluster of the profile, so nothing of a run may be.
 * What somebody applied by hand cannot be told from what the profile applied; the namespaces are listed, for a person to look at.
 */
export async function unfitForSnapshot(
  engine: ContainerEngine,
  nodes: readonly NodeContainer[],
  api: KubeApi,
): Promise<Result<FitCluster>> {
  if (engine.name !== 'docker')
    return fail(clusterFailure(`snapshots are made with Docker only, not with ${engine.name}`, 'use engine: docker'));
  // Several etcd members know each other by address, and a restored node gets the address that is free.
  if (nodes.filter(({ role }) => role === 'control-plane').length > 1)
    return fail(clusterFailure('a cluster of several control planes cannot be restored', 'use one control plane'));
  const namespaces = await api.get<List<Namespace>>('/api/v1/namespaces');
  if (!namespaces.ok) return fail(clusterFailure(namespaces.failure.message));
  const ofRuns = namespaces.value.items.filter(({ metadata }) => metadata.labels?.[MANAGED_LABEL] === 'redfirst');
  if (ofRuns.length > 0) {
    const names = ofRuns.map(({ metadata }) => metadata.name).join(', ');
    return fail(clusterFailure(`namespaces of runs are still there: ${names}`, `kubectl delete namespace ${names}`));
  }
  // There is no such kind where there is no KubeVirt.
  const vmis = await api.get<List<Vmi>>('/apis/kubevirt.io/v1/virtualmachineinstances');
  const guests = vmis.ok ? vmis.value.items : [];
  if (guests.length > 0) {
    const names = guests.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ');
    return fail(clusterFailure(`guests run in the cluster: ${names}`, 'stop and delete them first'));
  }
  const versions = await identifyCluster(api);
  if (!versions.ok) return versions;
  return ok({
    namespaces: namespaces.value.items.map(({ metadata }) => metadata.name).sort(),
    versions: versions.value,
  });
}
