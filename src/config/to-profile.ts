import type { AddonWait, GuestImage, KubeVirtSpec, Profile, SystemUnderTest } from '../domain/profile.ts';
import { durationMs } from './duration.ts';
import type { ProfileFile } from './profile-schema.ts';

type ClusterFile = Extract<ProfileFile, { provider: 'kind' | 'kubeconfig' }>;
type GuestFile = ClusterFile['guests'][string];

/** What a checked profile means; `name` is its file's name. */
export function toProfile(file: ProfileFile, name: string): Profile {
  switch (file.provider) {
    case 'host':
      return { name, provider: 'host' };
    case 'qemu': {
      const { binary, accelerator, machine } = file;
      return { name, provider: 'qemu', binary, accelerator, machine, probeDeadlineMs: durationMs(file.probeDeadline) };
    }
    case 'envtest': {
      const { assets, kubectl, manifests } = file;
      const startDeadlineMs = durationMs(file.startDeadline);
      const folder = assets === undefined ? {} : { assets };
      return { name, provider: 'envtest', ...folder, tools: { kubectl, virtctl: '' }, manifests, startDeadlineMs };
    }
    case 'kind':
      return {
        ...toCluster(file),
        name,
        provider: 'kind',
        kind: file.kind,
        engine: file.engine,
        cluster: file.cluster ?? `redfirst-${name}`,
        image: file.image,
        controlPlanes: file.controlPlanes,
        workers: file.workers,
        cni: file.cni,
        ...(file.podSubnet !== undefined && { podSubnet: file.podSubnet }),
        kubeadmPatches: file.kubeadmPatches,
        containerdPatches: file.containerdPatches,
        mounts: file.mounts,
        images: file.images,
        createDeadlineMs: durationMs(file.createDeadline),
      };
    case 'kubeconfig':
      return {
        ...toCluster(file),
        name,
        provider: 'kubeconfig',
        kubeconfig: file.kubeconfig,
        ...(file.context !== undefined && { context: file.context }),
        namespacePrefix: file.namespacePrefix,
        namespaceLabels: file.namespaceLabels,
        allowMutation: file.allowMutation,
        install: file.install,
      };
  }
}

function toCluster(file: ClusterFile) {
  const { addons, guests, probe } = file;
  return {
    tools: { kubectl: file.kubectl, virtctl: file.virtctl },
    ...(file.kubevirt !== undefined && { kubevirt: toKubeVirt(file.kubevirt) }),
    addons: addons.map((addon) => ({ ...addon, wait: toWaits(addon.wait) })),
    systems: Object.fromEntries(Object.entries(file.systems).map(([name, system]) => [name, toSystem(name, system)])),
    guests: Object.fromEntries(Object.entries(guests).map(([guest, source]) => [guest, toGuest(source)])),
    probe: {
      guest: probeGuest(file),
      ready: probe.ready,
      deadlineMs: durationMs(probe.deadline),
    },
    readyDeadlineMs: durationMs(file.readyDeadline),
  };
}

/** What a checked list of conditions means. */
export function toWaits(waits: ClusterFile['addons'][number]['wait']): AddonWait[] {
  return waits.map(({ namespace, ...wait }) => ({ ...wait, ...(namespace !== undefined && { namespace }) }));
}

function toSystem(
  name: string,
  { kubevirt, images, manifests, wait }: ClusterFile['systems'][string],
): SystemUnderTest {
  const common = { name, images, manifests, wait: toWaits(wait) };
  if (kubevirt === undefined) return common;
  const { version, operator, cr } = kubevirt;
  return {
    ...common,
    kubevirt: { version, ...(operator !== undefined && { operator }), ...(cr !== undefined && { cr }) },
  };
}

function probeGuest({ guests, probe }: ClusterFile): 'own' | GuestImage {
  const named = guests[probe.guest];
  if (named !== undefined) return toGuest(named);
  // The check has refused every other name.
  if (probe.guest !== 'own') throw new Error(`a profile passed its check and names an unknown guest: ${probe.guest}`);
  return 'own';
}

function toKubeVirt(file: NonNullable<ClusterFile['kubevirt']>): KubeVirtSpec {
  const { operator, cr, infraReplicas, ...rest } = file;
  return {
    ...rest,
    ...(operator !== undefined && { operator }),
    ...(cr !== undefined && { cr }),
    ...(infraReplicas !== undefined && { infraReplicas }),
  };
}

function toGuest({ containerDisk, kernelBoot }: GuestFile): GuestImage {
  if (containerDisk !== undefined) return { containerDisk };
  // The schema has refused a guest with neither.
  if (kernelBoot === undefined) throw new Error('a guest passed its check and has no source');
  const { image, kernelPath, initrdPath, kernelArgs } = kernelBoot;
  return {
    kernelBoot: {
      image,
      kernelPath,
      ...(initrdPath !== undefined && { initrdPath }),
      ...(kernelArgs !== undefined && { kernelArgs }),
    },
  };
}
