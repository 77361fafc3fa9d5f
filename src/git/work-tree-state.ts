import type { CommitId } from '../domain/brand.ts';
import { EXIT, type Failure, ok, type Result } from '../domain/failure.ts';
import type { Repository } from './open-repository.ts';
import { type PathRoles, roleOf } from './path-roles.ts';
import { decodePath, escapePath, line, nulFields, runGit } from './run-git.ts';

/** One path of a work tree that is not as the commit has it. */
export interface DirtyPath {
  /** Escaped, and no path any more, where its bytes are not UTF-8. */
  readonly path: string;
  readonly status: 'staged' | 'changed' | 'unmerged' | 'untracked' | 'hidden' | 'head-moved';
}

/**
 * What is dirty in the author's work tree: staged, changed, unmerged and untracked paths, sorted as git lists them. Files
 * that git ignores are not looked at.
 * @param roles where given, untracked files of role `neutral` (notes, documents) are left out.
 */
export async function workTreeState(repo: Repository, roles?: PathRoles): Promise<Result<readonly DirtyPath[]>> {
  const state = await readStatus(repo.topLevel);
  if (!state.ok || roles === undefined) return state;
  return ok(state.value.filter((entry) => entry.status !== 'untracked' || roleOf(roles, entry.path) !== 'neutral'));
}

/** The refusal of a dirty tree. */
export function dirtyFailure(dirty: readonly DirtyPath[]): Failure {
  return {
    reason: 'dirty-tree',
    what: `the work tree has ${dirty.length === 1 ? '1 change that is' : `${dirty.length} changes that are`} not committed: ${dirty
      .slice(0, 5)
      .map((entry) => entry.path)
      .join(', ')}${dirty.length > 5 ? ' …' : ''}`,
    next: 'Commit or stash them, or use `--draft`, which proves nothing.',
    exit: EXIT.usage,
    details: dirty.map((entry) => ({ severity: 'error', what: `${entry.path}: ${entry.status}` })),
  };
}

/**
 * How a worktree differs from the commit it was made for: changed and untracked paths, paths that its index hides from
 * `git status` (assume-unchanged, skip-worktree), and a HEAD that has moved. Ignored files are not listed, nor untracked ones
 * at or below `keepPaths`.
 */
export async function changedInWorktree(
  worktree: { readonly path: string; readonly commit: CommitId },
  keepPaths: readonly string[],
): Promise<Result<readonly DirtyPath[]>> {
  const found: DirtyPath[] = [];
  const head = await runGit(worktree.path, ['rev-parse', '--verify', '--quiet', 'HEAD'], { codes: [0, 1] });
  if (!head.ok) return head;
  if (line(head.value) !== worktree.commit) found.push({ path: 'HEAD', status: 'head-moved' });
  const state = await readStatus(worktree.path);
  if (!state.ok) return state;
  const keeps = keepPaths.map(keptPath);
  const kept = (path: string): boolean => keeps.some((keep) => path === keep || path.startsWith(`${keep}/`));
  found.push(...state.value.filter((entry) => entry.status !== 'untracked' || !kept(entry.path.replace(/\/$/, ''))));
  const flags = await runGit(worktree.path, ['ls-files', '-z', '-v']);
  if (!flags.ok) return flags;
  for (const field of nulFields(flags.value.stdout)) {
    // `H` is a plain entry; lower case is assume-unchanged, `S` skip-worktree.
    if (/^[a-zS]$/.test(String.fromCharCode(field[0] ?? 0)))
      found.push({ path: pathText(field.subarray(2)), status: 'hidden' });
  }
  return ok(found);
}

/** A declared path as git spells it: no `./` in front, no `/` at the end. */
export function keptPath(path: string): string {
  return path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
}

/** Porcelain v2: field counts before the path are fixed per kind, and paths may hold blanks. */
async function readStatus(cwd: string): Promise<Result<readonly DirtyPath[]>> {
  const args = ['status', '--porcelain=v2', '-z', '--untracked-files=all', '--no-renames', '--ignore-submodules=none'];
  const output = await runGit(cwd, args);
  if (!output.ok) return output;
  return ok(
    nulFields(output.value.stdout).map((field): DirtyPath => {
      const kind = String.fromCharCode(field[0] ?? 0);
      if (kind === '?') return { path: pathText(field.subarray(2)), status: 'untracked' };
      if (kind === 'u') return { path: pathText(afterBlanks(field, 10)), status: 'unmerged' };
      const unstaged = String.fromCharCode(field[3] ?? 0) !== '.';
      return { path: pathText(afterBlanks(field, 8)), status: unstaged ? 'changed' : 'staged' };
    }),
  );
}

function afterBlanks(field: Buffer, count: number): Buffer {
  let at = 0;
  for (let seen = 0; seen < count; seen++) at = field.indexOf(0x20, at) + 1;
  return field.subarray(at);
}

function pathText(bytes: Buffer): string {
  return decodePath(bytes) ?? escapePath(bytes);
}
