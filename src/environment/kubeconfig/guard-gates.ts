import { EXIT, fail, ok, type Result } from '../../domain/failure.ts';
import type { KubeconfigProfile } from '../../domain/profile.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import { readKubeVirt } from '../kubevirt/deploy.ts';
import { gatesOf } from '../kubevirt/gates.ts';
import { restoreKubeVirt, sameGates } from '../kubevirt/restore.ts';
import type { ProvisionContext } from '../provider.ts';

/** How long, at most, the components may take at the end to have the gates that they had in the beginning. */
const CLEANUP_DEADLINE_MS = 60_000;

/**
 * Where the cluster may be changed: sets the profile's gates, puts them back after each scenario, and in the end those that were found. Where it may
 * not: only looks whether they are still what they were.
 *
 * @returns what a reset does about gates; it complains in words
 */
export async function guardGates(
  { kubevirt: spec, allowMutation, readyDeadlineMs }: KubeconfigProfile,
  namespace: string,
  api: KubeApi,
  context: Pick<ProvisionContext, 'signal' | 'progress' | 'onCleanup'>,
): Promise<Result<() => Promise<readonly string[]>>> {
  const before = await readKubeVirt(api, namespace);
  if (!before.ok) return before;
  const found = gatesOf(before.value);
  if (!allowMutation)
    return ok(async () => {
      const now = await readKubeVirt(api, namespace);
      if (!now.ok) return [now.failure.what];
      const { featureGates, disabledFeatureGates } = gatesOf(now.value);
      const same =
        sameGates(featureGates, found.featureGates) && sameGates(disabledFeatureGates, found.disabledFeatureGates);
      return same ? [] : ['somebody has switched feature gates of KubeVirt since the environment was provisioned'];
    });
  const patienceMs = Math.min(CLEANUP_DEADLINE_MS, readyDeadlineMs);
  const putBack = async (): Promise<void> => {
    // The interrupt that ends a run must not end this.
    const patient = { ...context, signal: new AbortController().signal };
    const left = await restoreKubeVirt(api, { namespace, ...found }, patient, patienceMs);
    if (left.length > 0) throw new Error(left.join('; '));
  };
  // Longer than what it waits for itself, so that it says what is missing.
  context.onCleanup('feature gates as they were found', putBack, patienceMs + 10_000);
  const { featureGates, disabledFeatureGates } = spec ?? found;
  const wanted = { namespace, featureGates, disabledFeatureGates };
  const restore = () => restoreKubeVirt(api, wanted, context, readyDeadlineMs);
  const [problem] = await restore();
  if (problem === undefined) return ok(restore);
  return fail({
    reason: 'environment-failed',
    what: `the feature gates cannot be set: ${problem}`,
    next: 'see which gates this version of KubeVirt knows, or leave them to the cluster (`allowMutation: false`)',
    exit: EXIT.environment,
  });
}
