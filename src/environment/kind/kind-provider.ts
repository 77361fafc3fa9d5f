import { existsSync } from 'node:fs';
import { ok, type Result } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import { inspectTool, KUBECTL_VERSION, readGitVersion, readKindVersion, VIRTCTL_VERSION } from '../find-tool.ts';
import { manifestPath } from '../kubernetes/apply.ts';
import type { EnvironmentProvider } from '../provider.ts';
import { bringUp } from './bring-up.ts';
import { engineOfProfile } from './choose-engine.ts';
import { type ContainerEngine, type EngineName, imageIds } from './container-engine.ts';
import { finishKind } from './finish-kind.ts';
import { foreseeKind } from './foresee-kind.ts';
import { isArchive } from './load-images.ts';
import { freeBytesOf, type KindMachine, kindFindings, readMachineLimits } from './preflight.ts';

/** A kind cluster on Docker or Podman, with KubeVirt where the profile has it. The grade is what probes find. */
export const kindProvider: EnvironmentProvider<KindProfile> = {
  preflight: async (profile, signal, root = process.cwd()) => {
    const engine = await engineOfProfile(profile, signal);
    const machine = await inspectMachine(profile, engine.ok ? engine.value : undefined, signal, root);
    const findings = kindFindings(profile, machine);
    return engine.ok
      ? findings
      : [{ severity: 'error', what: engine.failure.what, next: engine.failure.next }, ...findings];
  },
  foresee: foreseeKind,
  provision: async (profile, context) => {
    const cluster = await bringUp(profile, context);
    return cluster.ok ? finishKind(cluster.value, context) : cluster;
  },
};

/** Where the engine keeps its containers, and whether it runs without root. */
const INFO: Readonly<Record<EngineName, string>> = {
  docker: '{{.DockerRootDir}}\n{{.SecurityOptions}}',
  podman: '{{.Store.GraphRoot}}\n{{.Host.Security.Rootless}}',
};

async function inspectMachine(
  profile: KindProfile,
  engine: ContainerEngine | undefined,
  signal: AbortSignal,
  root: string,
): Promise<KindMachine> {
  const [kind, kubectl, virtctl] = await Promise.all([
    inspectTool(profile.kind, ['version'], readKindVersion, signal),
    inspectTool(profile.tools.kubectl, KUBECTL_VERSION, readGitVersion, signal),
    inspectTool(profile.tools.virtctl, VIRTCTL_VERSION, readGitVersion, signal),
  ]);
  const named = profile.images.filter((image) => !isArchive(image));
  const ids =
    engine === undefined ? new Map<string, string | undefined>() : await imageIds(engine, [profile.image, ...named]);
  const info = await engine?.run(['info', '--format', INFO[engine.name]]);
  const [storage = '', rootless = ''] = info?.ok ? info.value.trim().split('\n') : [];
  return {
    engine,
    tools: { kind: versionOf(kind), kubectl: versionOf(kubectl), virtctl: versionOf(virtctl) },
    rootless: /\brootless\b|^true$/.test(rootless),
    freeBytes: storage === '' ? undefined : freeBytesOf(storage),
    nodeImagePresent: ids.get(profile.image) !== undefined,
    absentFiles: namedFiles(profile).filter((path) => !/^https?:/.test(path) && !existsSync(manifestPath(path, root))),
    absentImages: engine === undefined ? [] : named.filter((image) => ids.get(image) === undefined),
    ...readMachineLimits(),
  };
}

function versionOf(tool: Result<{ readonly version: string }>): Result<string> {
  return tool.ok ? ok(tool.value.version) : tool;
}

/** Everything that a profile names by a URL or a path. */
function namedFiles({ kubevirt, addons, images }: KindProfile): string[] {
  const { operator, cr } = kubevirt ?? {};
  const archives = images.filter((image) => image.endsWith('.tar'));
  const named = [operator, cr, ...addons.flatMap(({ manifests }) => manifests), ...archives];
  return named.filter((path) => path !== undefined);
}
