import { isAbsolute, relative } from 'node:path';

/** What bats calls a hook of a whole file or suite that failed, and files that it could not read. */
const OUTSIDE = /^(?:(setup|teardown)_(?:file|suite) failed|bats-gather-tests)$/;

/** Where a point belongs that bats makes for what lies outside of any case; undefined for a case. */
export function batsHook(title: string): 'setup' | 'teardown' | 'load' | undefined {
  const found = OUTSIDE.exec(title);
  if (found === null) return undefined;
  return found[1] === 'setup' || found[1] === 'teardown' ? found[1] : 'load';
}

export interface BatsFailure {
  readonly where: 'body' | 'setup' | 'teardown';
  /** The line of the test file, relative to the worktree. */
  readonly at: { readonly file: string; readonly line: number } | undefined;
}

/** bats says in words in which file, line and hook a command failed; undefined where a text is not of bats. */
export function readBats(text: string, worktree: string): BatsFailure | undefined {
  const found = /\((?:from function `([^']+)' )?in (?:test )?file ([^,()\n]+), line (\d{1,9})/.exec(text);
  if (found === null) return undefined;
  const own = /in test file ([^,()\n]+), line (\d{1,9})/.exec(text);
  const hook = /from function `(setup|teardown)'/.exec(text)?.[1];
  const file = relativeFile(own?.[1] ?? found[2] ?? '', worktree);
  return {
    where: hook === 'setup' || hook === 'teardown' ? hook : 'body',
    at: file === undefined ? undefined : { file, line: Number(own?.[2] ?? found[3]) },
  };
}

/** A path that a report names, relative to the worktree; undefined where it lies outside. */
export function relativeFile(path: string, worktree: string): string | undefined {
  const file = isAbsolute(path) ? relative(worktree, path) : path.replace(/^(?:\.\/)+/, '');
  return file === '' || file.startsWith('..') ? undefined : file.toWellFormed();
}
