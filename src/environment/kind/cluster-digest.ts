import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Sha256 } from '../../domain/brand.ts';
import { canonicalJson } from '../../domain/canonical.ts';
import type { KindProfile } from '../../domain/profile.ts';
import { manifestPath } from '../kubernetes/apply.ts';
import { operatorManifest } from '../kubevirt/kubevirt-object.ts';

/**
 * Digest of all that decides what a cluster is: the profile with the machine's values in it, the content of the manifests that lie on this
 * machine, and the image ids of what is loaded. Same digest, same cluster.
 */
export function clusterDigest(
  profile: KindProfile,
  root: string,
  ids: ReadonlyMap<string, string | undefined>,
): Sha256 {
  const { kubevirt, addons, readyDeadlineMs: _, createDeadlineMs: __, tools: ___, kind: ____, ...rest } = profile;
  const manifests = [
    ...(kubevirt === undefined
      ? []
      : [operatorManifest(kubevirt), ...(kubevirt.cr === undefined ? [] : [kubevirt.cr])]),
    ...addons.flatMap((addon) => addon.manifests),
  ].map((manifest) => [manifest, contentOf(manifestPath(manifest, root))]);
  const images = [...ids].map(([image, id]) => [image, id ?? '']).sort();
  const content = { rest, kubevirt: kubevirt ?? null, addons, manifests, images };
  return createHash('sha256').update(canonicalJson(content)).digest('hex') as Sha256;
}

/** Digest of a file's content. What a URL holds is known only where it is fetched; its name has to do. */
export function contentOf(path: string): string {
  return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
}
