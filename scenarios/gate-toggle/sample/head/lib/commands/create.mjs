import { virtualMachine } from '../manifest.mjs';
import { objectPath } from '../paths.mjs';
import { Refusal } from '../refusal.mjs';
import { checkReserve, describeReserve, readDenial } from '../reserve.mjs';
import { lookBefore } from '../vm.mjs';

/** Creates a VM that runs until it is deleted. Does not wait for the guest. */
export const create = {
  usage: 'create NAME --image IMAGE [--memory 64Mi] [--reserve 32Mi] [--namespace NAMESPACE]',
  options: {
    image: { type: 'string' },
    memory: { type: 'string', default: '64Mi' },
    reserve: { type: 'string' },
  },
  run: async ({ cluster, name, namespace, options }) => {
    const { image, memory, reserve } = options;
    if (!image) throw new Refusal('bad-usage', `--image is missing; usage: vmtool ${create.usage}`);
    checkReserve(reserve, create.usage);
    await lookBefore('create', { cluster, name, namespace });
    const vm = virtualMachine({ name, namespace, image, memory, reserve });
    await cluster.create(objectPath('virtualmachines', namespace), vm).catch((error) => {
      throw readDenial(error, name);
    });
    return { state: 'starting', ...describeReserve(vm) };
  },
};
