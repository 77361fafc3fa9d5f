import { subresourcePath } from '../paths.mjs';
import { lookBefore, waitUntil } from '../vm.mjs';

const DEADLINE_MS = 180_000;

/** Starts a VM's guest, and answers once it runs. */
export const start = {
  usage: 'start NAME [--namespace NAMESPACE]',
  run: async (target) => {
    const { cluster, name, namespace } = target;
    await lookBefore('start', target);
    await cluster.put(subresourcePath('virtualmachines', namespace, name, 'start'));
    const { state } = await waitUntil(target, 'running', (seen) => seen.state === 'running', DEADLINE_MS);
    return { state };
  },
};
