import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { openConsole } from '../support/console.ts';
import { gate, guestImage } from '../support/gate.ts';
import { bytesHeldFor, bytesOf } from '../support/memory.ts';
import { isRunning, startVms, tinyVm, untilVm } from '../support/vm.ts';
import { assertAnswer, vmtool } from '../support/vmtool.ts';

const RESERVE = '32Mi';

// `witness` is made without vmtool and reserves nothing: what Kubernetes holds for it is the measure.
let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
  await startVms(cluster, tinyVm('witness'));
});
afterAll(() => cluster?.close());

/** Waits for the guest of a VM to beat. */
async function untilItBeats(name: string): Promise<void> {
  await untilVm(cluster, name, 'runs', isRunning);
  const console = await openConsole(cluster, name);
  try {
    await console.untilBeat(2);
  } finally {
    console.close();
  }
}

describe('what Kubernetes holds for a VM', () => {
  it('control: a guest that nobody reserved anything for beats', async () => {
    await untilItBeats('witness');
  });

  it('guard: a VM that reserves nothing is held what it always was', async () => {
    assertAnswer(
      await vmtool('create', 'plain', '--image', guestImage()),
      { ok: true, vm: 'plain', state: 'starting' },
      0,
    );
    await untilItBeats('plain');
    expect(await bytesHeldFor(cluster, 'plain')).toBe(await bytesHeldFor(cluster, 'witness'));
  });

  if (gate === 'off')
    it('AC-1 [gate:off]: whoever is refused can do as the refusal says, and has a VM', async () => {
      const refused = await vmtool('create', 'again', '--image', guestImage(), '--reserve', RESERVE);
      assertAnswer(refused, { ok: false, error: { code: 'gate-off' } }, 4);
      expect(JSON.parse(refused.stdout).error.message).toContain('create again without --reserve');
      assertAnswer(
        await vmtool('create', 'again', '--image', guestImage()),
        { ok: true, vm: 'again', state: 'starting' },
        0,
      );
      await untilItBeats('again');
    });

  if (gate === 'on')
    it('AC-2 [gate:on]: so much more is held for a VM that reserves memory, and its guest beats', async () => {
      const said = await vmtool('create', 'reserving', '--image', guestImage(), '--reserve', RESERVE);
      assertAnswer(said, { ok: true, vm: 'reserving', state: 'starting', reserved: RESERVE }, 0);
      await untilItBeats('reserving');
      const more = (await bytesHeldFor(cluster, 'reserving')) - (await bytesHeldFor(cluster, 'witness'));
      expect(more).toBe(bytesOf(RESERVE));
    });
});
