import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { CommitId, Sha256 } from '../domain/brand.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import { describeEnd } from '../domain/process-end.ts';
import type { SetupStep } from '../domain/scenario.ts';
import { runProcess } from '../process/run-process.ts';
import type { Repository } from './open-repository.ts';
import { interrupted, line, runGit } from './run-git.ts';
import { isStored, layOutputs, removeFile, setupKey, storeOutputs } from './setup-cache.ts';
import { changedInWorktree, keptPath } from './work-tree-state.ts';
import { cleanWorktree, removeTree } from './worktree.ts';

export interface PrepareContext {
  /** Holds one folder per key, and the logs; `defaultCacheDirs` names the usual one. Made when missing. */
  readonly cacheDir: string;
  /** The command's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Called with what is being done. */
  readonly progress?: (what: string) => void;
}

export interface PreparedStep {
  readonly name: string;
  readonly key: Sha256;
  /** `ran` the command, `laid` its stored outputs, or found them `present` from the last use of this worktree. */
  readonly how: 'ran' | 'laid' | 'present';
}

/** Outputs of all steps: what `acquireWorktree` and `changedInWorktree` are to keep. */
export function setupOutputs(steps: readonly SetupStep[]): readonly string[] {
  return steps.flatMap((step) => step.outputs.map(keptPath));
}

/**
 * Makes a worktree ready for suites: each step's outputs are laid in from the cache, or its command runs and they are stored.
 * A marker in the worktree's git folder says which key's outputs are there, so that the same key copies nothing again.
 *
 * A step may change nothing but its declared outputs: a tracked file that it changes is refused (the tree would no longer be
 * the commit), ignored files beside the outputs are removed (a worktree that gets them from the cache would not have them).
 * Outputs that hold the absolute path of the worktree (a Python virtual environment) are not relocated.
 *
 * @returns `setup-command-failed` with the log's place and tail, `interrupted` when `signal` stopped it.
 */
export async function prepareWorktree(
  repo: Repository,
  worktree: { readonly path: string; readonly commit: CommitId },
  steps: readonly SetupStep[],
  context: PrepareContext,
): Promise<Result<readonly PreparedStep[]>> {
  const gitDir = await runGit(worktree.path, ['rev-parse', '--path-format=absolute', '--git-dir']);
  if (!gitDir.ok) return gitDir;
  const markerPath = join(line(gitDir.value), 'redfirst-setup.json');
  const keepPaths = setupOutputs(steps);
  const prepared: PreparedStep[] = [];
  const here = new Map(Object.entries(await readMarker(markerPath)));
  let previous = '';
  for (const step of steps) {
    const wrong = await findMistake(worktree.path, step);
    if (wrong !== undefined) return fail(stepFailure(step, wrong));
    const key = await setupKey(repo, worktree.commit, step, previous);
    if (!key.ok) {
      const why =
        'missing' in key.failure
          ? `its input ${key.failure.missing} does not exist at ${worktree.commit}`
          : key.failure.git;
      return fail(stepFailure(step, why));
    }
    previous = key.value;
    if (here.get(step.name) === key.value && (await missingOutput(worktree.path, step)) === undefined) {
      prepared.push({ name: step.name, key: key.value, how: 'present' });
      continue;
    }
    // Until this step is done again the worktree holds nothing that may be relied on: a kill must not leave a promise.
    here.delete(step.name);
    await writeMarker(markerPath, here);
    try {
      const how = await makeOutputs(worktree, step, key.value, keepPaths, context);
      if (!how.ok) return how;
      prepared.push({ name: step.name, key: key.value, how: how.value });
    } catch (error) {
      // The disk: full, read-only, gone.
      return fail(stepFailure(step, `its outputs could not be stored or laid: ${String(error)}`));
    }
    here.set(step.name, key.value);
    await writeMarker(markerPath, here);
  }
  return ok(prepared);
}

async function makeOutputs(
  worktree: { readonly path: string; readonly commit: CommitId },
  step: SetupStep,
  key: Sha256,
  keepPaths: readonly string[],
  context: PrepareContext,
): Promise<Result<'ran' | 'laid'>> {
  if (await isStored(context.cacheDir, key)) {
    context.progress?.(`set-up ${step.name}: laying stored outputs`);
    await layOutputs(context.cacheDir, key, worktree.path, step.outputs);
    return ok('laid');
  }
  context.progress?.(`set-up ${step.name}: ${step.run.join(' ')}`);
  // The command starts from nothing, so that what it leaves depends on its inputs alone.
  for (const output of step.outputs) {
    const cleared = await removeTree(join(worktree.path, keptPath(output)));
    if (!cleared.ok) return fail(stepFailure(step, cleared.failure));
  }
  const ran = await runStep(worktree.path, step, context);
  if (!ran.ok) return ran;
  const changed = await changedInWorktree(worktree, keepPaths);
  if (!changed.ok) return changed;
  const [first] = changed.value;
  if (first !== undefined) {
    return fail(stepFailure(step, `it left ${first.path} ${first.status}, which is not among its outputs`));
  }
  const cleaned = await cleanWorktree(worktree.path, keepPaths);
  if (!cleaned.ok) return cleaned;
  await storeOutputs(context.cacheDir, key, worktree.path, step.outputs);
  return ok('ran');
}

/** Runs the command with its output in two log files, which stay only when it failed. */
async function runStep(cwd: string, step: SetupStep, context: PrepareContext): Promise<Result<void>> {
  const logs = join(context.cacheDir, 'logs');
  await mkdir(logs, { recursive: true });
  const log = join(
    logs,
    `${step.name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 60)}-${randomBytes(6).toString('hex')}`,
  );
  const [stdoutPath, stderrPath] = [`${log}.out`, `${log}.err`];
  const { end } = await runProcess({
    argv: step.run,
    cwd,
    env: context.env,
    stdoutPath,
    stderrPath,
    deadlineMs: step.deadlineMs,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  if (end.cause === 'cancelled') return fail(interrupted(`set-up ${step.name}`));
  const missing = await missingOutput(cwd, step);
  const ended = end.cause === 'exited' && end.code === 0;
  if (ended && missing === undefined) {
    await removeFile(stdoutPath);
    await removeFile(stderrPath);
    return ok(undefined);
  }
  const why = ended
    ? `it did not make its output ${missing}`
    : `\`${step.run.join(' ')}\` ${end.cause === 'spawn-failed' ? '' : 'ended with '}${describeEnd(end)}`;
  const tail = [await readTail(stdoutPath), await readTail(stderrPath)].filter((text) => text !== '').join('\n');
  return fail(stepFailure(step, `${why}${tail === '' ? '' : `:\n${tail}`}`, `Read ${log}.out and ${log}.err.`));
}

async function missingOutput(cwd: string, step: SetupStep): Promise<string | undefined> {
  for (const output of step.outputs) {
    if ((await lstat(join(cwd, keptPath(output))).catch(() => undefined)) === undefined) return output;
  }
  return undefined;
}

/** What makes a step unsafe to follow: outputs are removed before they are made, so each must lie inside the worktree. */
async function findMistake(worktree: string, step: SetupStep): Promise<string | undefined> {
  if (step.run.length === 0) return 'it has no command';
  const outside = [...step.inputs, ...step.outputs].find(leavesWorktree);
  if (outside !== undefined) return `${JSON.stringify(outside)} is not a path inside the repository`;
  for (const output of step.outputs) {
    const path = keptPath(output);
    if (path === '' || path.split('/').includes('.'))
      return `its output ${JSON.stringify(output)} is the whole repository`;
    const folders = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= folders.length; depth++) {
      const folder = folders.slice(0, depth).join('/');
      const found = await lstat(join(worktree, folder)).catch(() => undefined);
      if (found?.isSymbolicLink() === true) return `its output ${output} lies behind the symbolic link ${folder}`;
    }
  }
  return undefined;
}

function leavesWorktree(path: string): boolean {
  const segments = path.split('/');
  return isAbsolute(path) || path === '' || path.includes('\0') || segments.includes('..') || segments.includes('.git');
}

const TAIL_BYTES = 2000;

async function readTail(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trim();
  } finally {
    await file.close();
  }
}

/** A marker that is missing or damaged promises nothing. */
async function readMarker(path: string): Promise<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, string>) : {};
  } catch {
    return {};
  }
}

async function writeMarker(path: string, keys: ReadonlyMap<string, string>): Promise<void> {
  await writeFile(path, JSON.stringify(Object.fromEntries(keys)));
}

function stepFailure(step: SetupStep, why: string, next?: string): Failure {
  return {
    reason: 'setup-command-failed',
    what: `set-up ${step.name}: ${why}`,
    next: next ?? `Correct the step ${step.name} under \`setup\` in the scenario.`,
    exit: EXIT.environment,
  };
}
