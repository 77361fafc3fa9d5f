import type { Sha256 } from '../../domain/brand.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import type { ProvisionContext } from '../provider.ts';
import type { BakedImage } from './bake-image.ts';
import { recordedEngine } from './choose-engine.ts';
import { type ClusterFolder, type ClusterRecord, ownershipOf } from './cluster-record.ts';
import { type ContainerEngine, clusterNodes, type NodeContainer } from './container-engine.ts';
import {
  createCluster,
  endMaker,
  type KindTool,
  lateNodes,
  REMOVE_DEADLINE_MS,
  removeCluster,
} from './create-cluster.ts';
import { countNodes } from './kind-config.ts';
import { restoreSnapshot, snapshotDamage } from './restore-snapshot.ts';
import { OTHER_DIGEST, snapshotMisfit } from './snapshot-manifest.ts';
import { findSnapshot, listSnapshots, type StoredSnapshot, snapshotBytes } from './snapshot-store.ts';
import { type Awakening, awokenSince, startNodes } from './start-nodes.ts';

export interface EnsureRequest {
  readonly profile: KindProfile;
  readonly digest: Sha256;
  readonly tool: KindTool;
  readonly folder: ClusterFolder;
  readonly context: Pick<ProvisionContext, 'progress' | 'onCleanup' | 'keep' | 'token' | 'signal'>;
  /** In place of the profile's node image: the same with the profile's images in it. */
  readonly baked?: BakedImage | undefined;
  /** From nothing, although a snapshot may be there. */
  readonly fresh: boolean;
}

export interface EnsuredCluster {
  readonly record: ClusterRecord;
  readonly nodes: readonly NodeContainer[];
  /** `reused`: it was there and ready. `resumed`: it was there, and what a crash left undone is still to do. `restored`: from a snapshot. */
  readonly how: 'reused' | 'resumed' | 'created' | 'restored';
  /** Of a restored cluster, and of nodes that stood still: what etcd says is from before. */
  readonly awakening?: Awakening;
  /** What was found and done, for a person. */
  readonly notes: readonly string[];
  /** From now on the cluster outlives this invocation, whatever becomes of it. */
  readonly settle: () => void;
}

/**
 * Finds the profile's cluster or makes it. Same digest, same cluster; one of an older digest, and a half-made one, is removed and made
 * anew; one that somebody else made under that name is never touched.
 */
export async function ensureCluster(request: EnsureRequest): Promise<Result<EnsuredCluster>> {
  const { profile, digest, tool, folder, context } = request;
  const { cluster } = profile;
  const left = folder.read();
  // What a dead maker started may go on making nodes: it is ended before they are counted.
  if (left?.phase === 'creating') await endMaker(left.token);
  const moved = await leaveOtherEngine(request, left);
  if (!moved.ok) return moved;
  const record = moved.value === undefined ? left : undefined;
  const found = await clusterNodes(tool.engine, cluster);
  if (!found.ok) return found;
  const ownership = ownershipOf(found.value, record, folder, countNodes(profile));
  if (ownership === 'foreign') return fail(foreign(cluster, found.value));
  // Files that were not all compared, or pods that were not seen anew, are restored once more rather than trusted.
  const halfRestored = record?.origin === 'restored' && record.phase !== 'ready' && record.readyAtMs === undefined;
  if (ownership === 'ours' && record !== undefined && record.digest === digest && !halfRestored) {
    const awake = await wake(tool.engine, found.value);
    if (!awake.ok) return awake;
    const { woken, awakening = awokenSince(tool.engine, found.value, record.readyAtMs) } = awake.value;
    const notes = woken.map((name) => `node ${name} was not running, and was started`);
    const how = record.phase === 'ready' ? 'reused' : 'resumed';
    const there = { record, nodes: found.value, how, notes, settle: () => undefined } as const;
    return ok(awakening === undefined ? there : { ...there, awakening });
  }
  const why = ownership === 'absent' ? moved.value : halfRestored ? HALF_RESTORED : whyAnew(record, digest);
  const notes = why === undefined ? [] : [why];
  if (ownership !== 'absent') context.progress(`cluster ${cluster} to be removed (${why})`);
  // Without a node, too: a volume and the network may have been made before the first.
  const removed = await removeCluster(tool.engine, cluster, folder);
  if (!removed.ok) return removed;
  const snapshot = request.fresh ? undefined : await fittingSnapshot(request);
  return makeAnew(request, typeof snapshot === 'string' ? [...notes, snapshot] : notes, snapshot);
}

/**
 * Removes the cluster where another engine has it: there it would stay for good once the record speaks of this one.
 * @returns words where there was one.
 */
async function leaveOtherEngine(
  { profile: { cluster }, tool, folder, context }: EnsureRequest,
  record: ClusterRecord | undefined,
): Promise<Result<string | undefined>> {
  if (record === undefined || record.engine === tool.engine.name) return ok(undefined);
  const other = await recordedEngine(record, context.signal, tool.engine.env);
  if (other === undefined) return ok(undefined);
  if (!other.ok) return other;
  const nodes = await clusterNodes(other.value, cluster);
  if (!nodes.ok) return nodes;
  // What is foreign there is in nobody's way here.
  if (ownershipOf(nodes.value, record, folder) === 'foreign') return ok(undefined);
  const why = `it was made with ${record.engine}, and ${tool.engine.name} is used now`;
  context.progress(`cluster ${cluster} to be removed (${why})`);
  const removed = await removeCluster(other.value, cluster, folder);
  return removed.ok ? ok(why) : removed;
}

/** The snapshot to restore; words where there is one that cannot be used. */
async function fittingSnapshot({ profile, digest, tool }: EnsureRequest): Promise<StoredSnapshot | string | undefined> {
  const found = findSnapshot(digest);
  if (found === undefined) {
    const outdated = listSnapshots().some(({ manifest }) => manifest.profile === profile.name);
    return outdated ? `the snapshot was not used: ${OTHER_DIGEST}` : undefined;
  }
  const wanted = { digest, cluster: profile.cluster, nodes: countNodes(profile), nowMs: Date.now() };
  const why =
    typeof found === 'string'
      ? found
      : (snapshotMisfit(found.manifest, wanted) ?? (await snapshotDamage(tool.engine, found)));
  return why === undefined ? found : `the snapshot was not used: ${why}`;
}

async function makeAnew(
  request: EnsureRequest,
  notes: readonly string[],
  found: StoredSnapshot | string | undefined,
): Promise<Result<EnsuredCluster>> {
  const { profile, digest, tool, folder, context } = request;
  const { cluster } = profile;
  const snapshot = typeof found === 'object' ? found : undefined;
  let settled = false;
  context.onCleanup(
    `cluster ${cluster}`,
    async () => {
      if (settled) return;
      const removed = await removeCluster(tool.engine, cluster, folder);
      if (!removed.ok) throw new Error(removed.failure.what);
    },
    REMOVE_DEADLINE_MS,
  );
  const nodeImageId = snapshot?.manifest.nodeImageId ?? request.baked?.baseId;
  const mark = folder.makeMark();
  const record: ClusterRecord = {
    ...{ v: 1, cluster, profile: profile.name, digest, engine: tool.engine.name, phase: 'creating', mark },
    ...{ madeAtMs: Date.now(), token: context.token, system: '' },
    origin: snapshot === undefined ? 'created' : 'restored',
    ...(nodeImageId === undefined ? {} : { nodeImageId }),
    ...(snapshot === undefined && request.baked !== undefined ? { bakedImages: true } : {}),
  };
  folder.write(record);
  const made = await (snapshot === undefined ? fromNothing(request, mark) : fromSnapshot(request, mark, snapshot));
  if (!made.ok && (snapshot === undefined || context.signal.aborted)) return made;
  if (!made.ok) {
    const removed = await removeCluster(tool.engine, cluster, folder);
    if (!removed.ok) return removed;
    settled = true;
    return makeAnew(request, [...notes, `the snapshot was not used: ${made.failure.what}`], undefined);
  }
  const nodes = await clusterNodes(tool.engine, cluster);
  if (!nodes.ok) return nodes;
  const deploying: ClusterRecord = { ...record, phase: 'deploying' };
  folder.write(deploying);
  return ok({
    record: deploying,
    nodes: nodes.value,
    how: snapshot === undefined ? 'created' : 'restored',
    notes,
    ...(made.value === undefined ? {} : { awakening: made.value }),
    settle: () => {
      settled = true;
    },
  });
}

async function fromNothing(request: EnsureRequest, mark: string): Promise<Result<undefined>> {
  const { profile, baked, tool, folder, context } = request;
  const nodes = `${countNodes(profile)} nodes${baked === undefined ? '' : ', images baked in'}`;
  context.progress(`kind to create cluster ${profile.cluster} (${nodes})`);
  const created = await createCluster(tool, { ...profile, image: baked?.tag ?? profile.image }, folder, mark);
  if (created.ok) return ok(undefined);
  await lateNodes();
  return created;
}

function fromSnapshot({ tool, folder, context }: EnsureRequest, mark: string, snapshot: StoredSnapshot) {
  const { manifest } = snapshot;
  const size = `${(snapshotBytes(manifest) / 1024 ** 3).toFixed(1)} GiB`;
  context.progress(`cluster ${manifest.cluster} to be restored from its snapshot (${size})`);
  return restoreSnapshot({ engine: tool.engine, snapshot, folder, mark });
}

/** Starts what stands still: paused or stopped nodes of a machine that was rebooted, or that somebody stopped. */
async function wake(
  engine: ContainerEngine,
  nodes: readonly NodeContainer[],
): Promise<Result<{ readonly woken: readonly string[]; readonly awakening?: Awakening }>> {
  const paused = nodes.filter(({ state }) => state === 'paused');
  const stopped = nodes.filter(({ state }) => state !== 'running' && state !== 'paused');
  const woken = [...paused, ...stopped].map(({ name }) => name);
  if (paused.length > 0) {
    const unpaused = await engine.run(['unpause', ...paused.map(({ id }) => id)]);
    if (!unpaused.ok) return unpaused;
  }
  if (stopped.length === 0) return ok({ woken });
  const started = await startNodes(engine, stopped, nodes);
  return started.ok ? ok({ woken, awakening: started.value }) : started;
}

const HALF_RESTORED = 'it was half restored: whoever restored it did not finish';

/** Why a cluster of ours is not used as it is. */
export function whyAnew(record: ClusterRecord | undefined, digest: Sha256): string {
  if (record === undefined || record.phase === 'creating') return 'it was half made: whoever made it did not finish';
  return record.digest === digest
    ? 'it is not whole'
    : 'the profile, a manifest or an image has changed since it was made';
}

export function foreign(cluster: string, nodes: readonly NodeContainer[]): Failure {
  return {
    reason: 'environment-failed',
    what: `there is a cluster ${cluster} that redfirst did not make (${nodes.map(({ name }) => name).join(', ')}); it is left as it is`,
    next: 'name another cluster in the profile (`cluster`), or remove that one yourself: kind delete cluster --name NAME',
    exit: EXIT.environment,
  };
}
