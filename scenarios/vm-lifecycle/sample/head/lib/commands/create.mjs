import { virtualMachine } from '../manifest.mjs';
import { objectPath } from '../paths.mjs';
import { Refusal } from '../refusal.mjs';
import { stateOf } from '../state.mjs';
import { lookBefore } from '../vm.mjs';

const STRATEGIES = ['Always', 'Halted', 'Manual', 'RerunOnFailure'];

/** Creates a VM that runs as its run strategy says. Does not wait for the guest. */
export const create = {
  usage: `create NAME --image IMAGE [--memory 64Mi] [--run-strategy ${STRATEGIES.join('|')}] [--namespace NAMESPACE]`,
  options: {
    image: { type: 'string' },
    memory: { type: 'string', default: '64Mi' },
    'run-strategy': { type: 'string', default: 'Always' },
  },
  run: async ({ cluster, name, namespace, options }) => {
    const { image, memory, 'run-strategy': runStrategy } = options;
    const refuse = (why) => new Refusal('bad-usage', `${why}; usage: vmtool ${create.usage}`);
    if (!image) throw refuse('--image is missing');
    if (!STRATEGIES.includes(runStrategy)) throw refuse(`there is no run strategy ${runStrategy}`);
    await lookBefore('create', { cluster, name, namespace });
    const vm = virtualMachine({ name, namespace, image, memory, runStrategy });
    await cluster.create(objectPath('virtualmachines', namespace), vm);
    return { state: stateOf(vm, undefined) };
  },
};
