import { after, before, describe, it } from 'node:test';
import { assertAnswer, endGuests, pauseByQmp, startGuests, vmctl } from '../support/vm.mjs';

describe('the answers of vmctl', { concurrency: true }, () => {
  before(async () => {
    await startGuests('running', 'paused', 'to-pause', 'to-resume');
    await Promise.all([pauseByQmp('paused'), pauseByQmp('to-resume')]);
  });
  after(endGuests);

  it('control: status answers with the VM and its state', async () => {
    assertAnswer(await vmctl('status', 'running'), { ok: true, vm: 'running', state: 'running' }, 0);
  });

  it('AC-1: pause answers with the VM and the state paused', async () => {
    assertAnswer(await vmctl('pause', 'to-pause'), { ok: true, vm: 'to-pause', state: 'paused' }, 0);
  });

  it('AC-2: resume answers with the VM and the state running', async () => {
    assertAnswer(await vmctl('resume', 'to-resume'), { ok: true, vm: 'to-resume', state: 'running' }, 0);
  });

  it('AC-3: pausing a paused VM is refused with already-paused', async () => {
    assertAnswer(await vmctl('pause', 'paused'), { ok: false, error: { code: 'already-paused' } }, 4);
  });

  it('AC-3: resuming a running VM is refused with not-paused', async () => {
    assertAnswer(await vmctl('resume', 'running'), { ok: false, error: { code: 'not-paused' } }, 4);
  });

  it('AC-3: pausing an unknown VM is refused with unknown-vm', async () => {
    assertAnswer(await vmctl('pause', 'nobody'), { ok: false, error: { code: 'unknown-vm' } }, 3);
  });

  it('guard: a command that vmctl does not have is still refused with unknown-command', async () => {
    assertAnswer(await vmctl('hibernate', 'running'), { ok: false, error: { code: 'unknown-command' } }, 2);
  });
});
