import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { endGuests, observeGuest, pauseByQmp, startGuests, vmctl } from '../support/vm.mjs';

describe('QEMU and vmctl agree', { concurrency: true }, () => {
  before(async () => {
    await startGuests('to-pause', 'to-resume');
    await pauseByQmp('to-resume');
  });
  after(endGuests);

  it('control: QEMU says running after vmctl start', async () => {
    await vmctl('start', 'untouched');
    const observer = await observeGuest('untouched');
    const status = await observer.status();
    observer.close();
    assert.equal(status, 'running', `QEMU says ${status} after vmctl start`);
  });

  it('AC-1: QEMU says paused after vmctl pause', async () => {
    const observer = await observeGuest('to-pause');
    await vmctl('pause', 'to-pause');
    const status = await observer.status();
    observer.close();
    assert.equal(status, 'paused', `QEMU says ${status} after vmctl pause`);
    assert.deepEqual(observer.events, ['STOP'], `QEMU announced ${observer.events} after vmctl pause`);
  });

  it('AC-2: QEMU says running after vmctl resume', async () => {
    const observer = await observeGuest('to-resume');
    await vmctl('resume', 'to-resume');
    const status = await observer.status();
    observer.close();
    assert.equal(status, 'running', `QEMU says ${status} after vmctl resume`);
    assert.deepEqual(observer.events, ['RESUME'], `QEMU announced ${observer.events} after vmctl resume`);
  });
});
