import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { declaredNames } from '../../../src/syntax/declarations.ts';
import { sameButFormatting } from '../../../src/syntax/formatting.ts';
import { loadParser, TEXT_LIMIT } from '../../../src/syntax/load-parser.ts';
import { declaredInTests, definesMissing } from '../../../src/syntax/missing-names.ts';
import { checkStub } from '../../../src/syntax/stub-check.ts';
import { proposeStub } from '../../../src/syntax/stub-proposal.ts';
import { fitsPattern } from '../../../src/syntax/title-pattern.ts';
import { touchIndexFromLines } from '../../../src/syntax/touch-lines.ts';
import { indexOf, observed } from './touched.ts';

const PATHS = ['pkg/a_test.go', 'a.test.ts', 'a.test.tsx', 'a.test.js', 'test_a.py', 'a.txt'] as const;
/** Pieces of all languages in any order, and anything at all. */
const WORDS = fc.constantFrom(
  'package a\n',
  'var _ = Describe("x", func() {\n',
  'It("y", func() { f() })\n',
  '})\n',
  'Entry("a", 1),\n',
  'DescribeTable("t", func(a int) {},\n',
  'func TestA(t *testing.T) {\n',
  't.Run(tc.name, func(t *testing.T) {})\n',
  'for _, x := range []int{1, 2} {\n',
  'type T struct { A int }\n',
  "describe('a', () => {\n",
  "it.each([[1]])('%i', () => {});\n",
  'const { a, b: [c] } = d;\n',
  '`${',
  '@pytest.fixture\n',
  'def test_a(b):\n',
  '    pass\n',
  'class A(B):\n',
  '"',
  "'",
  '(',
  ')',
  '{',
  '}',
  ',',
  '//',
  '#',
  '\u0000',
  '\ud800',
  '\r\n',
  '\u2028',
);
const TEXT = fc.oneof(
  fc.array(WORDS, { maxLength: 30 }).map((words) => words.join('')),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

describe('whatever the texts', () => {
  test('nothing throws, and everything answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PATHS),
        TEXT,
        TEXT,
        fc.string({ maxLength: 30 }),
        fc.integer({ min: 0, max: 40 }),
        async (path, old, now, name, line) => {
          const target = path.endsWith('.go') ? 'pkg' : path;
          const index = await indexOf([{ path, old, new: now }]);
          const one = observed(name, { place: { file: path, line }, containers: [{ file: path, line: 1 }] });
          for (const case_ of [one, observed(name), observed(`${path} > ${name}`), observed(`pkg.TestA/${name}`)]) {
            expect(['own', 'shared', 'none']).toContain(index.reach('new', target, case_));
            expect(['own', 'shared', 'none']).toContain(index.reach('old', target, case_));
            index.renamedFrom(target, case_, [one, observed(name)]);
          }
          const missing = [
            { name, kind: 'member' as const },
            { name: `a.${name}`, kind: 'signature' as const },
            { name: 'T', kind: 'symbol' as const },
          ];
          const source = { path: 'pkg/a.go', oldText: old, newText: now };
          expect(await definesMissing(missing, [source, { ...source, path }])).toHaveLength(3);
          await declaredInTests(missing, [{ path, text: now }]);
          await declaredNames([{ path, text: now }]);
          await checkStub([source, { ...source, path: path.replace('test', 'x') }]);
          const proposal = await proposeStub(
            missing,
            [{ path: 'pkg/a.go', text: now }],
            [{ path: 'pkg/a.go', text: old }],
          );
          expect(proposal.files.length).toBeLessThanOrEqual(2);
          await sameButFormatting(path, old, now);
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);

  test('the same text on both sides touches nothing that is found in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('pkg/a_test.go', 'a.test.ts', 'test_a.py'), TEXT, async (path, text) => {
        const index = await indexOf([{ path, old: text, new: text }]);
        for (let line = 1; line <= text.split('\n').length; line += 1) {
          const one = observed('?', { place: { file: path, line } });
          expect(index.reach('new', path.endsWith('.go') ? 'pkg' : path, one)).toBe(
            index.reach('old', path.endsWith('.go') ? 'pkg' : path, one),
          );
        }
        expect(await sameButFormatting(path, text, text)).toBe(true);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  test('deep and long texts are left unread', async () => {
    const parse = await loadParser('go');
    for (const text of ['('.repeat(100_000), '{'.repeat(100_000), 'func a(){'.repeat(5_000), `x${'+1'.repeat(5_000)}`])
      expect(parse(text) === undefined || parse(text)?.broken).toBe(true);
    expect(parse(`package a\n${' '.repeat(TEXT_LIMIT)}`)).toBeUndefined();
    expect(parse('package a\n')?.broken).toBe(false);
  }, 60_000);

  test('line ranges of any kind', () => {
    const range = fc.tuple(fc.integer(), fc.integer());
    const ranges = fc.record({ new: fc.array(range), old: fc.array(range) });
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('pkg/a_test.go', 'b', ''), ranges),
        fc.string(),
        fc.integer(),
        (touched, name, line) => {
          const one = observed(name, { place: { file: 'a_test.go', line } });
          const index = touchIndexFromLines(touched, [{ side: 'new', target: 'pkg', observation: one }]);
          expect(typeof index.touches('new', 'pkg', one)).toBe('boolean');
          expect(typeof index.touches('old', 'pkg', observed(name))).toBe('boolean');
          index.renamedFrom('pkg', one, [one]);
        },
      ),
    );
  });

  test('a pattern fits what it makes', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 2, maxLength: 6 }), fc.string(), (pieces, filling) => {
        expect(fitsPattern(pieces, pieces.join(filling))).toBe(true);
      }),
    );
  });
});
