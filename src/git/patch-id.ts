import { createHash } from 'node:crypto';
import type { CommitId } from '../domain/brand.ts';
import { ok, type Result } from '../domain/failure.ts';
import { type CornerCommits, headChanges } from './boundary.ts';
import { changedPaths } from './changed-paths.ts';
import type { Repository } from './open-repository.ts';
import { type PathRoles, roleOf } from './path-roles.ts';
import { runGit } from './run-git.ts';
import { replacePaths } from './synthesise-corner.ts';

const MAX_DIFF_BYTES = 1024 * 1024 * 1024;

/** Every option that a configuration or an attribute could set otherwise, so that all machines see the same text. */
const DIFF = [
  'diff-tree',
  '-r',
  '-p',
  '--text',
  '--unified=3',
  '--inter-hunk-context=0',
  '--diff-algorithm=myers',
  '--no-indent-heuristic',
  '--no-renames',
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--full-index',
  '--ignore-submodules=none',
  '--submodule=short',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '-O/dev/null',
];

/**
 * Stable patch-id of what R..H does to everything but tests: 64 hex digits that survive a rebase, or '' when it does nothing.
 *
 * It is git's idea (a hash of the diff without line numbers and object names) and not git's command: `git patch-id --stable`
 * drops all white space, so that re-indenting Python would keep a claim, and knows `--verbatim` only since 2.39; before, it
 * also passed over binary files. Here white space counts, and binary content is hashed as text. Lines around a change are
 * part of it, as in git: where they differ after a rebase, the claim is a new one.
 *
 * Paths that only a merge of the base branch changed are left out (`headChanges`).
 */
export async function patchId(
  repo: Repository,
  roles: PathRoles,
  commits: CornerCommits & { readonly head: CommitId },
): Promise<Result<string>> {
  const own = await headChanges(repo, commits);
  if (!own.ok) return own;
  const counted = new Set(own.value.map((change) => change.path).filter((path) => roleOf(roles, path) !== 'tests'));
  if (counted.size === 0) return ok('');
  // Putting the other paths back to R first avoids a command line of thousands of paths.
  const toRed = await changedPaths(repo, commits.head, commits.red);
  if (!toRed.ok) return toRed;
  const tree = await replacePaths(
    repo,
    commits.head,
    toRed.value.filter((change) => !counted.has(change.path)),
  );
  if (!tree.ok) return tree;
  const diff = await runGit(repo.topLevel, [...DIFF, commits.red, tree.value], { maxBytes: MAX_DIFF_BYTES });
  return diff.ok ? ok(hashDiff(diff.value.stdout)) : diff;
}

/** In a unified diff only header lines start with a letter or `@`: content starts with a blank, `+`, `-` or `\`. */
function hashDiff(diff: Buffer): string {
  const hash = createHash('sha256');
  for (let from = 0; from < diff.length; ) {
    const newline = diff.indexOf(10, from);
    const end = newline === -1 ? diff.length : newline + 1;
    const first = diff[from];
    if (first === 0x40) hash.update('@@\n');
    else if (first !== 0x69) hash.update(diff.subarray(from, end));
    from = end;
  }
  return hash.digest('hex');
}
