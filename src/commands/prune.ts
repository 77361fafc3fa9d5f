import { existsSync, rmSync } from 'node:fs';
import { EXIT, type ExitCode } from '../domain/failure.ts';
import { defaultCacheDirs, prunableWorktrees, pruneWorktrees } from '../git/worktree-pool.ts';
import type { CommandInput, CommandMain } from './command.ts';
import { locateStore, openRecovered } from './open-evidence.ts';
import { openProject, type Project } from './open-project.ts';

/** `redfirst prune`: removes what can be made again. Evidence is never removed. */
export const main: CommandMain = async (input) => {
  const project = await openProject(input.cwd);
  if (!project.ok) {
    input.out.failure(project.failure);
    return project.failure.exit;
  }
  const { poolDir, setupDir } = defaultCacheDirs(process.env);
  if (input.options['dryRun'] === true) return showPrunable(input, project.value, poolDir, setupDir);
  const store = locateStore(input);
  if (store.ok && existsSync(store.value)) {
    const opened = await openRecovered(input);
    if (opened.ok) opened.value.close();
  }
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

async function showPrunable(
  { out }: CommandInput,
  { repo }: Project,
  poolDir: string,
  setupDir: string,
): Promise<ExitCode> {
  const worktrees = await prunableWorktrees(repo, poolDir);
  for (const path of worktrees) out.print(`would remove ${path}`);
  out.print(`would remove cached set-up outputs in ${setupDir}`);
  out.document({ dryRun: true, removed: [], wouldRemove: worktrees, setupDir });
  return EXIT.holds;
}
