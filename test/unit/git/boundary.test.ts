import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PathRule } from '../../../src/domain/scenario.ts';
import { boundaryFailure, checkBoundary, describeChange } from '../../../src/git/boundary.ts';
import { changedPaths } from '../../../src/git/changed-paths.ts';
import { firstImplementationCommit } from '../../../src/git/implementation-commits.ts';
import { classifyPath, roleOf } from '../../../src/git/path-roles.ts';
import { failure, makeRepository, ROLES, RULES, type TempRepository, value } from './temp-repository.ts';

let t: TempRepository;
beforeEach(async () => {
  t = await makeRepository();
});
afterEach(() => t.remove());

const LONG = Array.from({ length: 20 }, (_, n) => `line ${n}\n`).join('');

describe('classifyPath', () => {
  it('lets the last match win, with gitignore semantics', () => {
    const rules: PathRule[] = [
      { glob: '**', role: 'implementation' },
      { glob: 'docs/', role: 'neutral' },
      { glob: '/vendor/**', role: 'support' },
      { glob: '*_test.go', role: 'tests' },
      { glob: 'zz_[a-m]*.go', role: 'generated' },
      { glob: 'docs/gate_test.go', role: 'implementation' },
    ];
    const roles = (paths: string[]): string[] => paths.map((path) => classifyPath(rules, path));
    expect(roles(['a.go', 'x/docs/a.md', 'docs', 'vendor/a/b.go', 'x/vendor/a.go'])).toEqual([
      'implementation',
      'neutral',
      'implementation',
      'support',
      'implementation',
    ]);
    expect(roles(['p/a_test.go', 'docs/gate_test.go', 'zz_gen.go', 'zz_new.go'])).toEqual([
      'tests',
      'implementation',
      'generated',
      'implementation',
    ]);
  });

  it('keeps case, newlines, blanks, quotes and dashes apart', () => {
    const rules: PathRule[] = [
      { glob: '/test/', role: 'tests' },
      { glob: '*.Spec.ts', role: 'tests' },
    ];
    for (const path of ['test/a\nb', 'test/ ', 'test/-a"', 'test/é', 'x.Spec.ts', 'a\nb.Spec.ts']) {
      expect([path, classifyPath(rules, path)]).toEqual([path, 'tests']);
    }
    for (const path of ['Test/a', 'x.spec.ts', 'x/test', '', '/abs', '../up', './here']) {
      expect([path, classifyPath(rules, path)]).toEqual([path, 'unclassified']);
    }
  });

  it('counts the scenario and its folder as tests whatever the rules say', () => {
    const rules: PathRule[] = [{ glob: '*', role: 'neutral' }];
    expect(roleOf({ rules, scenarioPath: 's/f/scenario.yaml' }, 's/f/data/x.json')).toBe('tests');
    expect(roleOf({ rules, scenarioPath: 's/f/scenario.yaml' }, 's/fx')).toBe('neutral');
    expect(roleOf({ rules, scenarioPath: 'scenario.yaml' }, 'scenario.yaml')).toBe('tests');
    expect(roleOf({ rules, scenarioPath: 'scenario.yaml' }, 'other')).toBe('neutral');
  });

  it('compiles each glob once for ten thousand paths', () => {
    const rules = Array.from({ length: 30 }, (_, n): PathRule => ({ glob: `/pkg${n}/**/*_test.go`, role: 'tests' }));
    const found = Array.from({ length: 10_000 }, (_, n) => classifyPath(rules, `pkg${n % 40}/x/f${n}_test.go`));
    expect(found.filter((role) => role === 'tests')).toHaveLength(7500);
  });
});

describe('changedPaths', () => {
  it('lists status, modes and blobs, and both ends of a rename', async () => {
    const from = t.commit('from', { 'old.ts': LONG, gone: '1', same: '1', mode: '1', body: '1' });
    renameSync(join(t.dir, 'old.ts'), join(t.dir, 'new.ts'));
    const to = t.commit('to', { gone: null, mode: '+x 1', body: '2', fresh: 'other' });
    const changes = value(await changedPaths(t.repo, from, to));
    expect(changes.map((c) => [c.path, c.status, c.oldMode, c.newMode, c.renamedFrom ?? c.renamedTo])).toEqual([
      ['body', 'modified', '100644', '100644', undefined],
      ['fresh', 'added', '000000', '100644', undefined],
      ['gone', 'deleted', '100644', '000000', undefined],
      ['mode', 'mode-changed', '100644', '100755', undefined],
      ['new.ts', 'added', '000000', '100644', 'old.ts'],
      ['old.ts', 'deleted', '100644', '000000', 'new.ts'],
    ]);
    expect(changes[0]?.newBlob).toBe(t.git('rev-parse', `${to}:body`));
    expect(changes[4]?.oldBlob).toBe('');
  });

  it('survives odd names', async () => {
    const from = t.commit('from', {});
    const odd = ['-rf', 'a\nb', 'a\tb', 'q"uo\'te', ' lead', 'é', '\\back', ':(glob)*'];
    const to = t.commit('to', Object.fromEntries(odd.map((path) => [path, path])));
    expect(
      value(await changedPaths(t.repo, from, to))
        .map((c) => c.path)
        .sort(),
    ).toEqual([...odd].sort());
  });

  it('refuses a changed name that is not UTF-8, and does not mind an unchanged one', async () => {
    const from = t.commit('from', { a: '1' });
    writeFileSync(Buffer.concat([Buffer.from(`${t.dir}/caf`), Buffer.from([0xe9]), Buffer.from('.ts')]), 'x');
    const to = t.commit('to', {});
    const refused = failure(await changedPaths(t.repo, from, to));
    expect(refused.reason).toBe('path-unclassified');
    expect(refused.what).toBe('the change holds a path whose name is not UTF-8: caf\\xe9.ts');
    const later = t.commit('later', { a: '2' });
    expect(value(await changedPaths(t.repo, to, later)).map((c) => c.path)).toEqual(['a']);
  });
});

describe('checkBoundary', () => {
  it('accepts tests, support and neutral paths in B..R', async () => {
    const base = t.commit('base', { 'src/a.ts': '1' });
    const red = t.commit('red', {
      'test/a.test.ts': '1',
      'package.json': '{}',
      'README.md': 'x',
      'scenarios/f/scenario.yaml': 'x',
    });
    const report = value(await checkBoundary(t.repo, ROLES, { base, red }));
    expect(boundaryFailure(report)).toBeUndefined();
    expect(report.counts['B..R']).toEqual({
      tests: 2,
      implementation: 0,
      support: 1,
      generated: 0,
      neutral: 1,
      unclassified: 0,
    });
    expect(report.testChanges).toEqual([]);
  });

  it('finds implementation that was smuggled into R, also by a rename out of the tests', async () => {
    const base = t.commit('base', { 'test/fixture.ts': LONG });
    t.git('mv', 'test/fixture.ts', 'fixture.ts');
    const red = t.commit('red', { 'fixture.ts': null, 'src/b.ts': LONG, 'test/b.test.ts': 'x' });
    const report = value(await checkBoundary(t.repo, ROLES, { base, red }));
    expect(report.violations.map(describeChange)).toEqual([
      'src/b.ts (implementation) added in B..R, renamed from test/fixture.ts',
    ]);
    expect(boundaryFailure(report)).toMatchObject({
      reason: 'boundary-violated',
      what: 'the red commit holds implementation: src/b.ts',
      exit: 1,
    });
  });

  it('refuses a path that no rule names, in either range, by name', async () => {
    const base = t.commit('base', { 'src/a.ts': '1' });
    const red = t.commit('red', { Makefile: 'x', 'src/a.ts': '2' });
    const head = t.commit('head', { 'tools/x.sh': 'x' });
    const refused = boundaryFailure(value(await checkBoundary(t.repo, ROLES, { base, red, head })));
    expect(refused?.reason).toBe('path-unclassified');
    expect(refused?.what).toBe('2 changed paths that no path rule names: Makefile, tools/x.sh');
    expect(refused?.details?.map((d) => d.what)).toEqual([
      'Makefile (unclassified) added in B..R',
      'tools/x.sh (unclassified) added in R..H',
    ]);
  });

  it('lists what happened to tests in R..H', async () => {
    const base = t.commit('base', { 'test/old.ts': LONG });
    const red = t.commit('red', { 'test/a.ts': 'a', 'test/b.ts': 'b', 'test/c.ts': 'c' });
    renameSync(join(t.dir, 'test/old.ts'), join(t.dir, 'test/renamed.ts'));
    const head = t.commit('head', {
      'test/a.ts': 'weaker',
      'test/b.ts': null,
      'test/c.ts': '+x c',
      'src/a.ts': '1',
      'test/d.ts': 'd',
    });
    const report = value(await checkBoundary(t.repo, ROLES, { base, red, head }));
    expect(boundaryFailure(report)).toBeUndefined();
    expect(report.testChanges.map(describeChange)).toEqual([
      'test/a.ts (tests) modified in R..H',
      'test/b.ts (tests) deleted in R..H',
      'test/c.ts (tests) mode-changed in R..H',
      'test/d.ts (tests) added in R..H',
      'test/old.ts (tests) deleted in R..H, renamed to test/renamed.ts',
      'test/renamed.ts (tests) added in R..H, renamed from test/old.ts',
    ]);
  });

  it('does not blame the feature for tests that a merge of the base branch brought in, but for those it changed itself', async () => {
    const base = t.commit('base', { 'test/x.ts': '1', 'test/both.ts': LONG, 'src/a.ts': '1' });
    t.git('checkout', '-q', '-b', 'feature');
    const red = t.commit('red', { 'test/new.ts': '1' });
    t.git('checkout', '-q', 'main');
    const incoming = t.commit('main', {
      'test/x.ts': '2',
      'test/y.ts': '1',
      'test/both.ts': `top\n${LONG}`,
      'odd.bin': '1',
    });
    t.git('checkout', '-q', 'feature');
    t.git('merge', '-q', '--no-edit', 'main');
    const head = t.commit('head', { 'src/a.ts': '2', 'test/both.ts': `top\n${LONG}end\n` });
    const report = value(await checkBoundary(t.repo, ROLES, { base, red, head, incoming }));
    expect(report.testChanges.map((c) => c.path)).toEqual(['test/both.ts']);
    expect(report.unclassified).toEqual([]);
    const blunt = value(await checkBoundary(t.repo, ROLES, { base, red, head }));
    expect(blunt.testChanges.map((c) => c.path)).toEqual(['test/both.ts', 'test/x.ts', 'test/y.ts']);
  });
});

it('agrees with git check-ignore on a hundred glob and path pairs', () => {
  const globs = ['*.ts', '/a', 'a/', 'a/*', 'a/**', '**/a', 'a/**/b', 'a?b', '[ab]c', '\\#x'];
  const paths = ['a', 'x/a', 'a/b', 'a/x/b', 'a/x/y/b', 'axb', 'ac', 'x/bc', '#x', 'q/z.ts'];
  const disagree: string[] = [];
  for (const glob of globs) {
    writeFileSync(join(t.dir, '.gitignore'), `${glob}\n`);
    for (const path of paths) {
      let ignored = true;
      try {
        execFileSync('git', ['check-ignore', '-q', '--no-index', path], { cwd: t.dir });
      } catch {
        ignored = false;
      }
      const ours = classifyPath([{ glob, role: 'tests' }], path) === 'tests';
      if (ours !== ignored) disagree.push(`${glob} on ${path}: git ${ignored}`);
    }
  }
  expect(disagree).toEqual([]);
  expect(RULES.length).toBeGreaterThan(0);
});

describe('firstImplementationCommit', () => {
  it('passes over tests, documents and clean merges of the base branch', async () => {
    const base = t.commit('base', { 'src/a.ts': '1' });
    t.git('checkout', '-q', '-b', 'feature');
    const red = t.commit('red', { 'test/a.ts': '1' });
    t.git('checkout', '-q', 'main');
    const incoming = t.commit('foreign', { 'src/b.ts': '1' });
    t.git('checkout', '-q', 'feature');
    t.commit('notes', { 'README.md': 'x' });
    t.git('merge', '-q', '--no-edit', 'main');
    const head = t.commit('more tests', { 'test/b.ts': '1' });
    const first = async (at: typeof head) =>
      value(await firstImplementationCommit(t.repo, ROLES, { base, red, head: at, incoming }));
    expect(await first(head)).toBeUndefined();
    const implementation = t.commit('implementation', { 'src/a.ts': '2' });
    expect(await first(t.commit('later', { 'src/a.ts': '3' }))).toBe(implementation);
  });

  it('finds what a merge itself wrote', async () => {
    const base = t.commit('base', { 'src/a.ts': '1' });
    t.git('checkout', '-q', '-b', 'feature');
    const red = t.commit('red', { 'test/a.ts': '1' });
    t.git('checkout', '-q', 'main');
    const incoming = t.commit('foreign', { 'src/b.ts': '1' });
    t.git('checkout', '-q', 'feature');
    t.git('merge', '-q', '--no-commit', '--no-ff', 'main');
    const evil = t.commit('merge', { 'src/a.ts': 'smuggled' });
    expect(value(await firstImplementationCommit(t.repo, ROLES, { base, red, head: evil, incoming }))).toBe(evil);
  });
});
