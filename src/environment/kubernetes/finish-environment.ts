import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../domain/brand.ts';
import type { EnvironmentIdentity } from '../../domain/environment.ts';
import { type Finding, ok, type Result } from '../../domain/failure.ts';
import type { KindProfile, KubeconfigProfile } from '../../domain/profile.ts';
import { closeGrade, type GradeMember } from '../../domain/vocabulary.ts';
import { hostFacts } from '../host-facts.ts';
import { guestFacts, identifyKubeVirt } from '../kubevirt/identify.ts';
import { tinyGuestImage } from '../kubevirt/image-archive.ts';
import { bootProbe } from '../kubevirt/probe-vmi.ts';
import type { Environment, ProvisionContext } from '../provider.ts';
import { type ClusterParts, clusterEnvironment, removeOwned } from './cluster-environment.ts';
import { identifyCluster } from './identify-cluster.ts';
import type { OpenedApi } from './open-api.ts';

export interface FinishRequest
  extends Pick<
    ClusterParts,
    'kubeconfig' | 'tools' | 'namespacePrefix' | 'namespaceLabels' | 'restore' | 'gates' | 'ignoredNodes'
  > {
  readonly profile: KindProfile | KubeconfigProfile;
  readonly profileDigest: Sha256;
  readonly opened: OpenedApi;
  /** What the provider itself knows (`kind.version` …). */
  readonly facts: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
  /** Absent where the cluster has no KubeVirt. */
  readonly kubevirtNamespace?: string;
  /** Whether the nodes are known to have redfirst's tiny guest; a probe that boots from it shows it too. */
  readonly hasTinyGuest: boolean;
  /** A guest that does not boot ends provisioning; elsewhere it only costs the grade `virt`. */
  readonly mustBoot: boolean;
  /** Whether the cluster is there after this invocation; one that goes takes its namespaces with it. */
  readonly outlives: boolean;
  readonly nodeLogs?: () => Promise<Readonly<Record<string, string>>>;
}

/** Guests end before their namespace does, and an API server that was away comes back first. */
const NAMESPACES_DEADLINE_MS = 200_000;

/**
 * Identifies a cluster that is up, boots the probe guest, and makes the environment of it. The grade is `cluster` by its nodes, and `virt` only
 * when the guest has spoken.
 */
export async function finishEnvironment(
  request: FinishRequest,
  context: ProvisionContext,
): Promise<Result<Environment>> {
  const { profile, opened, kubevirtNamespace, namespacePrefix, namespaceLabels } = request;
  const { runtimeDir, token, signal, progress, onCleanup } = context;
  const { api, kubectl } = opened;
  await mkdir(join(runtimeDir, 'run'), { recursive: true, mode: 0o700 });
  if (request.outlives) onCleanup('namespaces of this run', () => removeOwned({ api, token }), NAMESPACES_DEADLINE_MS);
  const cluster = await identifyCluster(api);
  if (!cluster.ok) return cluster;
  const findings = [...request.findings];
  const facts: Record<string, string> = { ...hostFacts(), ...cluster.value, ...request.facts };
  const grade: GradeMember[] = Number(facts['kubernetes.nodes'] ?? 0) > 0 ? ['cluster'] : ['api'];
  let { hasTinyGuest } = request;
  if (kubevirtNamespace !== undefined) {
    const probed = await bootProbe({
      api,
      kubectl,
      probe: profile.probe,
      token,
      namespacePrefix,
      namespaceLabels,
      signal,
      progress,
    });
    if (!probed.ok && (request.mustBoot || signal.aborted)) return probed;
    if (probed.ok) {
      grade.push('virt');
      hasTinyGuest ||= profile.probe.guest === 'own';
      Object.assign(facts, guestFacts(probed.value));
    } else
      findings.push({ severity: 'warning', what: `${probed.failure.what}: no grade virt`, next: probed.failure.next });
    const kubevirt = await identifyKubeVirt(api, kubevirtNamespace);
    if (!kubevirt.ok) return kubevirt;
    Object.assign(facts, kubevirt.value);
  }
  const identity: EnvironmentIdentity = {
    profile: profile.name,
    provider: profile.provider,
    profileDigest: request.profileDigest,
    grade: closeGrade(grade),
    facts,
    findings,
  };
  return ok(
    clusterEnvironment({
      identity,
      api,
      runtimeDir,
      token,
      hasNodes: true,
      kubeconfig: request.kubeconfig,
      tools: request.tools,
      namespacePrefix,
      namespaceLabels,
      guests: profile.guests,
      ...(kubevirtNamespace === undefined ? {} : { kubevirtNamespace }),
      ...(hasTinyGuest ? { tinyGuest: tinyGuestImage().name } : {}),
      ...(request.restore === undefined ? {} : { restore: request.restore }),
      ...(request.gates === undefined ? {} : { gates: request.gates }),
      ...(request.ignoredNodes === undefined ? {} : { ignoredNodes: request.ignoredNodes }),
      diagnosis: { kubectl, ...(request.nodeLogs === undefined ? {} : { nodeLogs: request.nodeLogs }) },
    }),
  );
}
