import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { cp, lstat, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CommitId, Sha256 } from '../domain/brand.ts';
import { fail, ok, type Result } from '../domain/failure.ts';
import type { SetupStep } from '../domain/scenario.ts';
import { captureProcess } from '../process/run-process.ts';
import type { Repository } from './open-repository.ts';
import { gitEnvironment, runGit } from './run-git.ts';
import { keptPath } from './work-tree-state.ts';
import { removeTree } from './worktree.ts';

/**
 * What a set-up step's outputs depend on: SHA-256 over its argv, its outputs' names, path, mode and blob of everything at and
 * below its inputs at the commit, Node's version, platform and architecture, and the key of the step before it, whose outputs
 * it may use.
 * @returns the name of the first input that does not exist at the commit, as failure.
 */
export async function setupKey(
  repo: Repository,
  commit: CommitId,
  step: SetupStep,
  previous: string,
): Promise<Result<Sha256, { readonly missing: string } | { readonly git: string }>> {
  const hash = createHash('sha256').update(
    `${JSON.stringify(['redfirst-setup 1', previous, step.run, step.outputs, process.version, process.platform, process.arch])}\0`,
  );
  for (const input of step.inputs) {
    const path = keptPath(input);
    const args = ['ls-tree', '-r', '-z', '--full-tree', commit, ...(path === '' || path === '.' ? [] : ['--', path])];
    const listed = await runGit(repo.topLevel, args);
    if (!listed.ok) return fail({ git: listed.failure.what });
    if (listed.value.stdout.length === 0) return fail({ missing: input });
    hash.update(`${JSON.stringify(input)}\0`).update(listed.value.stdout);
  }
  return ok(hash.digest('hex') as Sha256);
}

/** Whether the outputs of `key` are stored, all of them: a stored folder appears by one rename. */
export async function isStored(cacheDir: string, key: Sha256): Promise<boolean> {
  return (await stat(join(cacheDir, key)).catch(() => undefined))?.isDirectory() === true;
}

/** Copies a worktree's outputs into the cache. Of two processes that store the same key the first wins; both are right. */
export async function storeOutputs(
  cacheDir: string,
  key: Sha256,
  worktree: string,
  outputs: readonly string[],
): Promise<void> {
  const temporary = join(cacheDir, `.new-${process.pid}-${randomBytes(6).toString('hex')}`);
  await mkdir(temporary, { recursive: true });
  try {
    for (const [index, output] of outputs.entries()) {
      await copyTree(join(worktree, keptPath(output)), join(temporary, String(index)));
    }
    await writeFile(join(temporary, 'outputs.json'), JSON.stringify(outputs));
    await rename(temporary, join(cacheDir, key));
  } catch (error) {
    await removeTree(temporary);
    if (!(await isStored(cacheDir, key))) throw error;
  }
}

/** Lays stored outputs into a worktree, in place of what is there. */
export async function layOutputs(
  cacheDir: string,
  key: Sha256,
  worktree: string,
  outputs: readonly string[],
): Promise<void> {
  for (const [index, output] of outputs.entries()) {
    const target = join(worktree, keptPath(output));
    const cleared = await removeTree(target);
    if (!cleared.ok) throw new Error(cleared.failure);
    await mkdir(dirname(target), { recursive: true });
    await copyTree(join(cacheDir, key, String(index)), target);
  }
}

/**
 * A true copy: hard links to the cache would let a suite that writes into its dependencies spoil them for all. GNU cp shares
 * blocks where the file system can; elsewhere Node copies.
 */
async function copyTree(from: string, to: string): Promise<void> {
  if (process.platform === 'linux') {
    const argv = ['cp', '-a', '--reflink=auto', '-T', '--', from, to];
    const { end } = await captureProcess({ argv, cwd: '/', env: gitEnvironment() });
    if (end.cause === 'exited' && end.code === 0) return;
    // Busybox has no --reflink; whatever it was, the portable way starts from nothing.
    await removeTree(to);
  }
  await lstat(from);
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    errorOnExist: true,
    force: false,
    mode: constants.COPYFILE_FICLONE,
  });
}

/** Removes a marker or log; fine when it is gone already. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
