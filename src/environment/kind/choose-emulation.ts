import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../domain/failure.ts';
import type { KubeVirtSpec } from '../../domain/profile.ts';
import { chooseAccelerator, kvmObstacle } from '../choose-accelerator.ts';
import { type ProbeGuest, startProbeGuest } from '../probe-guest.ts';
import type { ProvisionContext } from '../provider.ts';
import { inspectQemu } from '../qemu-binary.ts';

export interface Emulation {
  readonly useEmulation: boolean;
  readonly findings: readonly Finding[];
}

const PROBE_DEADLINE_MS = 3000;

/**
 * Whether KubeVirt is to emulate. `auto` boots a tiny guest on the host's QEMU, since nodes share the host's /dev/kvm and its existence
 * proves nothing; where the host has no QEMU to ask, a device that opens is believed, and the probe guest in the cluster has the last word.
 */
export async function chooseEmulation(
  { emulation }: Pick<KubeVirtSpec, 'emulation'>,
  context: Pick<ProvisionContext, 'runtimeDir' | 'token' | 'signal' | 'progress'>,
): Promise<Emulation> {
  if (emulation !== 'auto') return { useEmulation: emulation === 'always', findings: [] };
  const obstacle = kvmObstacle();
  if (obstacle !== undefined) return { useEmulation: true, findings: [emulated(obstacle)] };
  const qemu = await inspectQemu('qemu-system-x86_64', 'q35', context.signal);
  if (!qemu.ok) return { useEmulation: false, findings: [] };
  const dir = join(context.runtimeDir, 'accelerator');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const guests: ProbeGuest[] = [];
  const chosen = await chooseAccelerator({
    wanted: 'auto',
    probeDeadlineMs: PROBE_DEADLINE_MS,
    signal: context.signal,
    progress: context.progress,
    start: async (accelerator) => {
      const { path: binary, machine } = qemu.value;
      const request = { binary, machine, dir, token: context.token, signal: context.signal };
      const guest = await startProbeGuest(request, accelerator, `accelerator-${guests.length}-${accelerator}`);
      guests.push(guest);
      return guest;
    },
  });
  await Promise.all(guests.map(({ process }) => process.stop(0)));
  if (!chosen.ok) return { useEmulation: true, findings: [emulated(chosen.failure.what)] };
  const { guest, findings } = chosen.value;
  return { useEmulation: guest.accelerator === 'tcg', findings };
}

function emulated(why: string): Finding {
  return { severity: 'note', what: `KubeVirt emulates in software (useEmulation): ${why}` };
}
