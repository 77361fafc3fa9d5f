import type { Sha256 } from '../../domain/brand.ts';
import { EXIT, type Finding, fail, ok, type Result } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import type { ProvisionContext } from '../provider.ts';
import { engineOfProfile } from './choose-engine.ts';
import { clusterDigest } from './cluster-digest.ts';
import { describeHolder } from './cluster-lock.ts';
import { type ClusterFolder, type ClusterRecord, clusterFolder, ownershipOf } from './cluster-record.ts';
import { type ContainerEngine, clusterNodes, imageIds, type NodeContainer } from './container-engine.ts';
import { foreign, whyAnew } from './ensure-cluster.ts';
import { countNodes } from './kind-config.ts';

interface Site {
  readonly profile: KindProfile;
  readonly engine: ContainerEngine;
  readonly folder: ClusterFolder;
  readonly digest: Sha256;
  /** Digest of the system under test that is wanted. */
  readonly system: string;
}

/** What bringing the profile's cluster up would do, without doing any of it; undefined where it is up and fits. */
export async function foreseeKind(
  profile: KindProfile,
  { root, signal }: Pick<ProvisionContext, 'root' | 'signal'>,
): Promise<Result<Finding | undefined>> {
  const engine = await engineOfProfile(profile, signal);
  if (!engine.ok) return engine;
  const folder = clusterFolder(profile.cluster);
  const holder = describeHolder(folder.path);
  if (holder !== undefined) {
    return ok({
      severity: 'note',
      what: `cluster ${profile.cluster} is in use, and is left alone: ${holder}`,
      next: `ask again when it is through: \`redfirst doctor ${profile.name}\``,
    });
  }
  const images = profile.images.filter((image) => !image.endsWith('.tar'));
  const digest = clusterDigest(profile, root, await imageIds(engine.value, [profile.image, ...images]));
  const nodes = await clusterNodes(engine.value, profile.cluster);
  return nodes.ok ? ok(judgeCluster(profile, nodes.value, folder.read(), folder, digest)) : nodes;
}

/** Whether a cluster can be used as it stands; where not, what is in the way. For whoever has its lock. */
export async function standsReady({ profile, engine, folder, digest, system }: Site): Promise<Result<void>> {
  const nodes = await clusterNodes(engine, profile.cluster);
  if (!nodes.ok) return nodes;
  const finding = judgeCluster(profile, nodes.value, folder.read(), folder, digest, system);
  if (finding === undefined) return ok(undefined);
  const { what, next, severity } = finding;
  const [reason, exit] =
    severity === 'error'
      ? (['environment-failed', EXIT.environment] as const)
      : (['not-found', EXIT.doesNotHold] as const);
  return fail({ reason, what, next, exit });
}

/** What is in the way of using a cluster as it stands, and what mends it; undefined where nothing is. Pure. */
export function judgeCluster(
  profile: KindProfile,
  nodes: readonly NodeContainer[],
  record: ClusterRecord | undefined,
  folder: Pick<ClusterFolder, 'path'>,
  digest: Sha256,
  system = '',
): (Finding & { readonly next: string }) | undefined {
  const { cluster, name } = profile;
  const up = `\`redfirst cluster up ${name}\``;
  const note = (what: string, next: string) => ({ severity: 'note' as const, what, next });
  const ownership = ownershipOf(nodes, record, folder, countNodes(profile));
  if (ownership === 'absent')
    return note(
      `cluster ${cluster} is not up`,
      `${up} makes it (${describeMaking(profile)}); \`redfirst doctor --provision ${name}\` does so, and removes it again`,
    );
  if (ownership === 'foreign') return { severity: 'error', ...wordsOf(foreign(cluster, nodes)) };
  if (ownership === 'half-made' || record?.digest !== digest)
    return note(
      `cluster ${cluster} cannot be used as it is: ${whyAnew(record, digest)}`,
      `${up} removes it and makes it anew; \`redfirst cluster down ${name}\` removes it`,
    );
  if (record.phase !== 'ready')
    return note(`cluster ${cluster} is there, and not all is deployed in it yet`, `${up} does the rest`);
  if (record.system !== system)
    return note(
      `cluster ${cluster} has another system under test in it`,
      system === ''
        ? `${up} deploys what the profile says in its place`
        : `${up} with \`--system\` deploys that in its place`,
    );
  const asleep = nodes.filter(({ state }) => state !== 'running');
  if (asleep.length === 0) return undefined;
  const named = asleep.map((node) => `${node.name} (${node.state})`).join(', ');
  return note(`cluster ${cluster} is there, and not all of its nodes run: ${named}`, `${up} starts them`);
}

/** `1 node of kindest/node:v1.36.1, 9 images loaded, KubeVirt v1.9.0, add-on cdi`. */
function describeMaking({ controlPlanes, workers, image, images, kubevirt, addons }: KindProfile): string {
  const nodes = controlPlanes + workers;
  return [
    `${nodes} ${nodes === 1 ? 'node' : 'nodes'} of ${image}`,
    ...(images.length === 0 ? [] : [`${images.length} ${images.length === 1 ? 'image' : 'images'} loaded`]),
    ...(kubevirt === undefined ? [] : [`KubeVirt ${kubevirt.version}`]),
    ...addons.map(({ name }) => `add-on ${name}`),
  ].join(', ');
}

function wordsOf({ what, next }: { readonly what: string; readonly next: string }) {
  return { what, next };
}
