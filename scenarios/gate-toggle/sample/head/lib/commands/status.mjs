import { describeReserve } from '../reserve.mjs';
import { lookBefore } from '../vm.mjs';

/** Says what KubeVirt says of a VM. */
export const status = {
  usage: 'status NAME [--namespace NAMESPACE]',
  run: async (target) => {
    const { vm, state } = await lookBefore('status', target);
    return { state, ...describeReserve(vm) };
  },
};
