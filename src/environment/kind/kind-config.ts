import { stringify } from 'yaml';
import type { KindProfile } from '../../domain/profile.ts';
import { MARK_DESTINATION } from './cluster-record.ts';

/**
 * The configuration that `kind create cluster --config` reads (kind.x-k8s.io/v1alpha4), written from a profile.
 *
 * @param markPath folder of this machine that is mounted into every node, and tells them from other clusters' nodes
 */
export function kindConfig(profile: KindProfile, markPath: string): string {
  const mounts = [
    { hostPath: markPath, containerPath: MARK_DESTINATION, readOnly: true },
    ...profile.mounts.map(({ hostPath, containerPath, readOnly }) => ({ hostPath, containerPath, readOnly })),
  ];
  const node = (role: string) => ({ role, image: profile.image, extraMounts: mounts });
  const networking = {
    ...(profile.cni === 'none' ? { disableDefaultCNI: true } : {}),
    ...(profile.podSubnet === undefined ? {} : { podSubnet: profile.podSubnet }),
  };
  return stringify(
    {
      kind: 'Cluster',
      apiVersion: 'kind.x-k8s.io/v1alpha4',
      nodes: [
        ...Array.from({ length: profile.controlPlanes }, () => node('control-plane')),
        ...Array.from({ length: profile.workers }, () => node('worker')),
      ],
      ...(Object.keys(networking).length === 0 ? {} : { networking }),
      ...(profile.kubeadmPatches.length === 0 ? {} : { kubeadmConfigPatches: profile.kubeadmPatches }),
      ...(profile.containerdPatches.length === 0 ? {} : { containerdConfigPatches: profile.containerdPatches }),
    },
    // Every node its own mounts: kind's parser takes no YAML anchors for granted.
    { aliasDuplicateObjects: false, lineWidth: 0 },
  );
}

/** How many node containers a profile asks for; kind adds a load balancer in front of several control planes. */
export function countNodes({ controlPlanes, workers }: KindProfile): number {
  return controlPlanes + workers + (controlPlanes > 1 ? 1 : 0);
}
