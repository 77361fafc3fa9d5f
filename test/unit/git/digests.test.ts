import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../../src/domain/brand.ts';
import { patchId } from '../../../src/git/patch-id.ts';
import { testDigest, testDigestAt, testPaths } from '../../../src/git/test-digest.ts';
import { dirtyFailure, workTreeState } from '../../../src/git/work-tree-state.ts';
import { applyEdit, type Edit, makeRepository, ROLES, type TempRepository, value } from './temp-repository.ts';

let t: TempRepository;
beforeEach(async () => {
  t = await makeRepository();
});
afterEach(() => t.remove());

const SCENARIO = ROLES.scenarioPath;

describe('testDigest', () => {
  let base: CommitId;
  let red: CommitId;
  beforeEach(() => {
    base = t.commit('base', { 'src/a.ts': '1', 'test/old.ts': 'old', 'test/gone.ts': 'x', [SCENARIO]: 's' });
    red = t.commit('red', { 'test/b.ts': 'b', 'test/a.ts': 'a', 'test/gone.ts': null, 'package.json': '{}' });
  });

  it('is SHA-256 over sorted path, mode and blob of the tests that B..R changes, deleted ones and the scenario included', async () => {
    const blob = (path: string): string => t.git('rev-parse', `${red}:${path}`);
    const text = [
      'redfirst-test-digest 1',
      SCENARIO,
      '100644',
      blob(SCENARIO),
      'test/a.ts',
      '100644',
      blob('test/a.ts'),
      'test/b.ts',
      '100644',
      blob('test/b.ts'),
      'test/gone.ts',
      '000000',
      '',
    ]
      .map((field) => `${field}\0`)
      .join('');
    expect(value(await testDigest(t.repo, ROLES, base, red))).toBe(createHash('sha256').update(text).digest('hex'));
    expect(value(await testPaths(t.repo, ROLES, base, red))).toEqual([
      SCENARIO,
      'test/a.ts',
      'test/b.ts',
      'test/gone.ts',
    ]);
  });

  const at = async (edit: Edit): Promise<string> =>
    value(await testDigestAt(t.repo, ROLES, base, red, t.commit('later', edit)));

  it('does not change with the implementation, untouched tests or documents', async () => {
    const before = value(await testDigest(t.repo, ROLES, base, red));
    expect(await at({ 'src/a.ts': '2', 'test/old.ts': 'new', 'README.md': 'x', 'package.json': '{"a":1}' })).toBe(
      before,
    );
  });

  it.each<[string, Edit]>([
    ['weakened', { 'test/a.ts': '' }],
    ['deleted', { 'test/a.ts': null }],
    ['given another mode', { 'test/a.ts': '+x a' }],
    ['brought back', { 'test/gone.ts': 'x' }],
    ['made a folder', { 'test/a.ts': null, 'test/a.ts/x': 'a' }],
    ['given another scenario', { [SCENARIO]: 'weaker' }],
  ])('changes when a test is %s after red', async (_what, edit) => {
    const before = value(await testDigest(t.repo, ROLES, base, red));
    const [deletion, rest] = [
      Object.entries(edit).filter(([, v]) => v === null),
      Object.entries(edit).filter(([, v]) => v !== null),
    ];
    applyEdit(t.dir, Object.fromEntries(deletion));
    expect(await at(Object.fromEntries(rest))).not.toBe(before);
  });

  it('changes when a test is renamed after red', async () => {
    const before = value(await testDigest(t.repo, ROLES, base, red));
    renameSync(join(t.dir, 'test/a.ts'), join(t.dir, 'test/z.ts'));
    expect(await at({})).not.toBe(before);
  });
});

describe('patchId', () => {
  const code = (middle: string): string => `${'top\n'.repeat(5)}${middle}\n${'end\n'.repeat(5)}`;
  const id = async (
    red: CommitId,
    head: CommitId,
    more: { base?: CommitId; incoming?: CommitId } = {},
  ): Promise<string> => value(await patchId(t.repo, ROLES, { base: red, red, head, ...more }));

  it('survives a rebase and changes with the implementation, not with the tests', async () => {
    const base = t.commit('base', { 'src/a.ts': code('old'), 'src/far.ts': '1' });
    t.git('checkout', '-q', '-b', 'feature');
    const red = t.commit('red', { 'test/a.ts': '1' });
    const head = t.commit('head', { 'src/a.ts': code('new'), 'src/é "new".ts': 'x' });
    const before = await id(red, head);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(await id(red, t.commit('tests', { 'test/a.ts': '2' }))).toBe(before);
    t.git('reset', '-q', '--hard', head);
    t.git('checkout', '-q', 'main');
    t.commit('foreign', { 'src/a.ts': `further up\n${code('old')}`, 'src/far.ts': '2' });
    t.git('checkout', '-q', 'feature');
    t.git('rebase', '-q', 'main');
    const [red2, head2] = ['HEAD~1', 'HEAD'].map((rev) => t.git('rev-parse', rev) as CommitId) as [CommitId, CommitId];
    expect(head2).not.toBe(head);
    expect(await id(red2, head2)).toBe(before);
    expect(await id(red2, t.commit('more', { 'src/far.ts': '3' }))).not.toBe(before);
    expect(await id(base, red)).toBe('');
  });

  it('counts white space, binary content and modes', async () => {
    const red = t.commit('red', { 'src/a.py': 'if a:\n    b\nc\n' });
    writeFileSync(join(t.dir, 'src/blob'), Buffer.from([0, 1, 10, 105]));
    const one = t.commit('one', {});
    writeFileSync(join(t.dir, 'src/blob'), Buffer.from([0, 1, 10, 106]));
    const two = t.commit('two', {});
    const three = t.commit('three', { 'src/a.py': 'if a:\n    b\n    c\n' });
    const four = t.commit('four', { 'src/a.py': '+x if a:\n    b\n    c\n' });
    const five = t.commit('five', { 'src/a.py': 'if a:\n    b\n  c\n' });
    const ids = [];
    for (const head of [one, two, three, four, five]) ids.push(await id(red, head));
    expect(new Set(ids).size).toBe(5);
  });

  it('does not depend on the user’s diff settings', async () => {
    const red = t.commit('red', { 'src/a.ts': code('old'), '.gitattributes': '*.ts diff=odd' });
    const head = t.commit('head', { 'src/a.ts': code('new'), 'src/b.ts': 'x\n\ny' });
    const before = await id(red, head);
    for (const [key, setting] of Object.entries({
      'diff.noprefix': 'true',
      'diff.context': '9',
      'diff.algorithm': 'histogram',
      'diff.odd.command': 'false',
      'diff.odd.textconv': 'false',
      'diff.odd.binary': 'true',
      'diff.renames': 'copies',
      'diff.suppressBlankEmpty': 'true',
      'diff.external': 'false',
      'color.ui': 'always',
      'core.quotePath': 'false',
    }))
      t.git('config', key, setting);
    expect(await id(red, head)).toBe(before);
  });

  it('leaves out what a merge of the base branch brought in', async () => {
    const base = t.commit('base', { 'src/a.ts': code('old'), 'src/far.ts': '1' });
    t.git('checkout', '-q', '-b', 'feature');
    const red = t.commit('red', { 'test/a.ts': '1' });
    const head = t.commit('head', { 'src/a.ts': code('new') });
    t.git('checkout', '-q', 'main');
    const incoming = t.commit('foreign', { 'src/far.ts': '2', 'src/fresh.ts': '1' });
    t.git('checkout', '-q', 'feature');
    t.git('merge', '-q', '--no-edit', 'main');
    const merged = t.git('rev-parse', 'HEAD') as CommitId;
    expect(await id(red, merged, { base, incoming })).toBe(await id(red, head));
    expect(await id(red, merged)).not.toBe(await id(red, head));
  });
});

describe('workTreeState', () => {
  it('lists what is dirty, odd names included, but no neutral untracked file', async () => {
    t.commit('one', { 'src/a.ts': '1', 'src/b c.ts': '1', 'src/d.ts': '1', '.gitignore': '*.log' });
    expect(value(await workTreeState(t.repo, ROLES))).toEqual([]);
    applyEdit(t.dir, {
      'src/a.ts': '2',
      'src/b c.ts': null,
      'src/d.ts': '2',
      'new\n".ts': 'x',
      'notes.md': 'x',
      'x.log': 'x',
      'dir/f': 'x',
    });
    t.git('add', 'src/d.ts');
    t.git('config', 'status.showUntrackedFiles', 'no');
    const dirty = value(await workTreeState(t.repo, ROLES));
    expect(dirty).toEqual([
      { path: 'src/a.ts', status: 'changed' },
      { path: 'src/b c.ts', status: 'changed' },
      { path: 'src/d.ts', status: 'staged' },
      { path: 'dir/f', status: 'untracked' },
      { path: 'new\n".ts', status: 'untracked' },
    ]);
    expect(value(await workTreeState(t.repo)).map((entry) => entry.path)).toContain('notes.md');
    expect(dirtyFailure(dirty.slice(0, 2))).toMatchObject({
      reason: 'dirty-tree',
      what: 'the work tree has 2 changes that are not committed: src/a.ts, src/b c.ts',
    });
  });

  it('sees an unmerged path', async () => {
    t.commit('one', { a: '1' });
    t.git('checkout', '-q', '-b', 'side');
    t.commit('side', { a: '2' });
    t.git('checkout', '-q', 'main');
    t.commit('main', { a: '3' });
    expect(() => t.git('merge', '-q', 'side')).toThrow();
    expect(value(await workTreeState(t.repo))).toEqual([{ path: 'a', status: 'unmerged' }]);
  });
});
