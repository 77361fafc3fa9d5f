import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { EXIT, fail, ok, type Result } from '../domain/failure.ts';
import { line, runGit } from './run-git.ts';

/** A repository with a work tree. All paths are absolute and free of symbolic links. */
export interface Repository {
  readonly topLevel: string;
  /** Shared by all worktrees of the repository; the evidence store lies in it by default. */
  readonly commonDir: string;
  /** Names the repository's folder in the worktree pool: 16 hex digits of the SHA-256 of `commonDir`. */
  readonly id: string;
  readonly objectFormat: 'sha1' | 'sha256';
  /** History ends early: merge bases may be missing. */
  readonly shallow: boolean;
}

/**
 * Finds the repository that `cwd` lies in.
 *
 * @returns `not-a-repository` outside of one, in a bare one and in a `.git` folder; `git-failed` with git's own words for
 *   "dubious ownership" and damage.
 */
export async function openRepository(cwd: string): Promise<Result<Repository>> {
  const top = await runGit(cwd, ['rev-parse', '--show-toplevel']);
  if (!top.ok) {
    if (!/not a git repository|must be run in a work tree/.test(top.failure.what)) return top;
    return fail({
      reason: 'not-a-repository',
      what: `${cwd} is not inside the work tree of a git repository`,
      next: 'Change into a checked-out repository, or make one with `git init`.',
      exit: EXIT.usage,
    });
  }
  const facts = await runGit(cwd, [
    'rev-parse',
    '--show-object-format',
    '--is-shallow-repository',
    '--path-format=absolute',
    '--git-common-dir',
  ]);
  if (!facts.ok) return facts;
  // The path comes last, because it may hold line ends.
  const [format, shallow, ...common] = line(facts.value).split('\n');
  const commonDir = await realpath(common.join('\n'));
  return ok({
    topLevel: await realpath(line(top.value)),
    commonDir,
    id: repositoryId(commonDir),
    objectFormat: format === 'sha256' ? 'sha256' : 'sha1',
    shallow: shallow === 'true',
  });
}

/** Stable short name of a repository on this machine. */
export function repositoryId(commonDir: string): string {
  return createHash('sha256').update(commonDir).digest('hex').slice(0, 16);
}
