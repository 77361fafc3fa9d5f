import { describe, expect, it } from 'vitest';
import { type Mistake, nearestWord, renderMistake, showValue, sortMistakes } from '../../../src/config/mistake.ts';

const at = (line: number, column: number, text: string, what = 'wrong'): Mistake => ({
  severity: 'error',
  what,
  where: { file: 'f', line, column, text },
});

describe('renderMistake', () => {
  it('underlines a key, a quoted value, a flow item, and a value before a comment', () => {
    expect(renderMistake(at(1, 3, '  key: value'))).toBe('f:1:3: wrong\n      key: value\n      ^~~');
    expect(renderMistake(at(1, 4, 'a: "b: # c" # d'))).toBe('f:1:4: wrong\n    a: "b: # c" # d\n       ^~~~~~~~');
    expect(renderMistake(at(1, 5, 'a: [b, c]'))).toBe('f:1:5: wrong\n    a: [b, c]\n        ^');
    expect(renderMistake(at(1, 4, 'a: b c # d'))).toBe('f:1:4: wrong\n    a: b c # d\n       ^~~');
  });

  it('keeps tabs, so that the caret stays below its place', () => {
    expect(renderMistake(at(1, 2, '\tx: 1'))).toBe('f:1:2: wrong\n    \tx: 1\n    \t^');
  });

  it('shows the part of a long line that matters', () => {
    const rendered = renderMistake(at(1, 301, `${'a'.repeat(300)}HERE ${'b'.repeat(300)}`)).split('\n');
    expect(rendered[1]?.length).toBeLessThanOrEqual(114);
    expect(rendered[1]?.indexOf('HERE')).toBe(rendered[2]?.indexOf('^'));
  });

  it('lets nobody paint the terminal', () => {
    const rendered = renderMistake(at(1, 1, '\u001b[31mred\u202e', `${showValue('\u001b[2J\u202e')} is bad\u009b`));
    expect(rendered).toBe('f:1:1: "\\u001b[2J\ufffd" is bad\ufffd\n    \ufffd[31mred\ufffd\n    ^~~~~~~~~');
  });

  it('says what is no error, and manages without a place', () => {
    expect(renderMistake({ severity: 'warning', what: 'odd', next: 'look' })).toBe('warning: odd\n    look');
    expect(renderMistake({ severity: 'error', what: 'gone', where: { file: 'f' } })).toBe('f: gone');
  });
});

describe('nearestWord', () => {
  it.each([
    ['runer', 'runner'],
    ['RUNNER', 'runner'],
    ['seletc', 'select'],
    ['x', undefined],
    ['banana', undefined],
    ['r'.repeat(100_000), undefined],
  ])('%s', (written, expected) => {
    expect(nearestWord(written, ['runner', 'select', 'a'])).toBe(expected);
  });
});

describe('sortMistakes', () => {
  it('sorts by line, column and text, and drops repeats', () => {
    const list = [at(10, 1, ''), at(2, 5, '', 'b'), at(2, 5, '', 'a'), at(2, 1, ''), at(2, 5, '', 'b')];
    expect(sortMistakes(list).map((m) => `${m.where.line}:${m.where.column}:${m.what}`)).toEqual([
      '2:1:wrong',
      '2:5:a',
      '2:5:b',
      '10:1:wrong',
    ]);
  });
});
