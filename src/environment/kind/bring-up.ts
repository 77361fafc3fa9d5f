import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, fail, ok, type Result } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import { findTool, missingTool } from '../find-tool.ts';
import { type OpenedApi, openApi } from '../kubernetes/open-api.ts';
import type { ProvisionContext } from '../provider.ts';
import { awaitReady } from './await-ready.ts';
import { findBaked } from './bake-image.ts';
import { checkManifests } from './check-manifests.ts';
import { engineOfProfile } from './choose-engine.ts';
import { clusterDigest, systemDigest, withSystem } from './cluster-digest.ts';
import { lockCluster } from './cluster-lock.ts';
import { type ClusterFolder, type ClusterRecord, clusterFolder } from './cluster-record.ts';
import { type ContainerEngine, imageIds, type NodeContainer } from './container-engine.ts';
import { type KindTool, removeCluster } from './create-cluster.ts';
import { deployProfile } from './deploy-profile.ts';
import { type EnsuredCluster, ensureCluster } from './ensure-cluster.ts';
import { standsReady } from './foresee-kind.ts';
import { isArchive } from './load-images.ts';
import { renewKubeconfig } from './renew-kubeconfig.ts';

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
    const stands = await standsReady({ profile: named, engine: engine.value, folder, digest, system });
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
  const { nodes, how, record, notes, settle, awakening } = ensured;
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
      : await deployProfile(
          { ...site, opened: opened.value, nodes, baked: record.bakedImages === true, awakening },
          context,
        );
  if (!deployed.ok) return deployed;
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
