import { describe, expect, test } from 'vitest';
import { nodeTestRunner } from '../../../src/suite/node-test.ts';
import type { RunnerRequest } from '../../../src/suite/runner.ts';
import { countFinishedCases, runnerFor } from '../../../src/suite/runners.ts';
import { vitestRunner } from '../../../src/suite/vitest.ts';
import { makeSpec } from './suite-lab.ts';

const request = (over: Partial<RunnerRequest> & { spec: RunnerRequest['spec'] }): RunnerRequest => ({
  worktree: '/nowhere',
  reportPath: '/tmp/report',
  order: 'declared',
  seed: 42,
  ...over,
});

describe('command lines', () => {
  test('vitest: the wrapper in front, its cache off, order and seed told', () => {
    const spec = makeSpec({ runner: 'vitest', select: { files: ['test/a.test.ts'] }, wrapper: ['nice', '-n', '5'] });
    const { argv, env, report, orderGranularity } = vitestRunner('/r.js').command(request({ spec, order: 'shuffled' }));
    expect(argv).toEqual([
      'nice',
      '-n',
      '5',
      'node_modules/.bin/vitest',
      'run',
      '--reporter=/r.js',
      '--reporter=default',
      '--no-cache',
      '--coverage.enabled=false',
      '--bail=0',
      '--sequence.shuffle.files=true',
      '--sequence.shuffle.tests=true',
      '--sequence.seed=42',
      'test/a.test.ts',
    ]);
    expect(env).toEqual({ REDFIRST_REPORT: '/tmp/report', NO_COLOR: '1' });
    expect([report, orderGranularity]).toEqual(['file', 'cases']);
  });

  test('vitest: names become one anchored pattern, escaped', () => {
    const only = ['a.test.ts > suite (x) > is 1+1 [ok]?', 'a.test.ts > $(reboot) | `id`'];
    const { argv } = vitestRunner('/r.js').command(
      request({ spec: makeSpec({ runner: 'vitest' }), order: 'drivers-alone', only }),
    );
    const pattern = argv[argv.indexOf('-t') + 1] ?? '';
    expect(pattern).toBe('^(?:suite \\(x\\) is 1\\+1 \\[ok\\]\\?|\\$\\(reboot\\) \\| `id`)$');
    expect(new RegExp(pattern).test('suite (x) is 1+1 [ok]?')).toBe(true);
    expect(new RegExp(pattern).test('suite (x) is 111 o?')).toBe(false);
  });

  test('names that no argument can hold are written so that they match all the same', () => {
    const pattern = (name: string) => {
      const { argv } = vitestRunner('/r.js').command(
        request({
          spec: makeSpec({ runner: 'vitest' }),
          order: 'drivers-alone',
          only: [`a.test.ts > ${name.toWellFormed()}`],
        }),
      );
      return argv[argv.indexOf('-t') + 1] ?? '';
    };
    for (const name of ['a\0b', 'lone \ud800 high', 'lone \udc00 low', 'replaced \ufffd already', 'pair \u{1d4b3}']) {
      expect(pattern(name)).not.toContain('\0');
      expect(new RegExp(pattern(name)).test(name)).toBe(true);
    }
    expect(new RegExp(pattern('a\0b')).test('a b')).toBe(false);
  });

  test('more names than an argument can hold are not told, and the order is not claimed', () => {
    const only = Array.from({ length: 1100 }, (_, index) => `a.test.ts > ${'x'.repeat(100)} ${index}`);
    for (const [runner, option] of [
      [vitestRunner('/r.js'), '-t'],
      [nodeTestRunner('/r.js', { major: 24, randomizes: true }), '--test-name-pattern'],
    ] as const) {
      const told = (names: readonly string[]) =>
        runner.command(request({ spec: makeSpec({ runner: runner.name }), order: 'drivers-alone', only: names }));
      expect(told(only).argv.join(' ')).not.toContain(option);
      expect(told(only).orderGranularity).toBe('none');
      expect(told(only.slice(0, 2)).argv.join(' ')).toContain(option);
      expect(told(only.slice(0, 2)).orderGranularity).toBe('cases');
    }
  });

  test('node: Node 20 matches the last title alone, later ones the whole path', () => {
    const spec = makeSpec({ runner: 'node-test', select: { files: ['a.test.mjs'] } });
    const alone = request({ spec, order: 'drivers-alone', only: ['a.test.mjs > flat'] });
    const pattern = (major: number) =>
      nodeTestRunner('/r.js', { major, randomizes: false })
        .command(alone)
        .argv.find((arg) => arg.startsWith('--test-name'));
    expect(pattern(20)).toBe('--test-name-pattern=^(?:flat)$');
    expect(pattern(24)).toBe('--test-name-pattern=^(?:flat)$');
  });

  test('go: every level of a name is anchored', () => {
    const only = ['example.com/a.b/c.TestX/with|pipe/deep', 'example.com/a.TestY'];
    const { argv, report } = runnerFor('go-test').command(
      request({
        spec: makeSpec({ runner: 'go-test', select: { files: ['./a', './c/...'] }, deadlineMs: 10_000 }),
        order: 'drivers-alone',
        only,
      }),
    );
    expect(argv).toEqual([
      'go',
      'test',
      '-json',
      '-vet=off',
      '-gcflags=-e',
      '-count=1',
      '-timeout=9500ms',
      '-run=^TestX$/^with\\|pipe$/^deep$|^TestY$',
      './a',
      './c/...',
    ]);
    expect(report).toBe('stdout');
  });

  test('go: shuffled by seed', () => {
    const { argv } = runnerFor('go-test').command(
      request({ spec: makeSpec({ runner: 'go-test' }), order: 'shuffled' }),
    );
    expect(argv).toContain('-shuffle=42');
  });

  test('command: the argv of the scenario, and what it is told', () => {
    const spec = makeSpec({ command: ['pytest', '--junitxml=$REDFIRST_REPORT'] });
    const { argv, env, orderGranularity } = runnerFor('command').command(
      request({ spec, order: 'drivers-alone', only: ['a > b'] }),
    );
    expect(argv).toEqual(['pytest', '--junitxml=$REDFIRST_REPORT']);
    expect(env).toEqual({
      REDFIRST_REPORT: '/tmp/report',
      REDFIRST_ORDER: 'drivers-alone',
      REDFIRST_SEED: '42',
      REDFIRST_ONLY: '["a > b"]',
    });
    expect(orderGranularity).toBe('none');
  });
});

describe('countFinishedCases', () => {
  test.each([
    ['vitest', '{"start":"a","file":"a"}\n{"case":"a"}\n{"case":"b"}\n{"end":true}\n', 2],
    ['node-test', '{"case":"a"}\n', 1],
    ['go-test', '{"Action":"run","Test":"A"}\n{"Action":"pass","Test":"A"}\n{"Action":"skip","Test":"B"}\n', 2],
    ['command', '<testsuite><testcase name="a"/><testcase name="b"/></testsuite>', 2],
    ['command', 'TAP version 14\n1..2\nok 1 - a\nnot ok 2 - b\n', 2],
    ['command', '', 0],
  ] as const)('%s: %s', (runner, text, count) => {
    expect(countFinishedCases(runner, Buffer.from(text))).toBe(count);
  });
});
