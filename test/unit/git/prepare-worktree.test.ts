import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CommitId } from '../../../src/domain/brand.ts';
import type { SetupStep } from '../../../src/domain/scenario.ts';
import { type PreparedStep, prepareWorktree, setupOutputs } from '../../../src/git/prepare-worktree.ts';
import { changedInWorktree } from '../../../src/git/work-tree-state.ts';
import { acquireWorktree, type PooledWorktree } from '../../../src/git/worktree-pool.ts';
import { failure, makeRepository, type TempRepository, value } from './temp-repository.ts';

let t: TempRepository;
let one: CommitId;
let two: CommitId;
let three: CommitId;
let cacheDir: string;
let counter: string;

beforeEach(async () => {
  t = await makeRepository();
  one = t.commit('one', { lock: 'v1', 'src/a': '1', '.gitignore': 'mods\nstray\nout\n', tracked: '1' });
  two = t.commit('two', { 'src/a': '2' });
  three = t.commit('three', { lock: 'v2' });
  cacheDir = join(t.root, 'cache');
  counter = join(t.root, 'count');
  writeFileSync(counter, '');
});
afterEach(() => t.remove());

const step = (script: string, more: Partial<SetupStep> = {}): SetupStep => ({
  name: 'install',
  run: ['sh', '-c', script],
  inputs: ['lock'],
  outputs: ['mods'],
  deadlineMs: 30_000,
  ...more,
});
const install = (): SetupStep =>
  step(
    `echo run >> '${counter}'; mkdir -p mods/.bin && cat lock > mods/made && ln -s ../made mods/.bin/made && chmod 755 mods/made; touch stray`,
  );
const runs = (): number => readFileSync(counter, 'utf8').split('\n').length - 1;

async function acquire(commit: CommitId, steps: readonly SetupStep[], slot?: number): Promise<PooledWorktree> {
  const keepPaths = setupOutputs(steps);
  const place = slot === undefined ? {} : { slot };
  return value(await acquireWorktree(t.repo, { poolDir: join(t.root, 'pool'), commit, keepPaths, ...place }));
}
const context = (): { cacheDir: string; env: Record<string, string> } => ({
  cacheDir,
  env: { PATH: process.env['PATH'] ?? '' },
});
const prepare = (worktree: PooledWorktree, steps: readonly SetupStep[]) =>
  prepareWorktree(t.repo, worktree, steps, context());
const how = (steps: readonly PreparedStep[]): string[] => steps.map((prepared) => prepared.how);

it('runs a command once for two worktrees and two commits with the same input, and again when the input changes', async () => {
  const steps = [install()];
  const first = await acquire(one, steps);
  const second = await acquire(two, steps);
  expect(how(value(await prepare(first, steps)))).toEqual(['ran']);
  expect(how(value(await prepare(second, steps)))).toEqual(['laid']);
  expect(runs()).toBe(1);
  for (const worktree of [first, second]) {
    expect(readFileSync(join(worktree.path, 'mods/.bin/made'), 'utf8')).toBe('v1');
    expect(existsSync(join(worktree.path, 'stray'))).toBe(false);
    expect(value(await changedInWorktree(worktree, setupOutputs(steps)))).toEqual([]);
  }
  await first.release();
  const later = await acquire(two, steps, 0);
  expect(how(value(await prepare(later, steps)))).toEqual(['present']);
  await later.release();
  const changed = await acquire(three, steps, 0);
  expect(how(value(await prepare(changed, steps)))).toEqual(['ran']);
  expect(readFileSync(join(changed.path, 'mods/made'), 'utf8')).toBe('v2');
  await changed.release();
  const back = await acquire(one, steps, 0);
  expect(how(value(await prepare(back, steps)))).toEqual(['laid']);
  expect(readFileSync(join(back.path, 'mods/made'), 'utf8')).toBe('v1');
  expect(runs()).toBe(2);
  await Promise.all([back.release(), second.release()]);
});

it('does not let a worktree write into the cache', async () => {
  const steps = [install()];
  const first = await acquire(one, steps);
  await prepare(first, steps);
  writeFileSync(join(first.path, 'mods/made'), 'spoiled');
  const second = await acquire(one, steps);
  await prepare(second, steps);
  expect(readFileSync(join(second.path, 'mods/made'), 'utf8')).toBe('v1');
});

it('lays outputs again when they or the marker are gone or damaged', async () => {
  const steps = [install()];
  const worktree = await acquire(one, steps);
  await prepare(worktree, steps);
  rmSync(join(worktree.path, 'mods'), { recursive: true });
  expect(how(value(await prepare(worktree, steps)))).toEqual(['laid']);
  writeFileSync(join(t.repo.commonDir, 'worktrees/w0/redfirst-setup.json'), '{"install":');
  expect(how(value(await prepare(worktree, steps)))).toEqual(['laid']);
  expect(runs()).toBe(1);
});

it('does not believe its marker after a step that failed half-way', async () => {
  const steps = [install()];
  const first = await acquire(one, steps);
  await prepare(first, steps);
  await first.release();
  const second = await acquire(three, steps);
  failure(await prepare(second, [step('mkdir mods; echo half > mods/made; exit 1')]));
  await second.release();
  const third = await acquire(one, steps);
  expect(how(value(await prepare(third, steps)))).toEqual(['laid']);
  expect(readFileSync(join(third.path, 'mods/made'), 'utf8')).toBe('v1');
});

it('keys a step on its argv, on whole input folders, and on the step before it', async () => {
  const build = step('mkdir out && cat mods/made src/a > out/built', {
    name: 'build',
    inputs: ['src'],
    outputs: ['out'],
  });
  const steps = [install(), build];
  const worktree = await acquire(one, steps);
  const [, atOne] = value(await prepare(worktree, steps));
  await worktree.release();
  const again = await acquire(three, steps);
  const [, atThree] = value(await prepare(again, steps));
  expect(readFileSync(join(again.path, 'out/built'), 'utf8')).toBe('v22');
  expect(atThree?.key).not.toBe(atOne?.key);
  await again.release();
  const two1 = await acquire(two, steps);
  expect(how(value(await prepare(two1, steps)))).toEqual(['laid', 'ran']);
  expect(how(value(await prepare(two1, [install(), { ...build, run: [...build.run, 'more'] }])))).toEqual([
    'present',
    'ran',
  ]);
});

it('is safe when two processes make the same outputs at once', async () => {
  const steps = [install()];
  const [first, second] = [await acquire(one, steps), await acquire(one, steps)];
  const results = await Promise.all([prepare(first, steps), prepare(second, steps)]);
  for (const result of results) value(result);
  expect(readdirSync(cacheDir).filter((name) => name !== 'logs')).toEqual([value(results[0])[0]?.key]);
  for (const worktree of [first, second]) expect(readFileSync(join(worktree.path, 'mods/made'), 'utf8')).toBe('v1');
});

it.each<[string, SetupStep, string]>([
  ['a missing input', step('true', { inputs: ['nope'] }), 'set-up install: its input nope does not exist at COMMIT'],
  ['a missing output', step('echo made nothing'), 'set-up install: it did not make its output mods:\nmade nothing'],
  [
    'a command that fails',
    step('echo out; echo err >&2; mkdir mods; exit 3'),
    'set-up install: `sh -c echo out; echo err >&2; mkdir mods; exit 3` ended with exit code 3:\nout\nerr',
  ],
  [
    'a command that is missing',
    step('', { run: ['/no/such/tool'] }),
    'set-up install: `/no/such/tool` could not be started',
  ],
  [
    'a command past its deadline',
    step('sleep 100', { deadlineMs: 200 }),
    'set-up install: `sh -c sleep 100` ended with stopped after its deadline of 0.2 s',
  ],
  ['no command', step('', { run: [] }), 'set-up install: it has no command'],
  [
    'a changed tracked file',
    step('mkdir mods; echo x > tracked'),
    'set-up install: it left tracked changed, which is not among its outputs',
  ],
  [
    'an undeclared file',
    step('mkdir mods; echo x > extra'),
    'set-up install: it left extra untracked, which is not among its outputs',
  ],
  [
    'an output outside',
    step('true', { outputs: ['../x'] }),
    'set-up install: "../x" is not a path inside the repository',
  ],
  [
    'an output that is everything',
    step('true', { outputs: ['./'] }),
    'set-up install: its output "./" is the whole repository',
  ],
  [
    'an output in the git folder',
    step('true', { outputs: ['.git/x'] }),
    'set-up install: ".git/x" is not a path inside the repository',
  ],
])('refuses %s', async (_what, wrong, what) => {
  const worktree = await acquire(one, []);
  const failed = failure(await prepare(worktree, [wrong]));
  expect(failed.reason).toBe('setup-command-failed');
  expect(failed.what.startsWith(what.replace('COMMIT', one))).toBe(true);
  if (failed.next.startsWith('Read ')) {
    const [, log = ''] = /^Read (\S+)\.out and/.exec(failed.next) ?? [];
    expect(existsSync(`${log}.out`) && existsSync(`${log}.err`)).toBe(true);
  }
  expect(existsSync(cacheDir) ? readdirSync(cacheDir).filter((name) => name !== 'logs') : []).toEqual([]);
  await worktree.release();
  const mended = [install()];
  const next = await acquire(one, mended);
  expect(how(value(await prepare(next, mended)))).toEqual(['ran']);
  await next.release();
});

it('does not follow a symbolic link out of the worktree', async () => {
  symlinkSync(t.root, join(t.dir, 'away'));
  const linked = t.commit('link', {});
  const worktree = await acquire(linked, []);
  const failed = failure(await prepare(worktree, [step('true', { outputs: ['away/count'] })]));
  expect(failed.what).toBe('set-up install: its output away/count lies behind the symbolic link away');
  expect(existsSync(counter)).toBe(true);
});

it('is stopped by its signal, and starts afresh afterwards', async () => {
  const controller = new AbortController();
  const worktree = await acquire(one, []);
  const progress: string[] = [];
  const failed = failure(
    await prepareWorktree(t.repo, worktree, [step('mkdir mods; sleep 100')], {
      ...context(),
      signal: controller.signal,
      progress: (what) => {
        progress.push(what);
        setTimeout(() => controller.abort(), 100);
      },
    }),
  );
  expect([failed.reason, failed.what]).toEqual(['interrupted', 'set-up install was cancelled']);
  expect(progress).toEqual(['set-up install: sh -c mkdir mods; sleep 100']);
  expect(how(value(await prepare(worktree, [install()])))).toEqual(['ran']);
});

it('gives a command nothing of our environment, and keeps no log when it succeeds', async () => {
  process.env['REDFIRST_CANARY'] = 'secret';
  const worktree = await acquire(one, []);
  const steps = [step('mkdir mods; env > mods/env')];
  value(await prepare(worktree, steps));
  delete process.env['REDFIRST_CANARY'];
  expect(readFileSync(join(worktree.path, 'mods/env'), 'utf8')).not.toContain('secret');
  expect(readdirSync(join(cacheDir, 'logs'))).toEqual([]);
});
