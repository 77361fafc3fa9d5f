import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AcceleratorRequest, chooseAccelerator } from '../../src/environment/choose-accelerator.ts';
import { type ProbeGuest, startProbeGuest } from '../../src/environment/probe-guest.ts';
import { findExecutable } from '../../src/environment/qemu-binary.ts';

const QEMU = findExecutable('qemu-system-x86_64');
if (QEMU === undefined)
  console.warn('skipped: qemu-system-x86_64 is not on this machine (apt-get install qemu-system-x86)');

let dir: string;
const guests: ProbeGuest[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-choose-'));
  writeFileSync(join(dir, 'kvm'), 'a device that opens');
});
afterEach(async () => {
  await Promise.all(guests.splice(0).map(({ process }) => process.stop(0)));
  rmSync(dir, { recursive: true, force: true });
});

/** The real QEMU, except that `onKvm` and `onTcg` are done instead where they are given. */
function request(more: Partial<AcceleratorRequest>, onKvm: string, onTcg = ''): AcceleratorRequest {
  const binary = join(dir, 'qemu');
  // "kvm" that works is tcg under another name: what matters is who says the line.
  const script = `#!/bin/sh\ncase "$*" in *"-accel kvm"*) ${onKvm} ;; *) ${onTcg} ;; esac\nfor a; do shift; [ "$a" = kvm ] && a=tcg; set -- "$@" "$a"; done\nexec ${QEMU} "$@"\n`;
  writeFileSync(binary, script);
  chmodSync(binary, 0o755);
  const signal = new AbortController().signal;
  return {
    wanted: 'auto',
    probeDeadlineMs: 600,
    signal,
    progress: () => undefined,
    device: join(dir, 'kvm'),
    start: async (accelerator) => {
      const common = { binary, machine: 'pc', dir, token: 'none', signal };
      const guest = await startProbeGuest(common, accelerator, `guest-${guests.length}`);
      guests.push(guest);
      return guest;
    },
    ...more,
  };
}

const NEXT_TCG = 'nothing, if emulation is meant; else mend KVM on this machine and set `accelerator: kvm`';

describe('chooseAccelerator', () => {
  beforeEach((ctx) => ctx.skip(QEMU === undefined, 'qemu-system-x86_64 is not installed'));
  it('takes kvm when its guest boots', async () => {
    const chosen = await chooseAccelerator(request({ probeDeadlineMs: 60_000 }, ''));
    expect(chosen).toMatchObject({ ok: true, value: { guest: { accelerator: 'kvm' }, findings: [] } });
    expect(guests.filter(({ process }) => process.end() === undefined).map(({ accelerator }) => accelerator)).toEqual([
      'kvm',
    ]);
  });

  it('finds out a kvm that hangs before its first instruction, and says why tcg', async () => {
    const chosen = await chooseAccelerator(request({}, 'exec sleep 100'));
    const what = `${dir}/kvm opens, but the probe guest wrote nothing in 0.6 s: using tcg`;
    expect(chosen).toMatchObject({
      ok: true,
      value: { guest: { accelerator: 'tcg' }, findings: [{ severity: 'note', what, next: NEXT_TCG }] },
    });
    expect(guests.map(({ process }) => process.end()?.cause)).toEqual(['cancelled', undefined]);
  });

  it('says with what words QEMU refused kvm', async () => {
    const chosen = await chooseAccelerator(
      request({}, 'echo "failed to initialize kvm: Permission denied" >&2; exit 1'),
    );
    const what = `${dir}/kvm opens, but QEMU ended (exit code 1: failed to initialize kvm: Permission denied): using tcg`;
    expect(chosen).toMatchObject({ ok: true, value: { guest: { accelerator: 'tcg' }, findings: [{ what }] } });
  });

  it('does not even try kvm where the device is missing', async () => {
    const chosen = await chooseAccelerator(request({ device: join(dir, 'none') }, 'exec sleep 100'));
    expect(chosen).toMatchObject({
      ok: true,
      value: { findings: [{ what: `${dir}/none does not exist: using tcg` }] },
    });
    expect(guests).toHaveLength(1);
  });

  it('fails when the accelerator that the profile names does not boot', async () => {
    expect(await chooseAccelerator(request({ wanted: 'kvm' }, 'exec sleep 100'))).toMatchObject({
      ok: false,
      failure: {
        reason: 'environment-failed',
        exit: 3,
        what: 'the profile names the accelerator kvm, but the probe guest wrote nothing in 0.6 s',
        next: expect.stringContaining('set `accelerator: auto`'),
      },
    });
    expect(guests.map(({ process }) => process.end()?.cause)).toEqual(['cancelled']);
  });

  it('fails when no guest boots at all, with both reasons', async () => {
    expect(await chooseAccelerator(request({}, 'exit 3', 'echo "no firmware" >&2; exit 4'))).toMatchObject({
      ok: false,
      failure: {
        what: 'no guest boots: on kvm QEMU ended (exit code 3), and on tcg QEMU ended (exit code 4: no firmware)',
      },
    });
  });

  it('stops waiting when the run is cancelled', async () => {
    const controller = new AbortController();
    const waiting = chooseAccelerator(
      request({ signal: controller.signal, probeDeadlineMs: 60_000 }, 'exec sleep 100'),
    );
    setTimeout(() => controller.abort(), 100);
    expect(await waiting).toMatchObject({ ok: false, failure: { reason: 'interrupted', exit: 130 } });
  });
});
