import { isAbsolute, join } from 'node:path';
import type { Result } from '../../domain/failure.ts';
import type { Kubectl } from './kubectl.ts';

const APPLY_DEADLINE_MS = 120_000;

/** A manifest as kubectl takes it: URLs as they are, relative paths from the repository's root. */
export function manifestPath(manifest: string, root: string): string {
  return /^https?:\/\//.test(manifest) || isAbsolute(manifest) ? manifest : join(root, manifest);
}

/**
 * `kubectl apply --server-side` in redfirst's name: the CRDs of operators are larger than the annotation that a client-side apply leaves
 * behind may be. @param path `-` for `input`.
 */
export function applyManifest(kubectl: Kubectl, path: string, input?: string): Promise<Result<string>> {
  const args = ['apply', '--server-side', '--force-conflicts', '--field-manager=redfirst', '--filename', path];
  return kubectl.run(args, { deadlineMs: APPLY_DEADLINE_MS, ...(input === undefined ? {} : { input }) });
}
