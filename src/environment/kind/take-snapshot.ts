import { randomUUID } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../domain/failure.ts';
import type { ClusterFolder, ClusterRecord } from './cluster-record.ts';
import { type ContainerEngine, engineFailure, type NodeContainer } from './container-engine.ts';
import { type KindNetwork, readNetwork } from './kind-network.ts';
import { type InspectedNode, readRecipe } from './node-recipe.ts';
import { SNAPSHOTS_LABEL, sweepRoots } from './remove-snapshot.ts';
import { earliestExpiryMs, type SnapshotManifest, type SnapshotNode } from './snapshot-manifest.ts';
import { beginSnapshot, describeFile, MANIFEST, snapshotsDir } from './snapshot-store.ts';
import { type Awakening, startNodes } from './start-nodes.ts';

export interface SnapshotRequest {
  readonly engine: ContainerEngine;
  readonly folder: ClusterFolder;
  readonly record: ClusterRecord;
  readonly nodes: readonly NodeContainer[];
  /** The node image that the cluster was made from. */
  readonly nodeImageId: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly progress: (what: string) => void;
  readonly base?: string;
}

export interface TakenSnapshot {
  readonly dir: string;
  readonly manifest: SnapshotManifest;
  /** The nodes, started again. */
  readonly awakening: Awakening;
}

/** Where committed root filesystems live in the engine. */
const REPOSITORY = 'redfirst.local/snapshot';
const COPY_DEADLINE_MS = 15 * 60_000;
const STOP_DEADLINE_MS = 180_000;
const STOP_GRACE_S = '60';

/**
 * Ends what a node runs in the order in which nothing is lost: the kubelet, which would start things again; the pods; the API server after
 * those that talk to it; etcd last.
 */
const QUIESCE = `
systemctl stop kubelet
late=$(crictl ps --quiet --name '^(etcd|kube-apiserver)$')
for id in $(crictl ps --quiet); do case "$late" in *"$id"*) ;; *) echo "$id" ;; esac; done |
  xargs --no-run-if-empty --max-procs 8 --max-args 1 crictl stop --timeout 10
for name in kube-apiserver etcd; do
  crictl ps --quiet --name "^$name$" | xargs --no-run-if-empty --max-args 1 crictl stop --timeout 20
done
systemctl stop containerd
`;

/** Everything of a node's \`/var\`: whiteouts, extended attributes (overlay's are of the class \`trusted\`) and owners by number. */
const ARCHIVE =
  'tar --create --numeric-owner --xattrs --xattrs-include="*" --sparse --directory /var --file "$1" . && chown "$2" "$1"';

/** Certificates whose end is the end of the snapshot. */
const CERTIFICATES =
  'cat /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt /var/lib/kubelet/pki/*.pem 2>/dev/null; true';

/**
 * Keeps a cluster as it stands: stops its nodes cleanly, commits each root filesystem, archives each `/var`, and starts the nodes again.
 * Whatever happens in between, the nodes are started again and nothing half written gets a snapshot's name.
 */
export async function takeSnapshot(request: SnapshotRequest): Promise<Result<TakenSnapshot>> {
  const { engine, nodes, record, progress, base = snapshotsDir() } = request;
  const expiry = await expiryOf(engine, nodes);
  if (!expiry.ok) return expiry;
  const inspected = await engine.run(['inspect', '--type', 'container', ...nodes.map(({ id }) => id)]);
  if (!inspected.ok) return inspected;
  const containers = JSON.parse(inspected.value) as readonly InspectedNode[];
  const network = await networkOf(engine, containers);
  if (!network.ok) return network;
  const began = beginSnapshot(record.digest, base);
  let startedAgain = false;
  try {
    progress(`${nodes.length === 1 ? 'the node' : `${nodes.length} nodes`} to be stopped cleanly`);
    // Workers first: their pods speak to the control plane while they end.
    for (const node of [...nodes].sort((a, b) => rank(a) - rank(b))) {
      const stopped = await stopNode(engine, node);
      if (!stopped.ok) return stopped;
    }
    progress('the files of the nodes to be kept');
    const kept = await Promise.all(
      nodes.map((node, index) => keepNode(request, began.dir, node, containers[index], index)),
    );
    const broken = kept.find((one) => !one.ok);
    if (broken !== undefined && !broken.ok) return broken;
    startedAgain = true;
    const started = await startNodes(engine, nodes);
    if (!started.ok) return started;
    // The nodes do not wait for the checksums: what is read is not theirs any more.
    progress('the checksums of what was kept');
    const files = kept.flatMap((one) => (one.ok ? [one.value] : []));
    const manifest = await writeManifest(request, began.dir, files, network.value, expiry.value);
    began.keep();
    return ok({ dir: join(base, record.digest), manifest, awakening: started.value });
  } finally {
    if (!startedAgain) await startNodes(engine, nodes);
    began.drop();
    await sweepRoots(engine, base);
  }
}

function rank({ role }: NodeContainer): number {
  return role === 'control-plane' ? 1 : 0;
}

async function expiryOf(engine: ContainerEngine, nodes: readonly NodeContainer[]): Promise<Result<number>> {
  const texts = await Promise.all(nodes.map(({ id }) => engine.run(['exec', id, 'sh', '-c', CERTIFICATES])));
  const times: number[] = [];
  for (const text of texts) {
    if (!text.ok) return text;
    const expiry = earliestExpiryMs(text.value);
    if (expiry !== undefined) times.push(expiry);
  }
  return times.length === 0 ? fail(engineFailure('no certificate was found in the nodes')) : ok(Math.min(...times));
}

async function networkOf(engine: ContainerEngine, [first]: readonly InspectedNode[]): Promise<Result<KindNetwork>> {
  const inspected = await engine.run(['network', 'inspect', first?.HostConfig.NetworkMode ?? '']);
  if (!inspected.ok) return inspected;
  const network = readNetwork(inspected.value);
  return network === undefined ? fail(engineFailure('the network of the nodes is gone')) : ok(network);
}

async function stopNode(engine: ContainerEngine, { id }: NodeContainer): Promise<Result<string>> {
  const options = { deadlineMs: STOP_DEADLINE_MS };
  const quiet = await engine.run(['exec', id, 'sh', '-c', QUIESCE], options);
  return quiet.ok ? engine.run(['stop', '--time', STOP_GRACE_S, id], options) : quiet;
}

/** A node whose files are kept, before they were read through. */
type KeptNode = Omit<SnapshotNode, 'volume'> & { readonly file: string };

async function keepNode(
  { engine, record, nodeImageId, base = snapshotsDir() }: SnapshotRequest,
  dir: string,
  node: NodeContainer,
  container: InspectedNode | undefined,
  index: number,
): Promise<Result<KeptNode>> {
  if (container === undefined) return fail(engineFailure(`${node.name} has vanished`));
  const recipe = readRecipe(container);
  const tag = `${REPOSITORY}:${record.digest.slice(0, 12)}-${index}`;
  const label = `LABEL ${SNAPSHOTS_LABEL}=${JSON.stringify(base)}`;
  const committed = await engine.run(['commit', '--change', label, node.id, tag], { deadlineMs: COPY_DEADLINE_MS });
  if (!committed.ok) return committed;
  const rootImage = committed.value.trim();
  const file = `${recipe.name}.var.tar`;
  const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const archived = await engine.run(
    [...helper(nodeImageId, node.id, dir), '-c', ARCHIVE, 'sh', `/snapshot/${file}`, owner],
    { deadlineMs: COPY_DEADLINE_MS },
  );
  if (!archived.ok) return archived;
  return ok({ recipe, role: node.role, rootImage, file });
}

/** A container that lives as long as one copy, sees a node's volumes, and may write what only root may (owners, whiteouts, `trusted.*`). */
export function helper(image: string, node: string, dir: string, readOnly = false): string[] {
  return [
    ...['run', '--rm', '--privileged', '--network', 'none', '--name', `redfirst-copy-${randomUUID().slice(0, 8)}`],
    ...[
      '--volumes-from',
      node,
      '--mount',
      `type=bind,"source=${dir}",destination=/snapshot${readOnly ? ',readonly' : ''}`,
    ],
    ...['--entrypoint', 'sh', image],
  ];
}

async function writeManifest(
  { folder, record, nodeImageId, versions }: SnapshotRequest,
  dir: string,
  kept: readonly KeptNode[],
  network: KindNetwork,
  validUntilMs: number,
): Promise<SnapshotManifest> {
  await writeFile(join(dir, 'kubeconfig'), await readFile(folder.kubeconfig), { mode: 0o600 });
  const nodes: SnapshotNode[] = [];
  for (const { file, ...node } of kept) {
    await chmod(join(dir, file), 0o600);
    nodes.push({ ...node, volume: await describeFile(dir, file) });
  }
  const manifest: SnapshotManifest = {
    ...{ v: 1, cluster: record.cluster, profile: record.profile, digest: record.digest, takenAtMs: Date.now() },
    ...{ validUntilMs, nodeImageId, versions, network, nodes },
    kubeconfig: await describeFile(dir, 'kubeconfig'),
  };
  await writeFile(join(dir, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true });
  return manifest;
}
