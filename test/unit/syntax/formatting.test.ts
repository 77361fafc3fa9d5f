import { describe, expect, test } from 'vitest';
import { sameButFormatting } from '../../../src/syntax/formatting.ts';

describe('texts that differ in formatting alone', () => {
  test.each([
    [
      'a.go',
      'package a\nfunc F() { x(1, 2) }\n',
      '// doc\npackage a\n\nfunc F() {\n\tx(\n\t\t1,\n\t\t2,\n\t) // so\n}\n',
    ],
    ['a.go', 'package a\nimport (\n"b"\n"a"\n)\n', 'package a\nimport (\n\t"a"\n\n\t"b"\n)\n'],
    ['a.ts', "f('a', [1, 2]);\n", 'f("a", [\n  1,\n  2,\n])\n'],
    ['a.tsx', 'const a = <p>x</p>\n', '/* c */ const a = <p>x</p>;\n'],
    ['a.js', 'if (a) {\n b()\n}\n', 'if (a) { b(); }\n'],
    [
      'a.py',
      "def f(a, b):\n    return g('x')\n",
      '# c\ndef f(\n    a,\n    b,\n):\n\n    return g(\n        "x",\n    )\n',
    ],
    ['a.md', 'same\n', 'same\n'],
  ])('%s: the same', async (path, left, right) => {
    expect(await sameButFormatting(path, left, right)).toBe(true);
    expect(await sameButFormatting(path, right, left)).toBe(true);
  });

  test.each([
    ['a.go', 'package a\nvar x = 1\n', 'package a\nvar x = 2\n'],
    ['a.go', 'package a\nvar x = "a b"\n', 'package a\nvar x = "a  b"\n'],
    ['a.go', '//go:build linux\n\npackage a\n', 'package a\n'],
    ['a.go', 'package a\nfunc ExampleF() {\n\t// Output: 1\n}\n', 'package a\nfunc ExampleF() {\n\t// Output: 2\n}\n'],
    ['a.go', '/* int x; */\nimport "C"\n', '/* int y; */\nimport "C"\n'],
    ['a.ts', 'f(a)\n[b].c()\n', 'f(a);\n[b].c()\n'],
    ['a.ts', 'function f() { return a }\n', 'function f() { return\na }\n'],
    ['a.ts', '// @ts-expect-error\nf()\n', 'f()\n'],
    ['a.ts', 'x = [,]\n', 'x = [,,]\n'],
    ['a.ts', 'x = `a\n b`\n', 'x = `a\nb`\n'],
    ['a.py', 'if a:\n    b()\n    c()\n', 'if a:\n    b()\nc()\n'],
    ['a.py', 'x = (1,)\n', 'x = (1)\n'],
    ['a.py', 'x = a[1,]\n', 'x = a[1]\n'],
    ['a.py', '"""a"""\n', '"""b"""\n'],
    ['a.go', 'package a\nfunc F() {\n', 'package a\nfunc F() {\n\n'],
    ['a.md', 'one\n', 'one \n'],
  ])('%s: not the same: %j', async (path, left, right) => {
    expect(await sameButFormatting(path, left, right)).toBe(false);
    expect(await sameButFormatting(path, right, left)).toBe(false);
  });
});
