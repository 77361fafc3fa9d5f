import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RE2JS } from 're2js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ginkgoRunner } from '../../../src/suite/ginkgo.ts';
import { GINKGO_EXEC, GINKGO_SYMBOL } from '../../../src/suite/go/ginkgo-exec.ts';
import { focusPattern, onlyPattern } from '../../../src/suite/go/go-arguments.ts';
import { fc } from './property.ts';
import { makeFolder, makeSpec, removeFolder } from './suite-lab.ts';

const command = (how: object = {}) =>
  ginkgoRunner.command({
    spec: makeSpec({ runner: 'ginkgo', select: { files: ['./a', './b'] }, deadlineMs: 60_000 }),
    worktree: '/w',
    reportPath: '/r/report',
    order: 'declared',
    seed: 42,
    ...how,
  });

describe('the command line', () => {
  test('in declared order, always the same one', () => {
    const { argv, env, report, orderGranularity } = command();
    expect(argv).toEqual([
      'go',
      'test',
      '-json',
      '-vet=off',
      '-gcflags=-e',
      '-count=1',
      '-timeout=57000ms',
      `-exec=${GINKGO_EXEC}`,
      './a',
      './b',
    ]);
    expect(env).toEqual({
      REDFIRST_GINKGO_FOLDER: '/r/report.ginkgo',
      REDFIRST_GINKGO_SEED: '1',
      REDFIRST_GINKGO_TIMEOUT: '51000ms',
      REDFIRST_GINKGO_SHUFFLE: 'false',
      REDFIRST_GINKGO_FOCUS: '',
    });
    expect([report, orderGranularity]).toEqual(['stdout', 'cases']);
  });

  test('shuffled', () => {
    const { argv, env } = command({ order: 'shuffled' });
    expect(argv).toContain('-shuffle=42');
    expect(env).toMatchObject({ REDFIRST_GINKGO_SEED: '42', REDFIRST_GINKGO_SHUFFLE: 'true' });
  });

  test('drivers alone: plain ones by -run, ginkgo ones by focus', () => {
    const plain = command({ order: 'drivers-alone', only: ['m/a.TestX/sub case'] });
    expect(plain.argv).toContain('-run=^TestX$/^sub case$');
    expect(plain.env['REDFIRST_GINKGO_FOCUS']).toBe('');
    const both = command({ order: 'drivers-alone', only: ['m/a.TestX', 'm/a :: d > it (works)'] });
    expect(both.argv.some((argument) => argument.startsWith('-run='))).toBe(false);
    expect(both.env['REDFIRST_GINKGO_FOCUS']).toBe('(?:^|[\\s\\S]* )(?:d (?:> )?it \\(works\\))$');
  });
});

describe('what focus selects', () => {
  const selects = (names: readonly string[], text: string, descriptions?: readonly string[]): boolean =>
    RE2JS.compile(focusPattern(names, descriptions) ?? '')
      .matcher(text)
      .find();

  test.each([
    ['m/a :: d > it', 'Suite d it', true],
    ['m/a :: d > it', 'Suite d it too', false],
    ['m/a :: d > it', 'Suite d bit', false],
    ['m/a :: d > it', 'Suite other', false],
    ['m/a :: a > b :: c > d', 'Suite a b :: c d', true],
    ['m/a :: x > y', 'Suite x > y', true],
    ['m/a :: [sig] a.b* (c|d)', 'Suite [sig] a.b* (c|d)', true],
    ['m/a :: [sig] a.b* (c|d)', 'Suite s aXb c', false],
    ['m/a :: two\nlines', 'Suite two\nlines', true],
  ])('%j in %j: %s', (name, text, selected) => {
    expect(selects([name], text)).toBe(selected);
  });

  test('with the description nothing else that ends alike', () => {
    expect(selects(['m/a :: it'], 'Suite other it')).toBe(true);
    expect(selects(['m/a :: it'], 'Suite other it', ['Suite'])).toBe(false);
    expect(selects(['m/a :: it'], 'Suite it', ['Suite'])).toBe(true);
  });

  test('no ginkgo case, or more than an argument holds: no pattern, and all run', () => {
    expect(focusPattern(['m/a.TestX'])).toBeUndefined();
    expect(
      focusPattern(Array.from({ length: 5000 }, (_, index) => `m/a :: a case with a long name ${index}`)),
    ).toBeUndefined();
  });

  test('any texts select themselves', () => {
    const word = fc
      .string({ minLength: 1, maxLength: 12 })
      .filter((text) => text.isWellFormed() && text.trim() !== '' && !text.includes(' > ') && !text.includes(' :: '));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (texts) => {
        expect(selects([`m/a :: ${texts.join(' > ')}`], `Suite ${texts.join(' ')}`)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('plain tests', () => {
    expect(onlyPattern(['m/a.TestX', 'm/a.TestX/a+b/c', 'm/a.TestX'])).toBe('^TestX$|^TestX$/^a\\+b$/^c$');
  });
});

describe('what starts a test binary', () => {
  let folder: string;
  beforeAll(() => {
    folder = makeFolder();
    mkdirSync(join(folder, 'reports'));
    for (const [name, mark] of [
      ['with', GINKGO_SYMBOL],
      ['without', 'nothing of ginkgo'],
    ] as const) {
      writeFileSync(
        join(folder, name),
        `#!/bin/sh\n# ${mark}\nfor one in "$@"; do echo "<$one>" >> ${folder}/${name}.args; done\n`,
      );
      chmodSync(join(folder, name), 0o755);
    }
  });
  afterAll(() => removeFolder(folder));
  /** `go test` splits -exec at blanks outside quotes; here is only one pair of them. */
  const start = (name: string, focus: string): string[] => {
    const script = /^sh -c '([^']*)' sh$/.exec(GINKGO_EXEC)?.[1] ?? '';
    execFileSync('sh', ['-c', script, 'sh', join(folder, name), '-test.v=true'], {
      cwd: folder,
      env: {
        ...process.env,
        REDFIRST_GINKGO_FOLDER: join(folder, 'reports'),
        REDFIRST_GINKGO_SEED: '7',
        REDFIRST_GINKGO_TIMEOUT: '5ms',
        REDFIRST_GINKGO_SHUFFLE: 'true',
        REDFIRST_GINKGO_FOCUS: focus,
      },
    });
    return readFileSync(join(folder, `${name}.args`), 'utf8')
      .trim()
      .split('\n');
  };

  test('one without ginkgo is given nothing more', () => {
    expect(start('without', 'x')).toEqual(['<-test.v=true>']);
  });

  test('one with ginkgo is given its flags, and the focus untouched by the shell', () => {
    const [first, report, ...more] = start('with', `a "b" $HOME \\d 'c'`);
    expect(first).toBe('<-test.v=true>');
    expect(report).toMatch(/^<-ginkgo\.json-report=.*\/reports\/\d+-\d+\.json>$/);
    expect(more).toEqual([
      '<-ginkgo.seed=7>',
      '<-ginkgo.timeout=5ms>',
      '<-ginkgo.randomize-all=true>',
      `<-ginkgo.focus=a "b" $HOME \\d 'c'>`,
    ]);
  });
});
