import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeEnd } from '../domain/process-end.ts';
import { TOKEN_VARIABLE } from '../process/process-group.ts';
import { type StartedProcess, startProcess } from '../process/start-process.ts';
import { bootSector } from './boot-sector.ts';

export type Accelerator = 'kvm' | 'tcg';

/** What every probe guest of an environment has in common. */
export interface ProbeRequest {
  /** Absolute path of QEMU. */
  readonly binary: string;
  readonly machine: string;
  /** Folder for disk, socket and logs. */
  readonly dir: string;
  readonly token: string;
  readonly signal: AbortSignal;
}

/** A running QEMU with the probe guest: a QEMU node with a QMP socket and a serial console. */
export interface ProbeGuest {
  readonly accelerator: Accelerator;
  readonly process: StartedProcess;
  readonly qmpPath: string;
  readonly serialPath: string;
  readonly stderrPath: string;
}

/** Memory of the guest: SeaBIOS needs some, the guest itself half a kilobyte. */
const MEMORY_MIB = 8;

/** Starts the probe guest on one accelerator. `name` keeps the files of several apart. Says nothing about its booting. */
export async function startProbeGuest(
  request: ProbeRequest,
  accelerator: Accelerator,
  name: string,
): Promise<ProbeGuest> {
  const file = (suffix: string): string => join(request.dir, `${name}.${suffix}`);
  const diskPath = file('img');
  await writeFile(diskPath, bootSector());
  const guest = { qmpPath: file('qmp'), serialPath: file('serial.log'), stderrPath: file('stderr.log') };
  const argv = [
    request.binary,
    ...['-name', `redfirst-${name}`, '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-machine', request.machine, '-accel', accelerator, '-m', String(MEMORY_MIB)],
    // A floppy is the one boot disk that PC firmware finds on pc and q35 alike, and it may be read-only.
    ...['-drive', `file=${option(diskPath)},format=raw,if=floppy,readonly=on`],
    ...['-serial', `file:${guest.serialPath}`, '-qmp', `unix:${option(guest.qmpPath)},server=on,wait=off`],
  ];
  const process = startProcess({
    argv,
    cwd: request.dir,
    env: { PATH: globalThis.process.env['PATH'] ?? '', LC_ALL: 'C', [TOKEN_VARIABLE]: request.token },
    stdoutPath: file('stdout.log'),
    stderrPath: guest.stderrPath,
    signal: request.signal,
  });
  return { accelerator, process, ...guest };
}

/** Why the guest's QEMU is not running any more, with its own last words; undefined while it runs. */
export function describeGuestEnd(guest: ProbeGuest): string | undefined {
  const end = guest.process.end();
  if (end === undefined) return undefined;
  const said = lastLine(guest.stderrPath);
  return `QEMU ended (${describeEnd(end)}${said === '' ? '' : `: ${said}`})`;
}

function lastLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').at(-1)?.slice(0, 300) ?? '';
  } catch {
    return '';
  }
}

/** A comma in a value of a QEMU option is written twice. */
function option(value: string): string {
  return value.replaceAll(',', ',,');
}
