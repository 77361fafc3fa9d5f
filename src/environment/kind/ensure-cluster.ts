import type { Sha256 } from '../../domain/brand.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import type { ProvisionContext } from '../provider.ts';
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

export interface EnsureRequest {
  readonly profile: KindProfile;
  readonly digest: Sha256;
  readonly tool: KindTool;
  readonly folder: ClusterFolder;
  readonly context: Pick<ProvisionContext, 'progress' | 'onCleanup' | 'keep' | 'token'>;
}

export interface EnsuredCluster {
  readonly record: ClusterRecord;
  readonly nodes: readonly NodeContainer[];
  /** `reused`: it was there and ready. `resumed`: it was there, and what a crash left undone is still to do. */
  readonly how: 'reused' | 'resumed' | 'created';
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
  const record = folder.read();
  // What a dead maker started may go on making nodes: it is ended before they are counted.
  if (record?.phase === 'creating') await endMaker(record.token);
  const found = await clusterNodes(tool.engine, cluster);
  if (!found.ok) return found;
  const ownership = ownershipOf(found.value, record, folder, countNodes(profile));
  if (ownership === 'foreign') return fail(foreign(cluster, found.value));
  if (ownership === 'ours' && record !== undefined && record.digest === digest) {
    const awake = await wake(tool.engine, found.value);
    if (!awake.ok) return awake;
    const notes = awake.value.map((name) => `node ${name} was not running, and was started`);
    const how = record.phase === 'ready' ? 'reused' : 'resumed';
    return ok({ record, nodes: found.value, how, notes, settle: () => undefined });
  }
  const notes = ownership === 'absent' ? [] : [whyAnew(record, digest)];
  if (ownership !== 'absent') {
    context.progress(`cluster ${cluster} to be removed (${notes[0]})`);
    const removed = await removeCluster(tool.engine, cluster, folder);
    if (!removed.ok) return removed;
  } else folder.remove();
  return makeAnew(request, notes);
}

async function makeAnew(
  { profile, digest, tool, folder, context }: EnsureRequest,
  notes: readonly string[],
): Promise<Result<EnsuredCluster>> {
  const { cluster } = profile;
  let settled = false;
  const undo = async (): Promise<void> => {
    if (settled) return;
    const now = await clusterNodes(tool.engine, cluster);
    // Somebody else's, made under this name in the meantime, is why kind refused.
    if (now.ok && ownershipOf(now.value, folder.read(), folder) === 'foreign') return folder.remove();
    const removed = await removeCluster(tool.engine, cluster, folder);
    if (!removed.ok) throw new Error(removed.failure.what);
  };
  context.onCleanup(`cluster ${cluster}`, undo, 2 * REMOVE_DEADLINE_MS);
  const mark = folder.makeMark();
  const record: ClusterRecord = {
    ...{ v: 1, cluster, profile: profile.name, digest, engine: tool.engine.name, phase: 'creating', mark },
    ...{ madeAtMs: Date.now(), token: context.token, system: '', origin: 'created' },
  };
  folder.write(record);
  context.progress(`kind to create cluster ${cluster} (${countNodes(profile)} nodes)`);
  const created = await createCluster(tool, profile, folder, mark);
  if (!created.ok) {
    await lateNodes();
    return created;
  }
  const nodes = await clusterNodes(tool.engine, cluster);
  if (!nodes.ok) return nodes;
  const deploying: ClusterRecord = { ...record, phase: 'deploying' };
  folder.write(deploying);
  return ok({
    record: deploying,
    nodes: nodes.value,
    how: 'created',
    notes,
    settle: () => {
      settled = true;
    },
  });
}

/** Starts what stands still: paused or stopped nodes of a machine that was rebooted, or that somebody stopped. */
async function wake(engine: ContainerEngine, nodes: readonly NodeContainer[]): Promise<Result<string[]>> {
  const woken: string[] = [];
  for (const { id, name, state } of nodes) {
    if (state === 'running') continue;
    const done = await engine.run([state === 'paused' ? 'unpause' : 'start', id]);
    if (!done.ok) return done;
    woken.push(name);
  }
  return ok(woken);
}

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
