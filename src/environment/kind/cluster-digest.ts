import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type { Sha256 } from '../../domain/brand.ts';
import { canonicalJson } from '../../domain/canonical.ts';
import type { KindProfile, SystemUnderTest } from '../../domain/profile.ts';
import { manifestPath } from '../kubernetes/apply.ts';
import { operatorManifest } from '../kubevirt/kubevirt-object.ts';
import { isArchive } from './load-images.ts';

/**
 * Digest of all that decides what a cluster is: the profile with the machine's values in it, the content of the manifests and image archives
 * that lie on this machine, and the image ids of what is loaded. Same digest, same cluster.
 */
export function clusterDigest(
  profile: KindProfile,
  root: string,
  ids: ReadonlyMap<string, string | undefined>,
): Sha256 {
  const {
    kubevirt,
    addons,
    systems: _____,
    probe: { deadlineMs: ______, ...probe },
    readyDeadlineMs: _,
    createDeadlineMs: __,
    tools: ___,
    kind: ____,
    ...rest
  } = profile;
  const manifests = [
    ...(kubevirt === undefined
      ? []
      : [operatorManifest(kubevirt), ...(kubevirt.cr === undefined ? [] : [kubevirt.cr])]),
    ...addons.flatMap((addon) => addon.manifests),
    ...profile.images.filter(isArchive),
  ].map((manifest) => [manifest, contentOf(manifestPath(manifest, root))]);
  const images = [...ids].map(([image, id]) => [image, id ?? '']).sort();
  const content = { rest, probe, kubevirt: kubevirt ?? null, addons, manifests, images };
  return createHash('sha256').update(canonicalJson(content)).digest('hex') as Sha256;
}

/**
 * Digest of a system under test, with the content of its manifests and image archives; empty for none.
 * @param ids of its images, where they are known: a tag that was built again is another system
 */
export function systemDigest(
  system: SystemUnderTest | undefined,
  root: string,
  ids: ReadonlyMap<string, string | undefined> = new Map(),
): string {
  if (system === undefined) return '';
  const { kubevirt, manifests, images, wait } = system;
  const files = [kubevirt?.operator, kubevirt?.cr, ...manifests, ...images.filter(isArchive)];
  const named = files.filter((path) => path !== undefined);
  const contents = named.map((path) => [path, contentOf(manifestPath(path, root))]);
  const built = images.map((image) => [image, ids.get(image) ?? '']);
  const content = { kubevirt: kubevirt ?? null, images: built, wait, contents };
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

/** A profile with the system under test in place of what it deploys itself. */
export function withSystem(profile: KindProfile, system: SystemUnderTest | undefined): KindProfile {
  if (system === undefined) return profile;
  const { kubevirt, images, manifests, wait, name } = system;
  // Its own manifests go with its version: those of the profile belong to another.
  const { operator: _, cr, ...kept } = profile.kubevirt ?? { ...NO_KUBEVIRT, version: '' };
  const deployed =
    kubevirt === undefined ? profile.kubevirt : { ...kept, ...(cr === undefined ? {} : { cr }), ...kubevirt };
  return {
    ...profile,
    ...(deployed === undefined ? {} : { kubevirt: deployed }),
    images: [...profile.images, ...images],
    addons: manifests.length === 0 ? profile.addons : [...profile.addons, { name: `system-${name}`, manifests, wait }],
  };
}

const NO_KUBEVIRT = {
  namespace: 'kubevirt',
  emulation: 'auto',
  featureGates: [],
  disabledFeatureGates: [],
  imagePullPolicy: 'IfNotPresent',
} as const;

/** Digest of a file's content, read in pieces: archives may be larger than a buffer. What a URL holds is known only where it is fetched; its name has to do. */
export function contentOf(path: string): string {
  if (!existsSync(path)) return '';
  const hash = createHash('sha256');
  const piece = Buffer.alloc(1024 * 1024);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) hash.update(piece.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
