import type { ContainerEngine } from './container-engine.ts';
import {
  listSnapshots,
  removeSnapshot,
  type StoredSnapshot,
  snapshotsBeingWritten,
  snapshotsDir,
} from './snapshot-store.ts';

/** On a committed root filesystem: the folder whose snapshots it belongs to. */
export const SNAPSHOTS_LABEL = 'dev.redfirst.snapshots';

/** Removes a snapshot and the root filesystems that the engine keeps for it. */
export async function discardSnapshot(
  engine: ContainerEngine,
  { manifest }: StoredSnapshot,
  base = snapshotsDir(),
): Promise<void> {
  removeSnapshot(manifest.digest, base);
  await sweepRoots(engine, base);
}

/**
 * Removes the root filesystems that no snapshot of the folder names: of removed and replaced ones, and of those that a crash left half
 * written. One that a restored cluster uses is refused by the engine, and goes another time.
 */
export async function sweepRoots(engine: ContainerEngine, base = snapshotsDir()): Promise<void> {
  if (snapshotsBeingWritten(base)) return;
  const named = new Set(
    listSnapshots(base).flatMap(({ manifest }) => manifest.nodes.map(({ rootImage }) => rootImage)),
  );
  const filter = `label=${SNAPSHOTS_LABEL}=${base}`;
  const listed = await engine.run(['image', 'ls', '--all', '--no-trunc', '--quiet', '--filter', filter]);
  if (!listed.ok) return;
  for (const id of new Set(listed.value.split('\n').filter(Boolean)))
    if (!named.has(id)) await engine.run(['image', 'rm', id], { unstoppable: true });
}
