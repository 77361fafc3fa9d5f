import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CONTRACT_TEST, HEAD, labAtRed, suiteText } from '../doubling.ts';
import { createLab, type Files, type Lab } from '../lab.ts';

/** Where the user's Go keeps its caches: a private home must not mean a cold cache. */
function goOnPath(): Readonly<Record<string, string>> | undefined {
  try {
    const said = execFileSync('go', ['env', '-json', 'GOCACHE', 'GOMODCACHE'], { encoding: 'utf8' });
    const caches = JSON.parse(said) as Record<string, string>;
    return { ...caches, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod', GOPROXY: 'off' };
  } catch {
    return undefined;
  }
}
const GO = goOnPath();

let lab: Lab | undefined;
afterEach(() => {
  lab?.remove();
  lab = undefined;
});

const SCENARIO = `apiVersion: redfirst.dev/v1
feature: double
kind: bugfix
problem: Nobody can double a number.
criteria:
  - { id: AC-1, text: double gives twice the number, cases: [{ suite: unit, match: 'Doubles' }] }
paths:
  - implementation: ['**/*.go']
  - tests: ['**/*_test.go']
  - support: [go.mod]
suites:
${suiteText('unit', { runner: 'go-test', select: '{ files: [./calc] }', more: 'attempts: { red: 4, green: 3 }\ncontrols: [TestAdds]\n' })}`;
const GO_BASE: Files = {
  'redfirst.yaml': 'apiVersion: redfirst.dev/v1\nbase: main\n',
  'clusters/host.yaml': 'apiVersion: redfirst.dev/v1\nprovider: host\n',
  'go.mod': 'module example.org/m\n\ngo 1.19\n',
  'calc/calc.go': 'package calc\n\n// Add adds.\nfunc Add(a, b int) int { return a + b }\n',
  'calc/calc_test.go': `package calc

import "testing"

func TestAdds(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Fatal("wrong sum")
	}
}

func TestSumsZero(t *testing.T) {
	if Add(0, 2) != 2 {
		t.Fatal("wrong sum")
	}
}
`,
};
const DOUBLES = `
func TestDoubles(t *testing.T) {
	if got := Double(2); got != 4 {
		t.Fatalf("double of 2 is %d", got)
	}
}
`;
const GO_RED: Files = {
  'scenarios/double/scenario.yaml': SCENARIO,
  'calc/calc_test.go': `${GO_BASE['calc/calc_test.go']}${DOUBLES}`,
};
const DOUBLE = '\n// Double doubles.\nfunc Double(n int) int { return n + n }\n';
const GO_HEAD: Files = { 'calc/calc.go': `${GO_BASE['calc/calc.go']}${DOUBLE}` };
const stubOf = (body: string, result = 'int'): string => `diff --git a/calc/calc.go b/calc/calc.go
--- a/calc/calc.go
+++ b/calc/calc.go
@@ -2,3 +2,5 @@
 
 // Add adds.
 func Add(a, b int) int { return a + b }
+
+func Double(n int) ${result} { ${body} }
`;

function goLab(red: Files = GO_RED): Lab {
  const made = createLab(GO ?? {});
  made.commit('base', GO_BASE);
  made.git('switch', '--quiet', '--create', 'double');
  made.commit('tests of double', red);
  lab = made;
  return made;
}

const obligation = (
  document: { obligations: { code: string; answer: string; why: string }[] },
  code: string,
): string => {
  const found = document.obligations.find((one) => one.code === code);
  return `${found?.answer}: ${found?.why}`;
};
const checkpointOf = (stdout: string): string => /^checkpoint (\S+)$/m.exec(stdout)?.[1] ?? '';

describe('compile red in Go', () => {
  it('is weak and never proven by itself; with a stub it is proven, case by case', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const here = goLab();
    const red = here.redfirst('red', 'double');
    expect(red.stdout).toContain(
      '   red/compile  example.org/m/calc [build]  (AC-1)\n     does not build: Double missing\n',
    );
    expect(red.stdout).toContain('1. unit  red/valid  weak  ');
    expect(red.exit).toBe(0);
    const attempts = here.json('show').document.suites[0].attempts;
    expect(attempts.length).toBe(1);

    here.write({ 'stub.patch': stubOf('return 0') });
    const stubbed = here.redfirst('red', 'double', '--stub', 'stub.patch');
    expect(stubbed.stdout).toContain('  red/assertion   example.org/m/calc.TestDoubles  (AC-1)');
    expect(stubbed.stdout).toContain('1. unit  red/valid  strong  ');
    expect(stubbed.stdout).toMatch(/ {2}S [0-9a-f]{10} \(synthesised\)/);
    expect(stubbed.exit).toBe(0);
    expect(here.git('status', '--porcelain')).toBe('?? stub.patch');

    here.write({ 'stub.patch': null });
    here.commit(`double\n\nRedfirst-Red: ${checkpointOf(stubbed.stdout)}`, GO_HEAD);
    const green = here.json('green', 'double');
    expect(green).toMatchObject({ exit: 0, document: { verdict: { code: 'green/passed' } } });
    const names = green.document.cases.map(({ name, code }: { name: string; code: string }) => `${name} ${code}`);
    expect(names).toEqual([
      'example.org/m/calc.TestAdds control-passed',
      'example.org/m/calc.TestDoubles green/passed',
    ]);
    const { exit, document } = here.json('prove', 'double');
    expect({ exit, word: document.word, grades: document.grades }).toEqual({
      exit: 0,
      word: 'proven',
      grades: { unit: 'A' },
    });
    expect(obligation(document, 'P02')).toMatch(/^holds: B before R before S, R before H; R\.\.S only declares/);
    expect(obligation(document, 'P07')).toMatch(
      /^holds: 1 missing name, defined by R\.\.H: Double at calc\/calc\.go:\d+; red by assertion at S in run r\S+$/,
    );
    expect(document.obligations.find(({ code }: { code: string }) => code === 'P15').weaker).toBeUndefined();
  }, 240_000);

  it('without a stub stays weak, and says the next step', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const here = goLab();
    expect(here.redfirst('red', 'double').exit).toBe(0);
    here.commit('double', GO_HEAD);
    expect(here.redfirst('green', 'double').exit).toBe(0);
    const { exit, stdout } = here.redfirst('prove', 'double');
    expect(exit).toBe(4);
    expect(stdout).toContain(
      'weak: red by missing names alone; 1 missing name, defined by R..H: Double at calc/calc.go:',
    );
    expect(stdout).toContain('redfirst stub FEATURE');
    expect(here.json('prove', 'double').document.grades).toEqual({ unit: 'C' });
  }, 240_000);

  it('refuses a stub with behaviour, one that touches tests, and one that does not apply', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const here = goLab();
    const refused = (patch: string) => {
      here.write({ 'stub.patch': patch });
      const { exit, document } = here.json('red', 'double', '--stub', 'stub.patch');
      return `${exit} ${document.failure.reason}: ${document.failure.what}`;
    };
    expect(refused(stubOf('return Add(n, n)'))).toBe(
      '1 boundary-violated: the stub does more than declare: calc/calc.go:6: Double does something: Add(n, n)',
    );
    expect(refused(stubOf('return n + n'))).toContain('calc/calc.go:6: Double does something: n + n');
    const generated = `diff --git a/calc/gen.go b/calc/gen.go
new file mode 100644
--- /dev/null
+++ b/calc/gen.go
@@ -0,0 +1,5 @@
+// Code generated by hand. DO NOT EDIT.
+
+package calc
+
+func Double(n int) int { return Add(n, n) }
`;
    expect(refused(generated)).toContain('calc/gen.go:5: Double does something: Add(n, n)');
    const test =
      'diff --git a/calc/x_test.go b/calc/x_test.go\nnew file mode 100644\n--- /dev/null\n+++ b/calc/x_test.go\n@@ -0,0 +1 @@\n+package calc\n';
    expect(refused(test)).toBe(
      '1 boundary-violated: the stub does more than declare: calc/x_test.go: it has the role tests, and a stub leaves the tests of R as they are',
    );
    expect(refused(stubOf('return 0').replace(' // Add adds.', ' // Add sums.'))).toMatch(
      /^2 corners-invalid: the stub does not apply to R [0-9a-f]{12}: error: patch failed: calc\/calc\.go:2/,
    );
    expect(here.json('status').document.failure.reason).toBe('not-found');
  }, 240_000);

  it('calls a refactoring what is green at S, and does not count it', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const moved = DOUBLES.replace('Double(2); got != 4', 'Zero(2); got != 0');
    const here = goLab({ ...GO_RED, 'calc/calc_test.go': `${GO_BASE['calc/calc_test.go']}${moved}` });
    expect(here.redfirst('red', 'double').exit).toBe(0);
    here.write({ 'stub.patch': stubOf('return 0').replaceAll('Double', 'Zero') });
    const { exit, document } = here.json('red', 'double', '--stub', 'stub.patch');
    expect({ exit, code: document.verdict.code }).toEqual({ exit: 1, code: 'vacuous' });
    expect(document.verdict.detail).toContain('class refactor: ');
    expect(document.verdict.detail).toContain('a refactoring and no red');
    here.write({ 'stub.patch': null });
    here.commit('zero', { 'calc/calc.go': `${GO_BASE['calc/calc.go']}\nfunc Zero(n int) int { return 0 }\n` });
    here.redfirst('green', 'double');
    expect(obligation(here.json('prove', 'double').document, 'P07')).toMatch(
      /^refuted: run r\S+ at S is vacuous: unit: class refactor/,
    );
  }, 240_000);

  it('does not take a panic at S for red', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const table = DOUBLES.replace('if got := Double(2); got != 4', 'if got := *Double(2); got != 4');
    const here = goLab({ ...GO_RED, 'calc/calc_test.go': `${GO_BASE['calc/calc_test.go']}${table}` });
    here.write({ 'stub.patch': stubOf('return nil', '*int') });
    const { exit, document } = here.json('red', 'double', '--stub', 'stub.patch');
    expect({ exit, code: document.verdict.code }).toEqual({ exit: 1, code: 'panicked' });
    expect(document.verdict.detail).toContain('a panic at S is not red');
    expect(document.verdict.detail).toContain('where the stub returns nil, an empty value may be meant');
  }, 240_000);

  it('is refuted by a name that H does not add', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const here = goLab();
    expect(here.redfirst('red', 'double').exit).toBe(0);
    here.commit('nothing of the kind', {
      'calc/calc.go': `${GO_BASE['calc/calc.go']}\nfunc Twice(n int) int { return n + n }\n`,
    });
    const { exit, document } = here.json('prove', 'double');
    expect(exit).toBe(1);
    expect(obligation(document, 'P07')).toMatch(
      /^refuted: R\.\.H does not define Double \(used at calc\/calc_test\.go:\d+\)$/,
    );
  }, 240_000);

  it('is a fault of the tests where they declare the name themselves', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const wrong = DOUBLES.replace('Double(2); got != 4', 'new(box).double(2); got != 4');
    const here = goLab({
      ...GO_RED,
      'calc/calc_test.go': `${GO_BASE['calc/calc_test.go']}${wrong}`,
      'calc/helper_test.go': 'package calc\n\ntype box struct{}\n',
    });
    const { exit, document } = here.json('red', 'double');
    expect({ exit, code: document.verdict.code }).toEqual({ exit: 1, code: 'setup-failed' });
    expect(document.verdict.detail).toContain('declared in the tests themselves');
  }, 240_000);

  it('takes S as a commit of the change, and what follows it for the implementation', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const here = goLab();
    const R = here.git('rev-parse', 'HEAD');
    expect(here.redfirst('red', 'double').exit).toBe(0);
    here.commit('declare', { 'calc/calc.go': `${GO_BASE['calc/calc.go']}\nfunc Double(n int) int { return 0 }\n` });
    const stubbed = here.redfirst('red', 'double', '--red', R, '--stub', 'HEAD');
    expect(stubbed.exit).toBe(0);
    here.commit(`double\n\nRedfirst-Red: ${checkpointOf(stubbed.stdout)}`, GO_HEAD);
    expect(here.redfirst('green', 'double').exit).toBe(0);
    const { exit, document } = here.json('prove', 'double');
    expect({ exit, word: document.word }).toEqual({ exit: 0, word: 'proven' });
    expect(document.obligations.filter(({ weaker }: { weaker?: string }) => weaker !== undefined)).toEqual([]);
    const aside = here.json('red', 'double', '--red', R, '--stub', 'main');
    expect(aside.document.failure.what).toMatch(/^S [0-9a-f]{12} does not descend from R [0-9a-f]{12}$/);
  }, 240_000);

  it('leaves untouched cases of a touched file uncounted, and has them pass', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const ready = `${DOUBLES.replace('got := Double(2)', 'got := Of("double", 2)')}`;
    const of = '\nfunc Of(name string, n int) int { return 0 }\n';
    const here = createLab(GO ?? {});
    lab = here;
    here.commit('base', { ...GO_BASE, 'calc/of.go': `package calc\n${of}` });
    here.git('switch', '--quiet', '--create', 'double');
    here.commit('tests', { ...GO_RED, 'calc/calc_test.go': `${GO_BASE['calc/calc_test.go']}${ready}` });
    const red = here.json('red', 'double');
    expect(red.document.verdict.code).toBe('red/valid');
    expect(red.document.cases.map(({ name }: { name: string }) => name)).toEqual([
      'example.org/m/calc.TestAdds',
      'example.org/m/calc.TestDoubles',
    ]);
    const all = here.json('show', '--all').document.cases;
    expect(all.find(({ name }: { name: string }) => name.endsWith('TestSumsZero'))).toMatchObject({
      role: 'untouched',
      detail: 'the change does not touch it, and it passes: a natural control',
    });
    here.commit('double, and break what was there', {
      'calc/of.go': `package calc\n${of.replace('return 0', 'return n + n')}`,
      'calc/calc.go': 'package calc\n\nfunc Add(a, b int) int {\n\tif a == 0 {\n\t\treturn 0\n\t}\n\treturn a + b\n}\n',
    });
    const green = here.json('green', 'double');
    expect(green.document.verdict).toMatchObject({ code: 'control-failed' });
    expect(green.document.verdict.detail).toContain('calc.TestSumsZero: a natural control');
  }, 240_000);

  it('keeps a claim whose tests were only laid out anew after red', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const here = goLab();
    expect(here.redfirst('red', 'double').exit).toBe(0);
    here.commit('double', {
      ...GO_HEAD,
      'calc/calc_test.go': `${GO_RED['calc/calc_test.go']}`.replace(
        '\tif got := Double',
        '\t// twice two\n\n\tif got := Double',
      ),
    });
    expect(obligation(here.json('prove', 'double').document, 'P06')).toBe(
      'holds: R..H changes nothing but layout and comments of tests: calc/calc_test.go',
    );
    here.commit('weaken', { 'calc/calc_test.go': `${GO_RED['calc/calc_test.go']}`.replace('got != 4', 'got == 5') });
    expect(obligation(here.json('prove', 'double').document, 'P06')).toMatch(/^refuted: calc\/calc_test\.go/);
  }, 240_000);
});

describe('redfirst stub', () => {
  it('proposes a patch that red --stub takes', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const here = goLab();
    const R = here.git('rev-parse', 'HEAD');
    expect(here.redfirst('red', 'double').exit).toBe(0);
    here.commit('double', GO_HEAD);
    const before = here.git('status', '--porcelain');
    const { exit, stdout } = here.redfirst('stub', 'double', '--out', '../stub.patch');
    expect({ exit, stdout }).toMatchObject({ exit: 0 });
    expect(stdout).toContain('it builds with the tests of R');
    const patch = readFileSync(join(here.dir, 'stub.patch'), 'utf8');
    expect(patch).toContain('+func Double(n int) int');
    expect(patch).not.toContain('n + n');
    expect(here.git('status', '--porcelain')).toBe(before);
    const stubbed = here.redfirst('red', 'double', '--red', R, '--stub', '../stub.patch');
    expect(stubbed.stdout).toContain('  red/assertion   example.org/m/calc.TestDoubles  (AC-1)');
    expect(stubbed.exit).toBe(0);
  }, 240_000);

  it('works on a change that no scenario speaks of, and prints to standard output', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const here = createLab(GO ?? {});
    lab = here;
    const { 'redfirst.yaml': _, 'clusters/host.yaml': __, ...plain } = GO_BASE;
    here.commit('base', plain);
    here.git('switch', '--quiet', '--create', 'double');
    here.commit('double', { ...GO_HEAD, 'calc/calc_test.go': `${GO_BASE['calc/calc_test.go']}${DOUBLES}` });
    const { exit, stdout } = here.redfirst('stub', 'main..double');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^diff --git a\/calc\/redfirst_stub_calc\.go b\/calc\/redfirst_stub_calc\.go\n/);
    expect(stdout).toContain('+func Double(n int) int');
    expect(here.git('status', '--porcelain')).toBe('');
  }, 240_000);

  it('without Go proposes what the recorded run misses, and says that nobody built it', () => {
    const here = createLab();
    lab = here;
    here.commit('base', GO_BASE);
    here.git('switch', '--quiet', '--create', 'double');
    here.commit('tests', GO_RED);
    const bin = join(here.dir, 'bin');
    mkdirSync(bin);
    const found = (name: string): string => execFileSync('which', [name], { encoding: 'utf8' }).trim();
    symlinkSync(found('git'), join(bin, 'git'));
    const recorded = JSON.stringify([
      {
        Time: '2026-01-01T00:00:00Z',
        Action: 'build-output',
        ImportPath: 'example.org/m/calc [example.org/m/calc.test]',
        Output: '# example.org/m/calc [example.org/m/calc.test]\n',
      },
      {
        Action: 'build-output',
        ImportPath: 'example.org/m/calc [example.org/m/calc.test]',
        Output: 'calc/calc_test.go:18:12: undefined: Double\n',
      },
      { Action: 'build-fail', ImportPath: 'example.org/m/calc [example.org/m/calc.test]' },
      { Action: 'start', Package: 'example.org/m/calc' },
      {
        Action: 'fail',
        Package: 'example.org/m/calc',
        Elapsed: 0,
        FailedBuild: 'example.org/m/calc [example.org/m/calc.test]',
      },
    ]);
    // A go that says what Go 1.26 said, and that is gone when the stub is asked for.
    const go = join(bin, 'go');
    writeFileSync(
      go,
      `#!${process.execPath}\nfor (const event of ${recorded}) console.log(JSON.stringify(event));\nprocess.exitCode = 1;\n`,
      { mode: 0o755 },
    );
    expect(here.redfirstWith({ PATH: bin }, 'red', 'double').stdout).toContain('does not build: Double missing');
    rmSync(go);
    here.commit('double', GO_HEAD);
    const { exit, stdout, stderr } = here.redfirstWith({ PATH: bin }, 'stub', 'double');
    expect({ exit, patch: stdout.includes('+func Double(n int) int') }).toEqual({ exit: 4, patch: true });
    expect(stderr).toContain('there is no Go here to build it with');
  }, 120_000);

  it('says so where nothing is missing, or nothing of it is Go', (ctx) => {
    ctx.skip(GO === undefined, 'go is not installed');
    const here = createLab(GO ?? {});
    lab = here;
    const { 'redfirst.yaml': _, 'clusters/host.yaml': __, ...plain } = GO_BASE;
    here.commit('base', plain);
    here.git('switch', '--quiet', '--create', 'more');
    here.commit('more', {
      'calc/calc_test.go': `${GO_BASE['calc/calc_test.go']}${DOUBLES.replace('Double(2)', 'Add(2, 2)')}`,
    });
    expect(here.redfirst('stub')).toMatchObject({
      exit: 0,
      stdout: 'the tests build at R as they are: no stub is needed\n',
    });
    here.git('switch', '--quiet', '--create', 'words', 'main');
    here.commit('words', { 'README.md': 'words\n' });
    const { exit, document } = here.json('stub');
    expect({ exit, what: document.failure.what }).toEqual({ exit: 4, what: 'the change touches no test file of Go' });
  }, 120_000);
});

describe('compile red with node:test', () => {
  const importing = CONTRACT_TEST.replace(
    "import * as calc from '../src/calc.mjs';",
    "import * as calc from '../src/calc.mjs';\nimport { double } from '../src/calc.mjs';",
  ).replace('calc.double?.(2)', 'double(2)');
  const red: Files = {
    'tests/contract.test.mjs': importing,
  };

  it('is weak at R; the export declared at S shows the case', () => {
    const here = labAtRed(red);
    lab = here;
    const run = here.json('red', 'double', '--keep-going');
    expect(run.document.suites[0]).toMatchObject({ code: 'red/valid', strength: 'weak' });
    here.write({
      'stub.patch': `diff --git a/src/calc.mjs b/src/calc.mjs
--- a/src/calc.mjs
+++ b/src/calc.mjs
@@ -1 +1,2 @@
 export const add = (a, b) => a + b;
+export function double(a) {}
`,
    });
    const stubbed = here.json('red', 'double', '--stub', 'stub.patch');
    expect(stubbed.document.suites?.[0], JSON.stringify(stubbed.document.failure)).toMatchObject({
      code: 'red/valid',
      strength: 'strong',
    });
    here.write({ 'stub.patch': null });
    here.commit('double', HEAD);
    expect(here.json('green', 'double')).toMatchObject({ exit: 0 });
    const { document } = here.json('prove', 'double');
    expect(obligation(document, 'P07')).toMatch(
      /^holds: 1 missing name, defined by R\.\.H: double at src\/calc\.mjs:2; red by assertion at S/,
    );
    expect(document.whole).toBe('holds');
  }, 120_000);

  it('of a case that calls what does not exist yet is weak, and never proven by itself', () => {
    const calling = CONTRACT_TEST.replace('calc.double?.(2)', 'calc.double(2)');
    const here = labAtRed({ 'tests/contract.test.mjs': calling });
    lab = here;
    const run = here.json('red', 'double');
    expect({ exit: run.exit, suite: run.document.suites[0] }).toMatchObject({
      exit: 0,
      suite: { code: 'red/valid', strength: 'weak' },
    });
    expect(
      run.document.cases.find(({ name }: { name: string }) => name.includes('contract') && name.includes('doubles')),
    ).toMatchObject({
      code: 'red/compile',
      detail: 'uses what does not exist yet: double missing',
      criteria: ['AC-1'],
    });
    here.commit('double', HEAD);
    expect(here.json('green', 'double').exit).toBe(0);
    const { exit, document } = here.json('prove', 'double');
    expect({ exit, word: document.word }).toEqual({ exit: 4, word: 'not proven' });
    expect(obligation(document, 'P07')).toMatch(
      /^unproven: weak: red by missing names alone; 1 missing name, defined by R\.\.H: double at src\/calc\.mjs:2/,
    );
  }, 120_000);
});
