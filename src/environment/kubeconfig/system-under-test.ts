import { EXIT, type Failure, type Finding, fail, ok, type Result } from '../../domain/failure.ts';
import type { Addon, KubeconfigProfile, KubeVirtSpec, SystemUnderTest } from '../../domain/profile.ts';

/** What is to be in the cluster. */
export interface Wanted {
  /** What is installed where there is no KubeVirt. */
  readonly kubevirt: KubeVirtSpec | undefined;
  /** What is applied, in order. */
  readonly addons: readonly Addon[];
  readonly findings: readonly Finding[];
}

/**
 * What the profile and the system under test want in the cluster. The KubeVirt of an existing cluster is never exchanged: one of another version than the system's is
 * refused, and so is whatever would change a cluster that is not to be changed.
 *
 * @param found version of the KubeVirt that the cluster has
 */
export function wantedIn(
  profile: KubeconfigProfile,
  system: SystemUnderTest | undefined,
  found: string | undefined,
): Result<Wanted> {
  const mayInstall = profile.install && profile.allowMutation;
  const addons = mayInstall ? profile.addons : [];
  if (system === undefined) return ok({ kubevirt: profile.kubevirt, addons, findings: [] });
  const { name, kubevirt, images, manifests, wait } = system;
  if (kubevirt !== undefined && found !== undefined && kubevirt.version !== found)
    return fail(
      refused(
        `system ${name} is KubeVirt ${kubevirt.version}, and the cluster has ${found}, which is not exchanged`,
        `bring the cluster to ${kubevirt.version} yourself, and run this phase again; a profile with provider kind does it by itself`,
      ),
    );
  if (kubevirt !== undefined && found === undefined && !mayInstall)
    return fail(
      refused(
        `system ${name} is KubeVirt ${kubevirt.version}, and the cluster has none`,
        'install it, or allow redfirst to (`install: true`, `allowMutation: true`)',
      ),
    );
  if (manifests.length > 0 && !profile.allowMutation)
    return fail(
      refused(
        `system ${name} is applied to the cluster, and the profile does not allow to change it`,
        'set `allowMutation: true`, or use a profile with provider kind',
      ),
    );
  const { operator: _, cr: __, ...kept } = profile.kubevirt ?? NO_KUBEVIRT;
  return ok({
    kubevirt: kubevirt === undefined ? profile.kubevirt : { ...kept, ...kubevirt },
    addons: manifests.length === 0 ? addons : [...addons, { name: `system-${name}`, manifests, wait }],
    findings: [
      ...(manifests.length === 0
        ? []
        : [note(`system ${name} is applied to the cluster, and stays: ${manifests.join(', ')}`)]),
      ...(images.length === 0
        ? []
        : [
            note(
              `images of system ${name} are not loaded into an existing cluster, whose nodes pull them: ${images.join(', ')}`,
            ),
          ]),
    ],
  });
}

const NO_KUBEVIRT: KubeVirtSpec = {
  version: '',
  namespace: 'kubevirt',
  emulation: 'auto',
  featureGates: [],
  disabledFeatureGates: [],
  imagePullPolicy: 'IfNotPresent',
};

function note(what: string): Finding {
  return { severity: 'note', what };
}

function refused(what: string, next: string): Failure {
  return { reason: 'environment-failed', what, next, exit: EXIT.environment };
}
