import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { findExecutable } from '../../src/environment/qemu-binary.ts';
import { processesWithToken } from '../../src/process/process-group.ts';
import { type GuestLab, labWithGuest, type RunningRed } from '../cli/beating.ts';
import { staleClaims } from './kill-rounds.ts';

const QEMU = findExecutable('qemu-system-x86_64');
let lab: GuestLab;
beforeEach((context) => context.skip(QEMU === undefined, 'qemu-system-x86_64 is not installed'));
beforeAll(() => {
  if (QEMU !== undefined) lab = labWithGuest();
});
afterAll(() => lab?.remove());

/** Processes of a run (guests, sentinel, runners) and runtime folders that are still there. */
function leftBy({ token }: RunningRed): { processes: number; folders: string[] } {
  return { processes: processesWithToken(token).length, folders: readdirSync(lab.temporary) };
}
const NOTHING = { processes: 0, folders: [] };

/** How the newest run was interrupted, as `show` tells it. */
function interruption(): { how: string; detail: string } {
  const { how, detail } = lab.json('show', 'pause').document.interrupted.body;
  return { how, detail };
}

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends a run, its guests and its sentinel, with exit code %i', async (signal, exit) => {
  const run = await lab.redUntilGuestRuns();
  run.child.kill(signal);
  const ended = await run.ended;
  expect({ exit: ended.exit, left: leftBy(run), claims: staleClaims(lab), ...interruption() }).toEqual({
    exit,
    left: NOTHING,
    claims: [],
    how: 'signal',
    detail: signal,
  });
  expect(ended.stderr).toContain(`${signal}: stopping and cleaning up; once more to leave at once`);
});

it('a second SIGINT leaves at once, and the next command cleans up', async () => {
  const run = await lab.redUntilGuestRuns();
  run.child.kill('SIGINT');
  await once(run.child.stderr as NodeJS.ReadableStream, 'data');
  run.child.kill('SIGINT');
  expect((await run.ended).exit).toBe(130);
  expect(['signal', 'recovered']).toContain(interruption().how);
  expect(leftBy(run)).toEqual(NOTHING);
});

it('kill -9 leaves a guest and a sentinel, which the next command ends', async () => {
  const run = await lab.redUntilGuestRuns();
  run.child.kill('SIGKILL');
  await run.ended;
  expect(processesWithToken(run.token)).toEqual(expect.arrayContaining([run.guestPid, run.sentinelPid]));
  const next = lab.redfirst('status');
  expect({ exit: next.exit, left: leftBy(run) }).toEqual({ exit: 0, left: NOTHING });
  expect(next.stderr).toContain(`its process ${run.child.pid} died in suite e2e, after 0 attempts`);
  lab.letGo();
  expect(lab.json('red', 'pause').document.verdict.code).toBe('red/valid');
  expect(staleClaims(lab)).toEqual([]);
});
