import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, processStartTicks, sweepToken } from '../process/process-group.ts';

/** Sockets live below the runtime folder, and a socket's path may have 107 bytes. */
const LONGEST_BASE = 30;

/** The private folder of an invocation; found again from its token alone, so that a later process can remove it. */
export function runtimeDirOf(token: string): string {
  const base = tmpdir();
  return join(base.length <= LONGEST_BASE ? base : '/tmp', `rf-${token}`);
}

/** Whether an invocation has not cleaned up, or not yet: its runtime folder is the last thing that it removes. */
export function hasLeftovers(token: string): boolean {
  return existsSync(runtimeDirOf(token));
}

/** Makes the runtime folder, readable for its owner alone. */
export function makeRuntimeDir(token: string): string {
  const dir = runtimeDirOf(token);
  mkdirSync(dir, { mode: 0o700, recursive: true });
  return dir;
}

/** How this process can be told, later, from another that got its pid. */
export function describeSelf(token: string): { pid: number; startedAtTicks: number; token: string } {
  return { pid: process.pid, startedAtTicks: processStartTicks(process.pid), token };
}

/** Whether the process that recorded a run still lives. */
export function isRecorderAlive(recorder: { readonly pid: number; readonly startedAtTicks: number }): boolean {
  return isAlive(recorder.pid, recorder.startedAtTicks);
}

/**
 * Ends what an invocation left behind when it was killed: its processes (guests among them) and its runtime folder.
 * @returns what was cleaned, for the record.
 */
export async function cleanLeftovers(token: string): Promise<string[]> {
  const pids = await sweepToken(token);
  rmSync(runtimeDirOf(token), { recursive: true, force: true });
  return pids.map((pid) => `process ${pid}`);
}
