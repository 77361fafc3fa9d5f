import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * The common git folder of the repository that holds `cwd`, found by reading files alone: `.git` is a folder, or
 * in a linked worktree a file `gitdir: …` whose folder holds `commondir` (gitrepository-layout(5)). Starting git
 * for this would cost more than everything else that `status` does.
 *
 * @returns undefined outside a repository, or where git keeps it in a way that needs git itself (GIT_DIR, bare).
 */
export function findCommonDir(cwd: string): string | undefined {
  if (process.env['GIT_DIR'] !== undefined) return undefined;
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const dotGit = join(folder, '.git');
    const found = statSync(dotGit, { throwIfNoEntry: false });
    if (found?.isDirectory()) return realpathSync(dotGit);
    if (found?.isFile()) return commonDirOf(folder, readFileSync(dotGit, 'utf8'));
    if (dirname(folder) === folder) return undefined;
  }
}

function commonDirOf(folder: string, pointer: string): string | undefined {
  const gitDir = /^gitdir: (.+)$/m.exec(pointer)?.[1];
  if (gitDir === undefined) return undefined;
  const absolute = resolve(folder, gitDir);
  try {
    return realpathSync(resolve(absolute, readFileSync(join(absolute, 'commondir'), 'utf8').trim()));
  } catch {
    return absolute;
  }
}
