import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findExecutable } from '../../src/environment/qemu-binary.ts';
import { createLab, type Lab, type Ran } from '../cli/lab.ts';

/** What somebody could write into a name to be obeyed instead of read. Each is one test's name, message and free text. */
const PAYLOADS = [
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned #',
  '| touch pwned',
  '&& touch pwned',
  `"'\\"\\'`,
  '--help',
  '../../x',
  '/etc/passwd',
  'two\nlines',
  'tab\tand\r\nreturn',
  'bell \u0007 escape \u001b[31mred\u001b]0;title\u0007 delete \u007f C1 \u009b31m',
  'turned \u202e around',
  ']]>',
  '<script>alert(1)</script>',
  '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
  "'); DROP TABLE event;--",
  '%s%n$HOME',
  '(?:.*)[a-z]+^$|\\d',
  'non-BMP \u{1d4b3}\u{1f600}',
  '__proto__',
  `long ${'x'.repeat(10_000)}`,
];
/** What YAML and JSON can say only by an escape, and no program's argument can hold. */
const AT_RUN_TIME = ['lone \ud800 high', 'lone \udc00 low', 'nul \u0000 byte', 'not a character \uffff'];
const NAMES = [...PAYLOADS, ...AT_RUN_TIME];

const HOSTILE_FILE = 'tests/$(touch pwned);`touch pwned`|"\'\n<b>\u{1d4b3}.test.mjs';

/** JSON is YAML, and says every character. */
const quoted = (value: unknown): string => JSON.stringify(value);

const TEST = `import assert from 'node:assert/strict';
import test from 'node:test';
const names = ${quoted(NAMES)};
test('control', () => {});
for (const name of names) test(name, () => assert.fail(name));
`;

/** A JUnit writer: it names what XML can hold, and keeps to what it is told to run. */
const EMIT = `import { writeFileSync } from 'node:fs';
const names = ${quoted(PAYLOADS.filter((name) => !/\p{Cc}/u.test(name.replace(/[\t\r\n]/g, ''))))};
const only = process.env.REDFIRST_ONLY === undefined ? undefined : JSON.parse(process.env.REDFIRST_ONLY);
const escape = (text) => text.replace(/[^A-Za-z0-9 ]/gu, (character) => '&#' + character.codePointAt(0) + ';');
const cases = names.filter((name) => only === undefined || only.some((one) => one.includes(name)));
const failed = (name) => '<testcase name="' + escape(name) + '" classname="c"><failure type="AssertionError" message="' +
  escape(name) + '">' + escape(name) + '</failure></testcase>';
writeFileSync(process.env.REDFIRST_REPORT, '<testsuite name="c" tests="' + (cases.length + 1) + '" failures="' + cases.length +
  '"><testcase name="control" classname="c"/>' + cases.map(failed).join('') + '</testsuite>');
process.exitCode = 1;
`;

const BASE = {
  'redfirst.yaml': 'apiVersion: redfirst.dev/v1\nbase: main\n',
  'clusters/host.yaml': 'apiVersion: redfirst.dev/v1\nprovider: host\n',
  'src/x.mjs': 'export {};\n',
};

const SUITE = {
  profile: 'host',
  evidence: 'C',
  deadline: '60s',
  controls: ['control'],
  attempts: { red: 3, green: 1 },
};

/** A scenario whose every free text is hostile. */
const hostileScenario = {
  apiVersion: 'redfirst.dev/v1',
  feature: 'hostile',
  kind: 'feature',
  problem: PAYLOADS.join(' '),
  stories: PAYLOADS.map((text) => ({ as: text, want: text, so: text })),
  criteria: PAYLOADS.map((text, index) => ({
    id: `AC-${index}`,
    text,
    cases: [{ suite: 'contract', match: 'touch' }],
  })),
  nonFunctional: PAYLOADS,
  integrationPoints: PAYLOADS,
  paths: [{ implementation: ['src/**'] }, { tests: ['tests/**'] }],
  setup: [{ name: 'nothing', run: ['true', ...PAYLOADS], inputs: ['src'] }],
  suites: {
    contract: {
      ...SUITE,
      runner: 'node-test',
      select: { files: [HOSTILE_FILE] },
      env: Object.fromEntries(PAYLOADS.map((value, index) => [`HOSTILE_${index}`, value])),
      wrapper: ['env', ...PAYLOADS.filter((text) => text.includes('touch')).map((text) => `WRAPPED=${text}`)],
    },
    integration: {
      ...SUITE,
      runner: 'command',
      command: ['node', 'tests/emit.mjs', ...PAYLOADS],
      reportFormat: 'junit',
      select: { files: [] },
      red: { class: 'assertion', pattern: '.' },
    },
  },
};

let lab: Lab;
beforeAll(() => {
  lab = createLab();
  lab.commit('base', BASE);
  lab.git('switch', '--quiet', '--create', 'hostile');
  lab.commit('tests', {
    'scenarios/hostile/scenario.yaml': quoted(hostileScenario),
    [HOSTILE_FILE]: TEST,
    'tests/emit.mjs': EMIT,
  });
});
afterAll(() => {
  // Whatever was tried above: nothing was ever executed, anywhere in the lab.
  const files = readdirSync(lab.dir, { recursive: true, encoding: 'utf8' });
  lab.remove();
  expect(files.filter((name) => /(^|\/)pwned$/.test(name))).toEqual([]);
});

/** Nothing but text reaches a terminal: no control character except the end of a line, nothing that turns text around. */
function expectPlain({ stdout, stderr }: Ran): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.exec(stdout + stderr)).toBeNull();
}

describe('hostile names that are allowed', () => {
  let red: Ran;
  let shown: {
    cases: { suite: string; name: string }[];
    observations: { name: string; failure: { message: string } }[];
  };
  beforeAll(() => {
    red = lab.redfirst('red', 'hostile');
    const ran = lab.redfirst('show', 'hostile', '--all', '--json');
    expectPlain(ran);
    shown = JSON.parse(ran.stdout);
  });

  it('run as what they are, also alone, and are a valid red', () => {
    expect({ exit: red.exit, stderr: red.stderr }).toEqual({
      exit: 0,
      stderr: expect.stringMatching(/: red\/valid\n$/),
    });
    expectPlain(red);
  });

  it('are stored as they are, lone surrogates as U+FFFD', () => {
    const found = (suite: string): string[] => shown.cases.filter((one) => one.suite === suite).map(({ name }) => name);
    expect(found('contract').sort()).toEqual(
      ['control', ...NAMES].map((name) => `${HOSTILE_FILE} > ${name.toWellFormed()}`).sort(),
    );
    const message = shown.observations.find(({ name }) => name.endsWith('event;--'))?.failure.message;
    expect(message).toContain("'); DROP TABLE event;--");
  });

  it.each([
    ['show', 'hostile', '--all'],
    ['status'],
    ['plan', 'hostile'],
    ['verify'],
    ['prove', 'hostile', '--head', 'HEAD'],
  ])('%s shows them without obeying them', (...args) => {
    const ran = lab.redfirst(...args);
    expect({ exit: ran.exit, bug: ran.stderr.includes('this is a bug') }).toEqual({
      exit: args[0] === 'prove' ? expect.any(Number) : 0,
      bug: false,
    });
    expectPlain(ran);
  });

  it('are exported as well-formed XML', (context) => {
    const { document } = lab.json('export', 'junit', '--merged', '--out', join(lab.dir, 'reports'));
    expect(document.written).toHaveLength(4);
    const parse = 'import sys, xml.dom.minidom\nfor path in sys.argv[1:]: xml.dom.minidom.parse(path)';
    const parsers = [
      ['xmllint', '--noout'],
      ['python3', '-c', parse],
    ].filter(([program = '']) => findExecutable(program) !== undefined);
    context.skip(parsers.length === 0, 'neither xmllint nor python3 is installed');
    for (const [program = '', ...args] of parsers) execFileSync(program, [...args, ...document.written]);
  });
});

interface Mistake {
  readonly what: string;
  readonly where: { readonly file: string; readonly line: number; readonly column: number };
}

describe('hostile names that are refused', () => {
  /** Every name that has a form of its own, with every payload that is not of that form. */
  const refused = {
    ...hostileScenario,
    kind: 'bugfix',
    criteria: PAYLOADS.map((id) => ({ id, text: 'x' })),
    setup: [
      ...PAYLOADS.map((name) => ({ name, run: ['true'], inputs: ['src'] })),
      { name: 'inputs', run: ['nul \u0000'], inputs: ['../../x', '/etc/passwd', '--help', 'nul \u0000'] },
    ],
    gate: { name: PAYLOADS[0], default: 'off' },
    suites: Object.fromEntries([
      [
        'unit',
        {
          ...SUITE,
          runner: 'node-test',
          profile: '../../x',
          select: { files: ['../../x', '/etc/passwd', '--help', 'nul \u0000'] },
          controls: ['(?=x)', '(unclosed'],
          env: Object.fromEntries([...PAYLOADS.map((name) => [name, 'x']), ['NUL', 'nul \u0000']]),
          wrapper: ['nul \u0000'],
        },
      ],
      ...PAYLOADS.map((name) => [name, SUITE] as const),
    ]),
  };
  const text = quoted(refused).replaceAll('},{', '},\n{').replaceAll('":', '":\n').replaceAll('",', '",\n');

  it('each by file, line and column, and nothing is run', () => {
    lab.write({ 'scenarios/refused/scenario.yaml': text.replace('"hostile"', '"refused"') });
    const ran = lab.redfirst('red', 'refused', '--json');
    lab.write({ 'scenarios/refused/scenario.yaml': null });
    expectPlain(ran);
    const { failure } = JSON.parse(ran.stdout) as { failure: { reason: string; details: Mistake[] } };
    expect({ exit: ran.exit, reason: failure.reason }).toEqual({ exit: 2, reason: 'configuration-invalid' });
    for (const { where } of failure.details) {
      expect(where).toMatchObject({ file: 'scenarios/refused/scenario.yaml' });
      expect(Math.min(where.line, where.column)).toBeGreaterThan(0);
    }
    const told = failure.details.map(({ what }) => what);
    const count = (end: string): number => told.filter((what) => what.endsWith(end)).length;
    expect({
      ids: count(' is not an id: a letter, then letters, digits, ".", "_" or "-"'),
      labels: count(' is not a name of lower-case letters, digits and inner hyphens, 63 at most (a DNS-1123 label)'),
      variables: count(' is not the name of an environment variable'),
      gates: count(' is not the name of a feature gate'),
      patterns: told.filter((what) => what.includes(' is not a valid RE2 pattern: ')).length,
      above: count(' is not a path inside the repository: it has ".."'),
      absolute: count(' is not a path inside the repository: it is absolute'),
      options: count(' is not a path: it starts with "-", as an option does'),
      nul: count('text with a NUL character'),
      suites: told.filter((what) => what.startsWith('unknown key ')).length,
      prototypes: count('the key "__proto__" is not allowed'),
    }).toEqual({
      ids: PAYLOADS.length,
      labels: PAYLOADS.length + 1,
      variables: PAYLOADS.length - 1,
      gates: 1,
      patterns: 2,
      above: 2,
      absolute: 2,
      options: 2,
      nul: 5,
      suites: PAYLOADS.length - 1,
      prototypes: 2,
    });
  });

  it.each([['red'], ['plan'], ['prove'], ['init']])('as a feature, by %s', (command) => {
    const ran = lab.redfirst(command, '--', '../$(touch pwned)\n\u001b[31m');
    expectPlain(ran);
    expect({ exit: ran.exit, stderr: ran.stderr }).toEqual({
      exit: 2,
      stderr: expect.stringMatching(/^error: "\.\.\/\$\(touch pwned\)\\n\\u001b\[31m" is /),
    });
  });
});
