import { existsSync, rmSync } from 'node:fs';
import { EXIT } from '../domain/failure.ts';
import { defaultCacheDirs, pruneWorktrees } from '../git/worktree-pool.ts';
import type { CommandMain } from './command.ts';
import { locateStore, openRecovered } from './open-evidence.ts';
import { openProject } from './open-project.ts';

/** `redfirst prune`: removes what can be made again. Evidence is never removed. */
export const main: CommandMain = async (input) => {
  const project = await openProject(input.cwd);
  if (!project.ok) {
    input.out.failure(project.failure);
    return project.failure.exit;
  }
  const store = locateStore(input);
  if (store.ok && existsSync(store.value)) {
    const opened = await openRecovered(input);
    if (opened.ok) opened.value.close();
  }
  const { poolDir, setupDir } = defaultCacheDirs(process.env);
  const removed = await pruneWorktrees(project.value.repo, poolDir);
  if (!removed.ok) {
    input.out.failure(removed.failure);
    return removed.failure.exit;
  }
  rmSync(setupDir, { recursive: true, force: true });
  for (const path of removed.value) input.out.print(`removed ${path}`);
  input.out.print(`removed cached set-up outputs in ${setupDir}`);
  input.out.document({ removed: removed.value, setupDir });
  return EXIT.holds;
};
