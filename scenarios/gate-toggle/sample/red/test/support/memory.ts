import type { Cluster, KubeObject } from './cluster.ts';
import { launcherPod, lookAt } from './vm.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** Bytes of an amount of memory as Kubernetes writes it. */
export function bytesOf(quantity: string): number {
  const [, number = '', unit = ''] = /^(\d+)([A-Za-z]*)$/.exec(quantity) ?? [];
  const factor = UNITS[unit];
  if (number === '' || factor === undefined) throw new Error(`not an amount of memory: ${JSON.stringify(quantity)}`);
  return Number(number) * factor;
}

interface Pod extends KubeObject {
  readonly spec: {
    readonly containers: readonly {
      readonly name: string;
      readonly resources: { readonly requests?: { readonly memory?: string } };
    }[];
  };
}

/** Bytes that Kubernetes holds for the guest of a VM and for what runs it. */
export async function bytesHeldFor(cluster: Cluster, name: string): Promise<number> {
  const pod = await launcherPod(cluster, (await lookAt(cluster, name)).vmi);
  const seen = await cluster.get<Pod>(`/api/v1/namespaces/${cluster.namespace}/pods/${pod}`);
  const compute = seen?.spec.containers.find((container) => container.name === 'compute');
  return bytesOf(compute?.resources.requests?.memory ?? '');
}
