import { readFileSync } from 'node:fs';
import { kubectl } from 'redfirst/testing';

/** What KubeVirt answered: the object it admitted, or its refusal. */
export interface Answer {
  readonly admitted: boolean;
  readonly words: string;
}

type RamFb = { readonly enabled?: boolean };

/** Two virtual GPUs with a display each; `ramFB` of both is what the change is about. */
export function template(first: RamFb, second: RamFb): object {
  const gpu = (name: string, ramFB: RamFb) => ({
    name,
    deviceName: 'vendor.com/gpu',
    virtualGPUOptions: { display: { enabled: true, ramFB } },
  });
  const domain = {
    resources: { requests: { memory: '128Mi' } },
    devices: { gpus: [gpu('gpu1', first), gpu('gpu2', second)] },
  };
  return { spec: { domain } };
}

export function virtualMachine(name: string, spec: object): object {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name },
    spec: { runStrategy: 'Halted', template: spec },
  };
}

export function replicaSet(name: string, spec: object): object {
  const labels = { 'redfirst.dev/set': name };
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceReplicaSet',
    metadata: { name },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, ...spec } },
  };
}

/** Asks the API server to take an object; with `dryRun` it goes through admission and is not kept. */
export async function submit(object: object, { dryRun }: { readonly dryRun: boolean }): Promise<Answer> {
  const args = ['create', '--filename=-', ...(dryRun ? ['--dry-run=server'] : [])];
  try {
    await kubectl(args, { input: JSON.stringify(object) });
    return { admitted: true, words: '' };
  } catch (error) {
    const words = String((error as Error).message);
    // An API server that is busy or away refuses nothing: that is no answer of KubeVirt's.
    if (!/admission webhook|is not valid|request is invalid/i.test(words)) throw error;
    return { admitted: false, words };
  }
}

/** The commit of KubeVirt that this repository says is under test. */
export function commitUnderTest(): string {
  return (JSON.parse(readFileSync('kubevirt.json', 'utf8')) as { commit: string }).commit;
}
