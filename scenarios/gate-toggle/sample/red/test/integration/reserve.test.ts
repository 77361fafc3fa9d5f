import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, type KubeObject, openCluster } from '../support/cluster.ts';
import { askWhether, DENIAL, GATE, gate, guestImage, reservingVm } from '../support/gate.ts';
import { lookAt, untilVm } from '../support/vm.ts';
import { assertAnswer, vmtool } from '../support/vmtool.ts';

interface KubeVirt extends KubeObject {
  readonly spec: {
    readonly configuration?: { readonly developerConfiguration?: { readonly featureGates?: readonly string[] } };
  };
}

interface Reserving extends KubeObject {
  readonly spec: { readonly domain: { readonly memory?: { readonly reservedOverhead?: object } } };
}

let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
});
afterAll(() => cluster?.close());

const create = (name: string) => vmtool('create', name, '--image', guestImage(), '--reserve', '32Mi');

describe('the gate', () => {
  it('control: KubeVirt has it as REDFIRST_GATE says, and acts so', async () => {
    const all = await cluster.get<{ items: KubeVirt[] }>('/apis/kubevirt.io/v1/kubevirts');
    const gates = all?.items[0]?.spec.configuration?.developerConfiguration?.featureGates ?? [];
    const { status } = await askWhether(cluster, reservingVm('asked', '32Mi'));
    expect({ listed: gates.includes(GATE), status }).toEqual({
      listed: gate === 'on',
      status: gate === 'on' ? 201 : 422,
    });
  });
});

describe('KubeVirt and vmtool agree on a VM that reserves memory', () => {
  if (gate === 'off') {
    it('AC-1 [gate:off]: vmtool says what KubeVirt said, and what to do', async () => {
      const said = await create('denied');
      assertAnswer(said, { ok: false, error: { code: 'gate-off' } }, 4);
      const { message } = JSON.parse(said.stdout).error;
      expect(message).toContain(DENIAL);
      expect(message).toContain(GATE);
      expect(message).toContain('spec.configuration.developerConfiguration.featureGates');
    });

    it('guard [gate:off]: a VM that is refused leaves nothing behind', async () => {
      await create('vanishing');
      expect(await lookAt(cluster, 'vanishing')).toEqual({ vm: undefined, vmi: undefined });
    });
  }

  if (gate === 'on')
    it('AC-2 [gate:on]: the VMI that KubeVirt makes of it reserves as much', async () => {
      assertAnswer(await create('reserving'), { ok: true, vm: 'reserving', state: 'starting', reserved: '32Mi' }, 0);
      const { vmi } = await untilVm(cluster, 'reserving', 'has a VMI', (seen) => seen.vmi !== undefined);
      expect((vmi as unknown as Reserving).spec.domain.memory?.reservedOverhead).toEqual({ addedOverhead: '32Mi' });
    });

  it('guard: a VM that reserves nothing says nothing of it to KubeVirt', async () => {
    await vmtool('create', 'plain', '--image', guestImage());
    const { vmi } = await untilVm(cluster, 'plain', 'has a VMI', (seen) => seen.vmi !== undefined);
    expect((vmi as unknown as Reserving).spec.domain.memory?.reservedOverhead).toBeUndefined();
  });
});
