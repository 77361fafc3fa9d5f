import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentIdentity } from '../domain/environment.ts';
import { EXIT, type Failure, type Finding, fail, ok, type Result } from '../domain/failure.ts';
import type { Profile } from '../domain/profile.ts';
import { chooseAccelerator, kvmObstacle } from './choose-accelerator.ts';
import { checkFolder, digestFile, digestProfile, hostFacts } from './host-facts.ts';
import { launcherScript } from './launcher.ts';
import { type Accelerator, type ProbeGuest, startProbeGuest } from './probe-guest.ts';
import type { Environment, EnvironmentProvider, ProvisionContext } from './provider.ts';
import { identifyFirmware, inspectQemu, type QemuBinary } from './qemu-binary.ts';
import { qemuEnvironment } from './qemu-environment.ts';
import { connectQmp } from './qmp.ts';
import { watchGuests } from './watch-guests.ts';

type QemuProfile = Extract<Profile, { provider: 'qemu' }>;

/** Longest runtime folder: a unix socket's path holds 107 bytes, and tests add a name of their own. */
const MAX_DIR_LENGTH = 80;
const SENTINEL_GRACE_MS = 1000;

/**
 * A real QEMU on this machine. The grade is `vmm`, and only because a guest really booted; it stays up as the *sentinel*,
 * whose heartbeat tells whether the environment lives. Suites start their guests through a launcher that notes their ends.
 */
export const qemuProvider: EnvironmentProvider<QemuProfile> = {
  preflight: async (profile, signal) => {
    const qemu = await inspectQemu(profile.binary, profile.machine, signal);
    const findings: Finding[] = [];
    if (!qemu.ok) findings.push({ severity: 'error', what: qemu.failure.what, next: qemu.failure.next });
    const obstacle = kvmObstacle();
    if (profile.accelerator === 'kvm' && obstacle !== undefined) {
      findings.push({
        severity: 'error',
        what: obstacle,
        next: 'load the kvm module and give this user write access to it, or set `accelerator: auto`',
      });
    } else if (profile.accelerator !== 'tcg') {
      findings.push({
        severity: 'note',
        what: obstacle ?? '/dev/kvm opens for writing; only booting a guest tells whether it works',
      });
    }
    return findings;
  },
  provision: (profile, context) => provision(profile, context),
};

async function provision(profile: QemuProfile, context: ProvisionContext): Promise<Result<Environment>> {
  const { runtimeDir, token, signal, onCleanup } = context;
  if (Buffer.byteLength(runtimeDir) > MAX_DIR_LENGTH) {
    return fail(
      failed(
        `the runtime folder ${runtimeDir} is too long for unix sockets`,
        `use one of at most ${MAX_DIR_LENGTH} bytes`,
      ),
    );
  }
  const folder = await checkFolder(runtimeDir);
  if (!folder.healthy) return fail(failed(folder.reason, 'free some space, or name another temporary folder (TMPDIR)'));
  const qemu = await inspectQemu(profile.binary, profile.machine, signal);
  if (!qemu.ok) return qemu;

  const paths = {
    own: join(runtimeDir, 'qemu'),
    suite: join(runtimeDir, 'run'),
    log: join(runtimeDir, 'guests.log'),
    launcher: join(runtimeDir, 'qemu', 'qemu-launcher'),
  };
  const guests: ProbeGuest[] = [];
  const watch = watchGuests(paths.log);
  onCleanup(`files in ${runtimeDir}`, async () => {
    for (const path of [paths.own, paths.suite, paths.log]) await rm(path, { recursive: true, force: true });
  });
  onCleanup('probe guests', async () => {
    await Promise.all(guests.map(({ process }) => process.stop(SENTINEL_GRACE_MS)));
  });
  await mkdir(paths.own, { recursive: true, mode: 0o700 });
  await mkdir(paths.suite, { recursive: true, mode: 0o700 });
  await writeFile(paths.log, '');
  await writeFile(
    paths.launcher,
    launcherScript({ binary: qemu.value.path, logPath: paths.log, stderrDir: paths.own, ownerPid: process.pid, token }),
  );
  await chmod(paths.launcher, 0o700);

  const start = async (accelerator: Accelerator): Promise<ProbeGuest> => {
    const request = { binary: qemu.value.path, machine: qemu.value.machine, dir: paths.own, token, signal };
    const guest = await startProbeGuest(request, accelerator, `sentinel-${guests.length + 1}-${accelerator}`);
    guests.push(guest);
    return guest;
  };
  const { progress } = context;
  const { probeDeadlineMs } = profile;
  const [digest, chosen] = await Promise.all([
    digestFile(qemu.value.path),
    chooseAccelerator({ wanted: profile.accelerator, probeDeadlineMs, signal, progress, start }),
  ]);
  if (!chosen.ok) return chosen;
  const { guest: sentinel, findings } = chosen.value;
  const identity: EnvironmentIdentity = {
    profile: profile.name,
    provider: 'qemu',
    profileDigest: digestProfile(profile),
    grade: ['vmm'],
    facts: {
      ...hostFacts(),
      'qemu.version': qemu.value.version,
      'qemu.binary': qemu.value.path,
      'qemu.binary.sha256': digest,
      'qemu.machine': qemu.value.machine,
      accelerator: sentinel.accelerator,
      ...(await firmwareFact(qemu.value, sentinel, signal)),
    },
    findings,
  };
  const restart = async (): Promise<Result<ProbeGuest>> => {
    const again = await chooseAccelerator({ wanted: sentinel.accelerator, probeDeadlineMs, signal, progress, start });
    return again.ok ? ok(again.value.guest) : again;
  };
  return ok(qemuEnvironment({ identity, runtimeDir, paths, sentinel, guests, watch, restart }));
}

async function firmwareFact(
  qemu: QemuBinary,
  sentinel: ProbeGuest,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const qmp = await connectQmp(sentinel.qmpPath);
  if (!qmp.ok) return {};
  const roms = await qmp.value.execute('human-monitor-command', { 'command-line': 'info roms' });
  qmp.value.close();
  const firmware =
    roms.ok && typeof roms.value === 'string' ? await identifyFirmware(qemu.path, roms.value, signal) : undefined;
  return firmware === undefined ? {} : { 'qemu.firmware': firmware };
}

function failed(what: string, next: string): Failure {
  return { reason: 'environment-failed', what, next, exit: EXIT.environment };
}
