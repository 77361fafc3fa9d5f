import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CaseListing, listCases } from '../../../src/suite/list-cases.ts';
import { layFixtures, linkNodeModules, makeFolder, makeSpec, ROOT, removeFolder } from './suite-lab.ts';

let logs: string;
let worktree: string;
beforeAll(() => {
  logs = makeFolder();
  worktree = makeFolder();
  layFixtures('vitest', worktree);
  layFixtures('pytest', worktree);
  linkNodeModules(worktree);
});
afterAll(() => {
  removeFolder(logs);
  removeFolder(worktree);
});

const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
const list = (runner: 'vitest' | 'pytest' | 'node-test' | 'command', ...files: string[]): Promise<CaseListing> =>
  listCases({
    spec: makeSpec({ runner, select: { files } }),
    worktree,
    env,
    folder: mkdtempSync(join(logs, 'list-')),
    deadlineMs: 60_000,
    plugin: join(ROOT, 'src/suite/pytest/redfirst_pytest.py'),
  });

describe('vitest', () => {
  test('cases by their full names, with places', async () => {
    const listing = await list('vitest', 'names.test.ts');
    expect(listing).toMatchObject({ status: 'listed', problems: [] });
    const cases = listing.status === 'listed' ? listing.cases : [];
    expect(cases[0]).toEqual({
      name: 'names.test.ts > function',
      file: 'names.test.ts',
      place: { file: 'names.test.ts', line: 7 },
    });
    expect(cases.at(-1)?.name).toBe('names.test.ts > inner > deep');
    expect(cases).toHaveLength(16);
  });

  test('a file that does not load, and a selector that names nothing', async () => {
    const broken = await list('vitest', 'load.test.ts');
    expect(JSON.stringify(broken)).toContain('./nope');
    const none = await list('vitest', 'no-such-file.test.ts');
    expect(none.status === 'listed' ? none.cases : []).toEqual([]);
  });
});

describe('pytest', () => {
  const pytest = (() => {
    try {
      execFileSync('python3', ['-m', 'pytest', '--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();

  test('cases by their full names, with places, and what does not load', async (ctx) => {
    ctx.skip(!pytest, 'python3 has no pytest');
    const listing = await list(
      'pytest',
      'tests/test_order.py',
      'tests/test_load_symbol.py',
      'tests/test_load_syntax.py',
    );
    if (listing.status !== 'listed') throw new Error(listing.reason);
    expect(listing.cases).toHaveLength(10);
    expect(listing.cases[5]).toEqual({
      name: 'tests/test_order.py > test_b[0]',
      file: 'tests/test_order.py',
      place: { file: 'tests/test_order.py', line: 10 },
    });
    expect(listing.problems.map(({ failure }) => failure?.missingNames)).toEqual([['pause'], undefined]);
    expect(listing.problems[1]?.what).toMatch(/^tests\/test_load_syntax\.py: SyntaxError: invalid syntax/);
  });

  test('a selector that names nothing is said', async (ctx) => {
    ctx.skip(!pytest, 'python3 has no pytest');
    expect(await list('pytest', 'tests/test_gone.py')).toEqual({
      status: 'listed',
      cases: [],
      problems: [{ what: 'UsageError: file or directory not found: tests/test_gone.py' }],
    });
  });
});

test('who cannot say says why; a runner that is not there, too', async () => {
  expect(await list('node-test', 'a.test.mjs')).toEqual({
    status: 'cannot-say',
    reason: 'node:test finds its cases only by running them',
  });
  expect((await list('command')).status).toBe('cannot-say');
  const spec = makeSpec({ runner: 'vitest', wrapper: ['/no/such/wrapper'], select: { files: ['names.test.ts'] } });
  const gone = await listCases({ spec, worktree, env, folder: mkdtempSync(join(logs, 'list-')), deadlineMs: 60_000 });
  expect(gone.status).toBe('cannot-say');
});
