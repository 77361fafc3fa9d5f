import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../support/cluster.ts';
import { type Console, openConsole } from '../support/console.ts';
import { ensurePaused, ensureResumed, isPaused } from '../support/pause.ts';
import { until } from '../support/until.ts';
import { lookAt, startVms, tinyVm } from '../support/vm.ts';
import { vmtool } from '../support/vmtool.ts';

// No clock decides here: `witness` is a guest that nobody pauses, and its beats are the measure of time.
let cluster: Cluster;
let witness: Console;
let patient: Console;

beforeAll(async () => {
  cluster = await openCluster();
  await startVms(cluster, tinyVm('witness'), tinyVm('patient'));
  witness = await openConsole(cluster, 'witness');
  patient = await openConsole(cluster, 'patient');
  await Promise.all([witness.untilBeat(2), patient.untilBeat(2)]);
});
afterAll(async () => {
  witness?.close();
  patient?.close();
  await cluster?.close();
});

/** What a guest wrote may still be on its way through the log: two beats of the witness take the same way. */
async function settle(): Promise<void> {
  await witness.untilBeat(witness.lastBeat() + 2);
}

describe('the heartbeat of a VM that runs', () => {
  beforeEach(() => ensureResumed(cluster, 'patient'));

  it('control: a guest announces itself and counts from 1', async () => {
    const { index } = await witness.waitFor(/REDFIRST-GUEST-READY/);
    await witness.untilBeat(3);
    expect(witness.lines.slice(index + 1, index + 4)).toEqual(['beat 1', 'beat 2', 'beat 3']);
  });

  it('AC-4: a paused guest stays silent for five beats of another guest', async () => {
    await vmtool('pause', 'patient');
    await settle();
    const [silentSince, witnessed] = [patient.lastBeat(), witness.lastBeat()];
    await witness.untilBeat(witnessed + 5);
    const silent = patient.lastBeat() === silentSince;
    // Numbers that differ from run to run stay out of the message: equal failures must look equal.
    expect(silent, 'the heart of a paused guest went on beating').toBe(true);
  });
});

describe('the heartbeat of a VM that is paused', () => {
  beforeEach(() => ensurePaused(cluster, 'patient'));

  it('control: a guest that KubeVirt paused is silent for three beats of another guest', async () => {
    await settle();
    const [silentSince, witnessed] = [patient.lastBeat(), witness.lastBeat()];
    await witness.untilBeat(witnessed + 3);
    expect(patient.lastBeat()).toBe(silentSince);
  });

  it('AC-5: a resumed guest goes on with the very next number', async () => {
    await settle();
    const [last, witnessed] = [patient.lastBeat(), witness.lastBeat()];
    await vmtool('resume', 'patient');
    // A guest that KubeVirt says runs may be slow; one that is paused will never beat.
    const seen = async () => ({
      next: patient.beats().filter((_, at) => at >= last),
      paused: isPaused(await lookAt(cluster, 'patient')),
      witnessed: witness.lastBeat() - witnessed,
    });
    const { next } = await until(
      'the resumed guest beats twice, or is found paused after five beats of the witness',
      seen,
      (now) => now.next.length >= 2 || (now.paused && now.witnessed >= 5),
      (now) => JSON.stringify(now),
    );
    const steps = next.slice(0, 2).map((beat) => `+${beat - last}`);
    expect(steps, `the heart did not go on where it stood: next came [${steps}]`).toEqual(['+1', '+2']);
  });
});
