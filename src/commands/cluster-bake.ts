import { dirname } from 'node:path';
import { EXIT, type ExitCode, type Failure } from '../domain/failure.ts';
import { bakeImage, findBaked, removeBaked } from '../environment/kind/bake-image.ts';
import { engineOfProfile } from '../environment/kind/choose-engine.ts';
import { snapshotsDir } from '../environment/kind/snapshot-store.ts';
import { loadKindProfile } from './cluster-profile.ts';
import type { CommandInput } from './command.ts';

/** `cluster bake PROFILE`: a node image that holds the profile's images already, so that a new cluster has none to load. */
export async function bakeNodeImage(input: CommandInput, name: string | undefined): Promise<ExitCode> {
  const { out, options, signal } = input;
  const loaded = await loadKindProfile(input, name);
  if (!loaded.ok) return refuse(input, loaded.failure);
  const { profile, root } = loaded.value;
  const engine = await engineOfProfile(profile, signal);
  if (!engine.ok) return refuse(input, engine.failure);
  if (options['remove'] === true) {
    const removed = await removeBaked(engine.value, profile.name);
    out.print(
      removed.length === 0 ? `there is no baked image of ${profile.name} to remove` : `removed ${removed.join(', ')}`,
    );
    out.document({ removed });
    return EXIT.holds;
  }
  const { tag, found } = await findBaked(engine.value, profile, root);
  if (found !== undefined && options['force'] !== true) {
    out.print(`${tag} is there already, and is as the profile is now`);
    out.document({ image: tag, made: false });
    return EXIT.holds;
  }
  const scratch = dirname(snapshotsDir());
  const progress = (what: string): void => void process.stderr.write(`waiting for ${what}\n`);
  const baked = await bakeImage({ engine: engine.value, profile, root, tag, scratch, progress });
  if (!baked.ok) return refuse(input, baked.failure);
  const replaced = await removeBaked(engine.value, profile.name, tag);
  const { loadMs, bytes, baseBytes, absent } = baked.value;
  out.print(`baked ${tag} of ${profile.image}`);
  out.print(`  takes ${mib(bytes - baseBytes)} MiB of disk beside the node image`);
  out.print(`  spares every new cluster of the profile loading them, which took ${(loadMs / 1000).toFixed(1)} s now`);
  if (absent.length > 0) out.print(`  not in it, for nodes to pull: ${absent.join(', ')}`);
  if (replaced.length > 0) out.print(`  removed ${replaced.join(', ')}, which it replaces`);
  out.document({ image: tag, made: true, loadMs, bytes, baseBytes, absent, replaced });
  return EXIT.holds;
}

function mib(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0);
}

function refuse({ out }: CommandInput, failure: Failure): ExitCode {
  out.failure(failure);
  return failure.exit;
}
