import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import packageJson from '../../package.json' with { type: 'json' };
import { bootSector } from '../../src/environment/boot-sector.ts';
import { createLab, type Files, type Lab, PROGRAM, type Ran } from './lab.ts';

/** `redfirst/testing` as the package exports it. */
const TESTING = join(PROGRAM, '..', '..', packageJson.exports['./testing'].default);

/** The driver boots a guest, holds it while the file HOLD exists, and then fails. */
const E2E_TEST = `import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGuest } from ${JSON.stringify(TESTING)};
import * as guests from '../src/guests.mjs';

const DISK = ['-m', '8', '-drive', 'file=' + process.env.DISK + ',format=raw,if=floppy,readonly=on'];

test('there is a QEMU', () => assert.ok(existsSync(process.env.REDFIRST_QEMU)));
test('a guest pauses', async () => {
  const guest = await startGuest('driver', DISK);
  try {
    if (existsSync(process.env.HOLD)) writeFileSync(process.env.HOLD + '.reached', '');
    while (existsSync(process.env.HOLD)) await sleep(20);
    assert.equal(guests.pause?.name, 'pause');
  } finally {
    await guest.quit();
  }
});
`;

function scenarioText(dir: string, profile: string): string {
  return `apiVersion: redfirst.dev/v1
feature: pause
kind: bugfix
problem: A guest cannot be paused.
criteria:
  - { id: AC-1, text: a guest pauses, cases: [{ suite: e2e, match: pauses }] }
paths:
  - implementation: ['src/**']
  - tests: ['tests/**']
suites:
  e2e:
    runner: node-test
    select: { files: [tests/e2e.test.mjs] }
    profile: ${profile}
    grade: [vmm]
    evidence: C
    deadline: 60s
    controls: [there is]
    env: { HOLD: ${join(dir, 'hold')}, DISK: ${join(dir, 'disk.img')} }
`;
}

/** A lab at the red commit of `pause`, whose one suite boots real guests. */
export interface GuestLab extends Lab {
  /** Starts `redfirst red pause` and waits until its driver holds a running guest; `letGo` makes it go on and fail. */
  redUntilGuestRuns(...options: string[]): Promise<RunningRed>;
  letGo(): void;
}

export interface RunningRed {
  readonly child: ChildProcess;
  /** Of the whole run; the attempt's processes carry one below it. */
  readonly token: string;
  readonly guestPid: number;
  readonly sentinelPid: number;
  readonly ended: Promise<Ran>;
}

/** @param qemu the profile's own lines, given the lab's folder. */
export function labWithGuest(qemu: (dir: string) => string = () => 'accelerator: tcg\n'): GuestLab {
  const lab = createLab();
  const base: Files = {
    'redfirst.yaml': 'apiVersion: redfirst.dev/v1\nbase: main\n',
    'clusters/qemu.yaml': `apiVersion: redfirst.dev/v1\nprovider: qemu\nmachine: pc\nprobeDeadline: 3s\n${qemu(lab.dir)}`,
    'src/guests.mjs': 'export {};\n',
  };
  lab.commit('base', base);
  lab.git('switch', '--quiet', '--create', 'pause');
  lab.commit('tests of pause', {
    'scenarios/pause/scenario.yaml': scenarioText(lab.dir, 'qemu'),
    'tests/e2e.test.mjs': E2E_TEST,
  });
  writeFileSync(join(lab.dir, 'disk.img'), bootSector());
  const hold = join(lab.dir, 'hold');
  const reached = `${hold}.reached`;
  return {
    ...lab,
    letGo: () => rmSync(hold, { force: true }),
    redUntilGuestRuns: async (...options) => {
      writeFileSync(hold, '');
      rmSync(reached, { force: true });
      const child = spawn(process.execPath, [PROGRAM, 'red', 'pause', ...options], {
        cwd: lab.repo,
        env: { ...lab.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk) => (stdout += chunk));
      child.stderr.on('data', (chunk) => (stderr += chunk));
      const ended = new Promise<Ran>((resolve) => child.once('close', (exit) => resolve({ exit, stdout, stderr })));
      while (!existsSync(reached)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`it ended without a guest (${child.exitCode}):\n${stdout}${stderr}`);
        await sleep(10);
      }
      const disk = join(lab.dir, 'disk.img');
      const [guestPid = 0] = qemuProcesses((env, argv) => env['DISK'] === disk && argv.includes('driver'));
      const token = environmentOf(guestPid)?.['REDFIRST_TOKEN']?.split('.')[0] ?? '';
      const [sentinelPid = 0] = qemuProcesses((env) => env['REDFIRST_TOKEN'] === token);
      if (guestPid === 0 || token === '' || sentinelPid === 0)
        throw new Error('the guest or the sentinel was not found');
      return { child, token, guestPid, sentinelPid, ended };
    },
  };
}

/** Living QEMU processes whose environment and arguments satisfy `wanted`. */
export function qemuProcesses(
  wanted: (env: Readonly<Record<string, string>>, argv: readonly string[]) => boolean,
): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      const env = environmentOf(pid);
      const argv = env === undefined ? [] : readFields(pid, 'cmdline');
      return env !== undefined && (argv[0] ?? '').includes('qemu-system') && wanted(env, argv);
    });
}

function environmentOf(pid: number): Record<string, string> | undefined {
  const fields = readFields(pid, 'environ');
  if (fields.length === 0) return undefined;
  return Object.fromEntries(
    fields.map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  );
}

function readFields(pid: number, file: 'environ' | 'cmdline'): string[] {
  try {
    return readFileSync(join('/proc', String(pid), file), 'utf8')
      .split('\0')
      .filter((field) => field !== '');
  } catch {
    return [];
  }
}
