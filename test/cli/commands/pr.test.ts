import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BASE as DOUBLING, HEAD, RED, scenarioText } from '../doubling.ts';
import { createLab, type Files, type Lab, PROGRAM } from '../lab.ts';

/** What the user's Go is and where its caches lie: a private home must not mean a cold cache. */
function goOnPath(): Readonly<Record<string, string>> | undefined {
  try {
    const said = execFileSync('go', ['env', '-json', 'GOCACHE', 'GOMODCACHE'], { encoding: 'utf8' });
    return {
      ...(JSON.parse(said) as Record<string, string>),
      GOTOOLCHAIN: 'local',
      GOFLAGS: '-mod=mod',
      GOPROXY: 'off',
    };
  } catch {
    return undefined;
  }
}
const GO = goOnPath();

let lab: Lab;
beforeEach((ctx) => {
  lab = createLab(GO ?? {});
  ctx.skip(GO === undefined, 'go is not installed');
});
afterEach(() => lab.remove());

/** A module with two packages, at the base and after a change that rejects odd numbers. */
const BASE: Files = {
  'go.mod': 'module example.com/pr\n\ngo 1.19\n',
  'calc/calc.go': 'package calc\n\nfunc Add(a, b int) int { return a + b }\n\nfunc Half(n int) int { return n / 2 }\n',
  'calc/calc_test.go': `package calc

import "testing"

func TestAdd(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Fatal("wrong sum")
	}
}

func TestHalf(t *testing.T) {
	if Half(3) != 1 {
		t.Fatalf("half of 3 is %d", Half(3))
	}
}
`,
  'other/other.go': 'package other\n',
  'other/other_test.go': 'package other\n\nimport "testing"\n\nfunc TestOther(t *testing.T) {}\n',
};
const NEW_CODE =
  'package calc\n\nfunc Add(a, b int) int { return a + b }\n\nfunc Half(n int) int {\n\tif n%2 != 0 {\n\t\treturn -1\n\t}\n\treturn n / 2\n}\n';
const ODD = `
func TestHalfRejectsOdd(t *testing.T) {
	if got := Half(5); got != -1 {
		t.Errorf("half of 5 is %d", got)
	}
}
`;
const ADAPTED = BASE['calc/calc_test.go']?.replaceAll('Half(3)', 'Half(4)').replace('!= 1', '!= 2') as string;

function change(files: Files, message = 'Reject odd numbers'): void {
  lab.commit('base', BASE);
  lab.git('checkout', '-q', '-b', 'topic');
  lab.commit(message, files);
}

/** Times differ from run to run, and so do no commits. */
const mask = (text: string): string => text.replace(/\d+\.\d s|\d+ s/g, 'T').replace(/\b[0-9a-f]{10}\b/g, 'COMMIT');

describe('redfirst pr on Go', () => {
  it('says in a few lines what holds: a driver, an adaptation, natural controls', () => {
    change({ 'calc/calc.go': NEW_CODE, 'calc/calc_test.go': ADAPTED + ODD });
    const { exit, stdout } = lab.redfirst('pr');
    expect(mask(stdout)).toBe(
      [
        'topic Reject odd numbers — holds: 1 red by assertion, 1 adaptation, 0 vacuous',
        '  driver  TestHalfRejectsOdd  calc/calc_test.go:17',
        '  1 untouched case passed before and after (natural controls)',
        '  H COMMIT T, B COMMIT T, R COMMIT* T, X COMMIT* T (* composed)',
        '',
      ].join('\n'),
    );
    expect(exit).toBe(0);
  });

  it('calls a vacuous case so, by name, and does not hold', () => {
    const vacuous = '\nfunc TestAlways(t *testing.T) {\n\tif Add(2, 2) != 4 {\n\t\tt.Fatal("no")\n\t}\n}\n';
    change({ 'calc/calc.go': NEW_CODE, 'calc/calc_test.go': ADAPTED + ODD + vacuous });
    const { exit, stdout } = lab.redfirst('pr', 'main..topic');
    expect(stdout).toContain('does not hold: 1 red by assertion, 1 adaptation, 1 vacuous\n');
    expect(stdout).toContain('  vacuous  TestAlways  calc/calc_test.go:');
    expect(exit).toBe(1);
  });

  it('finds the case that is red only through its neighbour', () => {
    const leak = `
var leaked int

func TestLeaks(t *testing.T) {
	leaked += Half(3)
	if Half(3) != -1 {
		t.Fatal("half of 3")
	}
}

func TestNeighbour(t *testing.T) {
	if leaked > 0 {
		t.Fatal("somebody leaked")
	}
}
`;
    change({ 'calc/calc.go': NEW_CODE, 'calc/calc_test.go': ADAPTED + leak });
    const { document, exit } = lab.json('pr');
    const roles = Object.fromEntries(
      document.verdict.cases.map((one: { name: string; role: string; onlyThroughNeighbour?: boolean }) => [
        one.name.replace(/^.*\./, ''),
        [one.role, one.onlyThroughNeighbour ?? false],
      ]),
    );
    expect(roles).toEqual({
      TestAdd: ['untouched', false],
      TestHalf: ['adaptation', false],
      TestLeaks: ['driver', false],
      TestNeighbour: ['vacuous', true],
    });
    expect(exit).toBe(1);
  });

  it('takes a missing name for a weak red, and a stub makes it strong', () => {
    const code = `${BASE['calc/calc.go']}\nfunc Third(n int) int { return n / 3 }\n`;
    const tests = `${BASE['calc/calc_test.go']}\nfunc TestThird(t *testing.T) {\n\tif Third(9) != 3 {\n\t\tt.Fatal("third of 9")\n\t}\n}\n`;
    change({ 'calc/calc.go': code, 'calc/calc_test.go': tests });
    const weak = lab.redfirst('pr');
    expect(weak.stdout).toContain('pending: 1 red by compile alone (weak), 0 vacuous\n');
    expect(weak.stdout).toContain('does not build at R: Third missing');
    expect(weak.exit).toBe(4);
    lab.git('checkout', '-q', '-b', 'stub', 'main');
    lab.commit('stub', { 'calc/stub.go': 'package calc\n\nfunc Third(n int) int { return 0 }\n' });
    const strong = lab.redfirst('pr', 'main..topic', '--stub', 'stub');
    expect(strong.stdout).toContain('holds: 1 red by assertion, 0 vacuous\n');
    expect(mask(strong.stdout)).toContain('H COMMIT T, B COMMIT T, R COMMIT* T, S COMMIT* T');
    expect(strong.exit).toBe(0);
    const proposed = lab.redfirst('pr', 'main..topic', '--stub', 'auto');
    expect(proposed.stdout).toContain('holds: 1 red by assertion, 0 vacuous\n');
    expect(proposed.exit).toBe(0);
  });

  it('refuses a stub that does more than declare', () => {
    const code = `${BASE['calc/calc.go']}\nfunc Third(n int) int {\n\tif n < 0 {\n\t\treturn 0\n\t}\n\treturn n / 3\n}\n`;
    const tests = `${BASE['calc/calc_test.go']}\nfunc TestThird(t *testing.T) {\n\tif Third(9) != 3 {\n\t\tt.Fatal("third of 9")\n\t}\n}\n`;
    change({ 'calc/calc.go': code, 'calc/calc_test.go': tests });
    lab.write({ 'stub.patch': lab.git('diff', 'main', 'topic', '--', 'calc/calc.go').concat('\n') });
    const { exit, stderr } = lab.redfirst('pr', '--stub', 'stub.patch');
    expect(stderr).toContain('the stub does more than declare: calc/calc.go:');
    expect(exit).toBe(1);
  });

  it('leaves code unproven whose tests only moved to another file', () => {
    const moved = { 'calc/calc_test.go': null, 'calc/moved_test.go': BASE['calc/calc_test.go'] as string };
    change({ 'calc/calc.go': `${BASE['calc/calc.go']}\nfunc Third(n int) int { return n / 3 }\n`, ...moved });
    const { exit, stdout } = lab.redfirst('pr', 'main..topic');
    expect(stdout.split('\n')[0]).toBe(
      'main..topic Reject odd numbers — pending: no case that could run is touched by the change',
    );
    expect(exit).toBe(4);
  });

  it('does not take a broken test file for red', () => {
    change({ 'calc/calc.go': NEW_CODE, 'calc/calc_test.go': `${ADAPTED}\nfunc TestBroken(t *testing.T) { x := 1 }\n` });
    const { exit, stdout } = lab.redfirst('pr');
    expect(stdout.split('\n')[0]).toMatch(/^topic Reject odd numbers — (?:does not hold|not judgeable): /);
    expect(stdout).not.toContain('red by');
    expect([1, 4]).toContain(exit);
  });

  it('runs packages of one name, several at once, and a folder that is new', () => {
    const test = (name: string, want: number) =>
      `package calc\n\nimport "testing"\n\nfunc Test${name}(t *testing.T) {\n\tif Half(7) != ${want} {\n\t\tt.Fatal("half of 7")\n\t}\n}\n`;
    lab.commit('base', { ...BASE, 'v/calc/calc.go': BASE['calc/calc.go'] as string });
    lab.git('checkout', '-q', '-b', 'topic');
    lab.commit('both', {
      'calc/calc.go': NEW_CODE,
      'calc/more_test.go': test('More', -1),
      'v/calc/calc.go': NEW_CODE,
      'v/calc/first_test.go': test('First', -1),
    });
    const { document, exit } = lab.json('pr');
    expect(document.verdict.class).toBe('assertion');
    expect(document.verdict.cases.map((one: { name: string; role: string }) => `${one.name} ${one.role}`)).toEqual([
      'example.com/pr/calc.TestAdd untouched',
      'example.com/pr/calc.TestHalf untouched',
      'example.com/pr/calc.TestMore driver',
      'example.com/pr/v/calc.TestFirst driver',
    ]);
    // TestHalf of the base was not adapted: the change breaks it, and that is told.
    expect(document.verdict.targets[0].broken).toEqual(['example.com/pr/calc.TestHalf']);
    expect(exit).toBe(1);
  });

  it('leaves work tree, index, refs and store as they were', () => {
    change({ 'calc/calc.go': NEW_CODE, 'calc/calc_test.go': ADAPTED + ODD });
    const look = (): unknown => [
      lab.git('for-each-ref'),
      lab.git('status', '--porcelain', '--ignored'),
      existsSync(join(lab.repo, '.git', 'redfirst')),
      readdirSync(lab.temporary),
    ];
    const before = look();
    lab.redfirst('pr');
    expect(look()).toEqual(before);
  });

  it('prints a review comment of under ten lines with the rest folded', () => {
    change({ 'calc/calc.go': NEW_CODE, 'calc/calc_test.go': ADAPTED + ODD }, 'Reject <odd> @team #7');
    const { stdout } = lab.redfirst('pr', '--markdown');
    const [open = ''] = stdout.split('<details>');
    expect(open.trim().split('\n').length).toBeLessThan(10);
    expect(open).toContain(
      '✅ **topic Reject &lt;odd&gt; @\u200bteam \\#7** — holds: 1 red by assertion, 1 adaptation, 0 vacuous',
    );
    expect(stdout).toContain('- driver: TestHalfRejectsOdd calc/calc\\_test.go:17\n');
    expect(stdout.trim().endsWith('</details>')).toBe(true);
  });

  it('ends what it started when it is interrupted, and leaves a pool that the next run can use', async () => {
    const slow = `
func TestSlow(t *testing.T) {
	os.WriteFile(os.Getenv("HOME")+"/../../../started", nil, 0o600)
	time.Sleep(time.Minute)
}
`;
    const tests = (ADAPTED + slow).replace('import "testing"', 'import (\n\t"os"\n\t"testing"\n\t"time"\n)');
    change({ 'calc/calc.go': NEW_CODE, 'calc/calc_test.go': tests });
    const child = spawn(process.execPath, [PROGRAM, 'pr'], { cwd: lab.repo, env: { ...lab.env } });
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    const running = (): string[] =>
      readdirSync('/proc').filter((pid) => {
        try {
          return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('calc.test\0-test.v');
        } catch {
          return false;
        }
      });
    while (child.exitCode === null && running().length === 0) await sleep(50);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(running()).toEqual([]);
    expect(readdirSync(lab.temporary)).toEqual([]);
    lab.git('checkout', '-q', '-B', 'topic', 'main');
    lab.commit('Reject odd numbers', { 'calc/calc.go': NEW_CODE, 'calc/calc_test.go': ADAPTED + ODD });
    expect(lab.redfirst('pr').exit).toBe(0);
  });
});

describe('redfirst pr without running anything', () => {
  it('says at once that a change of documents has nothing to show', () => {
    lab.commit('base', { ...BASE });
    lab.commit('Write more (#12)', { 'README.md': 'more\n', 'docs/a.md': 'x\n' });
    const { exit, stdout } = lab.redfirst('pr', '12');
    expect(stdout).toBe(
      '#12 Write more (#12) — nothing to show: it changes documents and project files and no code: there is nothing for a test to show\n',
    );
    expect(exit).toBe(0);
  });

  it('says that code without a test is unproven', () => {
    lab.commit('base', { ...BASE });
    lab.commit('Quietly', { 'calc/calc.go': NEW_CODE });
    const { exit, stdout } = lab.redfirst('pr', 'HEAD');
    expect(stdout).toMatch(/ Quietly — pending: it changes 1 file of code and touches no test\n$/);
    expect(exit).toBe(4);
  });

  it('refuses a number that nobody knows, and options that are none', () => {
    lab.commit('base', { ...BASE });
    expect(lab.redfirst('pr', '77')).toMatchObject({ exit: 2 });
    expect(lab.redfirst('pr', '--timeout', 'soon').stderr).toContain(
      '--timeout takes a time such as 90s or 20m, not "soon"',
    );
    expect(lab.redfirst('pr', '--shuffles', 'x').exit).toBe(2);
  });
});

describe('redfirst pr on node:test', () => {
  const node = (body: string): string =>
    `import assert from 'node:assert/strict';\nimport { test } from 'node:test';\nimport { half } from '../src/half.js';\n\n${body}`;

  it('runs the touched test files and only those', () => {
    lab.commit('base', {
      'package.json': '{ "type": "module" }\n',
      'src/half.js': 'export const half = (n) => Math.floor(n / 2);\n',
      'test/half.test.js': node("test('halves', () => assert.equal(half(4), 2));\n"),
      'test/other.test.js':
        "import { test } from 'node:test';\ntest('never run', () => { throw new Error('it ran'); });\n",
    });
    lab.git('checkout', '-q', '-b', 'topic');
    lab.commit('Refuse odd numbers', {
      'src/half.js': 'export const half = (n) => (n % 2 === 0 ? n / 2 : Number.NaN);\n',
      'test/half.test.js': node(
        "test('halves', () => assert.equal(half(4), 2));\n\ntest('refuses odd numbers', () => assert.ok(Number.isNaN(half(5))));\n",
      ),
    });
    const { exit, document } = lab.json('pr');
    expect(document.verdict.cases.map((one: { name: string; role: string }) => `${one.name}: ${one.role}`)).toEqual([
      'test/half.test.js > halves: untouched',
      'test/half.test.js > refuses odd numbers: driver',
    ]);
    expect(document.verdict.class).toBe('assertion');
    expect(exit).toBe(0);
  });
});

describe('redfirst corners', () => {
  it('shows the roles of a scenario at all corners, with what it declares', () => {
    lab.commit('base', DOUBLING);
    lab.git('switch', '--quiet', '--create', 'double');
    lab.commit('tests and code of double', {
      ...RED,
      ...HEAD,
      'scenarios/double/scenario.yaml': scenarioText({
        more: "controls: ['adds']\nroles:\n  - { match: 'adds', role: guard }\n",
      }),
    });
    const { exit, document } = lab.json('corners', 'double');
    const roles = document.verdict.cases.map((one: { name: string; role: string }) => `${one.name}: ${one.role}`);
    expect(roles).toEqual([
      'tests/contract.test.mjs > adds two numbers: guard',
      'tests/contract.test.mjs > doubles a number: driver',
      'tests/integration.test.mjs > the command doubles a number: driver',
    ]);
    expect(document.change).toMatchObject({ label: 'double', roles: 'the scenario' });
    expect(document.corners.map(({ corner }: { corner: string }) => corner)).toEqual(['H', 'B', 'R']);
    expect(exit).toBe(0);
    expect(existsSync(join(lab.repo, '.git', 'redfirst'))).toBe(false);
  });

  it('refuses a feature that has no scenario, and a path without a role', () => {
    lab.commit('base', DOUBLING);
    expect(lab.redfirst('corners', 'double')).toMatchObject({ exit: 2 });
    lab.git('switch', '--quiet', '--create', 'double');
    lab.commit('odd', { ...RED, ...HEAD, 'what.is.this': '' });
    expect(lab.redfirst('corners', 'double').stderr).toContain('no rule gives what.is.this a role');
  });
});
