import { subresourcePath } from '../paths.mjs';
import { lookBefore, waitUntil } from '../vm.mjs';

const DEADLINE_MS = 60_000;

/** Holds a guest's processors, and answers once KubeVirt shows it. The guest keeps its memory. */
export const pause = {
  usage: 'pause NAME [--namespace NAMESPACE]',
  run: (target) => change(target, 'pause', 'pause', 'paused'),
};

/** Lets a paused guest go on where it stood, and answers once KubeVirt shows it. */
export const resume = {
  usage: 'resume NAME [--namespace NAMESPACE]',
  run: (target) => change(target, 'resume', 'unpause', 'running'),
};

async function change(target, command, action, wanted) {
  const { cluster, name, namespace } = target;
  await lookBefore(command, target);
  await cluster.put(subresourcePath('virtualmachineinstances', namespace, name, action));
  const { state } = await waitUntil(target, wanted, (seen) => seen.state === wanted, DEADLINE_MS);
  return { state };
}
