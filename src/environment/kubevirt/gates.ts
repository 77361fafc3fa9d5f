import { fail, ok, type Result } from '../../domain/failure.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import { clusterFailure } from '../kubernetes/cluster-failure.ts';
import type { KubeVirtObject, List, Pod } from '../kubernetes/objects.ts';
import { waitFor } from '../kubernetes/wait-for.ts';
import { findKubeVirt, readKubeVirt } from './deploy.ts';

export interface GateSettings {
  readonly featureGates: readonly string[];
  readonly disabledFeatureGates: readonly string[];
}

export interface GateTarget {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
  readonly deadlineMs: number;
}

/** The components that read the configuration, by the label that their pods carry. */
const READERS = ['virt-api', 'virt-controller', 'virt-handler'];
const HEALTH_PORT = 8443;

/** What the KubeVirt object says of gates. */
export function gatesOf(kubevirt: KubeVirtObject | undefined): GateSettings {
  const developer = kubevirt?.spec?.configuration?.developerConfiguration;
  return { featureGates: developer?.featureGates ?? [], disabledFeatureGates: developer?.disabledFeatureGates ?? [] };
}

/** The settings with one gate switched. A gate stands in one list at most: KubeVirt's admission refuses one in both. */
export function withGate(settings: GateSettings, gate: string, state: 'on' | 'off'): GateSettings {
  const without = (list: readonly string[]): string[] => list.filter((one) => one !== gate);
  const featureGates = without(settings.featureGates);
  // Off, one that stands in the list of those that are off stays there: by default it may be on.
  return state === 'on'
    ? { featureGates: [...featureGates, gate], disabledFeatureGates: without(settings.disabledFeatureGates) }
    : { featureGates, disabledFeatureGates: settings.disabledFeatureGates };
}

/**
 * Sets the gates on the KubeVirt object and waits until every component has them: the object's generation is observed, and virt-api,
 * virt-controller and virt-handler each report a configuration at least as new (`/healthz`, `config-resource-version`).
 */
export async function setGates(target: GateTarget, settings: GateSettings): Promise<Result<void>> {
  const { api, namespace, signal, progress, deadlineMs } = target;
  const both = settings.featureGates.find((gate) => settings.disabledFeatureGates.includes(gate));
  if (both !== undefined)
    return fail(clusterFailure(`gate ${both} is to be on and off at once`, 'name it in one list'));
  const found = await readKubeVirt(api, namespace);
  if (!found.ok) return found;
  if (found.value === undefined)
    return fail(clusterFailure(`namespace ${namespace} has no KubeVirt object`, 'deploy KubeVirt first'));
  const { name } = found.value.metadata;
  const path = `/apis/kubevirt.io/v1/namespaces/${namespace}/kubevirts/${name}`;
  const { featureGates, disabledFeatureGates } = settings;
  // A list that is empty is taken away: whoever had none has none again.
  const developerConfiguration = {
    featureGates: featureGates.length === 0 ? null : featureGates,
    disabledFeatureGates: disabledFeatureGates.length === 0 ? null : disabledFeatureGates,
  };
  const body = { spec: { configuration: { developerConfiguration } } };
  const patched = await api.send<KubeVirtObject & { metadata: { resourceVersion: string } }>({
    method: 'PATCH',
    path,
    body,
    contentType: 'application/merge-patch+json',
  });
  if (!patched.ok)
    return fail(
      clusterFailure(`KubeVirt refuses the gates: ${patched.failure.message}`, 'see which gates this version knows'),
    );
  const { generation, resourceVersion } = patched.value.metadata;
  return waitFor({
    what: `the gates ${settings.featureGates.join(', ') || '(none)'}`,
    deadlineMs,
    signal,
    progress,
    missing: async () => {
      const now = await findKubeVirt(api, namespace);
      if (!now.ok) return ok([`the KubeVirt object (${now.failure.message})`]);
      if ((now.value?.status?.observedGeneration ?? 0) < (generation ?? 0))
        return ok([`generation ${generation} of the KubeVirt object to be observed`]);
      return ok(await componentsBehind(api, namespace, resourceVersion));
    },
  });
}

/** Pods of the components whose configuration is older than `resourceVersion`. */
async function componentsBehind(api: KubeApi, namespace: string, resourceVersion: string): Promise<string[]> {
  const selector = encodeURIComponent(`kubevirt.io in (${READERS.join(',')})`);
  const pods = await api.get<List<Pod>>(`/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`);
  if (!pods.ok) return [`the components' pods (${pods.failure.message})`];
  const running = pods.value.items.filter(
    ({ status, metadata }) => status?.phase === 'Running' && metadata.deletionTimestamp === undefined,
  );
  const behind = await Promise.all(
    running.map(async ({ metadata: { name } }) => {
      const answer = await api.text(`/api/v1/namespaces/${namespace}/pods/https:${name}:${HEALTH_PORT}/proxy/healthz`);
      if (!answer.ok) return [`${name} to tell its configuration (${answer.failure.message})`];
      const version = configVersionOf(answer.value);
      if (version !== undefined && isAtLeast(version, resourceVersion)) return [];
      return [`${name} to take over the configuration (has ${version ?? 'none'}, needs ${resourceVersion})`];
    }),
  );
  // One that does not run tells nothing, and comes up with whatever it finds then.
  const absent = READERS.filter(
    (reader) => !running.some(({ metadata }) => metadata.labels?.['kubevirt.io'] === reader),
  );
  return [...behind.flat(), ...absent.map((reader) => `${reader} to run`)];
}

/** `config-resource-version` out of the JSON that a component's /healthz answers with. */
export function configVersionOf(healthz: string): string | undefined {
  return /"config-resource-version":\s*"?(\d+)"?/.exec(healthz)?.[1];
}

/** Resource versions of one object are numbers that grow. */
function isAtLeast(version: string, wanted: string): boolean {
  return BigInt(version) >= BigInt(wanted);
}
