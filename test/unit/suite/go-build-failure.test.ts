import { describe, expect, test } from 'vitest';
import { MESSAGE_LIMIT } from '../../../src/domain/observation.ts';
import { judgeBuild } from '../../../src/suite/go/build-failure.ts';
import { CUT_HERE } from '../../../src/suite/go/scan-stream.ts';
import { fc } from './property.ts';

const TESTS = 'example.com/m/a [example.com/m/a.test]';
const judge = (text: string) => judgeBuild(`# ${TESTS}\na/a_test.go:1:2: ${text}\n`, TESTS);
const at = { file: 'a/a_test.go', line: 1, column: 2 };

describe('what is missing', () => {
  test.each<[string, object]>([
    ['undefined: X', { name: 'X', kind: 'symbol' }],
    ['undefined: pkg.X', { name: 'pkg.X', kind: 'symbol' }],
    ['name x not exported by package pkg', { name: 'x', kind: 'symbol' }],
    ['v.X undefined (type *api.VM has no field or method X)', { name: 'api.VM.X', kind: 'member', owner: 'api.VM' }],
    [
      'f(a, b).X undefined (type api.VM has no field or method X, but does have field x)',
      { name: 'api.VM.X', kind: 'member', owner: 'api.VM' },
    ],
    ['v.x undefined (cannot refer to unexported method x)', { name: 'v.x', kind: 'member' }],
    ['unknown field X in struct literal of type pkg.T', { name: 'pkg.T.X', kind: 'member', owner: 'pkg.T' }],
    [
      'unknown field X in struct literal of type pkg.T, but does have x',
      { name: 'pkg.T.X', kind: 'member', owner: 'pkg.T' },
    ],
    [
      'cannot use &fake{} (value of type *fake) as pkg.Client value in argument to pkg.New: *fake does not implement pkg.Client (missing method Pause)',
      { name: 'fake.Pause', kind: 'member', owner: 'fake', demandedBy: 'pkg.Client' },
    ],
    [
      'cannot use f (variable of type fake) as pkg.Client value in variable declaration: fake does not implement pkg.Client (wrong type for method Get)',
      { name: 'fake.Get', kind: 'signature', owner: 'fake', demandedBy: 'pkg.Client' },
    ],
    ['not enough arguments in call to pkg.F', { name: 'pkg.F', kind: 'signature' }],
    ['assignment mismatch: 2 variables but pkg.F(a, g(b)) returns 1 value', { name: 'pkg.F', kind: 'signature' }],
    ['assignment mismatch: 1 variable but v.F returns 2 values', { name: 'v.F', kind: 'signature' }],
    ['cannot use x (variable of type A) as B value in argument to pkg.F', { name: 'pkg.F', kind: 'signature' }],
    ['cannot use pkg.F() (value of type A) as B value in assignment', { name: 'pkg.F', kind: 'signature' }],
    [
      'cannot use v.Field (variable of type int) as string value in return statement',
      { name: 'v.Field', kind: 'signature' },
    ],
    ['cannot use nil as pkg.T value in struct literal', { name: 'pkg.T', kind: 'signature' }],
    ['too few values in struct literal of type pkg.T', { name: 'pkg.T', kind: 'signature' }],
    ['got 1 type arguments but pkg.F has 2 type parameters', { name: 'pkg.F', kind: 'signature' }],
    ['in call to pkg.F, cannot infer T', { name: 'pkg.F', kind: 'signature' }],
    ['pkg.F() (no value) used as value', { name: 'pkg.F', kind: 'signature' }],
    ['pkg.X is not a type', { name: 'pkg.X', kind: 'signature' }],
    [
      'invalid operation: v.Field == 1 (mismatched types string and untyped int)',
      { name: 'v.Field', kind: 'signature' },
    ],
    ['no required module provides package example.com/x/y; to add it:', { name: 'example.com/x/y', kind: 'package' }],
    ['package foo/bar is not in std (/usr/lib/go/src/foo/bar)', { name: 'foo/bar', kind: 'package' }],
    [
      'cannot find module providing package example.com/x: import lookup disabled by -mod=vendor',
      { name: 'example.com/x', kind: 'package' },
    ],
  ])('%s', (text, missing) => {
    expect(judge(text)).toMatchObject({ kind: 'compile', type: 'build' });
    expect(judge(text).missing).toEqual([{ ...missing, ...at }]);
  });

  test.each([
    'x declared but not used',
    'declared and not used: x',
    '"os" imported and not used',
    'f redeclared in this block',
    'syntax error: unexpected }',
    'missing return',
    'cannot use "x" (untyped string constant) as int value in assignment',
    'cannot use 1 (untyped int constant) as string value in variable declaration',
    'import cycle not allowed in test',
    'use of internal package example.com/x/internal/y not allowed',
    'something that no version of Go says yet',
  ])('%s is a fault of the test file itself', (text) => {
    expect(judge(text)).toMatchObject({ kind: 'error', type: 'build' });
  });

  test('one fault of the file itself makes all of it one', () => {
    const failure = judgeBuild('a_test.go:1:2: undefined: X\na_test.go:2:2: missing return\n', TESTS);
    expect(failure).toMatchObject({ kind: 'error' });
    expect(failure.missingNames).toBeUndefined();
  });

  test('a name that is missing in the implementation is none of the tests', () => {
    expect(judgeBuild('a.go:1:2: undefined: X\n', TESTS).kind).toBe('error');
    expect(judgeBuild('a_test.go:1:2: undefined: X\n', 'example.com/m/other').kind).toBe('error');
  });

  test('the compiler stopped after ten', () => {
    const text = 'a_test.go:1:2: undefined: X\na_test.go:1:2: too many errors\n';
    expect(judgeBuild(text, TESTS)).toMatchObject({ kind: 'compile', missingNames: ['X'], missingCut: true });
    expect(judgeBuild('a_test.go:1:2: undefined: X\ntoo many errors\n', TESTS).missingCut).toBe(true);
    expect(judgeBuild('a_test.go:1:2: undefined: X\n', TESTS).missingCut).toBeUndefined();
  });

  test('output that was cut is no list of missing names', () => {
    expect(judgeBuild(`a_test.go:1:2: undefined: X\n${CUT_HERE}`, TESTS).kind).toBe('error');
  });

  test('more names than are listed one by one', () => {
    const lines = Array.from({ length: 2000 }, (_, index) => `a_test.go:${index + 1}:2: undefined: X${index}\n`);
    const failure = judgeBuild(lines.join(''), TESTS);
    expect(failure.missing).toHaveLength(500);
    expect(failure.missingNames).toHaveLength(500);
    expect(failure.missingCut).toBe(true);
    expect(failure.message.length).toBeLessThanOrEqual(MESSAGE_LIMIT);
  });

  test('vet looks like a build failure', () => {
    expect(judgeBuild(`# a_test\n# [a_test]\na_test.go:4:40: undefined: X\n`, TESTS)).toMatchObject({
      kind: 'error',
      type: 'vet',
    });
    expect(judgeBuild('vet: a_test.go:4:40: undefined: X\n', TESTS)).toMatchObject({ kind: 'error', type: 'vet' });
  });
});

test('no text makes it throw or run away', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'a_test.go:1:2: ',
      'cannot use ',
      ' (value of type ',
      ') as ',
      ' value in ',
      'undefined: ',
      'x undefined (type ',
      ' does not implement ',
      'assignment mismatch: ',
      ' but ',
      '(((((',
      '\n',
      '\t',
      'x.y',
      'x'.repeat(3000),
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.option(fc.string(), { nil: undefined }), (pieces, failed) => {
      const failure = judgeBuild(pieces.join(''), failed);
      expect(['compile', 'error']).toContain(failure.kind);
      expect(failure.message.length).toBeLessThanOrEqual(MESSAGE_LIMIT);
      expect((failure.missing ?? []).length > 0).toBe(failure.kind === 'compile');
    }),
    { numRuns: 1000 },
  );
});
