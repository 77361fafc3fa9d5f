import { ok, type Result } from '../domain/failure.ts';
import type { RunTree } from '../engine/scenario-run.ts';
import { prepareWorktree, setupOutputs } from '../git/prepare-worktree.ts';
import { gitEnvironment } from '../git/run-git.ts';
import { changedInWorktree } from '../git/work-tree-state.ts';
import { acquireWorktree, defaultCacheDirs } from '../git/worktree-pool.ts';
import type { PreparedCorner } from './prepare-corner.ts';
import type { RunSession } from './run-session.ts';

/** The pooled worktree at the corner, its set-up done; the author's own tree for a draft. */
export async function openTree(
  session: RunSession,
  prepared: PreparedCorner,
  draft: boolean,
): Promise<Result<RunTree & { release(): Promise<void> }>> {
  const { repo } = session.project;
  const { setup } = prepared.files.scenario;
  if (draft) return ok({ path: repo.topLevel, changed: async () => [], release: () => Promise.resolve() });
  const { poolDir, setupDir } = defaultCacheDirs(process.env);
  const keepPaths = setupOutputs(setup);
  session.waiting(`worktree at ${prepared.corner.commit.slice(0, 10)}`);
  const worktree = await acquireWorktree(repo, { poolDir, commit: prepared.corner.commit, keepPaths });
  if (!worktree.ok) return worktree;
  const { path, commit, release } = worktree.value;
  const ready = await prepareWorktree(repo, { path, commit }, setup, {
    cacheDir: setupDir,
    env: { ...gitEnvironment(), REDFIRST_TOKEN: session.token },
    signal: session.input.signal,
    progress: session.waiting,
  });
  if (!ready.ok) {
    await release();
    return ready;
  }
  const changed = async (): Promise<readonly string[]> => {
    const found = await changedInWorktree({ path, commit }, keepPaths);
    return found.ok ? found.value.map((entry) => `${entry.path} (${entry.status})`) : [found.failure.what];
  };
  return ok({ path, changed, release });
}
