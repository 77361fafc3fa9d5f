import type { Cluster } from './cluster.ts';
import { isRunning, putSubresource, type Seen, untilVm } from './vm.ts';

export const isStopped = ({ vmi }: Seen): boolean => vmi === undefined;

const isSettled = ({ vmi }: Seen): boolean => vmi?.metadata.deletionTimestamp === undefined;

/** Starts a VM without vmtool, where it does not run already. */
export async function ensureStarted(cluster: Cluster, name: string): Promise<void> {
  const seen = await untilVm(cluster, name, 'is not on its way out', isSettled);
  if (isStopped(seen)) await ask(cluster, name, 'start');
  await untilVm(cluster, name, 'runs', isRunning);
}

/** Stops a VM without vmtool, where it is not stopped already. */
export async function ensureStopped(cluster: Cluster, name: string): Promise<void> {
  const seen = await untilVm(cluster, name, 'is not on its way out', isSettled);
  if (!isStopped(seen)) await ask(cluster, name, 'stop');
  await untilVm(cluster, name, 'has no guest', isStopped);
}

async function ask(cluster: Cluster, name: string, action: 'start' | 'stop'): Promise<void> {
  const { status, body } = await putSubresource(cluster, 'virtualmachines', name, action);
  if (status >= 300) throw new Error(`KubeVirt did not ${action} ${name}: ${status} ${body}`);
}
