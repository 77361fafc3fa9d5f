import { delimiter, isAbsolute, join } from 'node:path';
import { EXIT, type Failure, fail, ok, type Result } from '../../domain/failure.ts';
import { describeEnd } from '../../domain/process-end.ts';
import type { EnvtestProfile } from '../../domain/profile.ts';
import { captureProcess } from '../../process/run-process.ts';
import { KUBEBUILDER_FOLDER, missingTool, toolFolder } from '../find-tool.ts';
import { findExecutable } from '../qemu-binary.ts';

type Env = Readonly<Record<string, string | undefined>>;
type AssetsProfile = Pick<EnvtestProfile, 'assets' | 'tools'>;

/** One program, and the version that it says it is. */
export interface Asset {
  readonly path: string;
  readonly version: string;
}

export interface Assets {
  readonly etcd: Asset;
  readonly apiServer: Asset;
  /** Absolute path. */
  readonly kubectl: string;
}

const ASK_DEADLINE_MS = 20_000;

/**
 * Folders that etcd and kube-apiserver are looked for in: the profile's alone where it names one, else `KUBEBUILDER_ASSETS` alone where that is
 * set (as controller-runtime has it), else its default and the folder that `redfirst doctor --fix` fills.
 *
 * @param root a relative folder begins here
 */
export function assetFolders({ assets }: AssetsProfile, root: string, env: Env = process.env): string[] {
  const named = assets ?? env['KUBEBUILDER_ASSETS'];
  if (named === undefined || named === '') return [KUBEBUILDER_FOLDER, toolFolder(env)];
  return [isAbsolute(named) ? named : join(root, named)];
}

/** Finds the programs and asks each for its version. Fails with all that is missing at once. */
export async function findAssets(
  profile: AssetsProfile,
  root: string,
  signal?: AbortSignal,
  env: Env = process.env,
): Promise<Result<Assets>> {
  const folders = assetFolders(profile, root, env);
  const [etcd, apiServer] = ['etcd', 'kube-apiserver'].map((name) => findExecutable(name, folders.join(delimiter)));
  // kubectl lies beside them in what setup-envtest fetches, and fits them better than the one on PATH.
  const kubectlPath = [...folders, env['PATH'] ?? '', toolFolder(env)].join(delimiter);
  const kubectl = findExecutable(profile.tools.kubectl, kubectlPath);
  if (etcd === undefined || apiServer === undefined) {
    const missing = [...(etcd === undefined ? ['etcd'] : []), ...(apiServer === undefined ? ['kube-apiserver'] : [])];
    return fail(missingAssets(missing, folders));
  }
  if (kubectl === undefined) return fail(missingTool(profile.tools.kubectl));
  const [etcdVersion, apiServerVersion] = await Promise.all([
    askVersion(etcd, /^etcd Version: (\S+)/m, signal),
    askVersion(apiServer, /^Kubernetes (v\S+)/m, signal),
  ]);
  if (!etcdVersion.ok) return etcdVersion;
  if (!apiServerVersion.ok) return apiServerVersion;
  return ok({
    etcd: { path: etcd, version: etcdVersion.value },
    apiServer: { path: apiServer, version: apiServerVersion.value },
    kubectl,
  });
}

async function askVersion(path: string, pattern: RegExp, signal: AbortSignal | undefined): Promise<Result<string>> {
  const { end, stdout, stderr } = await captureProcess({
    argv: [path, '--version'],
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '' },
    deadlineMs: ASK_DEADLINE_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  const version = pattern.exec(stdout.toString('utf8'))?.[1];
  if (end.cause === 'exited' && end.code === 0 && version !== undefined) return ok(version);
  const words = stderr.trim().split('\n').at(-1) ?? '';
  return fail({
    reason: 'tool-missing',
    what: `${path} does not tell its version: ${words === '' ? describeEnd(end) : words}`,
    next: `${FETCH}, for this machine's system and processor`,
    exit: EXIT.environment,
  });
}

const FETCH =
  'fetch them with `go run sigs.k8s.io/controller-runtime/tools/setup-envtest@latest use`, or with `redfirst doctor --fix` where they can be downloaded';

function missingAssets(missing: readonly string[], folders: readonly string[]): Failure {
  return {
    reason: 'tool-missing',
    what: `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not in ${folders.join(' or ')}`,
    next: `${FETCH}; then set KUBEBUILDER_ASSETS, or name their folder in the profile (\`assets\`)`,
    exit: EXIT.environment,
  };
}
