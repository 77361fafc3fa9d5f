import { fail, ok } from '../../domain/failure.ts';
import type { KubeVirtSpec } from '../../domain/profile.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import { clusterFailure } from '../kubernetes/cluster-failure.ts';
import type { List, Pod } from '../kubernetes/objects.ts';
import type { GateSwitch, ProvisionContext } from '../provider.ts';
import { readKubeVirt } from './deploy.ts';
import { gatesOf, setGates, withGate } from './gates.ts';

/** Switches gates on the KubeVirt object of a namespace. */
export function gateSwitch(
  api: KubeApi,
  { namespace }: Pick<KubeVirtSpec, 'namespace'>,
  { signal, progress }: Pick<ProvisionContext, 'signal' | 'progress'>,
  deadlineMs: number,
): GateSwitch {
  return {
    set: async (gate, state) => {
      const found = await readKubeVirt(api, namespace);
      if (!found.ok) return found;
      return setGates({ api, namespace, signal, progress, deadlineMs }, withGate(gatesOf(found.value), gate, state));
    },
    components: async () => {
      const pods = await api.get<List<Pod>>(`/api/v1/namespaces/${namespace}/pods`);
      if (!pods.ok) return fail(clusterFailure(`the components' pods cannot be listed: ${pods.failure.message}`));
      return ok(
        pods.value.items
          .filter(({ metadata }) => metadata.labels?.['kubevirt.io'] !== undefined)
          .map(({ metadata, status }) => ({
            pod: metadata.name,
            uid: metadata.uid ?? '',
            restarts: (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0),
          })),
      );
    },
  };
}
