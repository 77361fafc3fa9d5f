import { describe, expect, it } from 'vitest';
import { refusalOf, stateOf } from '../../lib/state.mjs';

const vm = { metadata: {}, spec: { runStrategy: 'Always' } };
const halted = { metadata: {}, spec: { runStrategy: 'Halted' } };
const vmi = (phase: string) => ({ metadata: {}, status: { phase } });

describe('the state of a VM', () => {
  it.each([
    ['absent', undefined, undefined],
    ['starting', vm, undefined],
    ['starting', vm, vmi('Scheduling')],
    ['running', vm, vmi('Running')],
    ['stopped', halted, vmi('Succeeded')],
    ['failed', halted, vmi('Failed')],
    ['stopping', vm, { ...vmi('Running'), metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }],
    ['stopped', halted, undefined],
    ['deleting', { ...vm, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }, vmi('Running')],
  ])('is %s', (state, seenVm, seenVmi) => {
    expect(stateOf(seenVm, seenVmi)).toBe(state);
  });
});

describe('what is refused', () => {
  it.each([
    ['create', 'absent', undefined],
    ['create', 'stopped', 'already-exists'],
    ['status', 'absent', 'unknown-vm'],
    ['status', 'running', undefined],
    ['delete', 'absent', 'unknown-vm'],
    ['delete', 'running', undefined],
  ])('%s of a VM that is %s: %s', (command, state, code) => {
    expect(refusalOf(state, command)).toBe(code);
  });
});
