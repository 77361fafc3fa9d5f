import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../../domain/failure.ts';
import { describeEnd } from '../../domain/process-end.ts';
import type { KindProfile } from '../../domain/profile.ts';
import { TOKEN_VARIABLE } from '../../process/process-group.ts';
import { captureProcess } from '../../process/run-process.ts';
import { cleanLeftovers } from '../leftovers.ts';
import type { ClusterFolder } from './cluster-record.ts';
import { type ContainerEngine, clusterNodes, engineFailure, KIND_PROVIDER } from './container-engine.ts';
import { kindConfig } from './kind-config.ts';
import { removeBareStorage, removeNodeVolumes } from './node-volumes.ts';

export interface KindTool {
  /** Absolute path of kind. */
  readonly path: string;
  readonly engine: ContainerEngine;
  readonly signal: AbortSignal;
  /** Marks its processes. */
  readonly token: string;
}

/** The environment that kind is given: what its engine needs, and which engine that is. */
function kindVariables({ engine, token }: KindTool): Record<string, string> {
  return {
    ...engine.env,
    [TOKEN_VARIABLE]: token,
    // Named for Docker too: kind would otherwise take what the caller's environment says.
    [KIND_PROVIDER]: engine.name,
  };
}

/** Runs kind; what it says goes into a failure. */
export async function runKind(
  tool: KindTool,
  args: readonly string[],
  deadlineMs: number,
  unstoppable = false,
): Promise<Result<string>> {
  const { end, stdout, stderr } = await captureProcess({
    argv: [tool.path, ...args],
    cwd: '/',
    env: kindVariables(tool),
    deadlineMs,
    // kind removes what it began when it is asked to stop, which takes its time.
    graceMs: 20_000,
    ...(unstoppable ? {} : { signal: tool.signal }),
  });
  if (end.cause === 'exited' && end.code === 0) return ok(stdout.toString('utf8'));
  const words = tellingLines(stderr);
  const what = `kind ${args[0]} ${args[1] ?? ''} failed: ${words === '' ? describeEnd(end) : words}`;
  return fail(engineFailure(what, 'read the message above; what was half made has been removed'));
}

/** kind's output begins with what it did and ends with why it could not. */
function tellingLines(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const error = lines.findIndex((line) => line.startsWith('ERROR'));
  return (error === -1 ? lines.slice(-3) : lines.slice(error, error + 4)).join('; ').slice(0, 2000);
}

/** `kind create cluster`, with a kubeconfig of its own: nobody's ~/.kube/config is touched. */
export async function createCluster(
  tool: KindTool,
  profile: KindProfile,
  folder: ClusterFolder,
  mark: string,
): Promise<Result<void>> {
  await mkdir(folder.path, { recursive: true, mode: 0o700 });
  await noteNetwork(tool.engine, folder);
  const config = join(folder.path, 'kind.yaml');
  await writeFile(config, kindConfig(profile, folder.markPath(mark)));
  const args = ['create', 'cluster', '--name', profile.cluster, '--config', config, '--kubeconfig', folder.kubeconfig];
  const created = await runKind(tool, args, profile.createDeadlineMs);
  return created.ok ? ok(undefined) : created;
}

/**
 * Ends what a dead maker of a cluster started. The engine finishes what a client that is killed had asked for: a node may still come, and is waited
 * for, so that whoever counts them counts them all.
 */
export async function endMaker(token: string): Promise<void> {
  if ((await cleanLeftovers(token)).length > 0) await lateNodes();
}

/** Long enough for a container that was asked for to be there. */
export function lateNodes(): Promise<void> {
  return sleep(LATE_MS);
}

const LATE_MS = 2000;

/** How long the engine may take to remove a cluster's containers. */
export const REMOVE_DEADLINE_MS = 120_000;

/**
 * Removes a cluster of ours: its containers with their volumes, its kubeconfig, its record. Paused and half-made ones too. The network `kind`
 * is shared by all kind clusters of a machine; it goes with the last of them where it came with one of redfirst's.
 */
export async function removeCluster(
  engine: ContainerEngine,
  cluster: string,
  folder: ClusterFolder,
): Promise<Result<void>> {
  const nodes = await clusterNodes(engine, cluster);
  if (!nodes.ok) return nodes;
  if (nodes.value.length > 0) {
    // Podman asks a container to stop first, and waits ten seconds for each; Docker does not.
    const atOnce = engine.name === 'podman' ? ['--time', '0'] : [];
    const args = ['rm', '--force', '--volumes', ...atOnce, ...nodes.value.map(({ id }) => id)];
    const removed = await engine.run(args, { deadlineMs: REMOVE_DEADLINE_MS, unstoppable: true });
    if (!removed.ok) return removed;
  }
  // Where nothing says that kind was started for us, volumes and storage without containers are another's.
  if (nodes.value.length > 0 || folder.read() !== undefined) {
    const bare = await removeBareStorage(engine, cluster);
    if (!bare.ok) return bare;
    const removed = await removeNodeVolumes(engine, cluster);
    if (!removed.ok) return removed;
  }
  folder.remove();
  await removeNetwork(engine, folder);
  return ok(undefined);
}

/** The network that all kind clusters of a machine share. */
const NETWORK = 'kind';

/** Kind makes its network with the first cluster: notes it where that is ours, so that it goes with the last. */
export async function noteNetwork(engine: ContainerEngine, folder: ClusterFolder): Promise<void> {
  const found = await engine.run(['network', 'inspect', NETWORK]);
  if (!found.ok) await writeFile(networkMark(engine, folder), '');
}

/** Refused by the engine while another cluster uses it, which is as it should be. */
async function removeNetwork(engine: ContainerEngine, folder: ClusterFolder): Promise<void> {
  const mark = networkMark(engine, folder);
  if (!existsSync(mark)) return;
  const removed = await engine.run(['network', 'rm', NETWORK], { unstoppable: true });
  if (removed.ok) await rm(mark, { force: true });
}

function networkMark(engine: ContainerEngine, folder: ClusterFolder): string {
  return join(dirname(folder.path), `network-${engine.name}.mark`);
}
