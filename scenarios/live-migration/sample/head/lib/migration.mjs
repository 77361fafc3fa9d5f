import { Refusal } from './refusal.mjs';

/** Phases of a VirtualMachineInstanceMigration after which nothing more happens. */
const OVER = ['Succeeded', 'Failed'];

/**
 * What stands in the way of moving a VM; `undefined` where nothing does.
 *
 * @param vmi its VirtualMachineInstance
 * @param migrations all VirtualMachineInstanceMigrations of the namespace
 */
export function obstacleTo(name, vmi, migrations) {
  const active = migrations.find(({ spec, status }) => spec.vmiName === name && !OVER.includes(status?.phase));
  if (active !== undefined) {
    const { metadata, status } = active;
    const how = `migration ${metadata.name} is ${status?.phase ?? 'not yet begun'}`;
    return new Refusal('already-migrating', `cannot migrate ${name}: ${how}; wait for it, or delete it to cancel it`);
  }
  const unable = vmi.status.conditions?.find(({ type, status }) => type === 'LiveMigratable' && status === 'False');
  if (unable === undefined) return undefined;
  return new Refusal('not-migratable', `cannot migrate ${name}: ${unable.reason}: ${unable.message}`);
}

/** What KubeVirt's webhook says where something has come in between since it was looked at. */
const OBSTACLES = [
  { code: 'already-migrating', said: /in-flight migration detected/ },
  { code: 'not-migratable', said: /Cannot migrate VMI, Reason: / },
  { code: 'not-running', said: /Cannot migrate VMI in finalized state|the VMI "[^"]*" does not exist/ },
];

/** KubeVirt's own refusal of a migration, by vmtool's code; any other error as it is. */
export function readDenial(error) {
  const obstacle = OBSTACLES.find(({ said }) => said.test(error.message));
  return obstacle === undefined ? error : new Refusal(obstacle.code, error.message);
}
