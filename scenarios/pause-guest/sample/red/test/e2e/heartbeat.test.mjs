import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { beats, endGuests, lastBeat, observeGuest, pauseByQmp, startGuests, until, vmctl } from '../support/vm.mjs';

// No clock decides here: `witness` is a guest that nobody pauses, and its beats are the measure of time.
describe('the heartbeat on the serial console', { concurrency: true }, () => {
  before(async () => {
    await startGuests('witness', 'to-pause', 'to-resume');
    await Promise.all(
      ['witness', 'to-pause', 'to-resume'].map((vm) => until(`beats of ${vm}`, () => lastBeat(vm) >= 2)),
    );
    await pauseByQmp('to-resume');
  });
  after(endGuests);

  it('control: a started guest beats, and counts from 1', async () => {
    await until('three beats', () => lastBeat('witness') >= 3);
    assert.deepEqual(beats('witness').slice(0, 3), [1, 2, 3]);
  });

  it('AC-4: a paused guest stays silent for five beats of another guest', async (t) => {
    await vmctl('pause', 'to-pause');
    const silentSince = lastBeat('to-pause');
    const witnessed = lastBeat('witness');
    await until('five beats of the witness', () => lastBeat('witness') >= witnessed + 5);
    const beatsWhilePaused = lastBeat('to-pause') - silentSince;
    // Numbers that differ from run to run stay out of the message: equal failures must look equal.
    t.diagnostic(`${beatsWhilePaused} beats after beat ${silentSince}`);
    assert.ok(beatsWhilePaused === 0, 'the heart of a paused guest went on beating');
  });

  it('AC-5: a resumed guest goes on with the next number', async (t) => {
    const last = lastBeat('to-resume');
    const witnessed = lastBeat('witness');
    await vmctl('resume', 'to-resume');
    // A guest that QEMU says is running may be slow; one that is not will never beat.
    const observer = await observeGuest('to-resume');
    await until('a beat after vmctl resume', async () => {
      if (lastBeat('to-resume') >= last + 2) return true;
      return lastBeat('witness') >= witnessed + 5 && (await observer.status()) !== 'running';
    });
    observer.close();
    const next = beats('to-resume')
      .slice(last, last + 2)
      .map((beat) => beat - last);
    t.diagnostic(`resumed after beat ${last}`);
    assert.deepEqual(
      next,
      [1, 2],
      `the heart did not go on where it stood: next came [${next.map((beat) => `+${beat}`)}]`,
    );
  });
});
