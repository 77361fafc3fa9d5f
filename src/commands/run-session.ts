import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ok, type Result } from '../domain/failure.ts';
import { type CleanupStack, createCleanupStack } from '../engine/cleanup-stack.ts';
import { createEnvironmentPool, type EnvironmentPool } from '../engine/environment-pool.ts';
import { createRecorder, type Recorder } from '../engine/recorder.ts';
import { recoverInterrupted } from '../engine/recover.ts';
import { runtimeDirOf } from '../environment/leftovers.ts';
import { openStore } from '../evidence/open-store.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { defaultCacheDirs, releaseStale } from '../git/worktree-pool.ts';
import { createProgress } from '../ui/terminal-progress.ts';
import type { CommandInput } from './command.ts';
import { locateStore } from './open-evidence.ts';
import { openProject, type Project } from './open-project.ts';
import { redactions } from './redactions.ts';

/** Everything that the features of one invocation share. */
export interface RunSession {
  readonly input: CommandInput;
  readonly project: Project;
  readonly store: EvidenceStore;
  readonly cleanup: CleanupStack;
  readonly environments: EnvironmentPool;
  readonly recorder: Recorder;
  readonly runtimeDir: string;
  readonly token: string;
  readonly waiting: (what: string) => void;
}

/** Opens what a run needs, and first finishes what a killed one left. Nothing is started yet. */
export async function openSession(input: CommandInput): Promise<Result<RunSession>> {
  const project = await openProject(input.cwd);
  if (!project.ok) return project;
  const directory =
    input.storeDir === undefined ? ok(join(project.value.repo.commonDir, 'redfirst')) : locateStore(input);
  if (!directory.ok) return directory;
  const redact = redactions(project.value.config, process.env);
  const store = openStore({ directory: directory.value, tool: input.tool, redact });
  if (!store.ok) return store;
  for (const { run, detail } of await recoverInterrupted(store.value))
    input.out.print(`run ${run} was interrupted: ${detail}`);
  await releaseStale(project.value.repo, defaultCacheDirs(process.env).poolDir);

  const token = randomBytes(6).toString('hex');
  const cleanup = createCleanupStack();
  const runtimeDir = runtimeDirOf(token);
  const progress = createProgress(process.stderr, { now: Date.now });
  const recorder = createRecorder(store.value, [{ name: 'progress', ...progress }]);
  cleanup.push('progress', async () => progress.close());
  const waiting = (what: string): void => recorder.progress({ type: 'waiting', what });
  const environments = createEnvironmentPool({
    root: project.value.repo.topLevel,
    keep: input.options['keep'] === true,
    purpose: `redfirst run of ${input.operands.join(', ')}`,
    runtimeDir,
    token,
    signal: input.signal,
    cleanup,
    progress: (what) => waiting(`waiting for ${what}`),
  });
  return ok({
    input,
    project: project.value,
    store: store.value,
    cleanup,
    environments,
    recorder,
    runtimeDir,
    token,
    waiting,
  });
}
