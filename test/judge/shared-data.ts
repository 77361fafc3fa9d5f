import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Recorded runs of real changes lie beside the checkout, or where REDFIRST_SHARED_DATA says; they are not part of it. */
export const SHARED_DATA = process.env['REDFIRST_SHARED_DATA'] ?? resolve(import.meta.dirname, '../../../shared/data');

/** Why what needs a folder of the shared data is skipped; undefined where it is there. */
export function lacking(folder: string): string | undefined {
  const path = join(SHARED_DATA, folder);
  return existsSync(path) ? undefined : `the recorded runs are not at hand: ${path} is missing (REDFIRST_SHARED_DATA)`;
}
