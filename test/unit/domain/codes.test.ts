import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../src/commands/specs.ts';
import { explainCode, listCodes } from '../../../src/domain/codes.ts';
import { VERDICTS } from '../../../src/domain/codes-verdicts.ts';
import { TITLES } from '../../../src/proof/required.ts';
import { renderExplanation } from '../../../src/ui/explanation-text.ts';

const DOCUMENT = fileURLToPath(new URL('../../../docs/codes.md', import.meta.url));
const CODES = listCodes().map(({ code }) => code);

function explained(code: string) {
  const found = explainCode(code);
  if (!('meaning' in found)) throw new Error(`${code} is not explained`);
  return found;
}

/** docs/codes.md, made from the catalogue. */
function makeDocument(): string {
  const lines = [
    '# Codes',
    '',
    'Everything that a report, a table or the JSON of `--json` calls by a code. `redfirst explain CODE` prints the same.',
    'This file is made from the catalogue in `src/domain/codes.ts`: `UPDATE_DOCS=1 npx vitest run test/unit/domain/codes.test.ts`',
    'writes it, and without that variable the same test compares it.',
  ];
  let group = '';
  for (const entry of listCodes()) {
    if (entry.group !== group) lines.push('', `## ${entry.group}`);
    group = entry.group;
    const { title, meaning, example, next } = explained(entry.code);
    lines.push(
      '',
      `### \`${entry.code}\`: ${title}`,
      '',
      meaning,
      '',
      '```text',
      ...example,
      '```',
      '',
      `**Next:** ${next}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

test('docs/codes.md is what the catalogue says', () => {
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, makeDocument());
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(makeDocument());
});

describe('every entry', () => {
  test.each(CODES)('%s is whole, and found by its own code', (code) => {
    const { code: found, title, meaning, example, next } = explained(code);
    expect(found).toBe(code);
    expect(title).toMatch(/^[^\s].*[^\s.]$/);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
    expect(next).toMatch(/^[A-Z].*[.`]$/);
    expect(example.length).toBeGreaterThan(0);
    for (const text of [title, meaning, next, ...example]) expect(text).not.toMatch(/[\n\t]|\s$/);
  });

  test('codes are unique, also without regard to case', () => {
    expect(new Set(CODES.map((code) => code.toLowerCase())).size).toBe(CODES.length);
  });

  test('names no command that does not exist', () => {
    const known = new Set(COMMANDS.map(({ name }) => name));
    const named = CODES.flatMap((code) => {
      const { meaning, example, next } = explained(code);
      return [...[meaning, next, ...example].join('\n').matchAll(/redfirst ([a-z]+)/g)].map(([, name]) => name ?? '');
    });
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test('names no option that does not exist', () => {
    const known = new Set(
      COMMANDS.flatMap(({ options }) => options.flatMap(([flags]) => flags.match(/--[a-z-]+/g) ?? [])).concat(
        '--json',
        '--store',
        '--help',
      ),
    );
    const foreign = new Set(['--unshallow']);
    const named = CODES.flatMap(
      (code) => [explained(code).meaning, explained(code).next].join('\n').match(/--[a-z-]+/g) ?? [],
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((option) => !known.has(option) && !foreign.has(option))).toEqual([]);
  });
});

test('examples of obligations show the titles that proofs print', () => {
  for (const [code, title] of Object.entries(TITLES)) {
    expect(explained(code).example[0]).toMatch(
      new RegExp(`^${code}  (holds|refuted|unproven|not required) +${title.replaceAll(/[()]/g, '\\$&')}$`),
    );
  }
});

test('examples of cases show their own code', () => {
  for (const [code, { example }] of Object.entries(VERDICTS)) {
    const reported = code.startsWith('report-') || ['untouched', 'unstable', 'not-finished', 'no-tests'].includes(code);
    if (!reported) expect(example.join('\n'), code).toContain(code);
  }
});

test.each([
  ['red/assertion', 'red/assertion'],
  ['RED/Assertion', 'red/assertion'],
  ['assertion', 'red/assertion'],
  ['passed', 'green/passed'],
  ['valid', 'red/valid'],
  ['P06', 'P06'],
  ['p6', 'P06'],
  ['P15', 'P15'],
  ['driver', 'role/driver'],
  ['strong', 'strength/strong'],
  ['A', 'grade/A'],
  ['a+', 'grade/A+'],
  ['c', 'grade/C'],
  ['supported (B)', 'word/supported-b'],
  ['not required', 'answer/not-required'],
  ['not_required', 'answer/not-required'],
  [' refuted\n', 'answer/refuted'],
  ['tool-missing', 'failure/tool-missing'],
])('%j is %s', (asked, code) => {
  expect(explained(asked).code.toLowerCase()).toBe(code.toLowerCase());
});

test('a word that means several things names the others', () => {
  expect(explained('dirty-tree')).toMatchObject({ code: 'dirty-tree', also: ['failure/dirty-tree'] });
  expect(explained('failure/dirty-tree').also).toEqual(['dirty-tree']);
  expect(explained('untouched')).toMatchObject({ code: 'untouched', also: ['role/untouched'] });
  expect(explained('P01').also).toEqual([]);
});

test.each([
  ['skiped', ['skipped']],
  ['red/asertion', ['red/assertion']],
  ['vacuos', ['vacuous']],
  ['P16', ['P06']],
  ['report', ['report-foreign']],
  ['grade', ['below-grade']],
])('%j is unknown; what is near comes first', (asked, [first]) => {
  const found = explainCode(asked);
  expect('suggestions' in found && found.suggestions.length).toBe(3);
  expect('suggestions' in found && found.suggestions[0]).toBe(first);
});

test.each(['', '   ', '/', '__proto__', 'constructor', 'x'.repeat(100_000), '\u0000', '🦆'])(
  'nonsense (%#) gets suggestions',
  (asked) => {
    const found = explainCode(asked);
    expect('suggestions' in found && found.suggestions.length).toBe(3);
  },
);

test('an explanation as a person reads it', () => {
  expect(
    renderExplanation(explained('red/compile')),
  ).toBe(`red/compile: the case does not build because names that it uses do not exist yet

Valid red, strength weak. The missing names are recorded and the case is pending: it never ran to
its end, so it is not known that it would fail for the right reason. Nothing else in a package or
file that does not build ran either, controls among it. Languages that look names up as they run
tell it of single cases.

example
  red/compile     example.org/vm/pause [build]  (AC-1)
    does not build: PauseTimeout, Resume missing

next: Declare the names without behaviour (types, constants, signatures) in a stub and run \`redfirst
red FEATURE --stub PATCH\`, so that the tests fail by assertion; \`redfirst stub FEATURE\` proposes one
for Go.
`);
});
