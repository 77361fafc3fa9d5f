import { setTimeout as sleep } from 'node:timers/promises';
import { objectPath } from './paths.mjs';
import { Refusal } from './refusal.mjs';
import { refusalOf, stateOf } from './state.mjs';

const LOOK_EVERY_MS = 250;

/** A VM as it is now: `{ vm, vmi, state }`. */
export async function lookAt({ cluster, name, namespace }) {
  const [vm, vmi] = await Promise.all([
    cluster.get(objectPath('virtualmachines', namespace, name)),
    cluster.get(objectPath('virtualmachineinstances', namespace, name)),
  ]);
  return { vm, vmi, state: stateOf(vm, vmi) };
}

/** Looks at a VM and refuses what makes no sense in its state. */
export async function lookBefore(command, target) {
  const seen = await lookAt(target);
  const code = refusalOf(seen.state, command);
  if (code !== undefined) throw new Refusal(code, `cannot ${command} ${target.name}: it is ${seen.state}`);
  return seen;
}

/**
 * Looks again and again until a VM is as it is to be.
 * @param isSo decides over what `lookAt` sees
 * @throws Refusal `timed-out` that says what was seen last
 */
export async function waitUntil(target, what, isSo, deadlineMs) {
  const giveUpAt = performance.now() + deadlineMs;
  for (;;) {
    const seen = await lookAt(target);
    if (isSo(seen)) return seen;
    if (performance.now() > giveUpAt) {
      const waited = `waited ${deadlineMs / 1000} s in vain until ${target.name} is ${what}`;
      throw new Refusal('timed-out', `${waited}; it is ${seen.state}: ${describe(seen)}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

function describe({ vm, vmi }) {
  const conditions = (vmi?.status?.conditions ?? []).map(
    ({ type, status, reason, message }) => `${type}=${status}${reason ? ` (${reason}: ${message ?? ''})` : ''}`,
  );
  return [
    `VM ${vm === undefined ? 'gone' : (vm.status?.printableStatus ?? 'without status')}`,
    `VMI ${vmi === undefined ? 'none' : (vmi.status?.phase ?? 'without phase')}`,
    ...conditions,
  ].join(', ');
}
