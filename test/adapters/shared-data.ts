import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Recorded runs of foreign projects, which are no part of this repository: beside it, or where REDFIRST_SHARED_DATA says.
 * Undefined where they are not at hand; tests that need them then say so and are skipped.
 */
export function sharedData(name: string): string | undefined {
  const beside = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/data');
  const folder = join(process.env['REDFIRST_SHARED_DATA'] ?? beside, name);
  return existsSync(folder) ? folder : undefined;
}

export const NO_SHARED_DATA = 'the recorded runs are not beside the repository, and REDFIRST_SHARED_DATA names none';
