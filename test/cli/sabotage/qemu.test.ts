import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kvmObstacle } from '../../../src/environment/choose-accelerator.ts';
import { findExecutable } from '../../../src/environment/qemu-binary.ts';
import { type GuestLab, labWithGuest } from '../beating.ts';

const QEMU = findExecutable('qemu-system-x86_64');
let lab: GuestLab | undefined;
beforeEach((context) => context.skip(QEMU === undefined, 'qemu-system-x86_64 is not installed'));
afterEach(() => lab?.remove());

describe('a QEMU that somebody kills', () => {
  it('is no red, whichever it was, and the next run is well', { timeout: 180_000 }, async () => {
    lab = labWithGuest();
    for (const which of ['guest', 'sentinel'] as const) {
      const run = await lab.redUntilGuestRuns('--json');
      const pid = which === 'guest' ? run.guestPid : run.sentinelPid;
      process.kill(pid, 'SIGKILL');
      lab.letGo();
      const { exit, stdout } = await run.ended;
      const { verdict, suites } = JSON.parse(stdout);
      expect({ which, exit, code: verdict.code, suites }).toEqual({
        which,
        exit: 3,
        code: 'infrastructure',
        suites: [expect.objectContaining({ suite: 'e2e', code: 'infrastructure' })],
      });
      const lost =
        which === 'guest' ? `guest pid ${pid} was killed by SIGKILL` : `the sentinel guest (pid ${pid}) is gone`;
      expect(suites[0].detail).toContain(lost);
      const proof = lab.json('prove', 'pause', '--head', 'HEAD');
      expect(proof.exit).not.toBe(0);
      expect(proof.document.word ?? 'not proven').toBe('not proven');
    }
    const { exit, document } = lab.json('red', 'pause');
    expect({ exit, code: document.verdict.code }).toEqual({ exit: 0, code: 'red/valid' });
  });
});

describe('a /dev/kvm that opens and hangs', () => {
  it('is given up for tcg, and the record says why', { timeout: 180_000 }, (context) => {
    const obstacle = kvmObstacle();
    context.skip(obstacle !== undefined, obstacle);
    lab = labWithGuest((dir) => `accelerator: auto\nbinary: ${join(dir, 'hanging-qemu')}\n`);
    // Asked for kvm it is silent, as a guest is that hangs before its first instruction.
    const wrapper = join(lab.dir, 'hanging-qemu');
    writeFileSync(wrapper, `#!/bin/sh\ncase " $* " in *" -accel kvm "*) exec sleep 1000 ;; esac\nexec ${QEMU} "$@"\n`);
    chmodSync(wrapper, 0o755);
    const why = '/dev/kvm opens, but the probe guest wrote nothing in 3 s: using tcg';

    const doctor = lab.redfirst('doctor', 'qemu');
    expect({ exit: doctor.exit, stdout: doctor.stdout }).toEqual({ exit: 0, stdout: expect.stringContaining(why) });
    expect(doctor.stdout).toContain('accelerator: tcg');

    expect(lab.json('red', 'pause').document.verdict.code).toBe('red/valid');
    const { document } = lab.json('show', 'pause');
    expect(JSON.stringify(document)).toContain(why);
  });
});
