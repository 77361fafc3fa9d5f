/** What each command makes of a guest in each state. */
const NEXT = {
  absent: { start: 'running' },
  running: { stop: 'absent' },
};

/** Why a command is refused in a state. */
const REFUSED = {
  absent: { stop: 'unknown-vm' },
  running: { start: 'already-running' },
};

/**
 * What a command makes of a guest.
 * @returns `{ ok: true, state }`, or `{ ok: false, code }` with the code that vmctl answers.
 */
export function transition(state, command) {
  const next = NEXT[state]?.[command];
  if (next !== undefined) return { ok: true, state: next };
  return { ok: false, code: REFUSED[state]?.[command] ?? 'unknown-command' };
}
