import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transition } from '../../lib/state-machine.mjs';

function assertTransition(state, command, expected) {
  const actual = transition(state, command);
  const said = `transition(${state}, ${command}) is ${JSON.stringify(actual)}`;
  assert.deepEqual(actual, expected, `${said}, expected ${JSON.stringify(expected)}`);
}

describe('the state machine of a guest', () => {
  it('control: starts and stops', () => {
    assertTransition('absent', 'start', { ok: true, state: 'running' });
    assertTransition('running', 'stop', { ok: true, state: 'absent' });
    assertTransition('running', 'start', { ok: false, code: 'already-running' });
    assertTransition('absent', 'stop', { ok: false, code: 'unknown-vm' });
  });

  it('AC-1: a running guest becomes paused', () => {
    assertTransition('running', 'pause', { ok: true, state: 'paused' });
  });

  it('AC-2: a paused guest becomes running', () => {
    assertTransition('paused', 'resume', { ok: true, state: 'running' });
  });

  it('AC-3: what makes no sense is refused with its code', () => {
    assertTransition('paused', 'pause', { ok: false, code: 'already-paused' });
    assertTransition('running', 'resume', { ok: false, code: 'not-paused' });
    assertTransition('absent', 'pause', { ok: false, code: 'unknown-vm' });
    assertTransition('absent', 'resume', { ok: false, code: 'unknown-vm' });
  });

  it('AC-6: a paused guest can be stopped, and is not started again', () => {
    assertTransition('paused', 'stop', { ok: true, state: 'absent' });
    assertTransition('paused', 'start', { ok: false, code: 'already-running' });
  });

  it('guard: an unknown command changes nothing', () => {
    assertTransition('running', 'hibernate', { ok: false, code: 'unknown-command' });
  });
});
