import type { CommitId, TreeId } from '../domain/brand.ts';
import type { Corner } from '../domain/event.ts';
import { EXIT, fail, ok, type Result } from '../domain/failure.ts';
import type { CornerName } from '../domain/vocabulary.ts';
import type { ChangedPath } from './changed-paths.ts';
import { parentsOf, resolveCommit, short } from './commits.ts';
import type { Repository } from './open-repository.ts';
import { line, runGit } from './run-git.ts';
import type { StubSource } from './stub-corner.ts';
import { commitAsCorner, commitQuietly, replacePaths, withIndex } from './synthesise-corner.ts';

/**
 * A corner of a change that is only looked at: the tree of `onto` with some of the paths that differ taken from `pathsFrom`.
 * Unlike `synthesise` it leaves no ref behind. Where nothing is taken the corner is `onto` itself.
 *
 * @param taken what `changedPaths(onto, pathsFrom)` lists, as far as it is wanted.
 */
export async function composeCorner(
  repo: Repository,
  corner: CornerName,
  { onto, pathsFrom }: { readonly onto: CommitId; readonly pathsFrom: CommitId },
  taken: readonly ChangedPath[],
): Promise<Result<Corner>> {
  if (taken.length === 0) return commitAsCorner(repo, corner, onto);
  const tree = await replacePaths(repo, onto, taken);
  if (!tree.ok) return tree;
  return commitCorner(repo, corner, tree.value, onto, [onto, pathsFrom]);
}

/**
 * S: the tree of R with a stub on it, which is a commit (what it changes is taken as a patch) or the text of a patch.
 * @returns `corners-invalid` in git's words where it does not apply.
 */
export async function stubCorner(repo: Repository, red: CommitId, stub: StubSource): Promise<Result<Corner>> {
  const patch = 'patch' in stub ? ok(Buffer.from(stub.patch)) : await patchOf(repo, stub.commit);
  if (!patch.ok) return patch;
  return withIndex(repo, red, async (env) => {
    const options = { env, input: patch.value, codes: [0, 1, 128] };
    const applied = await runGit(repo.topLevel, ['apply', '--cached', '--whitespace=nowarn', '--3way', '-'], options);
    if (!applied.ok) return applied;
    if (applied.value.code !== 0) return fail(doesNotApply(red));
    const tree = await runGit(repo.topLevel, ['write-tree'], { env, codes: [0, 128] });
    if (!tree.ok) return tree;
    if (tree.value.code !== 0) return fail(doesNotApply(red));
    const from = 'commit' in stub ? [red, stub.commit] : [red];
    return commitCorner(repo, 'S', line(tree.value) as TreeId, red, from);
  });
}

/** The patch of one commit against its first parent. */
async function patchOf(repo: Repository, commit: CommitId): Promise<Result<Buffer>> {
  const parents = await parentsOf(repo, commit);
  if (!parents.ok) return parents;
  const [parent] = parents.value;
  const against = parent === undefined ? ['--root', commit] : [parent, commit];
  const patch = await runGit(repo.topLevel, [
    'diff-tree',
    '-p',
    '--binary',
    '--full-index',
    '--no-commit-id',
    ...against,
  ]);
  return patch.ok ? ok(patch.value.stdout) : patch;
}

/** The stub that `--stub` names: a revision, else the path of a patch file that `readText` finds. */
export async function findStub(
  repo: Repository,
  named: string,
  readText: (path: string) => string | undefined,
): Promise<Result<StubSource>> {
  const patch = readText(named);
  if (patch !== undefined && /^(?:diff --git |--- )/m.test(patch)) return ok({ patch });
  const commit = await resolveCommit(repo, named);
  if (commit.ok) return ok({ commit: commit.value });
  if (patch === undefined) return commit;
  return fail({
    reason: 'usage',
    what: `${named} is no commit and holds no patch`,
    next: 'Write the stub with `git diff > stub.patch`, or name the commit that declares the missing names.',
    exit: EXIT.usage,
  });
}

async function commitCorner(
  repo: Repository,
  corner: CornerName,
  tree: TreeId,
  onto: CommitId,
  from: readonly CommitId[],
): Promise<Result<Corner>> {
  const message = `Compose corner ${corner}\n\nFrom: ${from.join(' ')}\n`;
  const commit = await commitQuietly(repo, tree, onto, message);
  return commit.ok ? ok({ corner, commit: commit.value, tree, synthesised: true, from }) : commit;
}

function doesNotApply(red: CommitId) {
  return {
    reason: 'corners-invalid' as const,
    what: `the stub does not apply to R (B with the tests of H, on ${short(red)})`,
    next: 'Make it from B: a commit on B, or a patch against B, that declares the missing names and nothing else.',
    exit: EXIT.usage,
  };
}
