import { rm, writeFile } from 'node:fs/promises';
import type { AttemptPlace, Environment } from '../provider.ts';

/** Writes a file that its owner alone may read. */
export async function writePrivate(path: string, text: string): Promise<void> {
  // One that is there would keep its mode.
  await rm(path, { force: true });
  await writeFile(path, text, { mode: 0o600 });
}

/** Gives each attempt the kubeconfig as it was: `kubectl config` of an earlier one may have written into it. */
export function withFreshKubeconfig(environment: Environment, path: string, text: string): Environment {
  const { openAttempt } = environment;
  if (openAttempt === undefined) return environment;
  return {
    ...environment,
    openAttempt: async (name): Promise<AttemptPlace> => {
      await writePrivate(path, text);
      return openAttempt(name);
    },
  };
}
