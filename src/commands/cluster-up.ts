import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { EnvironmentIdentity } from '../domain/environment.ts';
import { EXIT, type ExitCode, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { KindProfile, SystemUnderTest } from '../domain/profile.ts';
import { createCleanupStack } from '../engine/cleanup-stack.ts';
import { bringUp, type UpCluster } from '../environment/kind/bring-up.ts';
import { clusterFolder } from '../environment/kind/cluster-record.ts';
import { finishKind } from '../environment/kind/finish-kind.ts';
import { cleanLeftovers, runtimeDirOf } from '../environment/leftovers.ts';
import type { ProvisionContext } from '../environment/provider.ts';
import { resolveSystem } from '../environment/resolve-system.ts';
import { createProgress } from '../ui/terminal-progress.ts';
import { renderFinding } from '../ui/terminal-text.ts';
import { loadKindProfile } from './cluster-profile.ts';
import type { CommandInput } from './command.ts';

/** One thing that was waited for, and for how long. */
export interface Step {
  readonly what: string;
  readonly ms: number;
}

/**
 * `cluster up PROFILE`: the cluster as the profile has it, from nothing, from a snapshot, or as it is there already. `cluster inspect PROFILE`
 * says the same of one that is up, and makes none.
 */
export async function bringClusterUp(input: CommandInput, name: string | undefined): Promise<ExitCode> {
  const { out } = input;
  const loaded = await loadKindProfile(input, name);
  if (!loaded.ok) return refuse(input, loaded.failure);
  const { profile, root } = loaded.value;
  const system = resolveSystem(profile, input.options['system'] as string | undefined);
  if (!system.ok) return refuse(input, system.failure);
  const site = { profile, root, ...(system.value === undefined ? {} : { system: system.value }) };
  const made = await withCluster(input, site, async (cluster, context) => {
    const environment = await finishKind(cluster, context);
    return environment.ok ? ok({ identity: environment.value.identity, how: cluster.how }) : environment;
  });
  if (!made.ok) return refuse(input, made.failure);
  const { identity, how, steps } = made.value;
  report(input, profile, identity, how, steps);
  const kubeconfig = clusterFolder(profile.cluster).kubeconfig;
  out.print(`\nexport KUBECONFIG=${kubeconfig}`);
  out.document({ cluster: profile.cluster, profile: profile.name, how, identity, kubeconfig, steps });
  return EXIT.holds;
}

export interface ClusterSite {
  readonly profile: KindProfile;
  /** The repository's root. */
  readonly root: string;
  readonly system?: SystemUnderTest;
}

/** Brings a cluster up, does something with it, and lets go of it: the cluster stays unless making it failed. */
export async function withCluster<T>(
  input: CommandInput,
  { profile, root, system }: ClusterSite,
  use: (cluster: UpCluster, context: ProvisionContext) => Promise<Result<T>>,
): Promise<Result<T & { readonly steps: readonly Step[] }>> {
  const token = randomBytes(6).toString('hex');
  const runtimeDir = join(runtimeDirOf(token), 'e0');
  const cleanup = createCleanupStack(120_000);
  const progress = createProgress(process.stderr, { now: Date.now });
  const steps: { what: string; sinceMs: number }[] = [];
  const context: ProvisionContext = {
    ...{ root, keep: true, purpose: `redfirst ${['cluster', ...input.operands].join(' ')}`, runtimeDir, token },
    existingOnly: input.operands[0] === 'inspect',
    ...(system === undefined ? {} : { system }),
    signal: input.signal,
    progress: (what) => {
      steps.push({ what, sinceMs: Date.now() });
      progress.onProgress({ type: 'waiting', what: `waiting for ${what}` });
    },
    onCleanup: cleanup.push,
  };
  let result: Result<T>;
  try {
    const cluster = await bringUp(profile, context, { fresh: input.options['fresh'] === true });
    result = cluster.ok ? await use(cluster.value, context) : cluster;
  } finally {
    progress.close();
    const { failed } = await cleanup.unwind();
    await cleanLeftovers(token);
    for (const what of failed) process.stderr.write(`clean-up failed: ${what}\n`);
  }
  if (!result.ok) return fail(result.failure);
  const ended = Date.now();
  return ok({
    ...result.value,
    steps: steps.map(({ what, sinceMs }, index) => ({ what, ms: (steps[index + 1]?.sinceMs ?? ended) - sinceMs })),
  });
}

const HOW: Readonly<Record<UpCluster['how'], string>> = {
  reused: 'it was up already',
  resumed: 'it was there, and is finished now',
  created: 'made from nothing',
  restored: 'restored from its snapshot',
};

function report(
  { out }: CommandInput,
  profile: KindProfile,
  identity: EnvironmentIdentity,
  how: UpCluster['how'],
  steps: readonly Step[],
): void {
  out.print(`cluster ${profile.cluster}: grade ${identity.grade.join('+')} (${HOW[how]})`);
  for (const finding of identity.findings) out.print(renderFinding(finding, out));
  for (const [fact, value] of Object.entries(identity.facts)) out.print(`  ${fact}: ${value}`);
  if (steps.length > 0) out.print('\nwaited for');
  for (const { what, ms } of steps) out.print(`  ${(ms / 1000).toFixed(1).padStart(6)} s  ${what}`);
}

function refuse({ out }: CommandInput, failure: Failure): ExitCode {
  out.failure(failure);
  return failure.exit;
}
