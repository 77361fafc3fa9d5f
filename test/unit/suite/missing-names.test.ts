import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nodeTestRunner } from '../../../src/suite/node-test.ts';
import { commandNotFound, missingNames, type RaisedError } from '../../../src/suite/reporters/missing-names.ts';
import type { ReadReport } from '../../../src/suite/runner.ts';
import { vitestRunner } from '../../../src/suite/vitest.ts';
import { fc } from './property.ts';
import {
  bundleReporter,
  layFixtures,
  linkNodeModules,
  makeFolder,
  makeSpec,
  removeFolder,
  runLive,
} from './suite-lab.ts';

let logs: string;
let cwd: string;
beforeAll(() => {
  logs = makeFolder();
});
beforeEach(() => {
  cwd = makeFolder();
  return () => removeFolder(cwd);
});
afterAll(() => removeFolder(logs));

const write = (path: string, text: string): void => {
  mkdirSync(join(cwd, path, '..'), { recursive: true });
  writeFileSync(join(cwd, path), text);
};
/** What an error of the last line of `test/a.test.ts` says is missing. */
function missing(source: string, message: string, over: Partial<RaisedError> = {}): string[] {
  write('test/a.test.ts', source);
  const line = source.trimEnd().split('\n').length;
  const at = { file: 'test/a.test.ts', line };
  return missingNames({ name: 'TypeError', message, at, onTop: true, ...over }, 'test/a.test.ts', cwd).map(
    ({ name, kind, file, line: found }) => `${name} ${kind} ${file ?? ''}:${found ?? ''}`,
  );
}

describe('a TypeError of the test', () => {
  const HERE = 'test/a.test.ts:2';
  test.each([
    ["import { pause } from '../src/a.ts';\npause();", 'pause is not a function', [`pause symbol ${HERE}`]],
    ["import { pause as stop } from '../src/a.ts';\nstop();", 'pause is not a function', [`pause symbol ${HERE}`]],
    ["import { pause as stop } from '../src/a.ts';\nstop();", 'stop is not a function', [`pause symbol ${HERE}`]],
    ["import pause from '../src/a.ts';\npause();", 'pause is not a function', [`default symbol ${HERE}`]],
    ["import a, { pause } from '../src/a.ts';\nnew pause();", 'pause is not a constructor', [`pause symbol ${HERE}`]],
    ["import * as api from '../src/a.ts';\napi.pause();", 'api.pause is not a function', [`pause symbol ${HERE}`]],
    ["import * as api from '../src/a.ts';\napi.pause();", 'pause is not a function', [`pause symbol ${HERE}`]],
    [
      "import * as api from '../src/a.ts';\napi.pause();",
      '(0 , __vi_import_0__.pause) is not a function',
      [`pause symbol ${HERE}`],
    ],
    [
      "import { pause } from '../src/a.ts';\npause();",
      '(0 , __vi_import_0__.pause) is not a function',
      [`pause symbol ${HERE}`],
    ],
    ["const { pause: p } = require('../src/a.js');\np();", 'p is not a function', [`pause symbol ${HERE}`]],
    ["const api = await import('../src/a.js');\napi.pause();", 'api.pause is not a function', [`pause symbol ${HERE}`]],
    [
      "import { Guest } from '../src/a.ts'; const guest = new Guest();\nguest.pause();",
      'guest.pause is not a function',
      [`pause member ${HERE}`],
    ],
    [
      "import { guest } from '../src/a.ts';\nguest.state.pause();",
      'guest.state.pause is not a function',
      [`pause member ${HERE}`],
    ],
    [
      "import { guest } from '../src/a.ts';\nguest.state.on;",
      "Cannot read properties of undefined (reading 'on')",
      [`state member ${HERE}`],
    ],
    ["import { pause } from '@/a';\npause();", 'pause is not a function', [`pause symbol ${HERE}`]],
    // What is not imported from the worktree, is there, or is read of something else.
    ["import { readPause } from 'node:fs';\nreadPause();", 'readPause is not a function', []],
    ["import { pause } from 'no-such-package';\npause();", 'pause is not a function', []],
    ["import { pause } from '../../outside.ts';\npause();", 'pause is not a function', []],
    ["import { there } from '../src/a.ts';\nthere();", 'there is not a function', []],
    ["import { Guest } from '../src/a.ts';\nconst x = 1; x();", 'x is not a function', []],
    ["import { pause } from '../src/a.ts';\nother.name;", "Cannot read properties of undefined (reading 'name')", []],
    ["import { pause } from '../src/a.ts';\npause();", "Cannot read properties of null (reading 'name')", []],
    ["import type { pause } from '../src/a.ts';\npause();", 'pause is not a function', []],
    ['pause();', 'pause is not a function', []],
  ])('%j: %s', (source, message, names) => {
    write('src/a.ts', 'export class Guest {}\nexport const there = 1;\n');
    const two = source.includes('\n') ? source : `\n${source}`;
    expect(missing(two, message)).toEqual(names);
  });

  test('not where the line itself did not raise, nor of a file that is no test', () => {
    const source = "import { pause } from '../src/a.ts';\npause();";
    expect(missing(source, 'pause is not a function', { onTop: false })).toEqual([]);
    write('src/b.ts', source);
    expect(missing(source, 'pause is not a function', { at: { file: 'src/b.ts', line: 2 } })).toEqual([]);
    expect(missing(source, 'pause is not a function', { at: undefined })).toEqual([]);
    expect(missing(source, 'pause is not a function', { at: { file: 'test/gone.test.ts', line: 2 } })).toEqual([]);
  });

  test('a package of the same repository is ours, an installed one is not', () => {
    const source = "import { pause } from '@s/guest';\npause();";
    write('packages/guest/index.ts', '');
    mkdirSync(join(cwd, 'node_modules/@s'), { recursive: true });
    symlinkSync(join(cwd, 'packages/guest'), join(cwd, 'node_modules/@s/guest'));
    expect(missing(source, 'pause is not a function')).toEqual(['pause symbol test/a.test.ts:2']);
    write('node_modules/@t/guest/index.ts', '');
    expect(missing(source.replace('@s', '@t'), 'pause is not a function')).toEqual([]);
  });
});

describe('what cannot be imported', () => {
  test.each([
    [`Failed to resolve import "./x" from "test/a.test.ts". Does the file exist?`, ['./x package test/a.test.ts:1']],
    [`Cannot find module './x' imported from CWD/test/a.test.ts`, ['./x package test/a.test.ts:1']],
    [
      `Failed to load url ./x (resolved id: ./x) in CWD/test/a.test.ts. Does the file exist?`,
      ['./x package test/a.test.ts:1'],
    ],
    [`Cannot find package 'zod' imported from CWD/test/a.test.ts`, ['zod package test/a.test.ts:2']],
    [`Cannot find module '/test/x' imported from CWD/test/a.test.ts`, ['test/x package test/a.test.ts:1']],
    [`The requested module '../src/a.js' does not provide an export named 'pause'`, ['pause symbol test/a.test.ts:2']],
    // The program imports these, or the message is about something else.
    [`Failed to resolve import "./x" from "src/a.ts". Does the file exist?`, []],
    [`Cannot find module './x' imported from CWD/src/a.ts`, []],
    [`The requested module './b.js' does not provide an export named 'other'`, []],
    ['x is not defined', []],
  ])('%s', (message, names) => {
    const source = "import './x';\nimport { pause } from '../src/a.js'; import 'zod';\n";
    expect(missing(source, message.replace('CWD', cwd), { name: 'Error' })).toEqual(names);
  });
});

describe('commands', () => {
  test.each([
    ['spawnSync pausectl ENOENT', ['pausectl command']],
    ['spawn ./bin/pausectl ENOENT', ['./bin/pausectl command']],
    ['Command failed with ENOENT: pausectl --now\nspawn pausectl ENOENT', ['pausectl command']],
    ['Command failed: pausectl --now\n/bin/sh: 1: pausectl: not found\n', ['pausectl command']],
    ['Command failed: x\nbash: line 3: pausectl: command not found', ['pausectl command']],
    // It is there: what is missing is its working folder. And an assertion's own words are no shell's.
    ['spawn sh ENOENT', []],
    ['expected "sh: 1: pausectl: not found" to be ""', []],
  ])('%s', (message, names) => {
    expect(missing('x', message, { name: 'Error' }).map((one) => one.replace(/ test.*$/, ''))).toEqual(names);
  });

  test("shells' words", () => {
    expect(commandNotFound('/tmp/a.bats: line 3: pausectl: command not found')).toBe('pausectl');
    expect(commandNotFound('sh: pausectl: not found')).toBe('pausectl');
    expect(commandNotFound('sh: 12: pausectl: not found\nmore')).toBe('pausectl');
    expect(commandNotFound('the page was not found')).toBeUndefined();
    expect(commandNotFound('GET /x: not found')).toBeUndefined();
  });
});

test('any text is read without throwing, and at once', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.constantFrom('Error', 'TypeError', ''), (source, message, name) => {
      expect(Array.isArray(missing(`${source}\n`, message, { name }))).toBe(true);
    }),
    { numRuns: 50 },
  );
  const long = `import { a } from '../src/a.ts';${'import {'.repeat(20_000)}${'const {'.repeat(20_000)}${'a.'.repeat(100_000)}\n`;
  expect(missing(long, `${'a.'.repeat(100_000)}a is not a function`)).toEqual(['a member test/a.test.ts:1']);
});

describe('for real', () => {
  const found = (report: ReadReport): (string | undefined)[] =>
    report.observations.map(({ name, failure }) =>
      [
        name.split(' > ').slice(1).join(' > ') || name,
        failure?.kind,
        ...(failure?.missing ?? []).map((one) => `${one.name} ${one.kind} ${one.line}`),
      ].join(' | '),
    );

  test('vitest', async () => {
    layFixtures('vitest', cwd);
    linkNodeModules(cwd);
    const runner = vitestRunner(await bundleReporter('vitest-reporter', logs));
    const { report } = await runLive(
      runner,
      makeSpec({ runner: 'vitest', select: { files: ['names.test.ts'] } }),
      cwd,
      logs,
    );
    expect(found(report)).toEqual([
      'function | compile | pause symbol 8',
      'constructor | compile | Pauser symbol 11',
      'renamed | compile | resume symbol 14',
      'namespace | compile | stop symbol 17',
      'member | compile | reset member 20',
      'method | compile | pause member 25',
      'property of nothing | compile | pause symbol 28',
      'awaited | compile | migrate symbol 32',
      'no file | compile | src/nowhere package 35',
      'command | compile | redfirst-has-no-such-command command 38',
      'shell | compile | redfirst-has-no-such-command command 41',
      'value | error',
      'inside | error',
      'library | error',
      'undefined value | error',
      'inner > deep | compile | pause symbol 59',
    ]);
    const deep = report.observations.at(-1);
    expect(deep).toMatchObject({
      outcome: 'errored',
      where: 'body',
      place: { file: 'names.test.ts', line: 58 },
      containers: [{ file: 'names.test.ts', line: 57 }],
      failure: { missingNames: ['pause'] },
    });
  });

  test('node:test', async () => {
    layFixtures('node-test', cwd);
    const runner = nodeTestRunner(await bundleReporter('node-test-reporter', logs));
    const spec = makeSpec({ runner: 'node-test', select: { files: ['names.test.mjs', 'export.test.mjs'] } });
    const { report } = await runLive(runner, spec, cwd, logs);
    expect(found(report)).toEqual([
      'export.test.mjs [load] | compile | pause symbol 2',
      'namespace | compile | stop symbol 12',
      'awaited | compile | nothing symbol 15',
      'constructor | compile | Pauser symbol 18',
      'member | compile | reset member 21',
      'method | compile | pause member 25',
      'property of nothing | compile | pause symbol 28',
      'no file | compile | src/nowhere.mjs package 31',
      'no required file | compile | ./src/nowhere.cjs package 34',
      'no export | error',
      'command | compile | redfirst-has-no-such-command command 40',
      'spawned | error',
      'value | error',
      'inside | error',
    ]);
    expect(report.observations.at(-1)?.place).toEqual({ file: 'names.test.mjs', line: 49 });
    expect(report.suiteFailures).toEqual([]);
  });
});
