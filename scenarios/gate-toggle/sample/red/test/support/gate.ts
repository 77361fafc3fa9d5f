import { suiteEnvironment } from 'redfirst/testing';
import type { Answer, Cluster } from './cluster.ts';
import { type TinyVmOptions, tinyVm, type VmManifest } from './vm.ts';

/** KubeVirt's feature gate that this feature stands behind (`gate` in scenario.yaml). */
export const GATE = 'ReservedOverheadMemlock';

/** What KubeVirt's webhook says of `reservedOverhead` while the gate is off. */
export const DENIAL = 'Reserved overhead memlock feature gate is not enabled';

/**
 * How the gate is set in this attempt; off where nobody says, as when the cases are only listed. A case that holds in one state only is not even registered in
 * the other: it would be no evidence there, and a skipped case is none either.
 */
export const gate: 'on' | 'off' = process.env['REDFIRST_GATE'] === 'on' ? 'on' : 'off';

/** The tiny guest's VM with so much memory reserved beside it. Written here and not by vmtool. */
export function reservingVm(name: string, addedOverhead: string, options?: TinyVmOptions): VmManifest {
  const vm = tinyVm(name, options);
  const { domain, ...rest } = vm.spec.template.spec;
  const memory = { ...domain.memory, reservedOverhead: { addedOverhead } };
  const spec = { ...rest, domain: { ...domain, memory } };
  return { ...vm, spec: { ...vm.spec, template: { ...vm.spec.template, spec } } };
}

/** Asks KubeVirt itself whether it would take a VM; nothing is made. */
export function askWhether({ namespace, ask }: Cluster, vm: VmManifest): Promise<Answer> {
  return ask('POST', `/apis/kubevirt.io/v1/namespaces/${namespace}/virtualmachines?dryRun=All`, vm);
}

/** What vmtool is told to boot. */
export const guestImage = (): string => suiteEnvironment().guestImage;
