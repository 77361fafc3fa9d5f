import type { Finding } from '../../domain/failure.ts';
import type { KubeconfigProfile } from '../../domain/profile.ts';
import type { KubeVirtObject } from '../kubernetes/objects.ts';
import { gatesOf } from '../kubevirt/gates.ts';
import { sameGates } from '../kubevirt/restore.ts';

/** What a run would change in an existing cluster besides its namespaces; undefined where that is nothing. Pure. */
export function foreseeChanges(
  profile: KubeconfigProfile,
  found: KubeVirtObject | undefined,
): (Finding & { readonly next: string }) | undefined {
  const { name, kubevirt, addons, allowMutation, install } = profile;
  if (!allowMutation) return undefined;
  const gates = gatesOf(found);
  const differ =
    found !== undefined &&
    kubevirt !== undefined &&
    !(
      sameGates(gates.featureGates, kubevirt.featureGates) &&
      sameGates(gates.disabledFeatureGates, kubevirt.disabledFeatureGates)
    );
  const changes = [
    ...(install && kubevirt !== undefined && found === undefined ? [`KubeVirt ${kubevirt.version} is installed`] : []),
    ...(install ? addons.map((addon) => `add-on ${addon.name} is applied`) : []),
    ...(differ ? ['the feature gates are set as the profile has them, and put back afterwards'] : []),
  ];
  if (changes.length === 0) return undefined;
  return {
    severity: 'note',
    what: `a run changes the cluster: ${changes.join('; ')}`,
    next: `\`redfirst doctor --provision ${name}\` does so now, and looks at what is there then; without it nothing is changed`,
  };
}
