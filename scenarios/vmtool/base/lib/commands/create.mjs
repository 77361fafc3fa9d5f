import { virtualMachine } from '../manifest.mjs';
import { objectPath } from '../paths.mjs';
import { Refusal } from '../refusal.mjs';
import { lookBefore } from '../vm.mjs';

/** Creates a VM that runs until it is deleted. Does not wait for the guest. */
export const create = {
  usage: 'create NAME --image IMAGE [--memory 64Mi] [--namespace NAMESPACE]',
  options: { image: { type: 'string' }, memory: { type: 'string', default: '64Mi' } },
  run: async ({ cluster, name, namespace, options }) => {
    if (!options.image) throw new Refusal('bad-usage', `--image is missing; usage: vmtool ${create.usage}`);
    await lookBefore('create', { cluster, name, namespace });
    const vm = virtualMachine({ name, namespace, image: options.image, memory: options.memory });
    await cluster.create(objectPath('virtualmachines', namespace), vm);
    return { state: 'starting' };
  },
};
