import { suiteEnvironment } from 'redfirst/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { type Console, openConsole } from '../support/console.ts';
import { ensureStarted } from '../support/lifecycle.ts';
import { until } from '../support/until.ts';
import { isRunning, launcherPod, lookAt, type Seen, startVms, tinyVm, untilVm, virsh } from '../support/vm.ts';
import { assertAnswer, vmtool } from '../support/vmtool.ts';

const IMAGE = suiteEnvironment().guestImage;
const POWER_BUTTON = 'REDFIRST-GUEST-POWER-BUTTON';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await openCluster();
  // Far longer than a guest needs that hears the power button: one that does not hear it would be killed only then.
  await startVms(cluster, tinyVm('vm', { gracePeriodS: 60 }));
});
afterAll(() => cluster?.close());

describe('what the guest sees', () => {
  let guest: Console;

  beforeEach(async () => {
    await ensureStarted(cluster, 'vm');
    guest = await openConsole(cluster, 'vm');
    await guest.untilBeat(2);
    return () => guest.close();
  });

  it('control: a guest announces itself and counts from 1', async () => {
    const { index } = await guest.waitFor(/REDFIRST-GUEST-READY/);
    expect(guest.lines.slice(index + 1, index + 3)).toEqual(['beat 1', 'beat 2']);
  });

  // No clock decides here: a guest that goes on beating was not asked to power itself off.
  it.each(['stop', 'restart'])(
    'AC-6: vmtool %s asks the guest to power itself off, and does not kill it',
    async (how) => {
      const before = guest.lastBeat();
      await vmtool(how, 'vm');
      await until(
        `the guest hears the power button after vmtool ${how}, or beats on five times`,
        () => ({ heard: guest.lines.includes(POWER_BUTTON), beats: guest.lastBeat() - before }),
        ({ heard, beats }) => heard || beats >= 5,
        () => guest.lines.slice(-5).join('\n'),
      );
      const last = guest.lines.at(-1) === POWER_BUTTON ? 'the power button' : 'a beat';
      expect(last, `the last that the guest wrote after vmtool ${how} is ${last}`).toBe('the power button');
    },
  );
});

// Side by side, each with its own VMs: booting is what costs.
describe.concurrent('what becomes of a VM whose guest ends', () => {
  /** Makes a VM with vmtool. */
  async function make(name: string, strategy: string): Promise<void> {
    const made = await vmtool('create', name, '--run-strategy', strategy, '--image', IMAGE);
    assertAnswer(made, { ok: true, vm: name, state: strategy === 'Manual' ? 'stopped' : 'starting' }, 0);
  }

  /** Waits until a guest beats, so that it can be asked to end, and gives its VMI's uid. */
  async function untilBeats(name: string): Promise<string | undefined> {
    const { vmi } = await untilVm(cluster, name, 'runs', isRunning);
    const guest = await openConsole(cluster, name);
    await guest.untilBeat(1);
    guest.close();
    return vmi?.metadata.uid;
  }

  const isAnother = (uid: string | undefined) => (seen: Seen) => isRunning(seen) && seen.vmi?.metadata.uid !== uid;

  /** In words that are the same whenever it is the same. */
  async function fateOf(name: string, uid: string | undefined): Promise<string> {
    const seen = await lookAt(cluster, name);
    return isAnother(uid)(seen) ? 'came back' : isRunning(seen) ? 'was not ended' : 'stayed down';
  }

  it('AC-7: Always comes back after its guest powered off; Manual stays down', async () => {
    await make('always', 'Always');
    await make('manual', 'Manual');
    assertAnswer(await vmtool('start', 'manual'), { ok: true, vm: 'manual', state: 'running' }, 0);
    const [always, manual] = await Promise.all([untilBeats('always'), untilBeats('manual')]);
    await virsh(cluster, 'manual', 'shutdown', 'DOMAIN', '--mode', 'acpi');
    await untilVm(cluster, 'manual', 'has no guest that runs', (seen) => !isRunning(seen));
    await virsh(cluster, 'always', 'shutdown', 'DOMAIN', '--mode', 'acpi');
    // That one comes back is the measure of time for the one that does not.
    await untilVm(cluster, 'always', 'runs again', isAnother(always));
    const fates = { always: await fateOf('always', always), manual: await fateOf('manual', manual) };
    expect(fates).toEqual({ always: 'came back', manual: 'stayed down' });
    assertAnswer(await vmtool('status', 'manual'), { ok: true, vm: 'manual', state: 'stopped' }, 0);
  });

  /** Takes the launcher away before the guest runs, as a node does that goes; gives the uid of the VMI that fails by it. */
  async function loseLauncher(name: string): Promise<string | undefined> {
    const isPlaced = ({ vmi }: Seen) => vmi?.status?.phase === 'Scheduling';
    const { vmi } = await untilVm(cluster, name, 'has a launcher whose guest does not run yet', isPlaced);
    const pod = await launcherPod(cluster, vmi);
    const path = `/api/v1/namespaces/${cluster.namespace}/pods/${pod}?gracePeriodSeconds=0`;
    const { status, body } = await cluster.ask('DELETE', path);
    if (status !== 200) throw new Error(`DELETE ${path}: ${status} ${body}`);
    return vmi?.metadata.uid;
  }

  // A QEMU that is killed while its guest runs would do as well, but nobody could tell it from a fault of the cluster.
  it('AC-8: RerunOnFailure comes back after a failure; it stays down after its guest powered off', async () => {
    await make('quits', 'RerunOnFailure');
    const quits = await untilBeats('quits');
    await virsh(cluster, 'quits', 'shutdown', 'DOMAIN', '--mode', 'acpi');
    await untilVm(cluster, 'quits', 'has no guest that runs', (seen) => !isRunning(seen));
    await make('fails', 'RerunOnFailure');
    const fails = await loseLauncher('fails');
    await untilVm(cluster, 'fails', 'runs after all', isAnother(fails));
    const fates = { fails: await fateOf('fails', fails), quits: await fateOf('quits', quits) };
    expect(fates).toEqual({ fails: 'came back', quits: 'stayed down' });
    assertAnswer(await vmtool('status', 'quits'), { ok: true, vm: 'quits', state: 'stopped' }, 0);
  });
});
