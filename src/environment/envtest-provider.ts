import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../domain/brand.ts';
import { canonicalJson } from '../domain/canonical.ts';
import type { EnvironmentIdentity } from '../domain/environment.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { EnvtestProfile } from '../domain/profile.ts';
import { applyManifests } from './envtest/apply-manifests.ts';
import { type Assets, findAssets } from './envtest/assets.ts';
import { controlPlane } from './envtest/control-plane.ts';
import { envtestEnvironment } from './envtest/envtest-environment.ts';
import { controlPlaneFiles } from './envtest/server-arguments.ts';
import { checkFolder, digestFile, hostFacts } from './host-facts.ts';
import { manifestPath } from './kubernetes/apply.ts';
import { identifyCluster } from './kubernetes/identify-cluster.ts';
import { openApi } from './kubernetes/open-api.ts';
import { writePrivate } from './kubernetes/suite-kubeconfig.ts';
import { interrupted } from './kubernetes/wait-for.ts';
import type { Environment, EnvironmentProvider, ProvisionContext } from './provider.ts';

/** Longest runtime folder: a unix socket's path holds 107 bytes. */
const MAX_DIR_LENGTH = 80;

/**
 * etcd and kube-apiserver as processes of this machine. The grade is `api` and no more: no node, no controller and no kubelet is there, so that
 * what is behind the API is not real.
 */
export const envtestProvider: EnvironmentProvider<EnvtestProfile> = {
  preflight: async (profile, signal, root = process.cwd()) => {
    const assets = await findAssets(profile, root, signal);
    if (!assets.ok) return [{ severity: 'error', what: assets.failure.what, next: assets.failure.next }];
    const absent = profile.manifests
      .map((manifest) => manifestPath(manifest, root))
      .filter((path) => !/^https?:\/\//.test(path) && !existsSync(path));
    return absent.map((path) => ({
      severity: 'error',
      what: `the manifest ${path} is not there`,
      next: 'name it in `manifests` by its path from the root of the repository',
    }));
  },
  provision: async (profile, context) => {
    const { runtimeDir, root, signal } = context;
    if (Buffer.byteLength(runtimeDir) > MAX_DIR_LENGTH)
      return fail(
        failed(
          `the runtime folder ${runtimeDir} is too long for unix sockets`,
          'name a shorter temporary folder (TMPDIR)',
        ),
      );
    const folder = await checkFolder(runtimeDir);
    if (!folder.healthy)
      return fail(failed(folder.reason, 'free some space, or name another temporary folder (TMPDIR)'));
    const assets = await findAssets(profile, root, signal);
    if (signal.aborted) return fail(interrupted('etcd and kube-apiserver', signal));
    return assets.ok ? provision(profile, assets.value, context) : assets;
  },
};

async function provision(
  profile: EnvtestProfile,
  assets: Assets,
  context: ProvisionContext,
): Promise<Result<Environment>> {
  const { runtimeDir, token, root, signal, progress, onCleanup } = context;
  const files = controlPlaneFiles(join(runtimeDir, 'envtest'));
  const paths = { own: join(files.dir, 'kubeconfig'), suite: join(runtimeDir, 'kubeconfig') };
  onCleanup(`files in ${runtimeDir}`, async () => {
    for (const name of ['envtest', 'kubeconfig', 'run', 'api', 'diagnosis'])
      await rm(join(runtimeDir, name), { recursive: true, force: true });
  });
  await mkdir(files.dir, { recursive: true, mode: 0o700 });
  await mkdir(join(runtimeDir, 'run'), { recursive: true, mode: 0o700 });
  const deadlineMs = profile.startDeadlineMs;
  const secret = randomBytes(24).toString('hex');
  const plane = controlPlane({ assets, files, secret, token, signal, progress, deadlineMs });
  onCleanup('etcd and kube-apiserver', () => plane.stop());
  const started = await plane.start();
  if (!started.ok) return started;
  await writePrivate(paths.own, started.value);
  await writePrivate(paths.suite, started.value);
  const env = { PATH: process.env['PATH'] ?? '', HOME: files.dir };
  const opened = await openApi({ kubectl: assets.kubectl, kubeconfig: paths.own, env, deadlineMs }, context);
  if (!opened.ok) return opened;
  const apply = () => applyManifests(opened.value, profile.manifests, context, deadlineMs);
  const applied = await apply();
  if (!applied.ok) return applied;
  const cluster = await identifyCluster(opened.value.api);
  if (!cluster.ok) return cluster;
  const identity: EnvironmentIdentity = {
    profile: profile.name,
    provider: 'envtest',
    profileDigest: digestOf(profile, root),
    grade: ['api'],
    facts: { ...hostFacts(), ...cluster.value, ...(await assetFacts(assets)) },
    findings: [
      {
        severity: 'note',
        what: 'etcd and kube-apiserver alone: nothing behind the API is real (no node, no controller, no kubelet)',
      },
    ],
  };
  return ok(
    envtestEnvironment({
      ...{ identity, runtimeDir, token, plane, opened: opened.value, kubectl: assets.kubectl },
      kubeconfig: { path: paths.suite, text: started.value },
      startAnew: async () => {
        const again = await plane.start();
        return again.ok ? apply() : again;
      },
    }),
  );
}

async function assetFacts({ etcd, apiServer }: Assets): Promise<Record<string, string>> {
  const [etcdDigest, apiServerDigest] = await Promise.all([digestFile(etcd.path), digestFile(apiServer.path)]);
  return {
    'etcd.version': etcd.version,
    'etcd.binary.sha256': etcdDigest,
    'kube-apiserver.binary.sha256': apiServerDigest,
  };
}

/** Of what decides what suites see: where the binaries lie does not, what the manifests hold does. */
function digestOf({ manifests, provider }: EnvtestProfile, root: string): Sha256 {
  const contents = manifests.map((manifest) => [manifest, contentOf(manifestPath(manifest, root))]);
  return createHash('sha256')
    .update(canonicalJson({ provider, manifests: contents }))
    .digest('hex') as Sha256;
}

/** Digest of a manifest, or of a folder of them as kubectl takes it; what a URL holds is known only where it is fetched. */
function contentOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return '';
  const files = found.isDirectory() ? readdirSync(path, { withFileTypes: true }) : undefined;
  const paths = files?.flatMap((entry) => (entry.isFile() ? [join(path, entry.name)] : [])).sort() ?? [path];
  const hash = createHash('sha256');
  for (const file of paths) hash.update(readFileSync(file));
  return hash.digest('hex');
}

function failed(what: string, next: string): Failure {
  return { reason: 'environment-failed', what, next, exit: EXIT.environment };
}
