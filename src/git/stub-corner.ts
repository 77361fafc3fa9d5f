import type { CommitId, TreeId } from '../domain/brand.ts';
import type { Corner } from '../domain/event.ts';
import { EXIT, fail, ok, type Result } from '../domain/failure.ts';
import { ABSENT_MODE, type ChangedPath } from './changed-paths.ts';
import { isAncestor, short, treeOf } from './commits.ts';
import type { Repository } from './open-repository.ts';
import { line, runGit } from './run-git.ts';
import { commitAsCorner, commitQuietly, keepCommit, replacePaths, withIndex } from './synthesise-corner.ts';
import { treeEntries } from './tree-files.ts';

/** What a person names with `--stub`: a commit on top of R, or a patch against R. */
export type StubSource = { readonly commit: CommitId } | { readonly patch: string };

/**
 * S of a recorded run: a commit that descends from R, or R's tree with a patch applied, made through an index of its own, so
 * that neither work tree nor index nor branch is touched. The same patch on the same R gives the same commit, which a ref
 * keeps from being garbage-collected. What the stub may hold is not judged here.
 *
 * @returns `corners-invalid` where the commit does not descend from R, where the patch does not apply (in git's words), or
 *   where nothing differs from R.
 */
export async function resolveStubCorner(repo: Repository, red: CommitId, stub: StubSource): Promise<Result<Corner>> {
  const corner = 'commit' in stub ? await namedStub(repo, red, stub.commit) : await patchedStub(repo, red, stub.patch);
  if (!corner.ok) return corner;
  const before = await treeOf(repo, red);
  if (!before.ok) return before;
  if (before.value !== corner.value.tree) return corner;
  return invalid(
    `the stub changes nothing: S has the tree of R ${short(red)}`,
    'Declare the names that are missing at R; `redfirst stub FEATURE` proposes how.',
  );
}

async function namedStub(repo: Repository, red: CommitId, commit: CommitId): Promise<Result<Corner>> {
  const above = await isAncestor(repo, red, commit);
  if (!above.ok) return above;
  if (!above.value) {
    return invalid(
      `S ${short(commit)} does not descend from R ${short(red)}`,
      'Commit the stub on top of R, or give it as a patch against R: `git diff R STUB > stub.patch`.',
    );
  }
  return commitAsCorner(repo, 'S', commit);
}

async function patchedStub(repo: Repository, red: CommitId, patch: string): Promise<Result<Corner>> {
  const tree = await applyPatch(repo, red, patch);
  if (!tree.ok) return tree;
  const commit = await commitQuietly(repo, tree.value, red, `Synthesise corner S\n\nOnto: ${red}\nStub: patch\n`);
  if (!commit.ok) return commit;
  const kept = await keepCommit(repo, commit.value);
  if (!kept.ok) return kept;
  return ok({ corner: 'S', commit: commit.value, tree: tree.value, synthesised: true, from: [red] });
}

/** Files that a stub writes, and the patch and the commit that this makes on top of R. */
export interface ComposedStub {
  readonly commit: CommitId;
  readonly patch: string;
}

/**
 * Puts files onto R's tree, under no name, and gives the patch that does the same.
 * @param files paths with their whole text; a file that is there keeps its mode.
 */
export async function composeStub(
  repo: Repository,
  red: CommitId,
  files: readonly { readonly path: string; readonly newText: string }[],
): Promise<Result<ComposedStub>> {
  const known = await treeEntries(
    repo,
    red,
    files.map(({ path }) => path),
  );
  if (!known.ok) return known;
  const changes: ChangedPath[] = [];
  for (const { path, newText } of files) {
    const blob = await runGit(repo.topLevel, ['hash-object', '-w', '--stdin'], { input: newText });
    if (!blob.ok) return blob;
    const old = known.value.get(path);
    changes.push({
      path,
      status: old === undefined ? 'added' : 'modified',
      oldMode: old?.mode ?? ABSENT_MODE,
      newMode: old?.mode ?? '100644',
      oldBlob: old?.blob ?? '',
      newBlob: line(blob.value),
    });
  }
  const tree = await replacePaths(repo, red, changes);
  if (!tree.ok) return tree;
  const commit = await commitQuietly(repo, tree.value, red, `Propose stub\n\nOnto: ${red}\n`);
  if (!commit.ok) return commit;
  const patch = await runGit(repo.topLevel, [...PATCH, red, commit.value], { maxBytes: 64 * 1024 * 1024 });
  return patch.ok ? ok({ commit: commit.value, patch: patch.value.stdout.toString('utf8') }) : patch;
}

/** Nothing of the user's configuration shows in the patch. */
const PATCH = [
  'diff-tree',
  '-r',
  '-p',
  '--text',
  '--no-renames',
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '-O/dev/null',
];

/** The tree of `onto` with a patch applied, whole or not at all. */
async function applyPatch(repo: Repository, onto: CommitId, patch: string): Promise<Result<TreeId>> {
  return withIndex(repo, onto, async (env) => {
    const applied = await runGit(repo.topLevel, ['apply', '--cached', '--whitespace=nowarn', '-'], {
      env,
      input: patch,
      config: ['apply.whitespace=nowarn'],
    });
    if (!applied.ok) {
      if (applied.failure.reason !== 'git-failed') return applied;
      const said = /error: [\s\S]*/.exec(applied.failure.what)?.[0].split('\n').slice(0, 3).join('; ');
      return invalid(
        `the stub does not apply to R ${short(onto)}${said === undefined ? '' : `: ${said}`}`,
        'Make it against R: `git diff R > stub.patch` with nothing but the declarations changed.',
      );
    }
    const written = await runGit(repo.topLevel, ['write-tree'], { env });
    return written.ok ? ok(line(written.value) as TreeId) : written;
  });
}

function invalid(what: string, next: string) {
  return fail({ reason: 'corners-invalid' as const, what, next, exit: EXIT.usage });
}
