import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startGuest } from '../../lib/guests.mjs';
import { observe } from './observer.mjs';

const VMCTL = fileURLToPath(new URL('../../bin/vmctl.mjs', import.meta.url));
/** Sockets live here: their paths must stay short. */
const STATE = mkdtempSync(join(process.env.REDFIRST_RUNTIME ?? tmpdir(), 'vm-'));
const PATIENCE_MS = 30_000;
process.env.VMCTL_STATE = STATE;

/** Runs vmctl as a person does: what it wrote to stdout, and its exit status. */
export function vmctl(...args) {
  return new Promise((resolve) => {
    execFile(process.execPath, [VMCTL, ...args], (error, stdout) => {
      resolve({ line: `vmctl ${args.join(' ')}`, stdout, status: error === null ? 0 : (error.code ?? error.signal) });
    });
  });
}

/** Asserts that vmctl answered exactly that: one line of JSON, and its exit status. Messages of refusals are free text. */
export function assertAnswer({ line, stdout, status }, promised, promisedStatus) {
  const said = `${line} answered ${stdout.trim()} with exit status ${status}`;
  const wanted = `promised is ${JSON.stringify(promised)} with exit status ${promisedStatus}`;
  assert.match(stdout, /^\{.*\}\n$/, `${said}, which is not one line of JSON`);
  const { error, ...rest } = JSON.parse(stdout);
  const answer = error === undefined ? rest : { ...rest, error: { code: error.code } };
  assert.deepEqual({ answer, status }, { answer: promised, status: promisedStatus }, `${said}; ${wanted}`);
  if (error !== undefined) assert.match(error.message, /\S/, `${said}, without a message for people`);
}

/** Starts guests side by side, by vmctl's own code. What fails here is no assertion: without guests there is nothing to test. */
export async function startGuests(...vms) {
  await Promise.all(vms.map(startGuest));
}

/** Ends every guest by QMP, whatever vmctl can or cannot do, and removes what is left of them. */
export async function endGuests() {
  await Promise.all(
    readdirSync(STATE).map(async (vm) => {
      const observer = await observeGuest(vm).catch(() => undefined);
      await observer?.quit();
    }),
  );
  rmSync(STATE, { recursive: true, force: true });
}

/** Another QMP client than vmctl's, on the guest's second socket. */
export function observeGuest(vm) {
  return observe(join(STATE, vm, 'observer.sock'));
}

/** Makes a guest paused without vmctl. */
export async function pauseByQmp(vm) {
  const observer = await observeGuest(vm);
  await observer.ask('stop');
  const status = await observer.status();
  observer.close();
  if (status !== 'paused') throw new Error(`QEMU did not pause ${vm}: it is ${status}`);
}

/** Numbers of the beats on a guest's serial console so far; a line that is not finished does not count. */
export function beats(vm) {
  let text = '';
  try {
    text = readFileSync(join(STATE, vm, 'console.log'), 'latin1');
  } catch {
    // The console appears with the guest.
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => Number(/^beat (\d+)\r?$/.exec(line)?.[1]));
}

/** Number of the last beat; 0 before the first. */
export function lastBeat(vm) {
  return beats(vm).at(-1) ?? 0;
}

/** Waits until something is so. That it never becomes so is no assertion: the caller asserts. */
export async function until(what, isSo) {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what}`);
    await sleep(15);
  }
}
