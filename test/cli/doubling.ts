import { createLab, type Files, type Lab } from './lab.ts';

/**
 * The smallest honest feature: `double`, in a module (contract) and in a command (integration). At the base only `add`
 * exists. Sabotage replaces single files of it.
 */
export const BASE: Files = {
  'redfirst.yaml': 'apiVersion: redfirst.dev/v1\nbase: main\n',
  'clusters/host.yaml': 'apiVersion: redfirst.dev/v1\nprovider: host\n',
  'src/calc.mjs': 'export const add = (a, b) => a + b;\n',
  'src/main.mjs': `import * as calc from './calc.mjs';
const [name, ...numbers] = process.argv.slice(2);
console.log(calc[name] ? calc[name](...numbers.map(Number)) : \`unknown command \${name}\`);
`,
};

export interface SuiteText {
  readonly runner?: string;
  readonly select?: string;
  readonly more?: string;
}

export function suiteText(name: string, { runner = 'node-test', select, more = '' }: SuiteText = {}): string {
  const chosen = select ?? `{ files: [tests/${name}.test.mjs] }`;
  return `  ${name}:
    runner: ${runner}
    select: ${chosen}
    profile: host
    evidence: C
    deadline: 30s
${more
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => `    ${line}\n`)
  .join('')}`;
}

export function scenarioText(contract: SuiteText = {}, integration: SuiteText = {}, top = ''): string {
  return `apiVersion: redfirst.dev/v1
feature: double
kind: feature
problem: Nobody can double a number.
stories:
  - { as: caller, want: a number doubled, so: I need not add it to itself }
criteria:
  - id: AC-1
    text: double gives twice the number
    cases:
      - { suite: contract, match: 'doubles' }
      - { suite: integration, match: 'doubles' }
paths:
  - implementation: ['src/**']
  - tests: ['tests/**']
  - neutral: ['*.md']
${top}suites:
${suiteText('contract', { more: "controls: ['adds']\n", ...contract })}${suiteText('integration', integration)}`;
}

export const CONTRACT_TEST = `import assert from 'node:assert/strict';
import test from 'node:test';
import * as calc from '../src/calc.mjs';

test('adds two numbers', () => assert.equal(calc.add(1, 2), 3));
test('doubles a number', () => assert.equal(calc.double?.(2), 4));
`;

export const INTEGRATION_TEST = `import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';

test('the command doubles a number', () => {
  assert.equal(execFileSync(process.execPath, ['src/main.mjs', 'double', '21'], { encoding: 'utf8' }).trim(), '42');
});
`;

export const RED: Files = {
  'scenarios/double/scenario.yaml': scenarioText(),
  'tests/contract.test.mjs': CONTRACT_TEST,
  'tests/integration.test.mjs': INTEGRATION_TEST,
};

export const HEAD: Files = {
  'src/calc.mjs': 'export const add = (a, b) => a + b;\nexport const double = (a) => a + a;\n',
};

/** A lab that stands on the branch `double`, at its red commit. */
export function labAtRed(red: Files = {}, base: Files = {}): Lab {
  const lab = createLab();
  lab.commit('base', { ...BASE, ...base });
  lab.git('switch', '--quiet', '--create', 'double');
  lab.commit('tests of double', { ...RED, ...red });
  return lab;
}

/** Runs red at the red commit, commits the head, and runs green. */
export function redThenHead(
  lab: Lab,
  head: Files = {},
): { red: ReturnType<Lab['json']>; green: ReturnType<Lab['json']> } {
  const red = lab.json('red', 'double');
  lab.commit('double', { ...HEAD, ...head });
  return { red, green: lab.json('green', 'double') };
}
