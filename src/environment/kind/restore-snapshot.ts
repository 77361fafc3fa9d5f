import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../domain/failure.ts';
import { type ClusterFolder, MARK_DESTINATION } from './cluster-record.ts';
import { type ContainerEngine, engineFailure, type NodeContainer } from './container-engine.ts';
import { noteNetwork } from './create-cluster.ts';
import { ensureNetwork } from './kind-network.ts';
import { createArguments } from './node-recipe.ts';
import { atPort, type SnapshotNode } from './snapshot-manifest.ts';
import { hasContent, hasSize, type StoredSnapshot } from './snapshot-store.ts';
import { type Awakening, startNodes } from './start-nodes.ts';
import { helper } from './take-snapshot.ts';

export interface RestoreRequest {
  readonly engine: ContainerEngine;
  readonly snapshot: StoredSnapshot;
  readonly folder: ClusterFolder;
  /** Name of the new mark's folder: a clone is told from what it was taken of. */
  readonly mark: string;
}

const FILL_DEADLINE_MS = 10 * 60_000;
const EXTRACT =
  'tar --extract --numeric-owner --same-permissions --xattrs --xattrs-include="*" --directory /var --file "$1"';

/** Why a snapshot cannot even be begun with: a file or an image of it is not there. */
export async function snapshotDamage(engine: ContainerEngine, snapshot: StoredSnapshot): Promise<string | undefined> {
  const { dir, manifest } = snapshot;
  const short = [manifest.kubeconfig, ...manifest.nodes.map(({ volume }) => volume)].find(
    (file) => !hasSize(dir, file),
  );
  if (short !== undefined) return `${short.file} is not there, or not whole`;
  const images = [manifest.nodeImageId, ...manifest.nodes.map(({ rootImage }) => rootImage)];
  const found = await engine.run(['image', 'inspect', '--format', '{{.Id}}', ...new Set(images)]);
  return found.ok ? undefined : `an image of it is gone from ${engine.name}`;
}

/** Makes the node containers of a snapshot again, fills their volumes, and starts them. Needs their names to be free. */
export async function restoreSnapshot(request: RestoreRequest): Promise<Result<Awakening>> {
  const { engine, snapshot, folder } = request;
  const { dir, manifest } = snapshot;
  await mkdir(folder.path, { recursive: true, mode: 0o700 });
  await noteNetwork(engine, folder);
  const network = await ensureNetwork(engine, manifest.network);
  if (!network.ok) return network;
  const hostPorts = await freePorts(
    manifest.nodes.flatMap(({ recipe }) => recipe.ports.map(({ hostPort }) => hostPort)),
  );
  const [damage, ...filled] = await Promise.all([
    readThrough(snapshot),
    ...manifest.nodes.map((node) => makeNode(request, node, hostPorts)),
  ]);
  const nodes: Pick<NodeContainer, 'id' | 'name' | 'role'>[] = [];
  for (const [index, made] of filled.entries()) {
    if (!made.ok) return made;
    const node = manifest.nodes[index];
    nodes.push({ id: made.value, name: node?.recipe.name ?? '', role: node?.role ?? '' });
  }
  if (damage !== undefined) return fail(engineFailure(damage));
  const kubeconfig = await readFile(join(dir, manifest.kubeconfig.file), 'utf8');
  await writeFile(folder.kubeconfig, atPort(kubeconfig, hostPorts), { mode: 0o600 });
  return startNodes(engine, nodes);
}

async function makeNode(
  { engine, snapshot, folder, mark }: RestoreRequest,
  { recipe, rootImage, volume }: SnapshotNode,
  hostPorts: ReadonlyMap<number, number>,
): Promise<Result<string>> {
  const sources = { [MARK_DESTINATION]: folder.markPath(mark) };
  const made = await engine.run(createArguments(recipe, { image: rootImage, sources, hostPorts }));
  if (!made.ok) return made;
  const id = made.value.trim();
  const copy = [
    ...helper(snapshot.manifest.nodeImageId, id, snapshot.dir, true),
    '-c',
    EXTRACT,
    'sh',
    `/snapshot/${volume.file}`,
  ];
  const filled = await engine.run(copy, { deadlineMs: FILL_DEADLINE_MS });
  return filled.ok ? ok(id) : filled;
}

/** The content is compared while it is copied, which takes longer, and keeps one processor busy: what starts afterwards needs them all. */
async function readThrough({ dir, manifest }: StoredSnapshot): Promise<string | undefined> {
  for (const file of [manifest.kubeconfig, ...manifest.nodes.map(({ volume }) => volume)]) {
    if (!(await hasContent(dir, file).catch(() => false))) return `${file.file} is not what was written`;
  }
  return undefined;
}

/** The ports that a snapshot's nodes had where they are free, and free ones in place of the others. */
async function freePorts(wanted: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const ports = new Map<number, number>();
  for (const port of wanted) ports.set(port, (await tryPort(port)) ?? (await tryPort(0)) ?? port);
  return ports;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
