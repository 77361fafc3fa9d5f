import type { Answer, Cluster, KubeObject } from './cluster.ts';
import { until } from './until.ts';
import { isRunning, lookAt, type tinyVm, untilVm, type VmManifest } from './vm.ts';

/** A VirtualMachineInstanceMigration, as far as the tests look into it. */
export interface Migration extends KubeObject {
  readonly spec: { readonly vmiName: string };
  readonly status?: { readonly phase?: string };
}

/** A pod that a guest runs in, is to run in, or ran in. */
export interface Launcher {
  readonly name: string;
  readonly node: string | undefined;
  readonly phase: string | undefined;
}

interface Pod extends KubeObject {
  readonly spec: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}

const pathOf = (namespace: string, name = ''): string =>
  `/apis/kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstancemigrations/${name}`.replace(/\/$/, '');

/** Nodes that KubeVirt puts guests on. */
export async function guestNodes({ get }: Cluster): Promise<string[]> {
  const selector = encodeURIComponent('kubevirt.io/schedulable=true');
  const nodes = await get<{ items: KubeObject[] }>(`/api/v1/nodes?labelSelector=${selector}`);
  return (nodes?.items ?? []).map(({ metadata }) => metadata.name);
}

/** The VM, bound to one node: a move of it never finds another. */
export function onNode(vm: ReturnType<typeof tinyVm>, node: string): VmManifest {
  const nodeSelector = { 'kubernetes.io/hostname': node };
  const spec = { ...vm.spec.template.spec, nodeSelector };
  return { ...vm, spec: { ...vm.spec, template: { ...vm.spec.template, spec } } };
}

/** A claim for a disk that only one node can have, of the cluster's default storage class. */
export function ownClaim(name: string): { apiVersion: string; kind: string } & Record<string, unknown> {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '8Mi' } } };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name }, spec };
}

/** The VM with that disk, which keeps it where it is. */
export function withClaim(vm: ReturnType<typeof tinyVm>, claimName: string): VmManifest {
  const { domain, volumes, ...rest } = vm.spec.template.spec;
  const disks = [...domain.devices.disks, { name: 'own', disk: { bus: 'virtio' } }];
  const spec = {
    ...rest,
    domain: { ...domain, devices: { ...domain.devices, disks } },
    volumes: [...volumes, { name: 'own', persistentVolumeClaim: { claimName } }],
  };
  return { ...vm, spec: { ...vm.spec, template: { ...vm.spec.template, spec } } };
}

/** Every migration of a VMI, also those that are over. */
export async function migrationsOf({ namespace, get }: Cluster, name: string): Promise<Migration[]> {
  const all = await get<{ items: Migration[] }>(pathOf(namespace));
  return (all?.items ?? []).filter(({ spec }) => spec.vmiName === name);
}

const isActive = ({ status }: Migration): boolean => status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

/** Asks KubeVirt itself for a migration. */
export function askForMigration({ namespace, ask }: Cluster, name: string): Promise<Answer> {
  return ask('POST', pathOf(namespace), {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceMigration',
    metadata: { generateName: `${name}-` },
    spec: { vmiName: name },
  });
}

/** Begins a migration without vmtool, where none is under way. */
export async function ensureMigrating(cluster: Cluster, name: string): Promise<void> {
  if (!(await migrationsOf(cluster, name)).some(isActive)) {
    const { status, body } = await askForMigration(cluster, name);
    if (status !== 201) throw new Error(`KubeVirt takes no migration of ${name}: ${status} ${body}`);
  }
  await untilMigrations(cluster, name, 'has begun', (all) => all.some(({ status }) => status?.phase === 'Scheduling'));
}

/** Cancels whatever migration is under way, and waits until it is over. */
export async function ensureNotMigrating(cluster: Cluster, name: string): Promise<void> {
  await cancelMigrations(cluster, name);
  await untilMigrations(cluster, name, 'is over', (all) => !all.some(isActive));
  await untilVm(cluster, name, 'runs', isRunning);
}

export async function cancelMigrations(cluster: Cluster, name: string): Promise<void> {
  const active = (await migrationsOf(cluster, name)).filter(isActive);
  await Promise.all(active.map(({ metadata }) => cluster.ask('DELETE', pathOf(cluster.namespace, metadata.name))));
}

async function untilMigrations(
  cluster: Cluster,
  name: string,
  what: string,
  isSo: (all: readonly Migration[]) => boolean,
): Promise<void> {
  const describe = (all: readonly Migration[]): string =>
    JSON.stringify(all.map(({ status }) => status ?? 'no status'));
  await until(`the migration of ${name} ${what}`, () => migrationsOf(cluster, name), isSo, describe);
}

/** Every launcher pod of a VMI, also those that its guest has left. */
export async function launchersOf(cluster: Cluster, name: string): Promise<Launcher[]> {
  const { vmi } = await lookAt(cluster, name);
  const selector = encodeURIComponent(`kubevirt.io/created-by=${vmi?.metadata.uid}`);
  const path = `/api/v1/namespaces/${cluster.namespace}/pods?labelSelector=${selector}`;
  const pods = await cluster.get<{ items: Pod[] }>(path);
  return (pods?.items ?? []).map(({ metadata, spec, status }) => ({
    name: metadata.name,
    node: spec.nodeName,
    phase: status?.phase,
  }));
}
