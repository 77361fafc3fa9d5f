import { parse } from 'yaml';
import type { KubeVirtSpec } from '../../domain/profile.ts';

/** Where the manifests of a release are published. */
const RELEASES = 'https://github.com/kubevirt/kubevirt/releases/download';

/** The operator manifest: the profile's, else the release's. */
export function operatorManifest({ operator, version }: KubeVirtSpec): string {
  return operator ?? `${RELEASES}/${version}/kubevirt-operator.yaml`;
}

export interface KubeVirtChoices {
  readonly useEmulation: boolean;
  /** Nodes that can carry replicas. */
  readonly nodes: number;
}

/** The name of the KubeVirt object that redfirst writes; upstream's own manifest has the same. */
export const KUBEVIRT_NAME = 'kubevirt';

/**
 * The KubeVirt object: the profile's manifest (as text) or an empty one, with what the profile asks for laid over it. Software emulation is
 * written either way, so that what ran is in the object and not in a default.
 */
export function kubevirtObject(spec: KubeVirtSpec, choices: KubeVirtChoices, manifest?: string): object {
  const base = manifest === undefined ? {} : ((parse(manifest) ?? {}) as KubeVirtManifest);
  const { infra, configuration, ...rest } = base.spec ?? {};
  const developer = configuration?.developerConfiguration ?? {};
  const replicas = spec.infraReplicas ?? (choices.nodes <= 1 ? 1 : undefined);
  return {
    apiVersion: base.apiVersion ?? 'kubevirt.io/v1',
    kind: 'KubeVirt',
    metadata: { name: base.metadata?.name ?? KUBEVIRT_NAME, namespace: spec.namespace },
    spec: {
      ...rest,
      imagePullPolicy: spec.imagePullPolicy,
      ...(replicas === undefined ? (infra === undefined ? {} : { infra }) : { infra: { ...infra, replicas } }),
      configuration: {
        ...configuration,
        developerConfiguration: {
          ...developer,
          useEmulation: choices.useEmulation,
          featureGates: [...spec.featureGates].sort(),
          disabledFeatureGates: [...spec.disabledFeatureGates].sort(),
        },
      },
    },
  };
}

interface KubeVirtManifest {
  readonly apiVersion?: string;
  readonly metadata?: { readonly name?: string };
  readonly spec?: {
    readonly infra?: object;
    readonly configuration?: { readonly developerConfiguration?: object };
  } & Record<string, unknown>;
}
