import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listGoCases } from '../../../src/suite/go/list-go-cases.ts';
import { layFixtures, makeFolder, removeFolder } from './suite-lab.ts';

let worktree: string;
const go = goVersion();
beforeAll(() => {
  worktree = makeFolder();
  layFixtures('go-test', worktree);
});
afterAll(() => removeFolder(worktree));
beforeEach((ctx) => ctx.skip(go === undefined, 'go is not installed'));

function goVersion(): string | undefined {
  try {
    return execFileSync('go', ['version'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

const list = (...packages: string[]) =>
  listGoCases({
    worktree,
    packages,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', GOCACHE: process.env['GOCACHE'] ?? '' },
    deadlineMs: 120_000,
  });

describe('go test -list, for real', () => {
  test('tests and examples with their places, without running them', async () => {
    const { end, packages, problem } = await list('./plain', './panics');
    expect([end, problem]).toEqual([{ cause: 'exited', code: 0 }, undefined]);
    expect(packages.map(({ importPath, folder, ginkgo, hosts }) => [importPath, folder, ginkgo, hosts])).toEqual([
      ['example.com/gt/panics', 'panics', false, []],
      ['example.com/gt/plain', 'plain', false, []],
    ]);
    const plain = packages.find(({ folder }) => folder === 'plain');
    expect(plain?.problem).toBeUndefined();
    expect(plain?.cases.slice(0, 2)).toEqual([
      {
        name: 'example.com/gt/plain.TestPass',
        file: 'plain/plain_test.go',
        place: { file: 'plain/plain_test.go', line: 8 },
      },
      {
        name: 'example.com/gt/plain.TestErrorf',
        file: 'plain/plain_test.go',
        place: { file: 'plain/plain_test.go', line: 9 },
      },
    ]);
    expect(plain?.cases.map(({ name }) => name)).toContain('example.com/gt/plain.ExampleHello');
  });

  test('a package that does not build, one without tests, one whose initialisation ends it', async () => {
    const { packages } = await list('./undef', './none', './initpanic');
    const byFolder = new Map(packages.map((one) => [one.folder, one]));
    expect(byFolder.get('undef')).toMatchObject({
      cases: [],
      problem: { what: 'does not build', failure: { kind: 'compile' } },
    });
    expect(byFolder.get('none')).toMatchObject({ cases: [] });
    expect(byFolder.get('none')?.problem).toBeUndefined();
    expect(byFolder.get('initpanic')?.cases).toEqual([]);
    expect(byFolder.get('initpanic')?.problem?.what).toMatch(
      /^example\.com\/gt\/initpanic: ended before its first test: /,
    );
  });

  test('a package that is not there is said, and nothing is listed', async () => {
    const { packages, problem } = await list('./nowhere');
    const said = JSON.stringify([packages, problem]);
    expect(packages.flatMap(({ cases }) => cases)).toEqual([]);
    expect(said).toMatch(/nowhere/);
  });

  test('go itself cannot be started', async () => {
    const { end, packages, problem } = await listGoCases({
      worktree,
      packages: ['./plain'],
      env: { PATH: '/nowhere' },
      deadlineMs: 10_000,
    });
    expect(end.cause).toBe('spawn-failed');
    expect(packages).toEqual([]);
    expect(problem).toMatch(/^go test -list ended early: could not be started: /);
  });
});
