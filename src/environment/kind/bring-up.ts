import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, fail, ok, type Result } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import { findTool, missingTool } from '../find-tool.ts';
import { deployAddons } from '../kubernetes/addons.ts';
import { ownedNamespaces, removeNamespaces } from '../kubernetes/namespaces.ts';
import { conditionOf, type KubeNode, type List } from '../kubernetes/objects.ts';
import { type OpenedApi, openApi } from '../kubernetes/open-api.ts';
import { restartPods } from '../kubernetes/restart-pods.ts';
import { awaitAnew } from '../kubernetes/seen-anew.ts';
import { waitFor } from '../kubernetes/wait-for.ts';
import { awaitKubeVirt, deployKubeVirt } from '../kubevirt/deploy.ts';
import { restoreKubeVirt } from '../kubevirt/restore.ts';
import type { ProvisionContext } from '../provider.ts';
import { findBaked } from './bake-image.ts';
import { checkManifests } from './check-manifests.ts';
import { chooseEmulation } from './choose-emulation.ts';
import { engineOfProfile } from './choose-engine.ts';
import { clusterDigest, systemDigest, withSystem } from './cluster-digest.ts';
import { lockCluster } from './cluster-lock.ts';
import { type ClusterFolder, type ClusterRecord, clusterFolder } from './cluster-record.ts';
import { type ContainerEngine, engineFailure, imageIds, type NodeContainer } from './container-engine.ts';
import { type KindTool, removeCluster } from './create-cluster.ts';
import { type EnsuredCluster, ensureCluster } from './ensure-cluster.ts';
import { standsReady } from './foresee-kind.ts';
import { normalName } from './image-name.ts';
import { isArchive, loadImages } from './load-images.ts';
import { renewKubeconfig } from './renew-kubeconfig.ts';
import type { Awakening } from './start-nodes.ts';

/** A kind cluster that is up, with what the profile deploys in it. */
export interface UpCluster {
  /** With the system under test in it. */
  readonly profile: KindProfile;
  readonly engine: ContainerEngine;
  readonly folder: ClusterFolder;
  readonly record: ClusterRecord;
  readonly nodes: readonly NodeContainer[];
  readonly how: EnsuredCluster['how'];
  readonly opened: OpenedApi;
  readonly tools: { readonly kind: string; readonly kubectl: string; readonly virtctl: string };
  readonly findings: readonly Finding[];
}

/** How long the API server of a cluster that is up may take to answer: a node that was just started boots first. */
const API_DEADLINE_MS = 180_000;
/** How long what earlier runs left may take to go. */
const REMOVE_DEADLINE_MS = 90_000;

/** Finds or makes the profile's cluster, and finishes what is not done in it yet. It is this process's alone until the clean-up. */
export async function bringUp(
  named: KindProfile,
  context: ProvisionContext,
  { fresh = false }: { readonly fresh?: boolean } = {},
): Promise<Result<UpCluster>> {
  const { root, signal, progress, onCleanup } = context;
  const profile = withSystem(named, context.system);
  const engine = await engineOfProfile(profile, signal);
  if (!engine.ok) return engine;
  const built = (context.system?.images ?? []).filter((image) => !isArchive(image));
  const system = systemDigest(context.system, root, await imageIds(engine.value, built));
  const tools = findTools(profile);
  if (!tools.ok) return tools;
  const folder = clusterFolder(profile.cluster);
  const locked = await lockCluster({
    ...{ dir: folder.path, what: context.purpose, token: context.token },
    ...{ signal, progress },
  });
  if (!locked.ok) return locked;
  onCleanup(`lock of cluster ${profile.cluster}`, async () => locked.value());
  // Only now: whoever finds the folder after a crash finds its token in the lock.
  await mkdir(context.runtimeDir, { recursive: true, mode: 0o700 });
  const images = named.images.filter((image) => !isArchive(image));
  const digest = clusterDigest(named, root, await imageIds(engine.value, [named.image, ...images]));
  if (context.existingOnly === true) {
    const stands = await standsReady({ profile: named, engine: engine.value, folder, digest });
    if (!stands.ok) return stands;
  }
  const tool: KindTool = { path: tools.value.kind, engine: engine.value, signal, token: context.token };
  if (folder.read()?.digest !== digest || folder.read()?.system !== system) {
    const mistake = checkManifests(profile, root);
    if (mistake !== undefined) return fail(mistake);
  }
  const site: Site = { named, profile, system, tool, tools: tools.value, folder };
  const baked = fresh ? undefined : (await findBaked(engine.value, named, root)).found;
  const request = { profile, digest, tool, folder, context, baked };
  const ensured = await ensureCluster({ ...request, fresh });
  if (!ensured.ok) return ensured;
  const up = await finish(site, ensured.value, context);
  if (up.ok || ensured.value.how !== 'restored' || signal.aborted) return up;
  // A snapshot that does not come to life costs its time, and no more.
  const removed = await removeCluster(engine.value, profile.cluster, folder);
  if (!removed.ok) return removed;
  ensured.value.settle();
  const anew = await ensureCluster({ ...request, fresh: true });
  if (!anew.ok) return anew;
  const notes = [`the snapshot was not used: ${up.failure.what}`, ...anew.value.notes];
  const again = { ...context, runtimeDir: join(context.runtimeDir, 'again') };
  return finish(site, { ...anew.value, notes }, again);
}

/** What stays the same whichever way a cluster comes up. */
interface Site {
  /** As it is named, and with the system under test in it. */
  readonly named: KindProfile;
  readonly profile: KindProfile;
  /** Digest of the system under test. */
  readonly system: string;
  readonly tool: KindTool;
  readonly tools: UpCluster['tools'];
  readonly folder: ClusterFolder;
}

async function finish(site: Site, ensured: EnsuredCluster, context: ProvisionContext): Promise<Result<UpCluster>> {
  const { profile, system, tool, tools, folder } = site;
  const { engine } = tool;
  const { nodes, how, record, notes, settle, awakening, damage } = ensured;
  const { kubeconfig } = folder;
  const target = { kubectl: tools.kubectl, kubeconfig, env: engine.env, deadlineMs: API_DEADLINE_MS };
  let opened = await openApi(target, context);
  const wasThere = how === 'reused' || how === 'resumed';
  if (!opened.ok && wasThere && (await renewKubeconfig(tool, profile.cluster, kubeconfig)))
    opened = await openApi(target, { ...context, runtimeDir: join(context.runtimeDir, 'again') });
  if (!opened.ok) return opened;
  // Until it is ready again nobody may take it for what the record says.
  if (record.system !== system) folder.write({ ...record, phase: 'deploying', system });
  const deployed =
    (how === 'reused' || how === 'restored') && record.system === system
      ? await awaitReady(profile, opened.value, context, awakening)
      : await deploy(site, opened.value, nodes, context, record.bakedImages === true, awakening);
  if (!deployed.ok) return deployed;
  const damaged = await damage;
  if (damaged !== undefined) return fail(engineFailure(damaged));
  const ready: ClusterRecord = { ...record, phase: 'ready', readyAtMs: Date.now(), system };
  folder.write(ready);
  // A cluster that was there before stays; one that this run made goes with it, unless it is to be kept.
  if (context.keep) settle();
  const findings = [...notes.map((what): Finding => ({ severity: 'note', what })), ...deployed.value];
  return ok({ profile, engine, folder, record: ready, nodes, how, opened: opened.value, tools, findings });
}

function findTools(profile: KindProfile): Result<UpCluster['tools']> {
  const kind = findTool(profile.kind);
  if (kind === undefined) return fail(missingTool(profile.kind));
  const kubectl = findTool(profile.tools.kubectl);
  if (kubectl === undefined) return fail(missingTool(profile.tools.kubectl));
  return ok({ kind, kubectl, virtctl: findTool(profile.tools.virtctl) ?? '' });
}

/** Everything between `kind create` and a ready cluster; doing it twice does no harm, so a crash in the middle is simply resumed. */
async function deploy(
  { profile, named, tool }: Site,
  opened: OpenedApi,
  nodes: readonly NodeContainer[],
  context: ProvisionContext,
  baked: boolean,
  awakening: Awakening | undefined,
): Promise<Result<readonly Finding[]>> {
  const { runtimeDir, root, progress } = context;
  const { kubevirt } = profile;
  // What an archive holds cannot be looked up in a node, so archives that were baked in are not loaded again.
  const images = profile.images.filter((image) => !(baked && isArchive(image) && named.images.includes(image)));
  const loading = { tool, cluster: profile.cluster, nodes, images, root, dir: runtimeDir, progress };
  // None of the three waits for another: a node takes images before it is ready.
  const [loaded, ready, emulation] = await Promise.all([
    loadImages({ ...loading, tinyGuest: kubevirt !== undefined }),
    awaitNodes(opened, profile.readyDeadlineMs, context, awakening),
    // Its probe is short, and would hide the images that are waited for.
    kubevirt === undefined ? undefined : chooseEmulation(kubevirt, { ...context, progress: () => undefined }),
  ]);
  if (!loaded.ok) return loaded;
  if (!ready.ok) return ready;
  const restarted = await restartPods({
    ...{ api: opened.api, signal: context.signal, progress, deadlineMs: profile.readyDeadlineMs },
    isReplaced: (image) => loaded.value.replaced.has(normalName(image)),
  });
  if (!restarted.ok) return restarted;
  if (kubevirt !== undefined && emulation !== undefined) {
    const target = kubevirtTarget(profile, kubevirt, opened, context);
    const choices = { useEmulation: emulation.useEmulation, nodes: profile.controlPlanes + profile.workers };
    const deployed = await deployKubeVirt(target, choices);
    if (!deployed.ok) return deployed;
    const available = await awaitKubeVirt(target);
    if (!available.ok) return available;
  }
  const added = await deployAddons(
    { kubectl: opened.kubectl, root, readyDeadlineMs: profile.readyDeadlineMs, progress },
    profile.addons,
  );
  const absent = loaded.value.absent.map(
    (image): Finding => ({
      severity: 'warning',
      what: `${image} is neither in ${tool.engine.name} nor in the nodes, which have to pull it`,
      next: `load it into ${tool.engine.name}, or name another in the profile`,
    }),
  );
  return added.ok ? ok([...absent, ...(emulation?.findings ?? [])]) : added;
}

/**
 * A cluster that was there: waits until it is as ready as a new one, and takes away what earlier runs left, dead ones among them. It is this
 * process's alone, so every namespace of redfirst's is a leftover.
 *
 * @param awakening where the nodes were started just now: what they and KubeVirt said before that does not count
 */
export async function awaitReady(
  profile: KindProfile,
  opened: OpenedApi,
  context: ProvisionContext,
  awakening?: Awakening,
): Promise<Result<readonly Finding[]>> {
  const nodes = await awaitNodes(opened, profile.readyDeadlineMs, context, awakening);
  if (!nodes.ok) return nodes;
  const { kubevirt } = profile;
  const ready =
    kubevirt === undefined
      ? ok(undefined)
      : await awaitKubeVirt({
          ...kubevirtTarget(profile, kubevirt, opened, context),
          ...(awakening === undefined ? {} : { startedAtMs: awakening.startedAtMs }),
        });
  if (!ready.ok) return ready;
  // A look takes nothing away.
  if (context.existingOnly === true) return ok([]);
  const leftovers = await ownedNamespaces(opened.api);
  if (!leftovers.ok) return leftovers;
  if (leftovers.value.length > 0) context.progress(`what earlier runs left to go (${leftovers.value.join(', ')})`);
  const left = await removeNamespaces(opened.api, leftovers.value, REMOVE_DEADLINE_MS);
  const restored =
    kubevirt === undefined ? [] : await restoreKubeVirt(opened.api, kubevirt, context, profile.readyDeadlineMs);
  const problems = [...left, ...restored];
  if (problems.length === 0) return ok([]);
  const what = `cluster ${profile.cluster} could not be reset: ${problems.join('; ')}`;
  return fail(engineFailure(what, `make it anew: redfirst cluster down ${profile.name}`));
}

/** Waits until every node is ready; where they were started with what they held, until all in them has shown itself again. */
async function awaitNodes(
  { api }: OpenedApi,
  deadlineMs: number,
  context: ProvisionContext,
  awakening?: Awakening,
): Promise<Result<void>> {
  const { signal, progress } = context;
  if (awakening !== undefined) {
    const anew = await awaitAnew(api, awakening.startedAtMs, deadlineMs, context);
    await (await awakening.bridge)();
    return anew;
  }
  return waitFor({
    ...{ what: 'the cluster', deadlineMs, signal, progress },
    missing: async () => {
      const nodes = await api.get<List<KubeNode>>('/api/v1/nodes');
      if (!nodes.ok) return ok([`the nodes (${nodes.failure.message})`]);
      if (nodes.value.items.length === 0) return ok(['the first node']);
      return ok(
        nodes.value.items.flatMap(({ metadata: { name }, status }) => {
          const condition = conditionOf(status?.conditions, 'Ready');
          return condition?.status === 'True'
            ? []
            : [`node ${name} to be ready (${condition?.message ?? 'no word yet'})`];
        }),
      );
    },
  });
}

function kubevirtTarget(
  profile: KindProfile,
  spec: NonNullable<KindProfile['kubevirt']>,
  { api, kubectl }: OpenedApi,
  { root, signal, progress }: ProvisionContext,
) {
  return { api, kubectl, spec, root, signal, progress, readyDeadlineMs: profile.readyDeadlineMs };
}
