import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster.ts';
import {
  askForMigration,
  cancelMigrations,
  ensureMigrating,
  ensureNotMigrating,
  guestNodes,
  migrationsOf,
  onNode,
  ownClaim,
  withClaim,
} from '../support/migration.ts';
import { until } from '../support/until.ts';
import { conditionOf, isRunning, lookAt, startVms, tinyVm, untilVm } from '../support/vm.ts';
import { assertAnswer, type Said, vmtool } from '../support/vmtool.ts';

// `traveller` can move, `pinned` finds no other node, `rooted` is one that KubeVirt calls not migratable.
let cluster: Cluster;
let nodes: string[];

beforeAll(async () => {
  cluster = await openCluster();
  nodes = await guestNodes(cluster);
  const [first] = nodes;
  if (first === undefined || nodes.length < 2)
    throw new Error(`a guest can move between two nodes, and KubeVirt has only ${nodes.join() || 'none'}`);
  await cluster.create(tinyVm('halted', { runStrategy: 'Halted' }));
  await cluster.create(ownClaim('rooted'));
  const rooted = withClaim(tinyVm('rooted'), 'rooted');
  await startVms(cluster, tinyVm('traveller'), onNode(tinyVm('pinned'), first), rooted);
  await untilVm(cluster, 'rooted', 'is known not to be migratable', (seen) => isMigratable(seen) === 'False');
});
afterAll(async () => {
  if (cluster === undefined) return;
  await cancelMigrations(cluster, 'pinned');
  await cluster.close();
});

const isMigratable = (seen: Parameters<typeof isRunning>[0]): string | undefined =>
  conditionOf(seen, 'LiveMigratable')?.status;

describe('KubeVirt, which vmtool stands on', () => {
  it('control: KubeVirt takes no migration of a VMI that is not migratable', async () => {
    const { status, body } = await askForMigration(cluster, 'rooted');
    expect(status).toBeGreaterThanOrEqual(400);
    expect(JSON.parse(body).message).toContain('Cannot migrate VMI, Reason: DisksNotLiveMigratable');
  });

  it('control: KubeVirt takes no migration of a VMI that is not there', async () => {
    const { status, body } = await askForMigration(cluster, 'halted');
    expect(status).toBeGreaterThanOrEqual(400);
    expect(JSON.parse(body).message).toMatch(/the VMI "[^"]*\/halted" does not exist/);
  });
});

describe('vmtool and a VM that can move', () => {
  it('control: status answers with the VM and its state', async () => {
    assertAnswer(await vmtool('status', 'traveller'), { ok: true, vm: 'traveller', state: 'running' }, 0);
  });

  it('AC-1: migrate answers with the node that it left and the one that it went to', async () => {
    const { vmi } = await lookAt(cluster, 'traveller');
    const said = await vmtool('migrate', 'traveller');
    const some = expect.any(String);
    assertAnswer(said, { ok: true, vm: 'traveller', state: 'running', source: some, target: some }, 0);
    // Names of nodes differ from run to run, and stay out of the message of a red.
    const { source, target } = JSON.parse(said.stdout);
    expect(source).toBe(vmi?.status?.nodeName);
    expect(nodes.filter((node) => node !== source)).toContain(target);
  });

  it('guard: a command that vmtool does not have is still refused with unknown-command', async () => {
    assertAnswer(await vmtool('teleport', 'traveller'), { ok: false, error: { code: 'unknown-command' } }, 2);
  });
});

describe('vmtool and a VM that is being moved', () => {
  beforeEach(() => ensureMigrating(cluster, 'pinned'));

  it('control: KubeVirt takes no second migration while one is under way', async () => {
    const { status, body } = await askForMigration(cluster, 'pinned');
    expect(status).toBeGreaterThanOrEqual(400);
    expect(JSON.parse(body).message).toContain('in-flight migration detected');
  });

  it('AC-2: migrating it once more is refused with already-migrating', async () => {
    assertAnswer(await vmtool('migrate', 'pinned'), { ok: false, error: { code: 'already-migrating' } }, 4);
  });
});

describe('vmtool and a VM whose move does not succeed', () => {
  beforeEach(() => ensureNotMigrating(cluster, 'pinned'));

  it('AC-5: a move that somebody cancels is answered with migration-failed, and the guest stays', async () => {
    let said: Said | undefined;
    const answered = vmtool('migrate', 'pinned').then((answer) => {
      said = answer;
      return answer;
    });
    await until(
      'vmtool has answered, or its migration looks for a node',
      () => migrationsOf(cluster, 'pinned'),
      (all) => said !== undefined || all.some(({ status }) => status?.phase === 'Scheduling'),
      (all) => JSON.stringify(all.map(({ status }) => status?.phase)),
    );
    await cancelMigrations(cluster, 'pinned');
    assertAnswer(await answered, { ok: false, error: { code: 'migration-failed' } }, 5);
    expect(isRunning(await lookAt(cluster, 'pinned'))).toBe(true);
  });
});

describe('vmtool and a VM that cannot move', () => {
  it('AC-2: migrating a VM that KubeVirt calls not migratable is refused with not-migratable', async () => {
    assertAnswer(await vmtool('migrate', 'rooted'), { ok: false, error: { code: 'not-migratable' } }, 4);
  });

  it('AC-2: migrating a halted VM is refused with not-running', async () => {
    assertAnswer(await vmtool('migrate', 'halted'), { ok: false, error: { code: 'not-running' } }, 4);
  });

  it('AC-2: migrating an unknown VM is refused with unknown-vm', async () => {
    assertAnswer(await vmtool('migrate', 'nobody'), { ok: false, error: { code: 'unknown-vm' } }, 3);
  });
});
