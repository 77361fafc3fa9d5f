import { Refusal } from './refusal.mjs';

/** KubeVirt's feature gate for `spec.domain.memory.reservedOverhead`. */
const GATE = 'ReservedOverheadMemlock';

const QUANTITY = /^[1-9][0-9]*(Ki|Mi|Gi)$/;

/** @throws Refusal `bad-usage` where it is no amount of memory; before the cluster is asked for anything. */
export function checkReserve(reserve, usage) {
  if (reserve === undefined || QUANTITY.test(reserve)) return;
  const what = `--reserve takes an amount of memory such as 32Mi, not ${JSON.stringify(reserve)}`;
  throw new Refusal('bad-usage', `${what}; usage: vmtool ${usage}`);
}

/** What KubeVirt said of a VM that reserves memory, where it is that the gate is off; any other error as it is. */
export function readDenial(error, name) {
  if (!/reserved overhead.* feature gate is not enabled/i.test(error.message)) return error;
  const mend = [
    `create ${name} without --reserve`,
    `or let whoever runs the cluster add ${GATE} to spec.configuration.developerConfiguration.featureGates of its KubeVirt resource`,
  ].join(', ');
  return new Refusal(
    'gate-off',
    `--reserve needs KubeVirt's feature gate ${GATE}, which is off in this cluster: ${mend}. KubeVirt said: ${error.message}`,
  );
}

/** Memory that a VM reserves beside that of its guest, as the answers tell it; nothing where it reserves none. */
export function describeReserve(vm) {
  const reserved = vm.spec.template?.spec.domain.memory?.reservedOverhead?.addedOverhead;
  return reserved === undefined ? {} : { reserved };
}
