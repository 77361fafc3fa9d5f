import type { Finding } from '../../domain/failure.ts';
import type { KubeconfigProfile } from '../../domain/profile.ts';
import type { ApiFailure } from '../kubernetes/api.ts';
import type { KubeVirtObject } from '../kubernetes/objects.ts';
import { gatesOf } from '../kubevirt/gates.ts';

/** What is to be said of the KubeVirt in an existing cluster, or of there being none. Pure. */
export function kubevirtFindings(
  profile: KubeconfigProfile,
  found: readonly KubeVirtObject[],
  unread: ApiFailure | undefined,
  hasVirtctl: boolean,
): Finding[] {
  const { kubevirt: wanted, install, allowMutation, addons, tools } = profile;
  const findings: Finding[] = [];
  if (install && (!allowMutation || wanted === undefined))
    findings.push({
      severity: 'error',
      what: `the profile asks to install KubeVirt (\`install\`), and ${wanted === undefined ? 'does not say which' : 'does not allow to change the cluster'}`,
      next:
        wanted === undefined
          ? 'name its version (`kubevirt.version`)'
          : 'set `allowMutation: true`, or `install: false`',
    });
  const [first, ...more] = found;
  if (first === undefined) findings.push(...withoutKubeVirt(profile, unread));
  else {
    const { namespace } = first.metadata;
    const version = first.status?.observedKubeVirtVersion ?? 'of unknown version';
    findings.push({ severity: 'note', what: `KubeVirt ${version} is in namespace ${namespace}` });
    if (more.length > 0)
      findings.push({
        severity: 'warning',
        what: `there are ${found.length} KubeVirt objects; the one in ${namespace} is used`,
        next: 'KubeVirt is made for one in a cluster: remove the others',
      });
    if (wanted !== undefined && wanted.version !== version)
      findings.push({
        severity: 'warning',
        what: `the profile names KubeVirt ${wanted.version}, the cluster has ${version}; it is left as it is`,
        next: 'name that version in the profile, or update the cluster',
      });
    if (!allowMutation) findings.push(...gateFindings(profile, first));
    if (!hasVirtctl)
      findings.push({
        severity: 'note',
        what: `${tools.virtctl} is not on this machine; suites get none`,
        next: 'install it, or run `redfirst doctor --fix` where it can be downloaded',
      });
  }
  if (addons.length > 0 && !(install && allowMutation))
    findings.push({
      severity: 'warning',
      what: `add-ons are not applied to a cluster that is not to be changed: ${addons.map(({ name }) => name).join(', ')}`,
      next: 'set `allowMutation: true` and `install: true`, or see that the cluster has them',
    });
  return findings;
}

function withoutKubeVirt({ kubevirt: wanted, install }: KubeconfigProfile, unread: ApiFailure | undefined): Finding[] {
  if (unread !== undefined && unread.status !== 404)
    return [
      {
        severity: 'warning',
        what: `whether the cluster has KubeVirt cannot be seen (${unread.message}); it is taken for one that has none`,
        next: 'let an administrator allow to list kubevirts.kubevirt.io, or use other credentials',
      },
    ];
  if (install)
    return wanted === undefined
      ? []
      : [{ severity: 'note', what: `the cluster has no KubeVirt; ${wanted.version} will be installed, and stays` }];
  return [
    {
      severity: wanted === undefined ? 'note' : 'warning',
      what: 'the cluster has no KubeVirt: the grade virt cannot be had',
      next: 'install it, or allow redfirst to (`install: true`, `allowMutation: true`)',
    },
  ];
}

/** Gates are the cluster's own where it is not to be changed; a scenario that counts on others should not be surprised. */
function gateFindings({ kubevirt: wanted }: KubeconfigProfile, found: KubeVirtObject): Finding[] {
  const { featureGates, disabledFeatureGates } = gatesOf(found);
  const off = (wanted?.featureGates ?? []).filter((gate) => !featureGates.includes(gate));
  const on = (wanted?.disabledFeatureGates ?? []).filter((gate) => !disabledFeatureGates.includes(gate));
  const said = [...off.map((gate) => `${gate} is not switched on`), ...on.map((gate) => `${gate} is not switched off`)];
  if (said.length === 0) return [];
  return [
    {
      severity: 'warning',
      what: `feature gates are not as the profile has them, and are left alone: ${said.join(', ')}`,
      next: 'set them on the KubeVirt object yourself, or allow redfirst to (`allowMutation: true`)',
    },
  ];
}
