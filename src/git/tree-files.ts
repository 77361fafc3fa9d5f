import { lstat, readFile, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { CommitId } from '../domain/brand.ts';
import { ok, type Result } from '../domain/failure.ts';
import type { Repository } from './open-repository.ts';
import { decodePath, nulFields, runGit } from './run-git.ts';

/** Reads a text file by its path from the repository's root; undefined where there is none. */
export type ReadFile = (path: string) => Promise<string | undefined>;

export interface TreeEntry {
  readonly mode: string;
  readonly blob: string;
}

/** Paths per call: far below every system's limit on the length of a command line. */
const PATHS_PER_CALL = 200;

/**
 * Mode and object of each path at a commit; what is missing has no entry. A folder is an entry of mode `040000`.
 * @param paths any number, relative to the root, literally.
 */
export async function treeEntries(
  repo: Repository,
  commit: CommitId,
  paths: readonly string[],
): Promise<Result<ReadonlyMap<string, TreeEntry>>> {
  const entries = new Map<string, TreeEntry>();
  for (let from = 0; from < paths.length; from += PATHS_PER_CALL) {
    const wanted = paths.slice(from, from + PATHS_PER_CALL);
    const output = await runGit(repo.topLevel, ['ls-tree', '-z', '--full-tree', commit, '--', ...wanted]);
    if (!output.ok) return output;
    for (const field of nulFields(output.value.stdout)) {
      const tab = field.indexOf(9);
      const [mode = '', , blob = ''] = field.subarray(0, tab).toString('latin1').split(' ');
      const path = decodePath(field.subarray(tab + 1));
      if (path !== undefined) entries.set(path, { mode, blob });
    }
  }
  return ok(entries);
}

/**
 * A regular file's content at a commit as UTF-8, or undefined: not there, a folder, a symbolic link (which could lead out of
 * the commit), a submodule, or unreadable.
 */
export async function readTreeFile(repo: Repository, commit: CommitId, path: string): Promise<string | undefined> {
  if (path === '' || path.includes('\0')) return undefined;
  const entries = await treeEntries(repo, commit, [path]);
  const entry = entries.ok ? entries.value.get(path) : undefined;
  if (entry === undefined || !entry.mode.startsWith('100')) return undefined;
  const content = await runGit(repo.topLevel, ['cat-file', 'blob', entry.blob]);
  return content.ok ? content.value.stdout.toString('utf8') : undefined;
}

/** `readTreeFile` bound to a commit. */
export function readFileAt(repo: Repository, commit: CommitId): ReadFile {
  return (path) => readTreeFile(repo, commit, path);
}

/** Reads from the author's work tree, by the same rule: regular files inside of it, nothing else. */
export function readFileInWorkTree(repo: Repository): ReadFile {
  return async (path) => {
    if (path.includes('\0')) return undefined;
    const file = resolve(repo.topLevel, path);
    try {
      if (!(await lstat(file)).isFile()) return undefined;
      if (!(await realpath(file)).startsWith(repo.topLevel + sep)) return undefined;
      return await readFile(file, 'utf8');
    } catch {
      return undefined;
    }
  };
}
