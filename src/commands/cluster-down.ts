import { EXIT, type ExitCode, type Failure, worstExit } from '../domain/failure.ts';
import { lockCluster } from '../environment/kind/cluster-lock.ts';
import { type ClusterRecord, clusterFolder, listRecords, ownershipOf } from '../environment/kind/cluster-record.ts';
import { clusterNodes, findEngine } from '../environment/kind/container-engine.ts';
import { endMaker, removeCluster } from '../environment/kind/create-cluster.ts';
import { loadKindProfile } from './cluster-profile.ts';
import type { CommandInput } from './command.ts';

/** `cluster down PROFILE`, or `--all`: removes containers, volumes, kubeconfig and record. What redfirst did not make is left alone. */
export async function takeClusterDown(input: CommandInput, name: string | undefined): Promise<ExitCode> {
  const records = listRecords();
  if (input.options['all'] === true) {
    const exits: ExitCode[] = [];
    for (const record of records) exits.push(await remove(input, record.cluster, record.engine));
    input.out.document({ removed: records.map(({ cluster }) => cluster) });
    return worstExit(exits);
  }
  const loaded = await loadKindProfile(input, name);
  // A profile that is gone, or that cannot be read any more, must not keep its cluster alive.
  const record = records.find(({ profile, cluster }) => profile === name || cluster === name);
  if (!loaded.ok && record === undefined) return refuse(input, loaded.failure);
  const cluster = loaded.ok ? loaded.value.profile.cluster : (record as ClusterRecord).cluster;
  const exit = await remove(input, cluster, record?.engine ?? (loaded.ok ? loaded.value.profile.engine : 'auto'));
  if (exit === EXIT.holds) input.out.document({ removed: [cluster] });
  return exit;
}

async function remove(
  input: CommandInput,
  cluster: string,
  engineName: 'auto' | 'docker' | 'podman',
): Promise<ExitCode> {
  const { out, signal } = input;
  const engine = await findEngine(engineName, signal);
  if (!engine.ok) return refuse(input, engine.failure);
  const folder = clusterFolder(cluster);
  const progress = (what: string): void => void process.stderr.write(`waiting for ${what}\n`);
  const locked = await lockCluster({ dir: folder.path, what: 'redfirst cluster down', signal, progress });
  if (!locked.ok) return refuse(input, locked.failure);
  try {
    const record = folder.read();
    // What a dead maker started may go on making nodes: it is ended before they are counted.
    if (record !== undefined) await endMaker(record.token);
    const nodes = await clusterNodes(engine.value, cluster);
    if (!nodes.ok) return refuse(input, nodes.failure);
    if (ownershipOf(nodes.value, record, folder) === 'foreign') {
      const what = `there is a cluster ${cluster} that redfirst did not make; it is left as it is`;
      return refuse(input, {
        reason: 'environment-failed',
        what,
        next: `kind delete cluster --name ${cluster}, if it is yours`,
        exit: EXIT.environment,
      });
    }
    const removed = await removeCluster(engine.value, cluster, folder);
    if (!removed.ok) return refuse(input, removed.failure);
    out.print(
      nodes.value.length === 0
        ? `cluster ${cluster} was not up`
        : `removed cluster ${cluster} (${nodes.value.map(({ name }) => name).join(', ')})`,
    );
    return EXIT.holds;
  } finally {
    locked.value();
  }
}

/** `cluster list`: every cluster that redfirst made on this machine, and how it stands. */
export async function listClusters(input: CommandInput): Promise<ExitCode> {
  const { out, signal } = input;
  const rows: {
    cluster: string;
    profile: string;
    phase: string;
    digest: string;
    nodes: { name: string; state: string }[];
  }[] = [];
  for (const record of listRecords()) {
    const engine = await findEngine(record.engine, signal);
    const nodes = engine.ok ? await clusterNodes(engine.value, record.cluster) : engine;
    const states = nodes.ok ? nodes.value.map(({ name, state }) => ({ name, state })) : [];
    const phase = nodes.ok
      ? nodes.value.length === 0
        ? 'gone'
        : record.phase
      : 'unknown (the engine does not answer)';
    rows.push({ cluster: record.cluster, profile: record.profile, phase, digest: record.digest, nodes: states });
  }
  if (rows.length === 0) out.print('no cluster of redfirst is up on this machine');
  for (const { cluster, profile, phase, digest, nodes } of rows) {
    const states = nodes.map(({ name, state }) => (state === 'running' ? name : `${name} (${state})`)).join(', ');
    out.print(`${cluster}  profile ${profile}  ${phase}  ${digest.slice(0, 12)}  ${states}`);
  }
  out.document({ clusters: rows });
  return EXIT.holds;
}

function refuse({ out }: CommandInput, failure: Failure): ExitCode {
  out.failure(failure);
  return failure.exit;
}
