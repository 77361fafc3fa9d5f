import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { CommitId } from '../../../src/domain/brand.ts';
import type { Result } from '../../../src/domain/failure.ts';
import type { PathRule } from '../../../src/domain/scenario.ts';
import { openRepository, type Repository } from '../../../src/git/open-repository.ts';

/** Paths to write (a leading `+x ` makes the file executable) or, with null, to delete. */
export type Edit = Readonly<Record<string, string | null>>;

export interface TempRepository {
  /** Holds everything of the test; removed by `remove`. */
  readonly root: string;
  readonly dir: string;
  readonly repo: Repository;
  git(...args: string[]): string;
  /** Applies the edit, commits everything and returns the commit. */
  commit(message: string, edit: Edit): CommitId;
  remove(): void;
}

export const RULES: readonly PathRule[] = [
  { glob: '*.md', role: 'neutral' },
  { glob: '/package*.json', role: 'support' },
  { glob: '/src/', role: 'implementation' },
  { glob: '*.test.ts', role: 'tests' },
  { glob: '/test/', role: 'tests' },
];
export const ROLES = { rules: RULES, scenarioPath: 'scenarios/f/scenario.yaml' };

// The tests must not depend on who runs them.
process.env['GIT_CONFIG_GLOBAL'] = '/dev/null';
process.env['GIT_CONFIG_NOSYSTEM'] = '1';

export function runGitIn(cwd: string, args: readonly string[]): string {
  const env = {
    PATH: process.env['PATH'] ?? '',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@x',
    GIT_COMMITTER_NAME: 'c',
    GIT_COMMITTER_EMAIL: 'c@x',
  };
  return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).replace(
    /\n$/,
    '',
  );
}

export function applyEdit(dir: string, edit: Edit): void {
  for (const [path, content] of Object.entries(edit)) {
    const file = join(dir, path);
    if (content === null) {
      rmSync(file, { recursive: true });
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content.replace(/^\+x /, ''));
    chmodSync(file, content.startsWith('+x ') ? 0o755 : 0o644);
  }
}

/** A repository on branch `main` with no commit yet. */
export async function makeRepository(...initArgs: string[]): Promise<TempRepository> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'redfirst-git-')));
  const dir = join(root, 'repo');
  mkdirSync(dir);
  const git = (...args: string[]): string => runGitIn(dir, args);
  git('init', '-q', '-b', 'main', ...initArgs);
  return {
    root,
    dir,
    repo: value(await openRepository(dir)),
    git,
    commit(message, edit) {
      applyEdit(dir, edit);
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD') as CommitId;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** The value of a result that must be one. */
export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.reason}: ${result.failure.what}`);
  return result.value;
}

/** The failure of a result that must be one. */
export function failure<T, F>(result: Result<T, F>): F {
  expect(result.ok).toBe(false);
  if (result.ok) throw new Error('expected a failure');
  return result.failure;
}
