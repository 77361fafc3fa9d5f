import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE, HEAD, labAtRed, scenarioText } from '../doubling.ts';
import { createLab, type Lab } from '../lab.ts';

const MODULES = join(import.meta.dirname, '..', '..', '..', 'node_modules');
let lab: Lab;

describe("the README's five minutes, with vitest", () => {
  let checkpoint: string;
  const scenario = 'scenarios/pause-guest/scenario.yaml';

  beforeAll(() => {
    lab = createLab();
    lab.commit('a project', {
      'package.json': '{ "name": "guests", "type": "module", "private": true }\n',
      '.gitignore': 'node_modules\n',
      'src/guest.ts': "export class Guest {\n  state = 'running';\n}\n",
      // What `npm ci` does for a real project. Every time that it runs leaves a letter.
      'tools/install.mjs': `import { appendFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
appendFileSync('${join(lab.dir, 'installs')}', 'i');
mkdirSync('node_modules');
for (const name of readdirSync('${MODULES}'))
  if (name === '.bin' || !name.startsWith('.')) symlinkSync('${MODULES}/' + name, 'node_modules/' + name);
`,
    });
    expect(lab.redfirst('init', 'pause-guest').exit).toBe(0);
  });
  afterAll(() => lab.remove());

  it('1: what init wrote needs little: the criterion, the set-up, the suites that there are', () => {
    const path = join(lab.repo, scenario);
    const written = readFileSync(path, 'utf8');
    const edited = written
      .replace('setup: []', 'setup:')
      .replace(
        '# - {name: npm-ci, run: [npm, ci], inputs: [package-lock.json], outputs: [node_modules], deadline: 10m}',
        '- {name: install, run: [node, tools/install.mjs], inputs: [package.json, tools/install.mjs], outputs: [node_modules]}',
      )
      .replace(
        "# cases: [{suite: contract, match: 'rejects an unknown field'}]",
        "cases: [{suite: contract, match: 'pauses'}, {suite: integration, match: 'pauses'}]",
      )
      .replace("# controls: ['^lists existing objects$']", "controls: ['starts running']")
      .replace(/^ {2}e2e:\n[\s\S]*?(?=^\n)/m, '');
    lab.write({ [scenario]: edited });
    const { exit, stdout } = lab.redfirst('plan', 'pause-guest');
    expect(exit).toBe(0);
    expect(stdout.match(/^\d\. \w+$/gm)).toEqual(['1. contract', '2. integration']);
    lab.git('switch', '--quiet', '--create', 'pause');
  });

  it('2: tests committed without the code are red, at grade A', () => {
    lab.commit('tests of pause', {
      'test/contract/pause-guest.test.ts': `import { expect, test } from 'vitest';
import { Guest } from '../../src/guest.ts';
test('a guest starts running', () => expect(new Guest().state).toBe('running'));
test('a guest that pauses is paused', () => {
  const guest = new Guest() as Guest & { pause?(): void };
  guest.pause?.();
  expect(guest.state).toBe('paused');
});
`,
      'test/integration/pause-guest.test.ts': `import { expect, test } from 'vitest';
import * as guests from '../../src/guest.ts';
test('a guest pauses where it is asked to', () => {
  const ask = (guests as { ask?: (guest: guests.Guest, what: string) => void }).ask;
  const guest = new guests.Guest();
  ask?.(guest, 'pause');
  expect(guest.state).toBe('paused');
});
`,
    });
    const { exit, stdout } = lab.redfirst('red', 'pause-guest');
    expect({ exit, verdict: stdout.trimEnd().split('\n').at(-2) }).toEqual({
      exit: 0,
      verdict: 'red/valid: every criterion has a case that is red for the declared reason',
    });
    expect(stdout).toContain(
      "  red/assertion   test/contract/pause-guest.test.ts > a guest that pauses is paused  (AC-1)\n     expected 'running' to be 'paused'",
    );
    checkpoint = /^checkpoint (\S+)$/m.exec(stdout)?.[1] ?? '';
  }, 240_000);

  it('3 and 4: the code with the checkpoint as its trailer is green, and proven', () => {
    lab.commit(`pause\n\nRedfirst-Red: ${checkpoint}`, {
      'src/guest.ts': `export class Guest {
  state = 'running';
  pause(): void {
    this.state = 'paused';
  }
}
export const ask = (guest: Guest, what: 'pause'): void => guest[what]();
`,
    });
    expect(lab.redfirst('green', 'pause-guest').exit).toBe(0);
    const { exit, stdout } = lab.redfirst('prove', 'pause-guest');
    expect({ exit, last: stdout.split('\n\n').at(-1) }).toEqual({
      exit: 0,
      last: 'proven\n  not asked here: P01, P07, P11, P12, P14 (see above)\n',
    });
    expect(stdout).not.toContain('weaker');
  }, 240_000);

  it('ran the set-up once for red and green together', () => {
    expect(readFileSync(join(lab.dir, 'installs'), 'utf8')).toBe('i');
  });
});

/** The `double` of doubling.ts, shown by a program of its own making instead of a runner that redfirst knows. */
describe('command', () => {
  const commandSuite = (format: string) => ({
    runner: 'command',
    select: '{ files: [tests] }',
    more: `command: [node, tests/run.mjs]\nreportFormat: ${format}\nred: { class: assertion, pattern: 'wanted 4' }\n`,
  });
  const scenario = (): string =>
    scenarioText(
      { ...commandSuite('tap'), more: `${commandSuite('tap').more}controls: ['adds']\n` },
      { ...commandSuite('junit'), more: commandSuite('junit').more.replace('run.mjs', 'run-junit.mjs') },
    );
  const RESULT = `import { writeFileSync } from 'node:fs';
import * as calc from '../src/calc.mjs';
const got = calc.double?.(2);
const failed = got !== 4;
process.exitCode = failed ? 1 : 0;
`;
  const TAP = `${RESULT}writeFileSync(process.env.REDFIRST_REPORT, \`TAP version 14
1..2
ok 1 - adds two numbers
\${failed ? 'not ok' : 'ok'} 2 - doubles a number
\${failed ? \`  ---
  message: 'wanted 4, got \${got}'
  ...
\` : ''}\`);
`;
  const JUNIT = `${RESULT}writeFileSync(process.env.REDFIRST_REPORT, \`<testsuites><testsuite name="cli"><testcase classname="cli" name="doubles on the command line">\${
  failed ? \`<failure type="AssertionError" message="wanted 4, got \${got}"/>\` : ''
}</testcase></testsuite></testsuites>\`);
`;
  afterAll(() => lab.remove());

  it('with TAP and with JUnit: red as declared, green, and fair rather than strong', () => {
    lab = labAtRed({
      'scenarios/double/scenario.yaml': scenario(),
      'tests/run.mjs': TAP,
      'tests/run-junit.mjs': JUNIT,
      'tests/contract.test.mjs': null,
      'tests/integration.test.mjs': null,
    });
    const red = lab.json('red', 'double');
    expect(red.document.suites).toMatchObject([
      { suite: 'contract', code: 'red/valid', strength: 'fair' },
      { suite: 'integration', code: 'red/valid', strength: 'fair' },
    ]);
    expect(red.exit).toBe(0);
    lab.commit('double', HEAD);
    expect(lab.json('green', 'double')).toMatchObject({ exit: 0, document: { verdict: { code: 'green/passed' } } });
    expect(lab.json('prove', 'double')).toMatchObject({ exit: 0, document: { word: 'observed (C)' } });
  });

  it('a program that is not there is told with its name', () => {
    lab.git('switch', '--quiet', '--detach', 'HEAD~1');
    lab.write({ 'scenarios/double/scenario.yaml': scenario().replace('[node, tests/run.mjs]', '[no-such-runner]') });
    const { exit, document } = lab.json('red', 'double', '--draft');
    expect({ exit, verdict: document.suites[0] }).toMatchObject({
      exit: 1,
      verdict: { code: 'setup-failed', detail: expect.stringContaining('no-such-runner') },
    });
  });
});

describe('go-test', () => {
  const go = spawnSync('go', ['version']).status === 0;
  afterAll(() => lab.remove());

  it('red by an assertion, and green with the code', (ctx) => {
    ctx.skip(!go, 'go is not installed');
    const suite = (name: string, pack: string): object => ({
      runner: 'go-test',
      select: `{ files: [./${pack}/...] }`,
      name,
    });
    const text = scenarioText(suite('contract', 'api'), suite('integration', 'integration'))
      .replaceAll("match: 'doubles'", "match: 'Doubles'")
      .replace("controls: ['adds']", "controls: ['TestAdds']")
      .replace("implementation: ['src/**']", "implementation: ['*.go']")
      .replace("tests: ['tests/**']", "tests: ['*_test.go', 'scenarios/**']");
    lab = createLab();
    lab.commit('base', {
      'redfirst.yaml': BASE['redfirst.yaml'] as string,
      'clusters/host.yaml': BASE['clusters/host.yaml'] as string,
      'go.mod': 'module example.org/calc\n\ngo 1.19\n',
      'api/calc.go': `package api

func Add(a, b int) int { return a + b }

var Operations = map[string]func(int) int{}
`,
      'integration/doc.go': 'package integration\n',
    });
    lab.git('switch', '--quiet', '--create', 'double');
    lab.commit('tests of double', {
      'scenarios/double/scenario.yaml': text,
      'api/calc_test.go': `package api

import "testing"

func TestAdds(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Fatal("1 + 2 is not 3")
	}
}

func TestDoubles(t *testing.T) {
	double, there := Operations["double"]
	if !there || double(2) != 4 {
		t.Fatalf("double of 2 is not 4")
	}
}
`,
      'integration/calc_test.go': `package integration

import (
	"testing"

	"example.org/calc/api"
)

func TestDoubles(t *testing.T) {
	if double, there := api.Operations["double"]; !there || double(2) != 4 {
		t.Fatal("double of 2 is not 4")
	}
}
`,
    });
    const red = lab.json('red', 'double');
    lab.commit('double', {
      'api/calc.go': `package api

func Add(a, b int) int { return a + b }

func Double(a int) int { return a + a }

var Operations = map[string]func(int) int{"double": Double}
`,
    });
    const green = lab.json('green', 'double');
    expect(red.document.suites).toMatchObject([
      { code: 'red/valid', strength: 'strong' },
      { code: 'red/valid', strength: 'strong' },
    ]);
    expect(red.exit).toBe(0);
    expect(green).toMatchObject({ exit: 0, document: { verdict: { code: 'green/passed' } } });
  }, 240_000);

  it('a test that does not build for a name to come is a weak red, told with the name', (ctx) => {
    ctx.skip(!go, 'go is not installed');
    const text = readFileSync(join(lab.repo, 'integration/calc_test.go'), 'utf8');
    lab.write({ 'integration/calc_test.go': text.replace(/\tif double.*/, '\tif api.Triple(2) != 6 {') });
    const { stdout } = lab.redfirst('red', 'double', '--draft', '--suite', 'integration');
    expect(stdout).toContain('1. integration  red/valid  weak  ');
    expect(stdout).toContain(
      '   red/compile  example.org/calc/integration [build]  (AC-1)\n     does not build: api.Triple missing\n',
    );
  }, 120_000);
});
