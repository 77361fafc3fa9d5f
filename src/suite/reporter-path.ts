import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Absolute path of one of our bundled reporters (`dist/reporters/NAME.js`, `dist/reporters/pytest/redfirst_pytest.py`), looked for beside the running bundle, beside the
 * folder it was split into, and, from the sources, in the build's output.
 */
export function reporterPath(name: 'vitest-reporter' | 'node-test-reporter' | 'redfirst_pytest'): string {
  const file = name === 'redfirst_pytest' ? `pytest/${name}.py` : `${name}.js`;
  const here = dirname(fileURLToPath(import.meta.url));
  const places = ['reporters', '../reporters', '../../dist/reporters'].map((folder) => join(here, folder, file));
  return places.find((place) => existsSync(place)) ?? (places[0] as string);
}
