import { accessSync, constants, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import { describeEnd } from '../domain/process-end.ts';
import { captureProcess } from '../process/run-process.ts';
import { digestFile } from './host-facts.ts';

/** What is known of a QEMU before it runs a guest. */
export interface QemuBinary {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  /** E.g. `7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)`. */
  readonly version: string;
  /** The profile's machine type, its alias resolved: `pc` is `pc-i440fx-7.2` in one QEMU and another in the next. */
  readonly machine: string;
}

const ASK_DEADLINE_MS = 15_000;

/** The absolute path of an executable, looked up on PATH unless it holds a slash. Undefined when there is none. */
export function findExecutable(binary: string, path = process.env['PATH'] ?? ''): string | undefined {
  const candidates = binary.includes('/')
    ? [isAbsolute(binary) ? binary : resolve(binary)]
    : path
        .split(delimiter)
        .filter((dir) => dir !== '')
        .map((dir) => join(dir, binary));
  return candidates.find(isExecutableFile);
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Finds a QEMU, asks its version and resolves the machine type. Fails with what to install or to change. */
export async function inspectQemu(binary: string, machine: string, signal?: AbortSignal): Promise<Result<QemuBinary>> {
  const found = findExecutable(binary);
  if (found === undefined) return fail(missingBinary(binary));
  const path = await realpath(found);
  const [version, machines] = await Promise.all([
    ask(path, ['--version'], signal),
    ask(path, ['-machine', 'help'], signal),
  ]);
  if (!version.ok) return version;
  if (!machines.ok) return machines;
  const number = /^QEMU emulator version (.+)$/m.exec(version.value)?.[1];
  if (number === undefined) {
    return fail(
      failure(`${path} does not answer --version as QEMU does`, 'name a qemu-system binary in the profile (`binary`)'),
    );
  }
  const known = parseMachines(machines.value);
  const resolved = known.get(machine);
  if (resolved === undefined) {
    const offer = [...known.keys()].filter((name) => !/\d\.\d/.test(name)).sort();
    return fail(
      failure(
        `${path} knows no machine type ${machine}`,
        `set \`machine\` in the profile to one of: ${offer.join(', ')}`,
      ),
    );
  }
  return ok({ path, version: number.trim(), machine: resolved });
}

/**
 * Names in the output of `-machine help` and what each stands for (itself, unless it is an alias).
 * Lines look like `pc   Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)`.
 */
export function parseMachines(text: string): Map<string, string> {
  const machines = new Map<string, string>();
  for (const line of text.split('\n').slice(1)) {
    const name = /^(\S+)\s/.exec(line)?.[1];
    if (name !== undefined) machines.set(name, /\(alias of (\S+)\)/.exec(line)?.[1] ?? name);
  }
  return machines;
}

/**
 * The firmware image that a running guest was given: file name and SHA-256 of the file in QEMU's data folders.
 * @param roms answer of the monitor command `info roms`.
 * @returns e.g. `bios-256k.bin sha256:…`, or undefined when it cannot be told.
 */
export async function identifyFirmware(path: string, roms: string, signal?: AbortSignal): Promise<string | undefined> {
  const name = /\bmem=\S+ name="([^"/]+)"/.exec(roms)?.[1];
  if (name === undefined) return undefined;
  const folders = await ask(path, ['-L', 'help'], signal);
  if (!folders.ok) return undefined;
  for (const folder of folders.value.split('\n').filter((line) => line !== '')) {
    try {
      return `${name} sha256:${await digestFile(join(folder, name))}`;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** How to get a QEMU, for a finding or a failure. */
export function missingBinary(binary: string): Failure {
  return {
    reason: 'tool-missing',
    what: `${binary} is not on this machine`,
    next: 'install it (Debian, Ubuntu: `apt-get install qemu-system-x86`; Fedora: `dnf install qemu-system-x86-core`) or name its path in the profile (`binary`)',
    exit: EXIT.environment,
  };
}

async function ask(path: string, args: readonly string[], signal?: AbortSignal): Promise<Result<string>> {
  const { end, stdout, stderr } = await captureProcess({
    argv: [path, ...args],
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    deadlineMs: ASK_DEADLINE_MS,
    maxBytes: 1024 * 1024,
    ...(signal === undefined ? {} : { signal }),
  });
  if (end.cause === 'exited' && end.code === 0) return ok(stdout.toString('utf8'));
  const said = stderr.trim().split('\n').at(-1);
  return fail(
    failure(
      `\`${path} ${args.join(' ')}\`: ${describeEnd(end)}${said ? ` (${said})` : ''}`,
      'run the command by hand; reinstall QEMU when it fails there too',
    ),
  );
}

function failure(what: string, next: string): Failure {
  return { reason: 'environment-failed', what, next, exit: EXIT.environment };
}
