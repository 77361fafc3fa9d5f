import { rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { fail, ok, type Result } from '../../domain/failure.ts';
import { tinyGuestImage } from '../kubevirt/image-archive.ts';
import { type ContainerEngine, engineFailure, imageIds, type NodeContainer } from './container-engine.ts';
import { type KindTool, runKind } from './create-cluster.ts';
import { normalName } from './image-name.ts';
import { nameAsListed, nameByDigest } from './name-images.ts';
import { saveImages } from './save-images.ts';

export interface ImagePlan {
  /** Images of the engine that at least one node lacks. */
  readonly images: readonly string[];
  /** Archives that are loaded anyhow: what they hold is known only to whoever opens them. */
  readonly archives: readonly string[];
  /** Named, and neither in the engine nor in every node: nodes will have to pull them. */
  readonly absent: readonly string[];
}

const LOAD_DEADLINE_MS = 15 * 60_000;

/** An image as a node's runtime has it. */
export interface NodeImage {
  /** Digest of its configuration. */
  readonly id: string;
  /** Digests of its manifests. */
  readonly digests: readonly string[];
}

/** Sorts what a profile lists into what has to be loaded: an image that was built again under its name is another. Pure. */
export function planImages(
  listed: readonly string[],
  inEngine: ReadonlyMap<string, string | undefined>,
  inNodes: readonly ReadonlyMap<string, NodeImage>[],
): ImagePlan {
  const archives = listed.filter(isArchive);
  const has = (node: ReadonlyMap<string, NodeImage>, image: string): boolean => {
    const [there, id] = [node.get(normalName(image)), inEngine.get(image)];
    // An engine that stores images as containerd does names the manifest, another the configuration.
    return there !== undefined && (id === undefined || id === there.id || there.digests.includes(id));
  };
  const lacking = listed.filter((image) => !isArchive(image) && !inNodes.every((node) => has(node, image)));
  return {
    images: lacking.filter((image) => inEngine.get(image) !== undefined),
    archives,
    absent: lacking.filter((image) => inEngine.get(image) === undefined),
  };
}

/** Whether an entry of `images` is a file. */
export function isArchive(image: string): boolean {
  return image.endsWith('.tar');
}

/** The images that a node's runtime has, by each of their names. */
export async function imagesInNode(
  engine: ContainerEngine,
  node: NodeContainer,
): Promise<Result<ReadonlyMap<string, NodeImage>>> {
  const listed = await engine.run(['exec', node.id, 'crictl', 'images', '--output', 'json']);
  if (!listed.ok) return listed;
  try {
    const { images } = JSON.parse(listed.value) as {
      images: readonly { id: string; repoTags?: string[]; repoDigests?: string[] }[];
    };
    const named = images.flatMap(({ id, repoTags, repoDigests }) => {
      const image: NodeImage = { id, digests: (repoDigests ?? []).map((name) => name.replace(/^.*@/, '')) };
      return [...(repoTags ?? []), ...(repoDigests ?? [])].map((name) => [name, image] as const);
    });
    return ok(new Map(named));
  } catch {
    return fail(engineFailure(`crictl in ${node.name} does not list its images as JSON`));
  }
}

export interface LoadRequest {
  readonly tool: KindTool;
  readonly cluster: string;
  readonly nodes: readonly NodeContainer[];
  readonly images: readonly string[];
  /** Relative archives begin here. */
  readonly root: string;
  /** Whether redfirst's tiny guest is loaded too. */
  readonly tinyGuest: boolean;
  /** Private folder. */
  readonly dir: string;
  readonly progress: (what: string) => void;
}

/** What came of loading. */
export interface LoadedImages {
  /** Named, and neither in the engine nor in every node: nodes will have to pull them. */
  readonly absent: readonly string[];
  /** Digests by which the nodes know each image that was listed, or changed, by its name there. */
  readonly known: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Loads what the nodes lack. */
export async function loadImages(request: LoadRequest): Promise<Result<LoadedImages>> {
  const { tool, cluster, nodes, images, root, progress } = request;
  const runtimes = nodes.filter(({ role }) => role !== 'external-load-balancer');
  const before = await imagesInNodes(tool.engine, runtimes);
  if (!before.ok) return before;
  const inNodes = before.value;
  const named = images.filter((image) => !isArchive(image));
  const inEngine = await imageIds(tool.engine, named);
  const plan = planImages(images, inEngine, inNodes);
  const archives = plan.archives.map((path) => (isAbsolute(path) ? path : join(root, path)));
  if (request.tinyGuest) {
    const guest = tinyGuestImage();
    if (!inNodes.every((node) => node.has(normalName(guest.name)))) {
      const path = join(request.dir, 'tiny-guest.tar');
      await writeFile(path, guest.archive);
      archives.push(path);
    }
  }
  if (plan.images.length > 0) {
    progress(
      `${plan.images.length} images to be loaded into ${runtimes.length === 1 ? 'the node' : `${runtimes.length} nodes`}`,
    );
    const loaded = await loadFromEngine(request, plan.images);
    if (!loaded.ok) return loaded;
  }
  for (const archive of archives) {
    const loaded = await runKind(tool, ['load', 'image-archive', archive, '--name', cluster], LOAD_DEADLINE_MS);
    if (!loaded.ok) return loaded;
  }
  // Where nothing was loaded the nodes have what they had.
  const isSame = plan.images.length === 0 && archives.length === 0;
  const there = isSame ? before : await imagesInNodes(tool.engine, runtimes);
  if (!there.ok) return there;
  // Only a guest that moves to another node is asked for by digest.
  const moving = runtimes.length > 1 && request.tinyGuest ? [...plan.images, tinyGuestImage().name] : [];
  const renamed = await Promise.all(
    runtimes.map(async (node, index) => {
      const names = there.value[index] ?? new Map<string, NodeImage>();
      const asListed = await nameAsListed(tool.engine, node, names, plan.images, inEngine);
      return asListed.ok ? nameByDigest(tool.engine, node, names, moving) : asListed;
    }),
  );
  for (const one of renamed) if (!one.ok) return one;
  const after = await imagesInNodes(tool.engine, runtimes);
  if (!after.ok) return after;
  // What an archive holds shows only in what it changes.
  const changed = inNodes.flatMap((node, index) =>
    [...node].flatMap(([name, { id }]) => ((after.value[index]?.get(name)?.id ?? id) === id ? [] : [name])),
  );
  const known = [...new Set([...named.map(normalName), ...changed])].map((name) => {
    const found = after.value.flatMap((node) => node.get(name) ?? []);
    return [name, new Set(found.flatMap(({ id, digests }) => [id, ...digests]))] as const;
  });
  return ok({ absent: plan.absent, known: new Map(known) });
}

/** kind asks Docker for images, whatever the nodes run on; from Podman they come in an archive. */
async function loadFromEngine({ tool, cluster, dir }: LoadRequest, images: readonly string[]): Promise<Result<string>> {
  if (tool.engine.name === 'docker')
    return runKind(tool, ['load', 'docker-image', ...images, '--name', cluster], LOAD_DEADLINE_MS);
  const archive = join(dir, 'images.tar');
  try {
    const saved = await saveImages(tool.engine, images, archive);
    if (!saved.ok) return saved;
    return await runKind(tool, ['load', 'image-archive', archive, '--name', cluster], LOAD_DEADLINE_MS);
  } finally {
    await rm(archive, { force: true });
  }
}

async function imagesInNodes(
  engine: ContainerEngine,
  nodes: readonly NodeContainer[],
): Promise<Result<readonly ReadonlyMap<string, NodeImage>[]>> {
  const found: ReadonlyMap<string, NodeImage>[] = [];
  for (const answer of await Promise.all(nodes.map((node) => imagesInNode(engine, node)))) {
    if (!answer.ok) return answer;
    found.push(answer.value);
  }
  return ok(found);
}
