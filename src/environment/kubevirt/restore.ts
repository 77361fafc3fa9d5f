import type { KubeVirtSpec } from '../../domain/profile.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import type { ProvisionContext } from '../provider.ts';
import { readKubeVirt } from './deploy.ts';
import { gatesOf, setGates } from './gates.ts';

/**
 * Puts the gates back to what the profile says where a scenario left them otherwise, and waits until every component has them.
 * @returns what could not be put back, in words.
 */
export async function restoreKubeVirt(
  api: KubeApi,
  spec: Pick<KubeVirtSpec, 'namespace' | 'featureGates' | 'disabledFeatureGates'>,
  { signal, progress }: Pick<ProvisionContext, 'signal' | 'progress'>,
  deadlineMs: number,
): Promise<string[]> {
  const found = await readKubeVirt(api, spec.namespace);
  if (!found.ok) return [found.failure.what];
  const now = gatesOf(found.value);
  if (sameGates(now.featureGates, spec.featureGates) && sameGates(now.disabledFeatureGates, spec.disabledFeatureGates))
    return [];
  const set = await setGates({ api, namespace: spec.namespace, signal, progress, deadlineMs }, spec);
  return set.ok ? [] : [set.failure.what];
}

/** Whether two lists name the same gates, in whatever order. */
export function sameGates(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && [...left].sort().every((gate, index) => gate === [...right].sort()[index]);
}
