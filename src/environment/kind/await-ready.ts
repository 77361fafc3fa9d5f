import { type Finding, fail, ok, type Result } from '../../domain/failure.ts';
import type { KindProfile, KubeVirtSpec } from '../../domain/profile.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import { ownedNamespaces, removeNamespaces } from '../kubernetes/namespaces.ts';
import { conditionOf, type KubeNode, type List } from '../kubernetes/objects.ts';
import type { OpenedApi } from '../kubernetes/open-api.ts';
import { awaitAnew } from '../kubernetes/seen-anew.ts';
import { waitFor } from '../kubernetes/wait-for.ts';
import { awaitKubeVirt, findKubeVirt } from '../kubevirt/deploy.ts';
import { restoreKubeVirt } from '../kubevirt/restore.ts';
import type { ProvisionContext } from '../provider.ts';
import { engineFailure } from './container-engine.ts';
import type { Awakening } from './start-nodes.ts';

/** How long what earlier runs left may take to go. */
const REMOVE_DEADLINE_MS = 90_000;

/**
 * A cluster that was there: waits until it is as ready as a new one, and takes away what earlier runs left, dead ones among them. It is this
 * process's alone, so every namespace of redfirst's is a leftover.
 *
 * @param awakening where the nodes were started just now: what they and KubeVirt said before that does not count
 */
export async function awaitReady(
  profile: KindProfile,
  opened: OpenedApi,
  context: ProvisionContext,
  awakening?: Awakening,
): Promise<Result<readonly Finding[]>> {
  const nodes = await awaitNodes(opened, profile.readyDeadlineMs, context, awakening);
  if (!nodes.ok) return nodes;
  const { kubevirt } = profile;
  const awaitSettled = async (): Promise<Result<void>> =>
    kubevirt === undefined
      ? ok(undefined)
      : awaitKubeVirt({
          ...kubevirtTarget(profile, kubevirt, opened, context),
          ...(awakening === undefined ? {} : { startedAtMs: awakening.startedAtMs }),
        });
  const isUsable = awakening === undefined && (kubevirt === undefined || (await isAvailable(opened.api, kubevirt)));
  if (!isUsable || context.existingOnly === true) {
    const ready = await awaitSettled();
    if (!ready.ok) return ready;
  }
  // A look takes nothing away.
  if (context.existingOnly === true) return ok([]);
  const leftovers = await ownedNamespaces(opened.api);
  if (!leftovers.ok) return leftovers;
  if (leftovers.value.length > 0) context.progress(`what earlier runs left to go (${leftovers.value.join(', ')})`);
  const [left, restored] = await Promise.all([
    removeNamespaces(opened.api, leftovers.value, REMOVE_DEADLINE_MS),
    kubevirt === undefined ? [] : restoreKubeVirt(opened.api, kubevirt, context, profile.readyDeadlineMs),
  ]);
  const problems = [...left, ...restored];
  if (problems.length > 0) {
    const what = `cluster ${profile.cluster} could not be reset: ${problems.join('; ')}`;
    return fail(engineFailure(what, `make it anew: redfirst cluster down ${profile.name}`));
  }
  // What was put back is rolled out once, together with what may have been under way.
  const settled = await awaitSettled();
  return settled.ok ? ok([]) : settled;
}

/** Whether KubeVirt serves its API, be it in the middle of a change. */
async function isAvailable(api: KubeApi, { namespace }: KubeVirtSpec): Promise<boolean> {
  const found = await findKubeVirt(api, namespace);
  return found.ok && conditionOf(found.value?.status?.conditions, 'Available')?.status === 'True';
}

/** Waits until every node is ready; where they were started with what they held, until all in them has shown itself again. */
export async function awaitNodes(
  { api }: OpenedApi,
  deadlineMs: number,
  context: ProvisionContext,
  awakening?: Awakening,
): Promise<Result<void>> {
  const { signal, progress } = context;
  if (awakening !== undefined) {
    const anew = await awaitAnew(api, awakening.startedAtMs, deadlineMs, context);
    await (await awakening.bridge)();
    return anew;
  }
  return waitFor({
    ...{ what: 'the cluster', deadlineMs, signal, progress },
    missing: async () => {
      const nodes = await api.get<List<KubeNode>>('/api/v1/nodes');
      if (!nodes.ok) return ok([`the nodes (${nodes.failure.message})`]);
      if (nodes.value.items.length === 0) return ok(['the first node']);
      return ok(
        nodes.value.items.flatMap(({ metadata: { name }, status }) => {
          const condition = conditionOf(status?.conditions, 'Ready');
          return condition?.status === 'True'
            ? []
            : [`node ${name} to be ready (${condition?.message ?? 'no word yet'})`];
        }),
      );
    },
  });
}

/** What KubeVirt is deployed with, and waited for. */
export function kubevirtTarget(
  profile: KindProfile,
  spec: NonNullable<KindProfile['kubevirt']>,
  { api, kubectl }: OpenedApi,
  { root, signal, progress }: ProvisionContext,
) {
  return { api, kubectl, spec, root, signal, progress, readyDeadlineMs: profile.readyDeadlineMs, isOurs: true };
}
