import { fail, ok, type Result } from '../../domain/failure.ts';
import type { KubeconfigProfile } from '../../domain/profile.ts';
import { deployAddons } from '../kubernetes/addons.ts';
import { failedToIdentify } from '../kubernetes/identify-cluster.ts';
import type { KubeNode, List } from '../kubernetes/objects.ts';
import type { OpenedApi } from '../kubernetes/open-api.ts';
import { waitFor } from '../kubernetes/wait-for.ts';
import { awaitKubeVirt, deployKubeVirt, explainUnready, findKubeVirt } from '../kubevirt/deploy.ts';
import { missingForReady, SCHEDULABLE_LABEL } from '../kubevirt/readiness.ts';
import type { ProvisionContext } from '../provider.ts';
import type { Wanted } from './system-under-test.ts';

/**
 * The namespace of the KubeVirt that is used: the one that was found, once it is ready, or one that is installed where there is none and the
 * profile allows it. Undefined where there is to be none.
 *
 * @param wanted what is installed or applied, where it may be
 * @param found namespace of the KubeVirt object that the cluster has
 */
export async function settleKubeVirt(
  profile: KubeconfigProfile,
  { kubevirt: spec, addons }: Pick<Wanted, 'kubevirt' | 'addons'>,
  found: string | undefined,
  opened: OpenedApi,
  context: ProvisionContext,
): Promise<Result<string | undefined>> {
  const { install, allowMutation, readyDeadlineMs } = profile;
  const { root, progress } = context;
  let namespace = found;
  if (found !== undefined) {
    const ready = await awaitFound(profile, found, opened, context);
    if (!ready.ok) return ready;
  } else if (install && allowMutation && spec !== undefined) {
    const target = { ...opened, ...context, spec, readyDeadlineMs };
    const nodes = await opened.api.get<List<KubeNode>>('/api/v1/nodes');
    const deployed = await deployKubeVirt(target, {
      // Whether its nodes have a KVM that works is known only once a guest has booted there.
      useEmulation: spec.emulation === 'always',
      nodes: nodes.ok ? nodes.value.items.length : 0,
    });
    if (!deployed.ok) return deployed;
    const ready = await awaitKubeVirt(target);
    if (!ready.ok) return ready;
    namespace = spec.namespace;
  }
  const added = await deployAddons({ kubectl: opened.kubectl, root, readyDeadlineMs, progress }, addons);
  return added.ok ? ok(namespace) : added;
}

/** Not every node of somebody else's cluster is there for guests: one that is suffices. */
function awaitFound(
  { readyDeadlineMs }: KubeconfigProfile,
  namespace: string,
  { api }: OpenedApi,
  { signal, progress }: ProvisionContext,
): Promise<Result<void>> {
  return waitFor({
    what: `KubeVirt in namespace ${namespace}`,
    deadlineMs: readyDeadlineMs,
    signal,
    progress,
    missing: async () => {
      const kubevirt = await findKubeVirt(api, namespace);
      // A server that is silent for a moment does not end the wait; one that refuses does.
      if (!kubevirt.ok && kubevirt.failure.kind === 'denied') return fail(failedToIdentify(kubevirt.failure.message));
      if (!kubevirt.ok) return ok([`the KubeVirt object (${kubevirt.failure.message})`]);
      const nodes = await api.get<List<KubeNode>>('/api/v1/nodes');
      const schedulable =
        nodes.ok && nodes.value.items.some(({ metadata }) => metadata.labels?.[SCHEDULABLE_LABEL] === 'true');
      return ok([
        ...missingForReady(kubevirt.value, []),
        ...(schedulable ? [] : ['a node that is schedulable for guests']),
      ]);
    },
    why: (over) => explainUnready(api, namespace, over),
  });
}
