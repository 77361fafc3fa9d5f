import type { ContainerEngine } from './container-engine.ts';
import type { SnapshotManifest } from './snapshot-manifest.ts';
import { removeSnapshot, type StoredSnapshot, snapshotsDir } from './snapshot-store.ts';

/** Removes a snapshot and the root filesystems that the engine keeps for it. */
export async function discardSnapshot(
  engine: ContainerEngine,
  { manifest }: StoredSnapshot,
  base = snapshotsDir(),
): Promise<void> {
  removeSnapshot(manifest.digest, base);
  await removeImages(engine, manifest);
}

/** Removes the committed root filesystems of a snapshot, but for those that another one has; what a container uses stays until that is gone. */
export async function removeImages(
  engine: ContainerEngine,
  { nodes }: SnapshotManifest,
  but?: SnapshotManifest,
): Promise<void> {
  const kept = new Set(but?.nodes.map(({ rootImage }) => rootImage));
  const ids = [...new Set(nodes.map(({ rootImage }) => rootImage))].filter((id) => !kept.has(id));
  // A restored cluster that is up uses them: by force the name goes, and the files with the last container.
  for (const id of ids) await engine.run(['image', 'rm', '--force', id], { unstoppable: true });
}
