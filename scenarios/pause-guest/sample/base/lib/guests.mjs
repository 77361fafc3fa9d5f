import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootSector } from './boot-sector.mjs';
import { askQemu } from './qmp.mjs';

const START_DEADLINE_MS = 30_000;

function folderOf(vm) {
  return join(process.env.VMCTL_STATE ?? join(tmpdir(), 'vmctl'), vm);
}

/** What QEMU says of a guest: `running`, `paused` …; `absent` when there is no such guest. */
export async function guestState(vm) {
  const socket = join(folderOf(vm), 'qmp.sock');
  if (!existsSync(socket)) return 'absent';
  return (await askQemu(socket, 'query-status')).status;
}

/** Starts QEMU in the background and waits until it answers. */
export async function startGuest(vm) {
  const folder = folderOf(vm);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'boot.img'), bootSector());
  const stderr = openSync(join(folder, 'qemu.log'), 'w');
  const qemu = spawn(
    process.env.REDFIRST_QEMU ?? 'qemu-system-x86_64',
    [
      ...['-name', vm, '-nodefaults', '-no-user-config', '-display', 'none', '-m', '8'],
      ...['-machine', 'pc', '-accel', process.env.REDFIRST_ACCEL ?? 'tcg'],
      ...['-drive', 'file=boot.img,format=raw,if=floppy,readonly=on', '-serial', 'file:console.log'],
      ...['-qmp', 'unix:qmp.sock,server=on,wait=off', '-qmp', 'unix:observer.sock,server=on,wait=off'],
    ],
    { cwd: folder, detached: true, stdio: ['ignore', 'ignore', stderr] },
  );
  closeSync(stderr);
  let failure;
  qemu.once('error', (error) => {
    failure = error.message;
  });
  qemu.once('exit', (code) => {
    failure = `QEMU ended with ${code}: ${readFileSync(join(folder, 'qemu.log'), 'utf8').trim()}`;
  });
  qemu.unref();
  const until = Date.now() + START_DEADLINE_MS;
  while ((await guestState(vm).catch(() => 'starting')) !== 'running') {
    if (failure === undefined && Date.now() > until)
      failure = `QEMU did not start ${vm} in ${START_DEADLINE_MS / 1000} s`;
    if (failure !== undefined) {
      rmSync(folder, { recursive: true, force: true });
      throw new Error(failure);
    }
    await sleep(10);
  }
}

/** Ends a guest and forgets it. */
export async function stopGuest(vm) {
  await askQemu(join(folderOf(vm), 'qmp.sock'), 'quit');
  rmSync(folderOf(vm), { recursive: true, force: true });
}
