import type { Cluster } from './cluster.ts';
import { conditionOf, isRunning, lookAt, putSubresource, type Seen, untilVm } from './vm.ts';

export const isPaused = (seen: Seen): boolean => conditionOf(seen, 'Paused')?.status === 'True';

/** Pauses a guest without vmtool, where it is not paused already. */
export async function ensurePaused(cluster: Cluster, name: string): Promise<void> {
  if (!isPaused(await lookAt(cluster, name))) await ask(cluster, name, 'pause');
  await untilVm(cluster, name, 'is paused', isPaused);
}

/** Lets a guest go on without vmtool, where it is paused. */
export async function ensureResumed(cluster: Cluster, name: string): Promise<void> {
  if (isPaused(await lookAt(cluster, name))) await ask(cluster, name, 'unpause');
  await untilVm(cluster, name, 'runs and is not paused', (seen) => isRunning(seen) && !isPaused(seen));
}

async function ask(cluster: Cluster, name: string, action: 'pause' | 'unpause'): Promise<void> {
  const { status, body } = await putSubresource(cluster, 'virtualmachineinstances', name, action);
  if (status >= 300) throw new Error(`KubeVirt did not ${action} ${name}: ${status} ${body}`);
}
