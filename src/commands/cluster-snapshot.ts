import { EXIT, type ExitCode, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { KindProfile } from '../domain/profile.ts';
import { awaitReady } from '../environment/kind/await-ready.ts';
import type { UpCluster } from '../environment/kind/bring-up.ts';
import { clusterFolder } from '../environment/kind/cluster-record.ts';
import { findEngine } from '../environment/kind/container-engine.ts';
import { discardSnapshot } from '../environment/kind/remove-snapshot.ts';
import type { SnapshotManifest } from '../environment/kind/snapshot-manifest.ts';
import { findSnapshot, listSnapshots, removeSnapshot, snapshotBytes } from '../environment/kind/snapshot-store.ts';
import { takeSnapshot } from '../environment/kind/take-snapshot.ts';
import { unfitForSnapshot } from '../environment/kind/unfit-for-snapshot.ts';
import type { ProvisionContext } from '../environment/provider.ts';
import { loadKindProfile } from './cluster-profile.ts';
import { withCluster } from './cluster-up.ts';
import type { CommandInput } from './command.ts';

/** `cluster snapshot PROFILE`: keeps the cluster that is up, so that `cluster up` restores it; `--remove` forgets what was kept. */
export async function snapshotCluster(input: CommandInput, name: string | undefined): Promise<ExitCode> {
  const { out, options } = input;
  if (options['remove'] === true) return removeSnapshots(input, name);
  const loaded = await loadKindProfile(input, name);
  if (!loaded.ok) return refuse(input, loaded.failure);
  const { profile, root } = loaded.value;
  if (clusterFolder(profile.cluster).read()?.phase !== 'ready') return refuse(input, notReady(profile));
  const taken = await withCluster(input, { profile, root }, (cluster, context) =>
    take(profile, cluster, context, options['force'] === true),
  );
  if (!taken.ok) return refuse(input, taken.failure);
  const { dir, manifest, steps, namespaces } = taken.value;
  out.print(`snapshot of cluster ${profile.cluster}: ${size(manifest)} in ${dir}`);
  out.print(`  namespaces in it: ${namespaces.join(', ')}`);
  out.print(`  certificates in it are valid until ${new Date(manifest.validUntilMs).toISOString()}`);
  out.print(`  saves: creating nodes, loading images and deploying; what is left is starting what is there`);
  for (const { what, ms } of steps) out.print(`  ${(ms / 1000).toFixed(1).padStart(6)} s  ${what}`);
  out.print(`\nredfirst cluster up ${profile.name} restores it when no cluster ${profile.cluster} is up`);
  out.document({ cluster: profile.cluster, dir, bytes: snapshotBytes(manifest), manifest, namespaces, steps });
  return EXIT.holds;
}

interface Taken {
  readonly dir: string;
  readonly manifest: SnapshotManifest;
  readonly namespaces: readonly string[];
}

async function take(
  profile: KindProfile,
  { engine, folder, record, nodes, opened, tools }: UpCluster,
  context: ProvisionContext,
  force: boolean,
): Promise<Result<Taken>> {
  if (!force && typeof findSnapshot(record.digest) === 'object') return fail(thereAlready(profile));
  const fit = await unfitForSnapshot(engine, nodes, opened.api);
  if (!fit.ok) return fit;
  const { namespaces, versions } = fit.value;
  const nodeImageId = record.nodeImageId ?? nodes.find(({ role }) => role === 'control-plane')?.imageId ?? '';
  const taken = await takeSnapshot({
    ...{ engine, folder, record, nodes, nodeImageId, progress: context.progress },
    versions: { ...versions, engine: `${engine.name} ${engine.version}`, kind: tools.kind, image: profile.image },
  });
  if (!taken.ok) return taken;
  const ready = await awaitReady(profile, opened, context, taken.value.awakening);
  if (ready.ok) {
    folder.write({ ...record, readyAtMs: Date.now() });
    return ok({ ...taken.value, namespaces });
  }
  // What does not come up where it was taken comes up nowhere.
  await discardSnapshot(engine, taken.value);
  return ready;
}

/** Of one profile or cluster, whatever the profile's digest is now. */
async function removeSnapshots(input: CommandInput, name: string | undefined): Promise<ExitCode> {
  const { out, signal } = input;
  const found = listSnapshots().filter(({ manifest }) => manifest.profile === name || manifest.cluster === name);
  if (found.length === 0) out.print(`there is no snapshot of ${name ?? 'no profile'}`);
  // Only Docker has any.
  const engine = await findEngine('docker', signal);
  for (const snapshot of found) {
    if (engine.ok) await discardSnapshot(engine.value, snapshot);
    else removeSnapshot(snapshot.manifest.digest);
    out.print(`removed the snapshot of cluster ${snapshot.manifest.cluster} (${size(snapshot.manifest)})`);
  }
  out.document({ removed: found.map(({ manifest }) => manifest.digest) });
  return EXIT.holds;
}

/** How much of the disk a snapshot takes, for a person; without what the engine keeps of the root filesystems, a few MiB. */
export function size(manifest: SnapshotManifest): string {
  return `${(snapshotBytes(manifest) / 1024 ** 3).toFixed(1)} GiB`;
}

function notReady({ name, cluster }: KindProfile): Failure {
  const what = `cluster ${cluster} is not up and ready, so there is nothing to keep`;
  return { reason: 'not-found', what, next: `redfirst cluster up ${name}`, exit: EXIT.doesNotHold };
}

function thereAlready({ name, cluster }: KindProfile): Failure {
  const what = `there is a snapshot of cluster ${cluster} as its profile is now`;
  const next = `redfirst cluster snapshot ${name} --force replaces it`;
  return { reason: 'environment-failed', what, next, exit: EXIT.doesNotHold };
}

function refuse({ out }: CommandInput, failure: Failure): ExitCode {
  out.failure(failure);
  return failure.exit;
}
