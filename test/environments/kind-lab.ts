import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { profileVariables } from '../../src/commands/profile-variables.ts';
import { loadProfile } from '../../src/config/load.ts';
import type { KindProfile } from '../../src/domain/profile.ts';
import { findTool } from '../../src/environment/find-tool.ts';

const root = join(import.meta.dirname, '../..');

/** A profile of `clusters/` with this machine's values in it, and a cluster name that only this test uses. */
export async function kindProfile(name: string, cluster: string): Promise<KindProfile> {
  const config = { clusters: 'clusters' } as Parameters<typeof loadProfile>[2];
  const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
  // Where these tests run as a suite of redfirst's own, HOME is a private folder: the machine's values lie in the user's real one.
  const env = { ...process.env, HOME: userInfo().homedir };
  const loaded = await loadProfile(read, name, config, profileVariables(root, config, env));
  if (!loaded.ok || loaded.value.value.provider !== 'kind') throw new Error(`clusters/${name}.yaml does not load`);
  return { ...loaded.value.value, cluster };
}

/** What keeps a kind cluster of this profile from being made here; undefined where nothing does. */
export function whyNoKind(profile: KindProfile): string | undefined {
  const engine = profile.engine === 'podman' ? 'podman' : 'docker';
  for (const tool of [engine, profile.kind, profile.tools.kubectl])
    if (findTool(tool) === undefined) return `${tool} is not on this machine`;
  if (spawnSync(engine, [engine === 'podman' ? 'info' : 'version']).status !== 0) return `${engine} does not answer`;
  const needed = [profile.image, ...profile.images.filter((image) => !image.endsWith('.tar'))];
  const absent = needed.find((image) => spawnSync(engine, ['image', 'inspect', image]).status !== 0);
  if (absent !== undefined) return `${engine} has no image ${absent} (see docs/environments.md, without a registry)`;
  if (profile.kubevirt !== undefined && profile.images.length === 0)
    return 'no images of KubeVirt are named for this machine (KUBEVIRT_IMAGES, see docs/environments.md)';
  return undefined;
}

/** Gives redfirst's records of clusters a folder of the test's own; `remove` puts everything back. */
export function privateState(): { readonly dir: string; remove(): void } {
  const before = process.env['XDG_STATE_HOME'];
  const dir = mkdtempSync(join(tmpdir(), 'rf-state-'));
  process.env['XDG_STATE_HOME'] = dir;
  return {
    dir,
    remove: () => {
      if (before === undefined) Reflect.deleteProperty(process.env, 'XDG_STATE_HOME');
      else process.env['XDG_STATE_HOME'] = before;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Everything that Docker still has of a cluster. */
export function leftOf(cluster: string): string[] {
  const asked = [
    ['ps', '--all', '--format', '{{.Names}}', '--filter', `label=io.x-k8s.kind.cluster=${cluster}`],
    ['volume', 'ls', '--format', '{{.Name}}', '--filter', `label=io.x-k8s.kind.cluster=${cluster}`],
  ];
  return asked.flatMap((args) => spawnSync('docker', args, { encoding: 'utf8' }).stdout.split('\n').filter(Boolean));
}

/** Everything that Podman still has of a cluster: kind names its volumes by their nodes, in a label. */
export function leftInPodman(cluster: string): string[] {
  const ask = (...args: string[]): string[] =>
    spawnSync('podman', args, { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
  const label = `label=io.x-k8s.kind.cluster=${cluster}`;
  return [
    ...ask('ps', '--all', '--format', '{{.Names}}', '--filter', label),
    ...ask('volume', 'ls', '--quiet', '--filter', `label=${cluster}-control-plane`),
    // Of a client that was killed: it has no labels, and keeps the name from being used.
    ...ask('ps', '--all', '--external', '--format', '{{.Names}}', '--filter', `name=${cluster}`),
  ];
}
