import { ok, type Result } from '../../domain/failure.ts';
import type { ContainerEngine, NodeContainer } from './container-engine.ts';
import { normalName } from './image-name.ts';

/** The ids of a node's images, by each of their names. */
type NamedImages = ReadonlyMap<string, { readonly id: string }>;

/**
 * Gives an image the name that pods ask for it by, where it came under another: what Podman builds as `mine:1` is `localhost/mine:1` to it and
 * in its archives, and `docker.io/library/mine:1` to a node.
 */
export async function nameAsListed(
  engine: ContainerEngine,
  node: NodeContainer,
  images: NamedImages,
  listed: readonly string[],
  ids: ReadonlyMap<string, string | undefined>,
): Promise<Result<void>> {
  for (const image of listed) {
    const [name, id] = [normalName(image), ids.get(image)];
    const local = `localhost/${name.replace(/^docker\.io\/(?:library\/)?/, '')}`;
    if (id === undefined || images.get(name)?.id === id || images.get(local)?.id !== id) continue;
    const tagged = await tagInNode(engine, node, local, name);
    if (!tagged.ok) return tagged;
  }
  return ok(undefined);
}

/**
 * Gives loaded images the name `repository@id` too. The pod that a guest migrates to asks for its container disk by the digest of the running one,
 * which no registry can serve for an image that was never pulled (seen with KubeVirt 1.9: the target waits in ImagePullBackOff).
 */
export async function nameByDigest(
  engine: ContainerEngine,
  node: NodeContainer,
  images: NamedImages,
  names: readonly string[],
): Promise<Result<void>> {
  for (const name of names.map(normalName)) {
    const id = images.get(name)?.id;
    if (id === undefined) continue;
    const tagged = await tagInNode(engine, node, name, `${name.replace(/[:@][^/]*$/, '')}@${id}`);
    if (!tagged.ok) return tagged;
  }
  return ok(undefined);
}

function tagInNode(engine: ContainerEngine, { id }: NodeContainer, name: string, other: string) {
  return engine.run(['exec', id, 'ctr', '--namespace=k8s.io', 'images', 'tag', '--force', name, other]);
}
