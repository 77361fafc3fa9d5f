import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { askWhether, DENIAL, gate, guestImage, reservingVm } from '../support/gate.ts';
import { tinyVm } from '../support/vm.ts';
import { assertAnswer, vmtool } from '../support/vmtool.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
  await cluster.create(tinyVm('halted', { runStrategy: 'Halted' }));
});
afterAll(() => cluster?.close());

describe('KubeVirt, which vmtool stands on', () => {
  it('control: KubeVirt takes a VM that reserves nothing', async () => {
    expect((await askWhether(cluster, tinyVm('asked'))).status).toBe(201);
  });

  if (gate === 'off')
    it('control [gate:off]: KubeVirt takes no VM that reserves memory, and says that a gate is off', async () => {
      const { status, body } = await askWhether(cluster, reservingVm('asked', '32Mi'));
      expect(status).toBe(422);
      expect(JSON.parse(body)).toMatchObject({
        kind: 'Status',
        reason: 'Invalid',
        message: expect.stringContaining(DENIAL),
        details: { causes: [{ field: 'spec.template.spec.domain.memory.reservedOverhead' }] },
      });
    });

  if (gate === 'on')
    it('control [gate:on]: KubeVirt takes a VM that reserves memory', async () => {
      expect((await askWhether(cluster, reservingVm('asked', '32Mi'))).status).toBe(201);
    });
});

describe('vmtool and a VM that reserves nothing', () => {
  it('guard: create answers as ever', async () => {
    assertAnswer(
      await vmtool('create', 'plain', '--image', guestImage()),
      { ok: true, vm: 'plain', state: 'starting' },
      0,
    );
  });

  it('guard: status answers as ever', async () => {
    assertAnswer(await vmtool('status', 'halted'), { ok: true, vm: 'halted', state: 'stopped' }, 0);
  });

  it('guard: an option that vmtool does not have is still refused with bad-usage', async () => {
    const said = await vmtool('create', 'plain', '--image', guestImage(), '--hoard', '32Mi');
    assertAnswer(said, { ok: false, error: { code: 'bad-usage' } }, 2);
  });
});

describe('vmtool and a VM that reserves memory', () => {
  if (gate === 'off') {
    it('AC-1 [gate:off]: create is refused with gate-off', async () => {
      const said = await vmtool('create', 'denied', '--image', guestImage(), '--reserve', '32Mi');
      assertAnswer(said, { ok: false, error: { code: 'gate-off' } }, 4);
    });
  }

  if (gate === 'on') {
    it('AC-2 [gate:on]: create answers with what is reserved', async () => {
      const said = await vmtool('create', 'reserving', '--image', guestImage(), '--reserve', '32Mi');
      assertAnswer(said, { ok: true, vm: 'reserving', state: 'starting', reserved: '32Mi' }, 0);
    });

    it('AC-2 [gate:on]: status tells what is reserved', async () => {
      await cluster.create(reservingVm('known', '32Mi', { runStrategy: 'Halted' }));
      const said = await vmtool('status', 'known');
      assertAnswer(said, { ok: true, vm: 'known', state: 'stopped', reserved: '32Mi' }, 0);
    });
  }

  it('guard: an amount that is none is refused with bad-usage', async () => {
    const said = await vmtool('create', 'odd', '--image', guestImage(), '--reserve', 'lots');
    assertAnswer(said, { ok: false, error: { code: 'bad-usage' } }, 2);
  });
});
