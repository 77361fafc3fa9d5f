import { ok, type Result } from '../../domain/failure.ts';
import type { Addon } from '../../domain/profile.ts';
import { applyManifest, manifestPath } from './apply.ts';
import type { Kubectl } from './kubectl.ts';

export interface AddonTarget {
  readonly kubectl: Kubectl;
  readonly root: string;
  readonly readyDeadlineMs: number;
  readonly progress: (what: string) => void;
}

/** Applies add-ons in order, and waits for each before the next. */
export async function deployAddons(target: AddonTarget, addons: readonly Addon[]): Promise<Result<void>> {
  const { kubectl, root, readyDeadlineMs, progress } = target;
  for (const { name, manifests, wait } of addons) {
    progress(`add-on ${name} to be applied`);
    for (const manifest of manifests) {
      const applied = await applyManifest(kubectl, manifestPath(manifest, root));
      if (!applied.ok) return applied;
    }
    for (const { resource, namespace, condition } of wait) {
      progress(`add-on ${name}: ${resource} to be ${condition}`);
      const seconds = Math.ceil(readyDeadlineMs / 1000);
      const within = namespace === undefined ? [] : ['--namespace', namespace];
      const args = ['wait', `--for=condition=${condition}`, resource, ...within, `--timeout=${seconds}s`];
      const held = await kubectl.run(args, { deadlineMs: readyDeadlineMs + 10_000 });
      if (!held.ok) return held;
    }
  }
  return ok(undefined);
}
