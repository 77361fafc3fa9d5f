import { openRepository } from '../../../src/git/open-repository.ts';
import { acquireWorktree } from '../../../src/git/worktree-pool.ts';

/** Run as a process of its own: takes a worktree, prints its path, and holds it until its input ends. */
const [dir = '', poolDir = '', commit = ''] = process.argv.slice(2);
const repo = await openRepository(dir);
if (!repo.ok) throw new Error(repo.failure.what);
const worktree = await acquireWorktree(repo.value, { poolDir, commit: commit as never, keepPaths: [] });
if (!worktree.ok) throw new Error(worktree.failure.what);
process.stdout.write(`${worktree.value.path}\n`);
for await (const _ of process.stdin);
await worktree.value.release();
