import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../process/process-group.ts';
import { readManifest, type SnapshotFile, type SnapshotManifest } from './snapshot-manifest.ts';

/** A snapshot that lies whole on this machine. */
export interface StoredSnapshot {
  readonly dir: string;
  readonly manifest: SnapshotManifest;
}

export const MANIFEST = 'manifest.json';

/** The folder of this machine's snapshots: one folder for each digest. */
export function snapshotsDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? homedir(), '.cache'), 'redfirst', 'snapshots');
}

/**
 * The snapshot of a digest. A folder gets its name only when all in it is written, so one that is there is whole; what it holds is compared
 * with its manifest all the same.
 *
 * @returns undefined where there is none; words where it is broken.
 */
export function findSnapshot(digest: string, base = snapshotsDir()): StoredSnapshot | string | undefined {
  const dir = join(base, digest);
  if (!existsSync(dir)) return undefined;
  return readSnapshot(dir) ?? 'its manifest cannot be read';
}

function readSnapshot(dir: string): StoredSnapshot | undefined {
  try {
    const manifest = readManifest(readFileSync(join(dir, MANIFEST), 'utf8'));
    return manifest === undefined ? undefined : { dir, manifest };
  } catch {
    return undefined;
  }
}

/** Every whole snapshot, by age. */
export function listSnapshots(base = snapshotsDir()): StoredSnapshot[] {
  if (!existsSync(base)) return [];
  return readdirSync(base)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => readSnapshot(join(base, name)) ?? [])
    .sort((a, b) => a.manifest.takenAtMs - b.manifest.takenAtMs);
}

/** All bytes of a snapshot that lie in its folder. */
export function snapshotBytes({ nodes, kubeconfig }: SnapshotManifest): number {
  return nodes.reduce((sum, { volume }) => sum + volume.bytes, kubeconfig.bytes);
}

/** A private folder to write a snapshot in; `keep` gives it its name, in place of one that had it. What a crash left of earlier ones goes. */
export function beginSnapshot(
  digest: string,
  base = snapshotsDir(),
): { readonly dir: string; keep(): void; drop(): void } {
  mkdirSync(base, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(base)) {
    if (name.startsWith(`.${digest}.`)) rmSync(join(base, name), { recursive: true, force: true });
  }
  const dir = join(base, `.${digest}.${process.pid}`);
  mkdirSync(dir, { mode: 0o700 });
  const drop = (): void => rmSync(dir, { recursive: true, force: true });
  return {
    dir,
    drop,
    keep: () => {
      removeSnapshot(digest, base);
      renameSync(dir, join(base, digest));
    },
  };
}

/** Whether a living process writes a snapshot just now. */
export function snapshotsBeingWritten(base = snapshotsDir()): boolean {
  if (!existsSync(base)) return false;
  return readdirSync(base).some((name) => {
    const pid = /^\.[^.]+\.(\d+)$/.exec(name)?.[1];
    return pid !== undefined && isAlive(Number(pid), 0);
  });
}

/** Takes a snapshot's name away first, so that a half-removed one is never used. */
export function removeSnapshot(digest: string, base = snapshotsDir()): void {
  const dir = join(base, digest);
  if (!existsSync(dir)) return;
  const aside = join(base, `.${digest}.removed-${process.pid}`);
  renameSync(dir, aside);
  rmSync(aside, { recursive: true, force: true });
}

/** Describes a file as it lies there. */
export async function describeFile(dir: string, file: string): Promise<SnapshotFile> {
  const path = join(dir, file);
  return { file, bytes: statSync(path).size, sha256: await sha256Of(path) };
}

/** Whether a file has the size that it should have: the quick look, before anything is made of it. */
export function hasSize(dir: string, { file, bytes }: SnapshotFile): boolean {
  return statSync(join(dir, file), { throwIfNoEntry: false })?.size === bytes;
}

export async function hasContent(dir: string, { file, sha256 }: SnapshotFile): Promise<boolean> {
  return (await sha256Of(join(dir, file))) === sha256;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
