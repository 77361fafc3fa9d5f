import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Sha256 } from '../../domain/brand.ts';
import type { NodeContainer } from './container-engine.ts';

/** Where a cluster of ours stands. `creating` and `deploying` are what a crash leaves behind. */
export type ClusterPhase = 'creating' | 'deploying' | 'ready';

/** What redfirst knows of a kind cluster that it made. */
export interface ClusterRecord {
  readonly v: 1;
  readonly cluster: string;
  readonly profile: string;
  /** Digest of all that decides what the cluster is (see `clusterDigest`). */
  readonly digest: Sha256;
  readonly engine: 'docker' | 'podman';
  readonly phase: ClusterPhase;
  /** Name of the folder that is mounted into every node: it tells our nodes from those of a cluster with the same name. */
  readonly mark: string;
  readonly madeAtMs: number;
  /** When it was last seen ready: nodes that were started later have yet to show that they are. */
  readonly readyAtMs?: number;
  /** Marks the processes of whoever makes it, so that a later process can end those that outlived a crash. */
  readonly token: string;
  /** Digest of the system under test that is in it beside what the profile deploys; empty for none. */
  readonly system: string;
  /** How it came about: made from nothing, or restored from a snapshot. */
  readonly origin: 'created' | 'restored';
  /** The node image that the nodes come from, where the engine's word for it is another: of a restored cluster, or of a baked image. */
  readonly nodeImageId?: string;
  /** Whether its nodes came with the profile's images in them. */
  readonly bakedImages?: boolean;
}

/** Where the nodes see the mark. */
export const MARK_DESTINATION = '/kind/redfirst';

/** The folder of what redfirst knows about this machine's clusters. */
export function clustersDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const state = env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? homedir(), '.local', 'state');
  return join(state, 'redfirst', 'clusters');
}

/** One cluster's folder: record, kubeconfig, lock, and the mark that its nodes carry. */
export interface ClusterFolder {
  readonly path: string;
  readonly kubeconfig: string;
  read(): ClusterRecord | undefined;
  write(record: ClusterRecord): void;
  /** Makes the folder that is mounted into the nodes. @returns its name. */
  makeMark(): string;
  markPath(mark: string): string;
  remove(): void;
}

export function clusterFolder(cluster: string, base = clustersDir()): ClusterFolder {
  const path = join(base, cluster);
  const recordPath = join(path, 'record.json');
  return {
    path,
    kubeconfig: join(path, 'kubeconfig'),
    read: () => {
      try {
        const record = JSON.parse(readFileSync(recordPath, 'utf8')) as ClusterRecord;
        return record.v === 1 ? record : undefined;
      } catch {
        return undefined;
      }
    },
    write: (record) => {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      const next = `${recordPath}.${process.pid}`;
      writeFileSync(next, `${JSON.stringify(record, null, 2)}\n`);
      renameSync(next, recordPath);
    },
    makeMark: () => {
      const mark = `mark-${randomBytes(6).toString('hex')}`;
      mkdirSync(join(path, mark), { recursive: true });
      return mark;
    },
    markPath: (mark) => join(path, mark),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Every cluster that redfirst knows of. */
export function listRecords(base = clustersDir()): ClusterRecord[] {
  if (!existsSync(base)) return [];
  return readdirSync(base)
    .sort()
    .map((name) => clusterFolder(name, base).read())
    .filter((record) => record !== undefined);
}

export type Ownership = 'absent' | 'foreign' | 'half-made' | 'ours';

/**
 * Whose the nodes of a name are. Ours carry a mount of the folder that was made for them, from their first moment on: neither a name nor
 * a label that anybody could give decides it.
 */
export function ownershipOf(
  nodes: readonly NodeContainer[],
  record: ClusterRecord | undefined,
  folder: Pick<ClusterFolder, 'path'>,
  expectedNodes?: number,
): Ownership {
  if (nodes.length === 0) return 'absent';
  // The balancer before several control planes takes no mounts; it belongs to whom the others belong to.
  const real = nodes.filter(({ role }) => role !== 'external-load-balancer');
  const marked = real.filter(({ mounts }) =>
    mounts.some(
      ({ source, destination }) => destination === MARK_DESTINATION && source.startsWith(`${folder.path}/mark-`),
    ),
  );
  if (marked.length < real.length || real.length === 0) return 'foreign';
  if (record === undefined || record.phase === 'creating') return 'half-made';
  const current = real.every(({ mounts }) => mounts.some(({ source }) => source.endsWith(`/${record.mark}`)));
  return current && (expectedNodes === undefined || nodes.length === expectedNodes) ? 'ours' : 'half-made';
}
