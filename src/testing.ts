/**
 * `redfirst/testing`: what a suite written in TypeScript or JavaScript (vitest, node:test, zx) needs to talk to real guests. It only
 * spares typing: everything here rests on the variables that any language can use (docs/environments.md).
 * Unlike the rest of redfirst, what goes wrong here throws, since that is what a test runner understands.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from './domain/failure.ts';
import { describeEnd } from './domain/process-end.ts';
import type { GuestImage } from './domain/profile.ts';
import { awaitQmp, type QmpEvent, type QmpFailure } from './environment/qmp.ts';
import { serialLines, waitForSerialLine } from './environment/serial-console.ts';
import { captureProcess } from './process/run-process.ts';
import { startProcess } from './process/start-process.ts';

const DEFAULT_DEADLINE_MS = 30_000;
/** How long a QEMU whose QMP closed may take to end. */
const LAST_WORDS_MS = 1000;
const QUIT_DEADLINE_MS = 5000;

/** What redfirst gave this suite. */
export interface SuiteEnvironment {
  readonly phase: string;
  readonly suite: string;
  readonly attempt: number;
  readonly seed: number;
  /** Folder whose files are kept with the evidence. */
  readonly artifacts: string;
  /** Private folder with a path short enough for sockets. */
  readonly runtime: string;
  /** Program that starts QEMU; empty below grade `vmm`, as the next two are. */
  readonly qemu: string;
  readonly accelerator: string;
  readonly machine: string;
  /** Namespace of this attempt; empty below grade `api`, as the next four are. */
  readonly namespace: string;
  readonly kubectl: string;
  readonly virtctl: string;
  /** Container disk of redfirst's tiny guest, which the cluster has. */
  readonly guestImage: string;
  /** Guests of the profile by name. */
  readonly guests: Readonly<Record<string, GuestImage>>;
  /** `on` or `off` while the scenario's feature gate is switched; empty where it stands behind none. */
  readonly gate: string;
}

/** Reads the suite's variables. @throws when redfirst did not start this process. */
export function suiteEnvironment(env: NodeJS.ProcessEnv = process.env): SuiteEnvironment {
  const need = (name: string): string => {
    const value = env[name];
    if (value === undefined) throw new Error(`${name} is not set: run this suite through redfirst, or set it by hand`);
    return value;
  };
  return {
    phase: need('REDFIRST_PHASE'),
    suite: need('REDFIRST_SUITE'),
    attempt: Number(need('REDFIRST_ATTEMPT')),
    seed: Number(need('REDFIRST_SEED')),
    artifacts: need('REDFIRST_ARTIFACTS'),
    runtime: need('REDFIRST_RUNTIME'),
    qemu: env['REDFIRST_QEMU'] ?? '',
    accelerator: env['REDFIRST_ACCEL'] ?? '',
    machine: env['REDFIRST_MACHINE'] ?? '',
    namespace: env['REDFIRST_NAMESPACE'] ?? '',
    kubectl: env['REDFIRST_KUBECTL'] ?? '',
    virtctl: env['REDFIRST_VIRTCTL'] ?? '',
    guestImage: env['REDFIRST_GUEST_IMAGE'] ?? '',
    guests: JSON.parse(env['REDFIRST_GUESTS'] ?? '{}') as Record<string, GuestImage>,
    gate: env['REDFIRST_GATE'] ?? '',
  };
}

/** Runs kubectl in this attempt's namespace and returns what it printed. @throws kubectl's own words. */
export function kubectl(args: readonly string[], options: ToolOptions = {}): Promise<string> {
  const { kubectl: path, namespace } = suiteEnvironment();
  return runTool('kubectl', path, ['--namespace', namespace, ...args], options);
}

/** The same for virtctl. @throws where the environment has none, or virtctl's own words. */
export function virtctl(args: readonly string[], options: ToolOptions = {}): Promise<string> {
  const { virtctl: path, namespace } = suiteEnvironment();
  return runTool('virtctl', path, ['--namespace', namespace, ...args], options);
}

/**
 * Lines of a VMI's first serial console so far, without line ends; it must ask for `logSerialConsole`. Reads the log of the launcher's container
 * `guest-console-log`, which needs no session and disturbs nobody. @throws where there is no launcher.
 */
export async function guestConsole(vmi: string): Promise<string[]> {
  const selector = `vm.kubevirt.io/name=${vmi}`;
  const log = await kubectl(['logs', '--selector', selector, '--container', 'guest-console-log', '--tail=-1']);
  return log.split('\n').map((line) => line.replace(/\r$/, ''));
}

export interface ToolOptions {
  readonly input?: string;
  readonly deadlineMs?: number;
}

async function runTool(name: string, path: string, args: readonly string[], options: ToolOptions): Promise<string> {
  if (path === '') throw new Error(`there is no ${name} in this environment: demand grade api or more for the suite`);
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const { end, stdout, stderr } = await captureProcess({
    argv: [path, ...args],
    cwd: process.cwd(),
    env,
    deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS,
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (end.cause === 'exited' && end.code === 0) return stdout.toString('utf8');
  throw new Error(`${name} ${args.slice(2).join(' ')}: ${describeEnd(end)}\n${stderr.trim()}`);
}

/** A connection to a guest's QMP socket. */
export interface Qmp {
  /** @throws what QEMU refused, or that it did not answer in time. */
  execute(command: string, args?: Readonly<Record<string, unknown>>, deadlineMs?: number): Promise<unknown>;
  /** Run state by `query-status`: `running`, `paused` … */
  status(): Promise<string>;
  waitForEvent(name: string, deadlineMs?: number): Promise<QmpEvent>;
  readonly events: readonly QmpEvent[];
  close(): void;
}

/** Connects to a QMP socket, waiting for a QEMU that is still starting. @throws after `deadlineMs`. */
export async function openQmp(socketPath: string, deadlineMs = DEFAULT_DEADLINE_MS): Promise<Qmp> {
  const client = unwrap(await awaitQmp(socketPath, deadlineMs));
  return {
    execute: async (command, args, commandDeadlineMs) => unwrap(await client.execute(command, args, commandDeadlineMs)),
    status: async () => String((unwrap(await client.execute('query-status')) as { status?: unknown }).status),
    waitForEvent: async (name, eventDeadlineMs) => unwrap(await client.waitForEvent(name, eventDeadlineMs)),
    events: client.events,
    close: () => client.close(),
  };
}

/** A guest's serial console that QEMU writes to a file. */
export interface SerialConsole {
  /** Complete lines so far. */
  lines(): string[];
  /** Waits for a complete line, from index `from` on. @throws after `deadlineMs`, saying what was written last. */
  waitFor(
    pattern: RegExp | string,
    options?: { from?: number; deadlineMs?: number },
  ): Promise<{ line: string; index: number }>;
}

/** Reads the file of `-serial file:PATH`. A string is looked for anywhere in the line. */
export function serialConsole(path: string): SerialConsole {
  return {
    lines: () => serialLines(path),
    waitFor: async (pattern, { from = 0, deadlineMs = DEFAULT_DEADLINE_MS } = {}) => {
      const matches = (line: string): boolean =>
        typeof pattern === 'string'
          ? line.includes(pattern)
          : new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(line);
      const found = await waitForSerialLine(path, matches, deadlineMs, { from });
      if (!found.ok) throw new Error(`${found.failure} (waiting for ${String(pattern)} on ${path})`);
      return found.value;
    },
  };
}

/** A QEMU node: a running guest with its QMP connection and its serial console. */
export interface Guest {
  readonly qmp: Qmp;
  readonly serial: SerialConsole;
  /** Folder of its files. */
  readonly dir: string;
  /** Ends it by QMP quit, and by force where that does not work. Twice is fine. */
  quit(): Promise<void>;
}

/**
 * Starts a guest through `$REDFIRST_QEMU` on the probed accelerator and waits for its QMP.
 * @param name unique in the suite; letters, digits and `-`.
 * @param args QEMU options for disks, memory and devices; machine, accelerator, display, serial console and QMP are added.
 * @throws QEMU's own words when it does not start.
 */
export async function startGuest(
  name: string,
  args: readonly string[],
  deadlineMs = DEFAULT_DEADLINE_MS,
): Promise<Guest> {
  const { qemu, accelerator, machine, runtime } = suiteEnvironment();
  if (qemu === '') throw new Error('there is no QEMU in this environment: demand grade vmm for the suite');
  if (!/^[A-Za-z0-9-]{1,20}$/.test(name)) throw new Error(`not a name for a guest: ${name}`);
  const dir = join(runtime, name);
  mkdirSync(dir);
  const path = { qmp: join(dir, 'qmp'), serial: join(dir, 'serial.log'), stderr: join(dir, 'stderr.log') };
  const argv = [
    ...[
      qemu,
      '-name',
      name,
      '-nodefaults',
      '-no-user-config',
      '-display',
      'none',
      '-machine',
      machine,
      '-accel',
      accelerator,
    ],
    ...['-serial', `file:${path.serial}`, '-qmp', `unix:${path.qmp},server=on,wait=off`, ...args],
  ];
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const child = startProcess({ argv, cwd: dir, env, stdoutPath: join(dir, 'stdout.log'), stderrPath: path.stderr });
  const died = child.ended.then((end): never => {
    throw new Error(
      `QEMU of guest ${name} ended before its QMP answered: ${describeEnd(end)}; ${serialLines(path.stderr).join('\n')}`,
    );
  });
  died.catch(() => undefined);
  const qmp = await Promise.race([openQmp(path.qmp, deadlineMs), died]).catch(async (error: unknown) => {
    // A QEMU that ends closes its QMP first; its own words say more than a closed socket.
    const own = await Promise.race([died.catch((words: unknown) => words), sleep(LAST_WORDS_MS)]);
    await child.stop(0);
    throw own ?? error;
  });
  return {
    qmp,
    serial: serialConsole(path.serial),
    dir,
    quit: async () => {
      await qmp.execute('quit').catch(() => undefined);
      await Promise.race([child.ended, sleep(QUIT_DEADLINE_MS, undefined, { ref: false })]);
      qmp.close();
      await child.stop();
    },
  };
}

function unwrap<T>(result: Result<T, QmpFailure>): T {
  if (!result.ok) throw new Error(result.failure.what);
  return result.value;
}
