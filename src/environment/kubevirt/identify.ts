import { fail, ok, type Result } from '../../domain/failure.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import { failedToIdentify } from '../kubernetes/identify-cluster.ts';
import type { List, Pod } from '../kubernetes/objects.ts';
import { readKubeVirt } from './deploy.ts';
import type { DomainFacts } from './domain-facts.ts';
import { gatesOf } from './gates.ts';

/** What KubeVirt in the cluster is: versions, deployment, image digests of its components, gates as they are set. */
export async function identifyKubeVirt(api: KubeApi, namespace: string): Promise<Result<Record<string, string>>> {
  const kubevirt = await readKubeVirt(api, namespace);
  if (!kubevirt.ok) return kubevirt;
  const pods = await api.get<List<Pod>>(`/api/v1/namespaces/${namespace}/pods`);
  if (!pods.ok) return fail(failedToIdentify(pods.failure.message));
  const { status } = kubevirt.value ?? {};
  const gates = gatesOf(kubevirt.value);
  const version = status?.observedKubeVirtVersion ?? '';
  return ok({
    'kubevirt.version': version,
    'kubevirt.operator.version': status?.operatorVersion ?? '',
    // A build of one's own is observed under its image tag; then the operator's own version says which line it is of.
    'kubevirt.minor': minorOf(version) ?? minorOf(status?.operatorVersion ?? '') ?? version,
    'kubevirt.deployment': status?.observedDeploymentID ?? '',
    'kubevirt.gates.enabled': [...gates.featureGates].sort().join(','),
    'kubevirt.gates.disabled': [...gates.disabledFeatureGates].sort().join(','),
    ...componentImages(pods.value.items),
  });
}

/** Image digests of the components, by the label that names them. */
function componentImages(pods: readonly Pod[]): Record<string, string> {
  return Object.fromEntries(
    pods.flatMap(({ metadata, status }) => {
      const component = metadata.labels?.['kubevirt.io'];
      const container = status?.containerStatuses?.find(({ name }) => name === component);
      if (component === undefined || container?.imageID === undefined) return [];
      return [[`kubevirt.image.${component}`, container.imageID] as const];
    }),
  );
}

/** What the probe guest showed, as facts. */
export function guestFacts(facts: DomainFacts): Record<string, string> {
  return {
    accelerator: facts.accelerator,
    'qemu.version': facts.qemuVersion,
    'qemu.machine': facts.machine,
    'libvirt.version': facts.libvirtVersion,
  };
}

/** `v1.9` of `v1.9.0-rc.0`; undefined for a tag that is no version. */
export function minorOf(version: string): string | undefined {
  return /^v?\d+\.\d+/.exec(version)?.[0];
}
