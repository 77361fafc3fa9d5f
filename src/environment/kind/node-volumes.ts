import { ok, type Result } from '../../domain/failure.ts';
import type { ContainerEngine } from './container-engine.ts';

/** Reads `podman volume ls --format json`: the volumes of a cluster's nodes, each of which has its node's name for a label. */
export function readNodeVolumes(json: string, cluster: string): string[] {
  const volumes = (json.trim() === '' ? [] : (JSON.parse(json) ?? [])) as readonly ListedVolume[];
  const isNode = (label: string): boolean =>
    label.startsWith(`${cluster}-`) && /^(?:control-plane|worker)\d*$/.test(label.slice(cluster.length + 1));
  return volumes.filter(({ Labels }) => Object.keys(Labels ?? {}).some(isNode)).map(({ Name }) => Name);
}

interface ListedVolume {
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/**
 * Removes the volumes that kind made for a cluster's nodes. Docker's are anonymous and go with their containers. Podman's have names, so that
 * `rm --volumes` leaves them, and are made before their containers: of an interrupted `kind create` one may be all that there is.
 */
export async function removeNodeVolumes(engine: ContainerEngine, cluster: string): Promise<Result<void>> {
  if (engine.name !== 'podman') return ok(undefined);
  const listed = await engine.run(['volume', 'ls', '--format', 'json'], { unstoppable: true });
  if (!listed.ok) return listed;
  const volumes = readNodeVolumes(listed.value, cluster);
  if (volumes.length === 0) return ok(undefined);
  const removed = await engine.run(['volume', 'rm', ...volumes], { unstoppable: true });
  return removed.ok ? ok(undefined) : removed;
}
