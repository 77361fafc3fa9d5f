import { existsSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from '../domain/environment.ts';
import { isAlive } from '../process/process-group.ts';
import { describeLoss, type LoggedGuest, parseGuestLog } from './guest-log.ts';

/** Keeps an eye on the guests that suites start through the launcher. */
export interface GuestWatch {
  /** What was seen since the last `forget`. */
  look(): Health;
  /** Waits, 2 s at most, for launchers whose guest is gone to write down how it ended. */
  settle(): Promise<void>;
  /** Guests that have not ended as far as the log tells, whatever became of their processes. */
  open(): readonly LoggedGuest[];
  /** Looks now and then until `stop`, so that a launcher that vanishes while a suite runs is noticed. */
  start(): { stop(): void };
  /** What is in the log so far concerns nobody any more. */
  forget(): void;
}

const POLL_MS = 500;
const SETTLE_MS = 2000;
const SETTLE_POLL_MS = 20;

/**
 * Watches one `guests.log`. A launcher that is gone without an end line counts as lost only when two looks in a row, half a
 * second apart, found it so while a suite was being watched: the end of a suite takes its launchers with it.
 */
export function watchGuests(logPath: string): GuestWatch {
  let offset = 0;
  let confirmed: string | undefined;
  let suspects = new Set<string>();
  /** Those that went with an earlier suite. */
  let goneBefore = new Set<string>();

  const read = (): ReturnType<typeof parseGuestLog> | string => {
    try {
      const text = readFileSync(logPath);
      if (text.length < offset) return `${logPath} was cut short`;
      return parseGuestLog(text.subarray(offset).toString('utf8'));
    } catch {
      return `${logPath} is gone`;
    }
  };
  const open = (): readonly LoggedGuest[] => {
    const log = read();
    return typeof log === 'string' ? [] : log.guests.filter(({ end }) => end === undefined);
  };
  const vanished = (): LoggedGuest[] =>
    open().filter(({ launcher }) => !isAlive(launcher.pid, launcher.startedAtTicks));
  const poll = (): void => {
    const gone = vanished().filter((guest) => !goneBefore.has(key(guest)));
    const again = gone.find((guest) => suspects.has(key(guest)));
    if (again !== undefined) {
      confirmed ??= `the launcher (pid ${again.launcher.pid}) of guest pid ${again.guest.pid} vanished while the suite ran`;
    }
    suspects = new Set(gone.map(key));
  };
  return {
    look: () => {
      const log = read();
      if (typeof log === 'string') return { healthy: false, reason: log };
      const bad = log.unreadable[0];
      if (bad !== undefined)
        return { healthy: false, reason: `${logPath} holds a line that no launcher wrote: ${bad.slice(0, 200)}` };
      const losses = log.guests.map(describeLoss).filter((loss) => loss !== undefined);
      if (confirmed !== undefined) losses.push(confirmed);
      return losses.length === 0 ? { healthy: true } : { healthy: false, reason: losses.join('; ') };
    },
    settle: async () => {
      const until = performance.now() + SETTLE_MS;
      while (performance.now() < until) {
        const log = read();
        if (typeof log === 'string' || !log.guests.some(isWritingItsEnd)) return;
        await sleep(SETTLE_POLL_MS);
      }
    },
    open,
    start: () => {
      suspects = new Set();
      goneBefore = new Set(vanished().map(key));
      // What it watches keeps the program alive, not the watching.
      const timer = setInterval(poll, POLL_MS).unref();
      return { stop: () => clearInterval(timer) };
    },
    forget: () => {
      offset = existsSync(logPath) ? statSync(logPath).size : 0;
      confirmed = undefined;
      suspects = new Set();
    },
  };
}

function isWritingItsEnd({ launcher, guest }: LoggedGuest): boolean {
  return !isAlive(guest.pid, guest.startedAtTicks) && isAlive(launcher.pid, launcher.startedAtTicks);
}

function key({ launcher }: LoggedGuest): string {
  return `${launcher.pid}:${launcher.startedAtTicks}`;
}
