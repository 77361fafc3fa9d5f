import { setTimeout as sleep } from 'node:timers/promises';
import { obstacleTo, readDenial } from '../migration.mjs';
import { objectPath } from '../paths.mjs';
import { Refusal } from '../refusal.mjs';
import { lookBefore, waitUntil } from '../vm.mjs';

const KIND = 'virtualmachineinstancemigrations';
const DEADLINE_MS = 180_000;
/** How long a VMI may take to show what its migration says. */
const SHOWN_MS = 30_000;
const LOOK_EVERY_MS = 500;

/** Moves a running guest to another node, and answers once KubeVirt shows it there. */
export const migrate = {
  usage: 'migrate NAME [--namespace NAMESPACE]',
  run: async (target) => {
    const { cluster, name, namespace } = target;
    const { vmi } = await lookBefore('migrate', target);
    const known = await cluster.get(objectPath(KIND, namespace));
    const obstacle = obstacleTo(name, vmi, known?.items ?? []);
    if (obstacle !== undefined) throw obstacle;
    const { metadata } = await cluster.create(objectPath(KIND, namespace), manifest(target)).catch((error) => {
      throw readDenial(error);
    });
    await untilOver(target, metadata.name);
    const arrived = await waitUntil(target, 'on its new node', (seen) => hasArrived(seen, metadata.uid), SHOWN_MS);
    const { sourceNode, targetNode } = arrived.vmi.status.migrationState;
    return { state: arrived.state, source: sourceNode, target: targetNode };
  },
};

function manifest({ name, namespace }) {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceMigration',
    metadata: { generateName: `${name}-`, namespace },
    spec: { vmiName: name },
  };
}

/** @throws Refusal `migration-failed`, or `timed-out` once the migration is cancelled */
async function untilOver({ cluster, name, namespace }, migration) {
  const path = objectPath(KIND, namespace, migration);
  const giveUpAt = performance.now() + DEADLINE_MS;
  for (;;) {
    const seen = await cluster.get(path);
    if (seen === undefined) throw new Refusal('migration-failed', `the move of ${name} was cancelled: ${migration}`);
    const { phase, migrationState } = seen.status ?? {};
    if (phase === 'Succeeded') return;
    if (phase === 'Failed') {
      const why = migrationState?.failureReason || 'it was cancelled, or KubeVirt gives no reason';
      throw new Refusal('migration-failed', `the move of ${name} failed: ${why} (${migration})`);
    }
    if (performance.now() > giveUpAt) {
      await cluster.remove(path);
      const waited = `waited ${DEADLINE_MS / 1000} s in vain until ${name} is on another node`;
      throw new Refusal('timed-out', `${waited}; the move was ${phase ?? 'not yet begun'} and is cancelled now`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

function hasArrived({ vmi, state }, uid) {
  const { migrationUid, completed, targetNode } = vmi?.status?.migrationState ?? {};
  return state === 'running' && migrationUid === uid && completed === true && vmi.status.nodeName === targetNode;
}
