import { graceMs } from '../grace.mjs';
import { subresourcePath } from '../paths.mjs';
import { lookBefore, waitUntil } from '../vm.mjs';

const MARGIN_MS = 180_000;

/** Asks a VM's guest to power itself off, and answers once another one runs. */
export const restart = {
  usage: 'restart NAME [--namespace NAMESPACE]',
  run: async (target) => {
    const { cluster, name, namespace } = target;
    const { vmi } = await lookBefore('restart', target);
    await cluster.put(subresourcePath('virtualmachines', namespace, name, 'restart'));
    const isAnother = (seen) => seen.state === 'running' && seen.vmi.metadata.uid !== vmi.metadata.uid;
    const { state } = await waitUntil(target, 'running again', isAnother, graceMs(vmi) + MARGIN_MS);
    return { state };
  },
};
