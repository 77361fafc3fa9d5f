import { fail, type Result } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import { findExecutable } from '../qemu-binary.ts';
import { type ClusterRecord, clusterFolder } from './cluster-record.ts';
import { type ContainerEngine, engineFailure, engineVariables, findEngine } from './container-engine.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The engine that a profile's cluster is on: where the profile leaves it open, the one that has the cluster already. Which engine answers
 * first may change from one day to the next, and a cluster must not be made twice.
 */
export async function engineOfProfile(
  profile: Pick<KindProfile, 'engine' | 'cluster'>,
  signal?: AbortSignal,
  env: Variables = process.env,
  folder = clusterFolder(profile.cluster),
): Promise<Result<ContainerEngine>> {
  const record = profile.engine === 'auto' ? folder.read() : undefined;
  const recorded = record === undefined ? undefined : await recordedEngine(record, signal, env);
  return recorded ?? findEngine(profile.engine, signal, env);
}

/** The engine that a cluster was made with; undefined where it is not on this machine any more, and the cluster with it. */
export async function recordedEngine(
  { engine, cluster }: Pick<ClusterRecord, 'engine' | 'cluster'>,
  signal?: AbortSignal,
  env: Variables = process.env,
): Promise<Result<ContainerEngine> | undefined> {
  if (findExecutable(engine, engineVariables(env)['PATH']) === undefined) return undefined;
  const found = await findEngine(engine, signal, env);
  if (found.ok) return found;
  return fail(
    engineFailure(
      `cluster ${cluster} was made with ${engine}, which does not answer: ${found.failure.what}`,
      `start ${engine}, then go on, or take the cluster down with it: redfirst cluster down ${cluster}`,
    ),
  );
}
