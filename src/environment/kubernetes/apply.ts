import { isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from '../../domain/failure.ts';
import type { Kubectl } from './kubectl.ts';

const APPLY_DEADLINE_MS = 120_000;
const TIMES = { retryMs: 20_000, pollMs: 1000 };

/** A manifest as kubectl takes it: URLs as they are, relative paths from the repository's root. */
export function manifestPath(manifest: string, root: string): string {
  return /^https?:\/\//.test(manifest) || isAbsolute(manifest) ? manifest : join(root, manifest);
}

/**
 * `kubectl apply --server-side` in redfirst's name: the CRDs of operators are larger than the annotation that a client-side apply leaves
 * behind may be. Applied again while it has objects of a kind that nobody serves: the definition may be a moment old, or stand in the same file.
 *
 * @param path `-` for `input`.
 */
export async function applyManifest(
  kubectl: Kubectl,
  path: string,
  { input, times: { retryMs, pollMs } = TIMES }: { readonly input?: string; readonly times?: typeof TIMES } = {},
): Promise<Result<string>> {
  const args = ['apply', '--server-side', '--force-conflicts', '--field-manager=redfirst', '--filename', path];
  const options = { deadlineMs: APPLY_DEADLINE_MS, ...(input === undefined ? {} : { input }) };
  const deadline = Date.now() + retryMs;
  let applied = await kubectl.run(args, options);
  while (!applied.ok && applied.failure.what.includes('no matches for kind') && Date.now() < deadline) {
    await sleep(pollMs);
    applied = await kubectl.run(args, options);
  }
  return applied;
}
