import type { Result } from '../../domain/failure.ts';
import type { ContainerEngine } from './container-engine.ts';

const DEADLINE_MS = 15 * 60_000;

/**
 * Podman writes one image unless told otherwise, and calls it by all names. Its ids stay what they are in this format, so that a node says the
 * same of an image as the engine does.
 */
const ALL_OF_THEM = ['--format', 'docker-archive', '--multi-image-archive'];

/** Writes images of the engine into one archive. */
export function saveImages(engine: ContainerEngine, images: readonly string[], path: string): Promise<Result<string>> {
  const how = engine.name === 'podman' ? ALL_OF_THEM : [];
  return engine.run(['save', ...how, '--output', path, ...images], { deadlineMs: DEADLINE_MS });
}
