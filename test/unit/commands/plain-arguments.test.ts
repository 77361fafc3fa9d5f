import { expect, test } from 'vitest';
import { parseCommand } from '../../../src/commands/command-line.ts';
import { parsePlain } from '../../../src/commands/plain-arguments.ts';
import { COMMANDS } from '../../../src/commands/specs.ts';

const spec = COMMANDS.find(({ name }) => name === 'status');

/** Every sequence of at most three of these words. */
const WORDS = [
  '--json',
  '--store',
  '--cwd',
  '-C',
  'folder',
  '',
  '-',
  '--',
  '--store=x',
  '--jso',
  '-Cx',
  '--help',
  'a b',
];
const lines = [
  [],
  ...WORDS.map((a) => [a]),
  ...WORDS.flatMap((a) => WORDS.map((b) => [a, b])),
  ...WORDS.flatMap((a) => WORDS.flatMap((b) => WORDS.map((c) => [a, b, c]))),
];

test('reads a command line as the parser does, or leaves it to the parser', () => {
  if (spec === undefined) throw new Error('status is gone');
  const read = lines.map((argv) => ({ argv, plain: parsePlain(argv) })).filter(({ plain }) => plain !== undefined);
  for (const { argv, plain } of read) {
    const parsed = parseCommand(spec, argv);
    expect({ argv, result: parsed }).toEqual({ argv, result: { ok: true, value: { operands: [], ...plain } } });
  }
  expect(read.length).toBeGreaterThan(20);
});

test.each([
  [[], {}],
  [['--json'], { json: true }],
  [['--store', 'x', '-C', '/y'], { store: 'x', cwd: '/y' }],
  [['--cwd', '/a', '--cwd', '/b', '--json'], { cwd: '/b', json: true }],
])('reads %j by itself', (argv, options) => {
  expect(parsePlain(argv)).toEqual({ operands: [], options });
});

test.each([
  [['--store']],
  [['--store', '--json']],
  [['--jsn']],
  [['feature']],
  [['--store=x']],
  [['--', '--json']],
  [['toString', 'x']],
])('leaves %j to the parser', (argv) => {
  expect(parsePlain(argv)).toBeUndefined();
});
