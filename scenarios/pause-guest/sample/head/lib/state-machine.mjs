/** What each command makes of a guest in each state. */
const NEXT = {
  absent: { start: 'running' },
  running: { stop: 'absent', pause: 'paused' },
  paused: { stop: 'absent', resume: 'running' },
};

/** Why a command is refused in a state. */
const REFUSED = {
  absent: { stop: 'unknown-vm', pause: 'unknown-vm', resume: 'unknown-vm' },
  running: { start: 'already-running', resume: 'not-paused' },
  paused: { start: 'already-running', pause: 'already-paused' },
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
