#!/usr/bin/env node
import { guestState, pauseGuest, resumeGuest, startGuest, stopGuest } from '../lib/guests.mjs';
import { transition } from '../lib/state-machine.mjs';

const EXIT_STATUS = {
  'unknown-command': 2,
  'bad-usage': 2,
  'unknown-vm': 3,
  'already-running': 4,
  'already-paused': 4,
  'not-paused': 4,
  'guest-failed': 5,
};

/** What each command does to a guest once the state machine allows it. `status` only looks. */
const COMMANDS = { start: startGuest, stop: stopGuest, pause: pauseGuest, resume: resumeGuest, status: undefined };

function answer(value, status = 0) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
  process.exitCode = status;
}

function refuse(code, message) {
  answer({ ok: false, error: { code, message } }, EXIT_STATUS[code]);
}

async function main([command, vm]) {
  if (!Object.hasOwn(COMMANDS, command ?? '')) return refuse('unknown-command', `vmctl has no command ${command}`);
  if (!/^[a-z0-9-]{1,20}$/.test(vm ?? '')) return refuse('bad-usage', `usage: vmctl ${command} VM`);
  const state = await guestState(vm);
  if (command === 'status') {
    return state === 'absent' ? refuse('unknown-vm', `there is no VM ${vm}`) : answer({ ok: true, vm, state });
  }
  const next = transition(state, command);
  if (!next.ok) return refuse(next.code, `cannot ${command} ${vm}: it is ${state}`);
  await COMMANDS[command](vm);
  return answer({ ok: true, vm, state: next.state });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  refuse('guest-failed', error.message);
}
