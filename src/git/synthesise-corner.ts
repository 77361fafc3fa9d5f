import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommitId, TreeId } from '../domain/brand.ts';
import type { Corner } from '../domain/event.ts';
import { EXIT, fail, ok, type Result } from '../domain/failure.ts';
import type { CornerName, PathRole } from '../domain/vocabulary.ts';
import { type ChangedPath, changedPaths } from './changed-paths.ts';
import { short, treeOf } from './commits.ts';
import type { Repository } from './open-repository.ts';
import { type PathRoles, roleOf } from './path-roles.ts';
import { line, runGit } from './run-git.ts';

/** Refs that keep synthesised corners from being garbage-collected; never pushed by a plain `git push`. */
export const CORNER_REFS = 'refs/redfirst/corners';

export interface SynthesisRequest {
  readonly corner: CornerName;
  /** Everything is taken from here … */
  readonly onto: CommitId;
  /** … except the paths of `wanted` roles, which are taken (or missing) as they are here. */
  readonly pathsFrom: CommitId;
  readonly wanted: readonly PathRole[];
}

/**
 * Makes a corner that nobody wrote: the tree of `onto`, with its paths of some roles as they stand in `pathsFrom`. Neither
 * work tree nor index nor branch is touched. The same inputs give the same commit: author and date are fixed (the date is
 * that of `onto`, since history walks rely on children not being older than their parents).
 *
 * - R of a mixed change: onto B, tests from H
 * - X: onto H, tests from B
 * - the counterfactual: onto H, implementation from R
 *
 * @returns `corners-invalid` when no path of those roles differs: the corner would be `onto` itself.
 */
export async function synthesise(
  repo: Repository,
  roles: PathRoles,
  request: SynthesisRequest,
): Promise<Result<Corner>> {
  const changes = await changedPaths(repo, request.onto, request.pathsFrom);
  if (!changes.ok) return changes;
  const wanted = changes.value.filter((change) => {
    const role = roleOf(roles, change.path);
    return role !== 'unclassified' && request.wanted.includes(role);
  });
  if (wanted.length === 0) {
    return fail({
      reason: 'corners-invalid',
      what: `${request.corner} cannot be synthesised: ${short(request.pathsFrom)} and ${short(request.onto)} do not differ in any path of role ${request.wanted.join(' or ')}`,
      next: 'Check the path rules with `redfirst plan`, or name a commit instead.',
      exit: EXIT.usage,
    });
  }
  const tree = await replacePaths(repo, request.onto, wanted);
  if (!tree.ok) return tree;
  const commit = await commitTree(repo, tree.value, request);
  if (!commit.ok) return commit;
  return ok({
    corner: request.corner,
    commit: commit.value,
    tree: tree.value,
    synthesised: true,
    from: [request.onto, request.pathsFrom],
  });
}

/** A corner that is a commit as it stands. */
export async function commitAsCorner(repo: Repository, corner: CornerName, commit: CommitId): Promise<Result<Corner>> {
  const tree = await treeOf(repo, commit);
  return tree.ok ? ok({ corner, commit, tree: tree.value, synthesised: false, from: [] }) : tree;
}

/** R of a change whose commits mix tests and implementation: B plus the tests-role paths of H. */
export function synthesiseCorner(
  repo: Repository,
  roles: PathRoles,
  base: CommitId,
  head: CommitId,
): Promise<Result<Corner>> {
  return synthesise(repo, roles, { corner: 'R', onto: base, pathsFrom: head, wanted: ['tests'] });
}

/**
 * Writes the tree of `onto` with each of `changes` applied (its new side), through an index of its own.
 * @param changes as `changedPaths(onto, …)` gives them.
 * @returns `corners-invalid` when a path of `changes` would displace one that is not among them.
 */
export async function replacePaths(
  repo: Repository,
  onto: CommitId,
  changes: readonly ChangedPath[],
): Promise<Result<TreeId>> {
  return withIndex(repo, onto, async (env) => {
    const gone = '0'.repeat(repo.objectFormat === 'sha256' ? 64 : 40);
    // Deletions first, so that a file may take the place of a folder and the other way round.
    const deletions = changes.filter((change) => change.newBlob === '').map((change) => `0 ${gone}\t${change.path}\0`);
    const additions = changes
      .filter((change) => change.newBlob !== '')
      .map((change) => `${change.newMode} ${change.newBlob}\t${change.path}\0`);
    const input = [...deletions, ...additions].join('');
    const update = await runGit(repo.topLevel, ['update-index', '-z', '--index-info'], { env, input });
    if (!update.ok) return update;
    const written = await runGit(repo.topLevel, ['write-tree'], { env });
    if (!written.ok) return written;
    const tree = line(written.value) as TreeId;
    return checkReplaced(repo, onto, tree, changes);
  });
}

/** Lets `use` work on an index of its own that holds the tree of `onto`; neither work tree nor the user's index is touched. */
export async function withIndex<T>(
  repo: Repository,
  onto: CommitId,
  use: (env: Readonly<Record<string, string>>) => Promise<Result<T>>,
): Promise<Result<T>> {
  const folder = await mkdtemp(join(tmpdir(), 'redfirst-index-'));
  try {
    const env = { GIT_INDEX_FILE: join(folder, 'index') };
    const read = await runGit(repo.topLevel, ['read-tree', onto], { env });
    return read.ok ? await use(env) : read;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `update-index --index-info` lets a file displace a folder, and the other way round, without a word. */
async function checkReplaced(
  repo: Repository,
  onto: CommitId,
  tree: TreeId,
  changes: readonly ChangedPath[],
): Promise<Result<TreeId>> {
  const made = await changedPaths(repo, onto, tree);
  if (!made.ok) return made;
  const asked = new Set(changes.map((change) => change.path));
  const displaced = made.value.find((change) => !asked.has(change.path));
  if (displaced === undefined) return ok(tree);
  return fail({
    reason: 'corners-invalid',
    what: `the trees cannot be combined: ${displaced.path} is a file in one and a folder in the other, with different roles`,
    next: 'Give both the same role under `paths`, or name commits instead of having them synthesised.',
    exit: EXIT.usage,
  });
}

/** Commits the tree and keeps the commit from being garbage-collected. */
async function commitTree(repo: Repository, tree: TreeId, request: SynthesisRequest): Promise<Result<CommitId>> {
  const { corner, onto, pathsFrom, wanted } = request;
  const message = `Synthesise corner ${corner}\n\nOnto: ${onto}\nPaths-From: ${pathsFrom}\nRoles: ${wanted.join(' ')}\n`;
  const commit = await commitQuietly(repo, tree, onto, message);
  if (!commit.ok) return commit;
  return keepCommit(repo, commit.value);
}

/** Gives a corner's commit a ref of ours, so that git does not forget it. */
export async function keepCommit(repo: Repository, commit: CommitId): Promise<Result<CommitId>> {
  const kept = await runGit(repo.topLevel, ['update-ref', '--no-deref', `${CORNER_REFS}/${commit}`, commit]);
  return kept.ok ? ok(commit) : kept;
}

/**
 * Commits a tree on top of `onto`, under no name: git forgets such a commit after two weeks. The same inputs give the same
 * commit.
 */
export async function commitQuietly(
  repo: Repository,
  tree: TreeId,
  onto: CommitId,
  message: string,
): Promise<Result<CommitId>> {
  const date = await runGit(repo.topLevel, ['log', '-1', '--format=%ct', onto]);
  if (!date.ok) return date;
  const who = { NAME: 'redfirst', EMAIL: 'redfirst@localhost', DATE: `@${line(date.value)} +0000` };
  const env = Object.fromEntries(
    (['AUTHOR', 'COMMITTER'] as const).flatMap((person) =>
      Object.entries(who).map(([field, value]) => [`GIT_${person}_${field}`, value] as const),
    ),
  );
  const made = await runGit(repo.topLevel, ['commit-tree', tree, '-p', onto], { env, input: message });
  return made.ok ? ok(line(made.value) as CommitId) : made;
}
