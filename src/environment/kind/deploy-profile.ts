import { type Finding, ok, type Result } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import { deployAddons } from '../kubernetes/addons.ts';
import type { OpenedApi } from '../kubernetes/open-api.ts';
import { restartPods } from '../kubernetes/restart-pods.ts';
import { awaitKubeVirt, deployKubeVirt } from '../kubevirt/deploy.ts';
import type { ProvisionContext } from '../provider.ts';
import { awaitNodes, kubevirtTarget } from './await-ready.ts';
import { chooseEmulation } from './choose-emulation.ts';
import type { NodeContainer } from './container-engine.ts';
import type { KindTool } from './create-cluster.ts';
import { normalName } from './image-name.ts';
import { isArchive, loadImages } from './load-images.ts';
import type { Awakening } from './start-nodes.ts';

export interface Deployment {
  /** As it is named, and with the system under test in it. */
  readonly named: KindProfile;
  readonly profile: KindProfile;
  readonly tool: KindTool;
  readonly opened: OpenedApi;
  readonly nodes: readonly NodeContainer[];
  /** Whether the nodes were made with the profile's images in them. */
  readonly baked: boolean;
  /** Where the nodes were started just now, with what they held. */
  readonly awakening: Awakening | undefined;
}

/** Everything between `kind create` and a ready cluster; doing it twice does no harm, so a crash in the middle is simply resumed. */
export async function deployProfile(
  { profile, named, tool, opened, nodes, baked, awakening }: Deployment,
  context: ProvisionContext,
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
    isOutdated: (image, id) => {
      const known = loaded.value.known.get(normalName(image));
      return known !== undefined && known.size > 0 && !known.has(id.replace(/^.*@/, ''));
    },
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
