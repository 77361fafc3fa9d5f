import { objectPath } from '../paths.mjs';
import { lookBefore, waitUntil } from '../vm.mjs';

/** A guest that does not power itself off in its grace period is ended by then. */
const DEADLINE_MS = 120_000;

/** Deletes a VM with its guest, and answers when both are gone. */
export const remove = {
  usage: 'delete NAME [--namespace NAMESPACE]',
  run: async (target) => {
    await lookBefore('delete', target);
    await target.cluster.remove(objectPath('virtualmachines', target.namespace, target.name), {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Foreground',
    });
    await waitUntil(target, 'gone', ({ vm, vmi }) => vm === undefined && vmi === undefined, DEADLINE_MS);
    return { state: 'absent' };
  },
};
