import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { canonicalJson } from '../../domain/canonical.ts';
import { fail, ok, type Result } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import { tinyGuestImage } from '../kubevirt/image-archive.ts';
import { contentOf } from './cluster-digest.ts';
import { type ContainerEngine, engineFailure, imageIds } from './container-engine.ts';
import { isArchive } from './load-images.ts';
import { saveImages } from './save-images.ts';

const REPOSITORY = 'redfirst.local/baked-node';
/** On a baked image: which profile it was baked for. */
const LABEL = 'dev.redfirst.baked-for';
const DEADLINE_MS = 15 * 60_000;

/** A node image that holds a profile's images already. */
export interface BakedImage {
  readonly tag: string;
  /** The node image that it was made of. */
  readonly baseId: string;
}

/** What a baked image is made of decides its name: another node image, or one image less, is another baked image. Pure. */
export function bakedTag(
  ids: ReadonlyMap<string, string | undefined>,
  archives: readonly (readonly [string, string])[],
  tinyGuest: string,
): string {
  const images = [...ids].map(([image, id]) => [image, id ?? '']).sort();
  const content = canonicalJson({ images, archives, tinyGuest });
  return `${REPOSITORY}:${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;
}

/** What a profile's baked image would be called, and whether there is one. */
export async function findBaked(
  engine: ContainerEngine,
  profile: KindProfile,
  root: string,
): Promise<{ readonly tag: string; readonly found: BakedImage | undefined }> {
  const named = profile.images.filter((image) => !isArchive(image));
  const ids = await imageIds(engine, [profile.image, ...named]);
  const archives = archivesOf(profile, root).map((path) => [path, contentOf(path)] as const);
  const tag = bakedTag(ids, archives, profile.kubevirt === undefined ? '' : tinyGuestImage().name);
  const baseId = ids.get(profile.image);
  const there = (await imageIds(engine, [tag])).get(tag);
  return { tag, found: there === undefined || baseId === undefined ? undefined : { tag, baseId } };
}

export interface BakeRequest {
  readonly engine: ContainerEngine;
  readonly profile: KindProfile;
  readonly root: string;
  readonly tag: string;
  /** Folder with room for an archive of all images. */
  readonly scratch: string;
  readonly progress: (what: string) => void;
}

export interface BakeOutcome {
  /** How long the images took into the node's runtime: what each node of a new cluster is spared. */
  readonly loadMs: number;
  readonly bytes: number;
  /** What the node image alone takes. */
  readonly baseBytes: number;
  /** Named by the profile, and not in the engine: nodes pull them still. */
  readonly absent: readonly string[];
}

/** kind's own way to preload (`kind build node-image`): a container of the node image, with containerd alone, and no volume on /var. */
export async function bakeImage(request: BakeRequest): Promise<Result<BakeOutcome>> {
  const { engine, profile, root, tag, scratch, progress } = request;
  const named = profile.images.filter((image) => !isArchive(image));
  const ids = await imageIds(engine, [profile.image, ...named]);
  if (ids.get(profile.image) === undefined)
    return fail(engineFailure(`the node image ${profile.image} is not here`, `${engine.name} pull ${profile.image}`));
  const absent = named.filter((image) => ids.get(image) === undefined);
  const present = named.filter((image) => ids.get(image) !== undefined);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const dir = await mkdtemp(join(scratch, 'bake-'));
  const name = `redfirst-bake-${randomUUID().slice(0, 8)}`;
  const mount = `type=bind,"source=${dir}",destination=/mnt,readonly`;
  const started = await engine.run([
    'run',
    '--detach',
    '--privileged',
    '--network',
    'none',
    '--name',
    name,
    '--mount',
    mount,
    '--entrypoint',
    'sleep',
    profile.image,
    'infinity',
  ]);
  try {
    if (!started.ok) return started;
    progress(`${present.length + archivesOf(profile, root).length} images to be written into the node image`);
    const beganMs = Date.now();
    const archives = await writeArchives(
      engine,
      present,
      archivesOf(profile, root),
      profile.kubevirt !== undefined,
      dir,
    );
    if (!archives.ok) return archives;
    for (const archive of archives.value) {
      const imported = await engine.run(['exec', name, 'sh', '-c', IMPORT, 'sh', `/mnt/${archive}`], {
        deadlineMs: DEADLINE_MS,
      });
      if (!imported.ok) return imported;
    }
    const loadMs = Date.now() - beganMs;
    const stopped = await engine.run(['exec', name, 'sh', '-c', STOP]);
    if (!stopped.ok) return stopped;
    progress('the node image to be committed');
    const committed = await commit(engine, name, profile, tag);
    if (!committed.ok) return committed;
    const [bytes, baseBytes] = await Promise.all([sizeOf(engine, tag), sizeOf(engine, profile.image)]);
    return ok({ loadMs, bytes, baseBytes, absent });
  } finally {
    await engine.run(['rm', '--force', '--volumes', name], { unstoppable: true });
    await rm(dir, { recursive: true, force: true });
  }
}

/** Not unpacked: containerd's snapshots are overlays, which cannot lie on an overlay. The node unpacks what a pod asks for. */
const IMPORT = `
pidof containerd > /dev/null || { nohup containerd > /tmp/containerd.log 2>&1 & }
for _ in $(seq 100); do ctr version > /dev/null 2>&1 && break; sleep 0.2; done
ctr --namespace k8s.io images import --all-platforms --no-unpack --digests "$1"
`;

const STOP = `
kill $(pidof containerd)
while pidof containerd > /dev/null; do sleep 0.1; done
rm -rf /tmp/containerd.log /run/containerd/*
`;

async function writeArchives(
  engine: ContainerEngine,
  present: readonly string[],
  archives: readonly string[],
  tinyGuest: boolean,
  dir: string,
): Promise<Result<string[]>> {
  const written: string[] = [];
  if (present.length > 0) {
    const saved = await saveImages(engine, present, join(dir, 'images.tar'));
    if (!saved.ok) return saved;
    written.push('images.tar');
  }
  for (const [index, archive] of archives.entries()) {
    await copyFile(archive, join(dir, `archive-${index}.tar`));
    written.push(`archive-${index}.tar`);
  }
  if (tinyGuest) {
    await writeFile(join(dir, 'tiny-guest.tar'), tinyGuestImage().archive);
    written.push('tiny-guest.tar');
  }
  return ok(written);
}

/** The container slept; what it becomes starts as the node image does. */
async function commit(
  engine: ContainerEngine,
  name: string,
  profile: KindProfile,
  tag: string,
): Promise<Result<string>> {
  const config = await engine.run(['image', 'inspect', '--format', '{{json .Config}}', profile.image]);
  if (!config.ok) return config;
  const { Entrypoint, Cmd } = JSON.parse(config.value) as { Entrypoint?: string[] | null; Cmd?: string[] | null };
  const changes = [
    `ENTRYPOINT ${JSON.stringify(Entrypoint ?? [])}`,
    `CMD ${JSON.stringify(Cmd ?? [])}`,
    `LABEL ${LABEL}=${profile.name}`,
  ];
  return engine.run(['commit', ...changes.flatMap((change) => ['--change', change]), name, tag], {
    deadlineMs: DEADLINE_MS,
  });
}

async function sizeOf(engine: ContainerEngine, image: string): Promise<number> {
  const size = await engine.run(['image', 'inspect', '--format', '{{.Size}}', image]);
  return size.ok ? Number(size.value) : 0;
}

/** Removes the images that were baked for a profile, but for one. @returns their names. */
export async function removeBaked(engine: ContainerEngine, profile: string, but?: string): Promise<string[]> {
  const format = '{{.Repository}}:{{.Tag}}';
  const listed = await engine.run([
    ...['image', 'ls', '--format', format],
    // Podman takes filters or a name, not both.
    ...['--filter', `label=${LABEL}=${profile}`, '--filter', `reference=${REPOSITORY}:*`],
  ]);
  const old = listed.ok ? listed.value.split('\n').filter((tag) => tag !== '' && tag !== but) : [];
  // One that a cluster uses is refused, and goes another time.
  const removed = await Promise.all(old.map(async (tag) => ((await engine.run(['image', 'rm', tag])).ok ? [tag] : [])));
  return removed.flat();
}

function archivesOf(profile: KindProfile, root: string): string[] {
  const archives = profile.images.filter(isArchive);
  return archives.map((path) => (isAbsolute(path) ? path : join(root, path)));
}
