import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { type TarEntry, tarArchive } from './tar.ts';
import { tinyGuestDisk } from './tiny-guest.ts';

/** A file of an image, readable by all. */
export interface ImageFile {
  /** Relative to the image's root, e.g. `disk/disk.img`. */
  readonly path: string;
  readonly content: Uint8Array;
}

/** The user that KubeVirt runs QEMU as, who must be able to read a container disk. */
const QEMU_USER = 107;

/**
 * A container image for x86-64 with a few files in one layer, as the archive that `docker load`, `ctr images import`
 * and `kind load image-archive` take ("docker-archive": Docker image specification 1.2). The same files and name give
 * the same bytes: nothing in it tells when or where it was made.
 *
 * @param image.name with a tag, e.g. `redfirst.dev/tiny-guest:0123456789ab`.
 */
export function imageArchive(image: { readonly name: string; readonly files: readonly ImageFile[] }): Uint8Array {
  const layer = tarArchive(layerEntries(image.files));
  const layerDigest = sha256(layer);
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
  });
  const [configPath, layerPath] = [`${sha256(config)}.json`, `${layerDigest}.tar`];
  const manifest = json([{ Config: configPath, RepoTags: [image.name], Layers: [layerPath] }]);
  return tarArchive([
    archiveEntry('manifest.json', manifest),
    archiveEntry(configPath, config),
    archiveEntry(layerPath, layer),
  ]);
}

/**
 * The tiny guest's container disk. Its name is made of the disk's content: another disk is another image, so a cluster
 * that has the name has the disk, and nothing needs pulling.
 */
export function tinyGuestImage(): { readonly name: string; readonly archive: Uint8Array } {
  const disk = tinyGuestDisk();
  const name = `redfirst.dev/tiny-guest:${sha256(disk).slice(0, 12)}`;
  return { name, archive: imageArchive({ name, files: [{ path: 'disk/disk.img', content: disk }] }) };
}

/** The files with the folders they are in, each folder once and before what it holds. */
function layerEntries(files: readonly ImageFile[]): TarEntry[] {
  const folders = new Set(files.flatMap(({ path }) => parents(path)));
  const entries = [
    ...[...folders].map((path) => ({ path, mode: 0o555, owner: QEMU_USER })),
    ...files.map(({ path, content }) => ({ path, content, mode: 0o444, owner: QEMU_USER })),
  ];
  return entries.sort((one, other) => (one.path < other.path ? -1 : 1));
}

function parents(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === '.' ? [] : [...parents(parent), parent];
}

function archiveEntry(path: string, content: Uint8Array): TarEntry {
  return { path, content, mode: 0o444, owner: 0 };
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
