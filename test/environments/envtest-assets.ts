import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { EnvtestProfile } from '../../src/domain/profile.ts';
import { toolFolder } from '../../src/environment/find-tool.ts';
import { findExecutable } from '../../src/environment/qemu-binary.ts';

const FOLDERS = [
  process.env['REDFIRST_ENVTEST_ASSETS'],
  process.env['KUBEBUILDER_ASSETS'],
  '/usr/local/kubebuilder/bin',
  toolFolder(),
];

/** Folder of real etcd, kube-apiserver and kubectl; undefined where there is none. */
export const ASSETS = FOLDERS.find(
  (folder) =>
    folder !== undefined &&
    ['etcd', 'kube-apiserver', 'kubectl'].every((name) => findExecutable(join(folder, name)) !== undefined),
);
export const NO_ASSETS = 'etcd, kube-apiserver and kubectl are not here (set REDFIRST_ENVTEST_ASSETS to their folder)';

export function envtestProfile(more: Partial<EnvtestProfile> = {}): EnvtestProfile {
  return {
    name: 'envtest',
    provider: 'envtest',
    ...(ASSETS === undefined ? {} : { assets: ASSETS }),
    tools: { kubectl: 'kubectl', virtctl: '' },
    manifests: [],
    startDeadlineMs: 180_000,
    ...more,
  };
}

/** kubectl as a suite calls it: by the variables that the suite is given, and nothing else. Throws kubectl's own words. */
export function kubectlOf(variables: Readonly<Record<string, string>>) {
  return (args: readonly string[], input?: string): string => {
    try {
      return execFileSync(variables['REDFIRST_KUBECTL'] ?? 'kubectl', args, {
        env: { ...variables, HOME: variables['REDFIRST_RUNTIME'] },
        encoding: 'utf8',
        ...(input === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input, stdio: 'pipe' }),
      });
    } catch (error) {
      throw new Error((error as { stderr?: string }).stderr ?? String(error), { cause: error });
    }
  };
}
