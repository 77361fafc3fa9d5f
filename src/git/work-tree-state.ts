import type { CommitId } from '../domain/brand.ts';
import { EXIT, type Failure, ok, type Result } from '../domain/failure.ts';
import type { Repository } from './open-repository.ts';
import { type PathRoles, roleOf } from './path-roles.ts';
import { decodePath, escapePath, nulFields, runGit } from './run-git.ts';

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
  if (!state.ok) return state;
  const { dirty } = state.value;
  return ok(
    roles === undefined
      ? dirty
      : dirty.filter((entry) => entry.status !== 'untracked' || roleOf(roles, entry.path) !== 'neutral'),
  );
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
  const state = await readStatus(worktree.path);
  if (!state.ok) return state;
  if (state.value.head !== worktree.commit) found.push({ path: 'HEAD', status: 'head-moved' });
  const keeps = keepPaths.map(keptPath);
  const kept = (path: string): boolean => keeps.some((keep) => path === keep || path.startsWith(`${keep}/`));
  found.push(
    ...state.value.dirty.filter((entry) => entry.status !== 'untracked' || !kept(entry.path.replace(/\/$/, ''))),
  );
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

const HEAD_LINE = '# branch.oid ';

/** Porcelain v2: field counts before the path are fixed per kind, and paths may hold blanks. `head` is empty before the first commit. */
async function readStatus(
  cwd: string,
): Promise<Result<{ readonly head: string; readonly dirty: readonly DirtyPath[] }>> {
  const args = ['status', '--porcelain=v2', '--branch', '--no-ahead-behind', '-z', '--untracked-files=all'];
  const output = await runGit(cwd, [...args, '--no-renames', '--ignore-submodules=none']);
  if (!output.ok) return output;
  const fields = nulFields(output.value.stdout);
  const isHeader = (field: Buffer): boolean => field[0] === 0x23;
  const headers = fields.filter(isHeader).map((field) => field.toString('latin1'));
  const head = headers.find((header) => header.startsWith(HEAD_LINE))?.slice(HEAD_LINE.length) ?? '';
  return ok({
    head,
    dirty: fields
      .filter((field) => !isHeader(field))
      .map((field): DirtyPath => {
        const kind = String.fromCharCode(field[0] ?? 0);
        if (kind === '?') return { path: pathText(field.subarray(2)), status: 'untracked' };
        if (kind === 'u') return { path: pathText(afterBlanks(field, 10)), status: 'unmerged' };
        const unstaged = String.fromCharCode(field[3] ?? 0) !== '.';
        return { path: pathText(afterBlanks(field, 8)), status: unstaged ? 'changed' : 'staged' };
      }),
  });
}

function afterBlanks(field: Buffer, count: number): Buffer {
  let at = 0;
  for (let seen = 0; seen < count; seen++) at = field.indexOf(0x20, at) + 1;
  return field.subarray(at);
}

function pathText(bytes: Buffer): string {
  return decodePath(bytes) ?? escapePath(bytes);
}
