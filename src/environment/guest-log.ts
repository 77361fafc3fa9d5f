/** A process by pid and start (clock ticks since boot), which together name it for good. */
export interface ProcessName {
  readonly pid: number;
  readonly startedAtTicks: number;
}

/** A guest that a suite started through the launcher. */
export interface LoggedGuest {
  readonly launcher: ProcessName;
  readonly guest: ProcessName;
  readonly end?: {
    /** Exit status as sh gives it: 128 + signal when a signal killed it. */
    readonly status: number;
    /** The signal that the launcher passed on, if any. */
    readonly forwarded?: 'TERM' | 'INT' | 'HUP';
    /** Who QEMU says ended it by a signal; `gone` could not be looked up any more. */
    readonly sender?: { readonly who: 'ours' | 'foreign' | 'gone'; readonly pid?: number };
  };
}

export interface GuestLog {
  readonly guests: readonly LoggedGuest[];
  /** Lines that nobody understands, as they stand. */
  readonly unreadable: readonly string[];
}

const START = /^start (\d+) (\d+) (\d+) (\d+)$/;
const END = /^end (\d+) (\d+) \d+ (\d+) (-|TERM|INT|HUP)$/;
const SENDER = /^sender (\d+) (\d+) (ours|foreign|gone)(?::(\d+))?$/;
const REFUSED = /^refused \d+ -daemonize$/;
/** Signals that ask a guest to end, as against those that kill it: HUP, INT, TERM. */
const POLITE_STATUS: Readonly<Record<string, number>> = { HUP: 129, INT: 130, TERM: 143 };
const SIGNAL_NAMES: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
};

/** Reads what launchers noted (see `launcher.ts`). Bad lines are returned, never thrown; an unfinished last line is left out. */
export function parseGuestLog(text: string): GuestLog {
  const guests = new Map<string, LoggedGuest>();
  const unreadable: string[] = [];
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const start = START.exec(line);
    const end = END.exec(line);
    const sender = SENDER.exec(line);
    if (start !== null) {
      const [launcherPid, launcherTicks, pid, ticks] = start.slice(1).map(Number) as [number, number, number, number];
      guests.set(`${launcherPid}:${launcherTicks}`, {
        launcher: { pid: launcherPid, startedAtTicks: launcherTicks },
        guest: { pid, startedAtTicks: ticks },
      });
    } else if (end !== null) {
      const [, pid, ticks, status, forwarded] = end;
      // The end of a guest that began before what is looked at here is not this window's business; nor its sender.
      const started = guests.get(`${pid}:${ticks}`);
      if (started === undefined) continue;
      const passedOn = forwarded === '-' ? {} : { forwarded: forwarded as 'TERM' | 'INT' | 'HUP' };
      guests.set(`${pid}:${ticks}`, { ...started, end: { status: Number(status), ...passedOn } });
    } else if (sender !== null) {
      const [, pid, ticks, who, senderPid] = sender;
      const ended = guests.get(`${pid}:${ticks}`);
      if (ended?.end === undefined) continue;
      const named = {
        who: who as 'ours' | 'foreign' | 'gone',
        ...(senderPid === undefined ? {} : { pid: Number(senderPid) }),
      };
      guests.set(`${pid}:${ticks}`, { ...ended, end: { ...ended.end, sender: named } });
    } else if (line !== '' && !REFUSED.test(line)) unreadable.push(line);
  }
  return { guests: [...guests.values()], unreadable };
}

/**
 * Why an ended guest counts as lost: it was killed, crashed, or was ended by somebody outside the run. Undefined when its
 * own side ended it (QMP `quit`, power-off, an exit of QEMU's own, or TERM, INT or HUP through the launcher), and while it runs.
 *
 * A guest whose TERM came from a process that nobody could look up any more counts as lost too: doubt is never evidence.
 */
export function describeLoss({ guest, end }: LoggedGuest): string | undefined {
  if (end === undefined) return undefined;
  const { status, forwarded, sender } = end;
  if (sender?.who === 'foreign') {
    return `guest pid ${guest.pid} was ended by a signal from pid ${sender.pid}, which does not belong to this run`;
  }
  if (sender?.who === 'gone' && forwarded === undefined) {
    return (
      `guest pid ${guest.pid} was ended by a signal from pid ${sender.pid}, which could not be identified any more; ` +
      'end a guest by QMP quit, or by TERM to the process that $REDFIRST_QEMU started'
    );
  }
  if (status < 128 || (forwarded !== undefined && status === POLITE_STATUS[forwarded])) return undefined;
  return `guest pid ${guest.pid} was killed by ${SIGNAL_NAMES[status - 128] ?? `signal ${status - 128}`}`;
}
