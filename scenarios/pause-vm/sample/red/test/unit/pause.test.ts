import { describe, expect, it } from 'vitest';
import { refusalOf, stateOf } from '../../lib/state.mjs';

const vm = { metadata: {}, spec: { runStrategy: 'Always' } };
const vmi = (phase: string, ...conditions: object[]) => ({ metadata: {}, status: { phase, conditions } });
const READY = { type: 'Ready', status: 'True' };
const PAUSED = { type: 'Paused', status: 'True', reason: 'PausedByUser' };

function expectState(seen: object, expected: string): void {
  const state = stateOf(vm, seen);
  expect(state, `a VM whose guest stands still is ${state}`).toBe(expected);
}

function expectRefusal(command: string, state: string, expected: string | undefined): void {
  const code = refusalOf(state, command);
  expect(code, `${command} of a VM that is ${state} is refused with ${code}`).toBe(expected);
}

describe('the state machine of a VM', () => {
  it('control: a VM whose guest runs is running', () => {
    expect(stateOf(vm, vmi('Running', READY))).toBe('running');
  });

  it('control: create and delete are refused as ever', () => {
    expectRefusal('create', 'running', 'already-exists');
    expectRefusal('delete', 'absent', 'unknown-vm');
    expectRefusal('delete', 'running', undefined);
  });

  it('AC-1: a VM with the condition Paused is paused', () => {
    expectState(vmi('Running', READY, PAUSED), 'paused');
  });

  it('AC-1: only a VM that runs can be paused', () => {
    expectRefusal('pause', 'running', undefined);
  });

  it('AC-2: only a VM that is paused can be resumed', () => {
    expectRefusal('resume', 'paused', undefined);
  });

  it('AC-3: what makes no sense is refused with its code', () => {
    expectRefusal('pause', 'paused', 'already-paused');
    expectRefusal('resume', 'running', 'not-paused');
    for (const command of ['pause', 'resume']) {
      expectRefusal(command, 'absent', 'unknown-vm');
      for (const state of ['stopped', 'starting', 'stopping', 'failed', 'deleting'])
        expectRefusal(command, state, 'not-running');
    }
  });

  it('guard: a condition Paused that is not so pauses nothing', () => {
    expectState(vmi('Running', READY, { ...PAUSED, status: 'False' }), 'running');
  });

  it('guard: a paused VM is created no second time, and can be deleted', () => {
    expectRefusal('create', 'paused', 'already-exists');
    expectRefusal('delete', 'paused', undefined);
  });

  it('guard: an unknown command is refused', () => {
    expectRefusal('hibernate', 'running', 'unknown-command');
  });
});
