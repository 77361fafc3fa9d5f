import { graceMs } from '../grace.mjs';
import { subresourcePath } from '../paths.mjs';
import { lookBefore, waitUntil } from '../vm.mjs';

const MARGIN_MS = 60_000;

/** Asks a VM's guest to power itself off, and answers once it is gone. */
export const stop = {
  usage: 'stop NAME [--namespace NAMESPACE]',
  run: async (target) => {
    const { cluster, name, namespace } = target;
    const { vmi } = await lookBefore('stop', target);
    await cluster.put(subresourcePath('virtualmachines', namespace, name, 'stop'));
    const isGone = (seen) => seen.vmi === undefined && seen.state === 'stopped';
    const { state } = await waitUntil(target, 'stopped', isGone, graceMs(vmi) + MARGIN_MS);
    return { state };
  },
};
