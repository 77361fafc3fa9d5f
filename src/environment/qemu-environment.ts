import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentIdentity, Health } from '../domain/environment.ts';
import type { Result } from '../domain/failure.ts';
import { isAlive } from '../process/process-group.ts';
import { checkSentinel, sentinelDeath } from './check-sentinel.ts';
import type { ProcessName } from './guest-log.ts';
import { checkFolder } from './host-facts.ts';
import type { ProbeGuest } from './probe-guest.ts';
import type { Environment } from './provider.ts';
import type { GuestWatch } from './watch-guests.ts';

export interface QemuParts {
  readonly identity: EnvironmentIdentity;
  readonly runtimeDir: string;
  readonly paths: { readonly own: string; readonly suite: string; readonly log: string; readonly launcher: string };
  readonly sentinel: ProbeGuest;
  /** Every probe guest that was ever started, for diagnosis. */
  readonly guests: readonly ProbeGuest[];
  readonly watch: GuestWatch;
  /** Boots another sentinel on the same accelerator. */
  readonly restart: () => Promise<Result<ProbeGuest>>;
}

const HEALTHY: Health = { healthy: true };
/** Most stderr files of suites' guests that are kept for a failed suite. */
const MAX_STDERR_FILES = 20;
/** Looks, 10 ms apart, until a killed process counts as stuck in the kernel. */
const KILL_ROUNDS = 300;

/** The provisioned environment around a sentinel that beats. */
export function qemuEnvironment(parts: QemuParts): Environment {
  const { identity, runtimeDir, paths, watch } = parts;
  let { sentinel } = parts;
  return {
    identity,
    suiteVariables: () => ({
      REDFIRST_QEMU: paths.launcher,
      REDFIRST_QEMU_BINARY: identity.facts['qemu.binary'] ?? '',
      REDFIRST_ACCEL: sentinel.accelerator,
      REDFIRST_MACHINE: identity.facts['qemu.machine'] ?? '',
      REDFIRST_RUNTIME: paths.suite,
    }),
    health: async () => {
      await watch.settle();
      return worst([await checkFolder(runtimeDir), await checkSentinel(sentinel), watch.look()]);
    },
    watch: () => {
      const watched = sentinel;
      const poll = watch.start();
      return {
        stop: async () => {
          poll.stop();
          await watch.settle();
          return worst([sentinelDeath(watched) ?? HEALTHY, watch.look()]);
        },
      };
    },
    reset: async () => {
      for (const { launcher, guest } of watch.open()) {
        // The launcher first: a guest of the last suite must leave no end line in the next one's window.
        await killProcess(launcher);
        await killProcess(guest);
      }
      await rm(paths.suite, { recursive: true, force: true });
      await mkdir(paths.suite, { recursive: true, mode: 0o700 });
      if (sentinelDeath(sentinel) !== undefined) {
        const again = await parts.restart();
        // A sentinel that does not come back keeps the environment unhealthy, with the reason of its death.
        if (!again.ok) return;
        sentinel = again.value;
      }
      watch.forget();
    },
    diagnose: async () => diagnose(parts),
  };
}

/** The first complaint decides what is said first; all of them are said. */
function worst(healths: readonly Health[]): Health {
  const reasons = healths.flatMap((health) => (health.healthy ? [] : [health.reason]));
  return reasons.length === 0 ? HEALTHY : { healthy: false, reason: reasons.join('; ') };
}

async function killProcess({ pid, startedAtTicks }: ProcessName): Promise<void> {
  // Without a start time the pid could be anybody's by now.
  if (startedAtTicks === 0) return;
  for (let round = 0; round < KILL_ROUNDS && isAlive(pid, startedAtTicks); round++) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      return;
    }
    await sleep(10);
  }
}

function diagnose({ paths, guests }: QemuParts): Record<string, string> {
  const files: Record<string, string> = {};
  const keep = (path: string, name: string): void => {
    if (existsSync(path)) files[path] = name;
  };
  keep(paths.log, 'qemu/guests.log');
  for (const guest of guests) {
    keep(guest.serialPath, `qemu/${basename(guest.serialPath)}`);
    keep(guest.stderrPath, `qemu/${basename(guest.stderrPath)}`);
  }
  const stderrs = existsSync(paths.own)
    ? readdirSync(paths.own).filter((name) => /^guest-\d+\.stderr$/.test(name))
    : [];
  for (const name of stderrs.slice(-MAX_STDERR_FILES)) keep(join(paths.own, name), `qemu/${name}`);
  return files;
}
