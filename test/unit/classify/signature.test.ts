import { describe, expect, it } from 'vitest';
import { normaliseMessage, signatureOf } from '../../../src/classify/signature.ts';
import type { ObservedFailure } from '../../../src/domain/observation.ts';
import { WORKTREE } from './facts.ts';

function sign(message: string, over: Partial<ObservedFailure> = {}): string {
  return signatureOf({ kind: 'assertion', type: 'AssertionError', message, ...over }, WORKTREE);
}

describe('signature', () => {
  it.each([
    ['pointers', 'got *vm(0xc000123456), want nil', 'got *vm(0xc0009abcde), want nil'],
    ['time stamps', 'at 2026-11-22T16:41:05.123Z: not paused', 'at 2026-11-23T01:02:03Z: not paused'],
    ['time stamps with an offset', 'at 2026-11-22 16:41:05+01:00 no', 'at 2027-01-02 06:01:59+01:00 no'],
    ['times of day', '16:41:05.1 not paused', '02:03:04.999 not paused'],
    ['durations', 'not paused after 1.234s', 'not paused after 17ms'],
    ['long durations', 'gave up after 1m30s', 'gave up after 2m0.5s'],
    ['spelt durations', 'took 3 seconds', 'took 1.5 seconds'],
    ['temporary paths', 'open /tmp/redfirst-aB1/x.sock: refused', 'open /tmp/redfirst-zZ9/x.sock: refused'],
    ['macOS temporary paths', "no '/private/var/folders/ab/cd/T/x'", "no '/private/var/folders/ef/gh/T/y'"],
    ['the order of lines', 'missing: cpu\nmissing: memory', 'missing: memory\nmissing: cpu'],
    ['indentation and line ends', '- a\r\n+ b', '  - a  \n\n+ b\n'],
    ['colours', '\u001b[31mno\u001b[39m', 'no'],
    ['local ports', 'dial 127.0.0.1:41234: refused', 'dial 127.0.0.1:55555: refused'],
    ['random identifiers', 'uid 6f9619ff-8b86-d011-b42d-00c04fc964ff', 'uid 00000000-8b86-d011-b42d-0123456789ab'],
    ['process numbers', 'pid 123 is gone', 'pid 99 is gone'],
  ])('is the same whatever the %s', (_, one, other) => {
    expect(sign(one)).toBe(sign(other));
  });

  it('is the same in another worktree', () => {
    const failure = (root: string): ObservedFailure => ({
      kind: 'assertion',
      type: '',
      message: `${root}/pkg/a.ts:7 not paused`,
    });
    expect(signatureOf(failure('/srv/worktrees/7'), '/srv/worktrees/7')).toBe(
      signatureOf(failure('/home/me/repo'), '/home/me/repo'),
    );
  });

  it.each([
    ['words', 'expected running', 'expected stopped'],
    ['plain numbers', 'expected 3 to equal 4', 'expected 3 to equal 5'],
    ['quoted paths of the project', 'cannot open config/a.yaml', 'cannot open config/b.yaml'],
    ['short hexadecimal', 'flags 0x1f', 'flags 0x2f'],
    ['lines repeated', 'a\nb', 'a\na\nb'],
    ['places in the project', 'a.ts:7 no', 'a.ts:8 no'],
  ])('differs where %s differ', (_, one, other) => {
    expect(sign(one)).not.toBe(sign(other));
  });

  it('differs where kind or type differ', () => {
    expect(sign('x', { kind: 'error' })).not.toBe(sign('x'));
    expect(sign('x', { type: 'TypeError' })).not.toBe(sign('x'));
  });

  it('names kind and type, and is empty for no failure', () => {
    expect(sign('x')).toMatch(/^assertion\/AssertionError#[0-9a-f]{12}$/);
    expect(sign('x', { type: '' })).toMatch(/^assertion\/-#[0-9a-f]{12}$/);
    expect(signatureOf(undefined, WORKTREE)).toBe('');
  });

  it('keeps the order of lines in the message that patterns see', () => {
    expect(normaliseMessage('b after 5ms  \na\n\n')).toBe('b after <duration>\na');
  });
});
