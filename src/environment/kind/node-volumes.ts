import { ok, type Result } from '../../domain/failure.ts';
import type { ContainerEngine } from './container-engine.ts';

/** Reads `podman volume ls --format json`: the volumes of a cluster's nodes, each of which has its node's name for a label. */
export function readNodeVolumes(json: string, cluster: string): string[] {
  return listOf<ListedVolume>(json)
    .filter(({ Labels }) => Object.keys(Labels ?? {}).some((label) => isNode(label, cluster)))
    .map(({ Name }) => Name);
}

/** What Podman lists: nothing at all, or `null`, where there is none. */
function listOf<T>(json: string): readonly T[] {
  return json.trim() === '' ? [] : ((JSON.parse(json) as readonly T[] | null) ?? []);
}

/** Whether kind would give a node of the cluster this name. */
function isNode(name: string, cluster: string): boolean {
  return name.startsWith(`${cluster}-`) && /^(?:control-plane|worker)\d*$/.test(name.slice(cluster.length + 1));
}

interface ListedVolume {
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/** Reads `podman ps --all --external --format json`: ids of storage without a container under the name of a cluster's node. */
export function readBareStorage(json: string, cluster: string): string[] {
  return listOf<ListedContainer>(json)
    .filter(({ State, Names }) => State === 'storage' && (Names ?? []).some((name) => isNode(name, cluster)))
    .map(({ Id }) => Id);
}

interface ListedContainer {
  readonly Id: string;
  readonly State: string;
  readonly Names?: readonly string[] | null;
}

/**
 * Removes what a client of Podman leaves that was killed while it made a node: storage that is no container yet, without labels, which keeps the
 * node's name from being used again (seen with Podman 4.3). Docker's daemon finishes what it was asked for.
 */
export async function removeBareStorage(engine: ContainerEngine, cluster: string): Promise<Result<void>> {
  if (engine.name !== 'podman') return ok(undefined);
  const listed = await engine.run(['ps', '--all', '--external', '--format', 'json'], { unstoppable: true });
  if (!listed.ok) return listed;
  const bare = readBareStorage(listed.value, cluster);
  if (bare.length === 0) return ok(undefined);
  const removed = await engine.run(['rm', '--force', ...bare], { unstoppable: true });
  return removed.ok ? ok(undefined) : removed;
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
