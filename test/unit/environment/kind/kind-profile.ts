import { loadProfile } from '../../../../src/config/load.ts';
import type { KindProfile } from '../../../../src/domain/profile.ts';

/** The profile `lab` with provider kind, read as a file of a repository is. @param more further lines of it. */
export async function kindProfile(more = ''): Promise<KindProfile> {
  const text = `apiVersion: redfirst.dev/v1\nprovider: kind\nimage: kindest/node:v1.36.1\n${more}\n`;
  const loaded = await loadProfile(
    async () => text,
    'lab',
    { clusters: 'clusters' } as never,
    () => undefined,
  );
  if (!loaded.ok) throw new Error(loaded.failure.details?.[0]?.what ?? loaded.failure.what);
  if (loaded.value.value.provider !== 'kind') throw new Error('no kind profile');
  return loaded.value.value;
}
