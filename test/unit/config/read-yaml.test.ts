import { describe, expect, it } from 'vitest';
import { renderMistake } from '../../../src/config/mistake.ts';
import { MAX_FILE_BYTES, readYaml } from '../../../src/config/read-yaml.ts';

const mistakes = (text: string): string[] => readYaml('f.yaml', text).mistakes.map(renderMistake);

describe('readYaml', () => {
  it('reads YAML 1.2: on, yes and 1e are text; keys are text', () => {
    const { value } = readYaml('f.yaml', 'a: on\nb: yes\nc: 0x10\nd: ~\n1: one\ne: 2001-01-01\n');
    expect(value).toEqual({ a: 'on', b: 'yes', c: 16, d: null, 1: 'one', e: '2001-01-01' });
  });

  it('places values and keys, and the nearest ancestor of what is missing', () => {
    const yaml = readYaml('f.yaml', 'list:\n  - name: x\n    size: 3 # three\n');
    expect(yaml.place(['list', 0, 'size'])).toEqual({
      file: 'f.yaml',
      line: 3,
      column: 11,
      text: '    size: 3 # three',
    });
    expect(yaml.place(['list', 0, 'size'], 'key')).toMatchObject({ line: 3, column: 5 });
    expect(yaml.place(['list', 0, 'colour'])).toMatchObject({ line: 2, column: 5 });
    expect(yaml.place(['nothing'])).toMatchObject({ line: 1, column: 1 });
    expect(yaml.source(['list', 0, 'size'])).toBe('3');
  });

  it('follows an alias to what it names', () => {
    const yaml = readYaml('f.yaml', 'a: &x {n: 1}\nb: *x\n');
    expect(yaml.value).toEqual({ a: { n: 1 }, b: { n: 1 } });
    expect(yaml.place(['b', 'n'])).toMatchObject({ line: 1, column: 11 });
  });

  it('keeps columns right with CRLF and a byte order mark', () => {
    expect(readYaml('f.yaml', '\ufeffa: 1\r\nb: 2\r\n').place(['b'])).toEqual({
      file: 'f.yaml',
      line: 2,
      column: 4,
      text: 'b: 2',
    });
  });

  it.each([
    ['a: 1\na: 2\n', 'f.yaml:2:1: the key "a" stands here twice\n    a: 2\n    ^\n    keep one of them'],
    ['__proto__: 1\n', 'f.yaml:1:1: the key "__proto__" is not allowed\n    __proto__: 1\n    ^~~~~~~~~'],
    ['a: "x\\0"\n', 'f.yaml:1:4: text with a NUL character\n    a: "x\\0"\n       ^~~~~'],
    ['a: "\\ud800"\n', 'f.yaml:1:4: text with half a surrogate pair\n    a: "\\ud800"\n       ^~~~~~~~'],
    ['a: &x [*x]\n', 'f.yaml:1:8: the alias *x stands inside or before what it names\n    a: &x [*x]\n           ^~'],
    [
      'a: 1\n---\nb: 2\n',
      'f.yaml:2:1: a second document starts in this file\n    ---\n    ^~~\n    keep one document a file',
    ],
    [
      '%YAML 1.1\n---\na: 1\n',
      'f.yaml:1:1: YAML 1.1 is not read here\n    %YAML 1.1\n    ^~~~~~~~~\n    remove the %YAML directive; YAML 1.2 is meant',
    ],
    ['a: "b\n', 'f.yaml:1:6: not YAML: Missing closing "quote\n    a: "b\n         ^'],
  ])('refuses %j', (text, expected) => {
    expect(mistakes(text)).toEqual([expected]);
  });

  it('refuses an alias bomb, whatever its spelling', () => {
    const bomb = `a0: &a0 [x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]\n`).join('')}`;
    expect(mistakes(bomb)).toEqual([
      'f.yaml:7:30: more than 50 aliases\n    a6: &a6 [*a5,*a5,*a5,*a5,*a5,*a5,*a5,*a5,*a5,]\n                                 ^~~\n    write the values out',
    ]);
  });

  it('refuses a file larger than 1 MiB unread', () => {
    expect(mistakes('#'.repeat(MAX_FILE_BYTES + 1))).toEqual([
      'f.yaml:1:1: the file is larger than 1 MiB\n    make it smaller: configuration is read by people too',
    ]);
  });

  // Each of these brought the library to hours of work, gigabytes, or the end of the process before there were bounds.
  it.each([
    ['brackets', '['.repeat(1e6), 'nested too deeply'],
    ['braces', '{a: '.repeat(2e5), 'nested too deeply'],
    ['dashes', '- '.repeat(5e5), 'nested too deeply'],
    ['question marks', '? '.repeat(5e5), 'nested too deeply'],
    ['indentation', Array.from({ length: 1400 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''), 'nested too deeply'],
    ['closing brackets', ']'.repeat(1e6), 'the file holds too much'],
    ['commas', `[${','.repeat(1e6)}]`, 'the file holds too much'],
    ['keys', Array.from({ length: 1e5 }, (_, i) => `k${i}: 1\n`).join(''), 'the file holds too much'],
  ])('bounds a megabyte of %s', (_, text, what) => {
    const found = readYaml('f.yaml', text).mistakes;
    expect(found.map((mistake) => mistake.what)).toEqual([what]);
  });

  it('finds many repeated keys without comparing all pairs', () => {
    expect(readYaml('f.yaml', 'a: 1\n'.repeat(1e4)).mistakes).toHaveLength(9999);
  });
});
