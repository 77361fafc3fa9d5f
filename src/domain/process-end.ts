/** How a process ended; the first cause wins. */
export type ProcessEnd =
  | { readonly cause: 'exited'; readonly code: number }
  | { readonly cause: 'signalled'; readonly signal: string }
  | { readonly cause: 'timed-out'; readonly deadlineMs: number }
  | { readonly cause: 'cancelled' }
  | { readonly cause: 'spawn-failed'; readonly message: string };

/** A short text for a person: `exit code 1`, `killed by SIGKILL` … */
export function describeEnd(end: ProcessEnd): string {
  switch (end.cause) {
    case 'exited':
      return `exit code ${end.code}`;
    case 'signalled':
      return `killed by ${end.signal}`;
    case 'timed-out':
      return `stopped after its deadline of ${end.deadlineMs / 1000} s`;
    case 'cancelled':
      return 'cancelled';
    case 'spawn-failed':
      return `could not be started: ${end.message}`;
  }
}
