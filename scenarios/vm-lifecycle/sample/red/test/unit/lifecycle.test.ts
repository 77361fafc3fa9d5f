import { describe, expect, it } from 'vitest';
import { refusalOf, stateOf } from '../../lib/state.mjs';

const STATES = ['absent', 'stopped', 'starting', 'running', 'stopping', 'failed', 'deleting'];

const vm = (runStrategy: string, status: object = {}) => ({ metadata: {}, spec: { runStrategy }, status });
const vmi = (phase: string) => ({ metadata: {}, status: { phase } });

function expectState(what: string, seenVm: object, seenVmi: object | undefined, expected: string): void {
  const state = stateOf(seenVm, seenVmi);
  expect(state, `${what} is ${state}`).toBe(expected);
}

/** @param refused code per state; where none is named, the command makes sense */
function expectRefusals(command: string, refused: Readonly<Record<string, string>>): void {
  for (const state of STATES) {
    const code = refusalOf(state, command);
    expect(code, `${command} of a VM that is ${state} is refused with ${code}`).toBe(refused[state]);
  }
}

describe('the state machine of a VM', () => {
  it('control: a VM with a guest is what its guest is', () => {
    expectState('a VM whose guest runs', vm('Manual'), vmi('Running'), 'running');
    expectState('a VM whose guest is placed', vm('Manual'), vmi('Scheduling'), 'starting');
  });

  it('control: a VM without a guest is starting or stopped, as its run strategy says', () => {
    expectState('Always without a guest', vm('Always'), undefined, 'starting');
    expectState('Halted without a guest', vm('Halted'), undefined, 'stopped');
  });

  it('control: create and delete are refused as ever', () => {
    expectRefusals('delete', { absent: 'unknown-vm' });
    expect(refusalOf('stopped', 'create')).toBe('already-exists');
  });

  it('AC-1: only a VM without a guest can be started', () => {
    expectRefusals('start', {
      absent: 'unknown-vm',
      starting: 'already-running',
      running: 'already-running',
      stopping: 'not-stopped',
      deleting: 'not-stopped',
    });
  });

  it('AC-2: only a VM with a guest can be stopped', () => {
    expectRefusals('stop', {
      absent: 'unknown-vm',
      stopped: 'not-running',
      stopping: 'not-running',
      failed: 'not-running',
      deleting: 'not-running',
    });
  });

  it('AC-3: only a VM that runs can be restarted', () => {
    expectRefusals('restart', {
      absent: 'unknown-vm',
      stopped: 'not-running',
      starting: 'not-running',
      stopping: 'not-running',
      failed: 'not-running',
      deleting: 'not-running',
    });
  });

  it('AC-7: Always comes back whatever became of its guest', () => {
    expectState('Always whose guest powered off', vm('Always'), vmi('Succeeded'), 'starting');
    expectState('Always whose guest crashed', vm('Always'), vmi('Failed'), 'starting');
  });

  it('AC-8: RerunOnFailure comes back after a crash', () => {
    expectState('RerunOnFailure whose guest crashed', vm('RerunOnFailure'), vmi('Failed'), 'starting');
  });

  it('AC-8: RerunOnFailure starts once on its own', () => {
    expectState('RerunOnFailure that never started', vm('RerunOnFailure'), undefined, 'starting');
  });

  it('AC-1: a VM that KubeVirt was asked to start is starting', () => {
    const asked = { runStrategy: 'Manual', stateChangeRequests: [{ action: 'Start' }] };
    expectState('Manual that was asked to start', vm('Manual', asked), undefined, 'starting');
  });

  it('guard: nobody else comes back', () => {
    const stopped = { runStrategy: 'RerunOnFailure' };
    expectState('RerunOnFailure that was stopped', vm('RerunOnFailure', stopped), undefined, 'stopped');
    expectState('RerunOnFailure that powered off', vm('RerunOnFailure', stopped), vmi('Succeeded'), 'stopped');
    expectState('Manual whose guest powered off', vm('Manual'), vmi('Succeeded'), 'stopped');
    expectState('Manual whose guest crashed', vm('Manual'), vmi('Failed'), 'failed');
    expectState('Manual without a guest', vm('Manual'), undefined, 'stopped');
  });

  it('guard: an unknown command is refused', () => {
    expect(refusalOf('running', 'hibernate')).toBe('unknown-command');
  });
});
