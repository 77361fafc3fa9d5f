import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../domain/brand.ts';
import { canonicalJson } from '../domain/canonical.ts';
import { EXIT, type Failure, type Finding, fail, ok, type Result } from '../domain/failure.ts';
import type { KubeconfigProfile } from '../domain/profile.ts';
import { systemDigest } from './kind/cluster-digest.ts';
import { lockCluster } from './kind/cluster-lock.ts';
import { clusterFolder } from './kind/cluster-record.ts';
import { type Examined, examineCluster } from './kubeconfig/examine-cluster.ts';
import { settleKubeVirt } from './kubeconfig/existing-kubevirt.ts';
import { foreseeChanges } from './kubeconfig/foresee-changes.ts';
import { guardGates } from './kubeconfig/guard-gates.ts';
import { namespaceDebts, payDebts } from './kubeconfig/namespace-debts.ts';
import { wantedIn } from './kubeconfig/system-under-test.ts';
import { ignoredNode, unreadyNodes } from './kubeconfig/unready-nodes.ts';
import type { KubeApi } from './kubernetes/api.ts';
import { finishEnvironment } from './kubernetes/finish-environment.ts';
import { failedToIdentify } from './kubernetes/identify-cluster.ts';
import { ownedNamespaces } from './kubernetes/namespaces.ts';
import type { Namespace } from './kubernetes/objects.ts';
import { openApi } from './kubernetes/open-api.ts';
import { withFreshKubeconfig, writePrivate } from './kubernetes/suite-kubeconfig.ts';
import { interrupted } from './kubernetes/wait-for.ts';
import { gateSwitch } from './kubevirt/gate-switch.ts';
import type { Environment, EnvironmentProvider, ProvisionContext } from './provider.ts';

/** A cluster that is up answers at once; one that is not is said to be so, instead of being waited for. */
const API_DEADLINE_MS = 30_000;

/**
 * A cluster that is there already. Nothing in it is changed but namespaces that carry this run's token, unless the profile allows it; suites log
 * in with a kubeconfig of the one context, never with the caller's file. The grade is what probes find.
 */
export const kubeconfigProvider: EnvironmentProvider<KubeconfigProfile> = {
  preflight: async (profile, signal, root = process.cwd()) => {
    const examined = await examineCluster(profile, root, signal);
    if (examined.ok) return [...examined.value.findings];
    return [{ severity: 'error', what: examined.failure.what, next: examined.failure.next }];
  },
  foresee: async (profile, { root, signal }) => {
    if (!profile.allowMutation) return ok(undefined);
    const examined = await examineCluster(profile, root, signal);
    return examined.ok ? ok(foreseeChanges(profile, examined.value.kubevirt)) : examined;
  },
  provision: async (profile, context) => {
    const examined = await examineCluster(profile, context.root, context.signal);
    if (context.signal.aborted) return fail(interrupted('the cluster', context.signal));
    if (!examined.ok) return examined;
    const errors = examined.value.findings.filter(({ severity }) => severity === 'error');
    return errors[0] === undefined ? provision(profile, examined.value, context) : fail(unusable(errors));
  },
};

async function provision(
  profile: KubeconfigProfile,
  examined: Examined,
  context: ProvisionContext,
): Promise<Result<Environment>> {
  const { runtimeDir, onCleanup, system, root } = context;
  const { caller, minimal, virtctl } = examined;
  const wanted = wantedIn(profile, system, examined.kubevirt?.status?.observedKubeVirtVersion);
  if (!wanted.ok) return wanted;
  const paths = { own: join(runtimeDir, 'kubeconfig.own'), suite: join(runtimeDir, 'kubeconfig') };
  onCleanup(`files in ${runtimeDir}`, async () => {
    for (const path of [paths.own, paths.suite]) await rm(path, { force: true });
    for (const name of ['run', 'api', 'diagnosis']) await rm(join(runtimeDir, name), { recursive: true, force: true });
  });
  for (const path of [paths.own, paths.suite]) await writePrivate(path, minimal.text);
  const target = { kubectl: caller.kubectl, kubeconfig: paths.own, env: caller.env, deadlineMs: API_DEADLINE_MS };
  const opened = await openApi(target, context);
  if (!opened.ok) return opened;
  const { api } = opened.value;
  const uid = await clusterUid(api);
  if (!uid.ok) return uid;
  const debts = namespaceDebts();
  const findings = [
    ...examined.findings,
    ...wanted.value.findings,
    ...(await payDebts(debts, api, uid.value, context)),
  ];
  if (profile.allowMutation) {
    const { path: dir } = clusterFolder(`existing-${uid.value}`);
    const locked = await lockCluster({ ...context, dir, what: context.purpose });
    if (!locked.ok) return locked;
    onCleanup('lock of the cluster', async () => locked.value());
  }
  const namespace = examined.kubevirt?.metadata.namespace;
  const kubevirtNamespace = await settleKubeVirt(profile, wanted.value, namespace, opened.value, context);
  if (!kubevirtNamespace.ok) return kubevirtNamespace;
  const restore =
    kubevirtNamespace.value === undefined
      ? undefined
      : await guardGates(profile, kubevirtNamespace.value, api, context);
  if (restore !== undefined && !restore.ok) return restore;
  const ignored = await unreadyNodes(api);
  onCleanup('the note of namespaces that are owed', async () => {
    const left = await ownedNamespaces(api, context.token);
    if (left.ok && left.value.length === 0) debts.paid(context.token);
  });
  debts.owe(context.token, uid.value);
  const environment = await finishEnvironment(
    {
      profile,
      profileDigest: digestOf(profile),
      opened: opened.value,
      facts: {
        'cluster.context': minimal.context,
        'cluster.uid': uid.value,
        ...(system === undefined ? {} : { system: `${system.name} ${systemDigest(system, root).slice(0, 12)}` }),
      },
      findings: [...findings, ...ignored.map(ignoredNode)],
      kubeconfig: paths.suite,
      tools: { kubectl: caller.kubectl, virtctl },
      namespacePrefix: profile.namespacePrefix,
      namespaceLabels: profile.namespaceLabels,
      hasTinyGuest: false,
      mustBoot: false,
      outlives: true,
      ignoredNodes: new Set(ignored),
      ...(kubevirtNamespace.value === undefined ? {} : { kubevirtNamespace: kubevirtNamespace.value }),
      ...(restore === undefined ? {} : { restore: restore.value }),
      ...(kubevirtNamespace.value === undefined || !profile.allowMutation
        ? {}
        : { gates: gateSwitch(api, { namespace: kubevirtNamespace.value }, context, profile.readyDeadlineMs) }),
    },
    context,
  );
  return environment.ok ? ok(withFreshKubeconfig(environment.value, paths.suite, minimal.text)) : environment;
}

/** What tells one cluster from another for good (https://github.com/kubernetes/kubernetes/issues/77487). */
async function clusterUid(api: KubeApi): Promise<Result<string>> {
  const system = await api.get<Namespace>('/api/v1/namespaces/kube-system');
  return system.ok ? ok(system.value.metadata.uid ?? '') : fail(failedToIdentify(system.failure.message));
}

/** Of what decides what suites see. Where the kubeconfig lies does not: it differs from one CI job to the next. */
function digestOf(profile: KubeconfigProfile): Sha256 {
  const { kubeconfig: _, tools: __, readyDeadlineMs: ___, systems: ____, ...rest } = profile;
  return createHash('sha256').update(canonicalJson(rest)).digest('hex') as Sha256;
}

function unusable(errors: readonly Finding[]): Failure {
  const [first] = errors;
  return {
    reason: 'environment-failed',
    what: first?.what ?? '',
    next: first?.next ?? '',
    exit: EXIT.environment,
    ...(errors.length === 1 ? {} : { details: errors.slice(1) }),
  };
}
