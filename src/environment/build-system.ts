import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CommitId } from '../domain/brand.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import { describeEnd } from '../domain/process-end.ts';
import type { SystemRequest } from '../domain/profile.ts';
import type { SystemSource } from '../domain/scenario.ts';
import type { Phase } from '../domain/vocabulary.ts';
import { runProcess } from '../process/run-process.ts';
import { interrupted } from './kubernetes/wait-for.ts';

export interface BuildRequest {
  readonly worktree: string;
  readonly commit: CommitId;
  /** Private folder: `$REDFIRST_BUILD`, and the log beside it. */
  readonly dir: string;
  /** The command's environment, without the variables of a build. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

const TAIL_BYTES = 2000;

/**
 * The system that a phase runs against: a name for the profile to resolve, or what the scenario's command builds at the corner. A build that fails is
 * no evidence about any test.
 */
export async function prepareSystem(
  source: SystemSource | undefined,
  phase: Phase,
  request: BuildRequest,
): Promise<Result<SystemRequest | undefined>> {
  if (source === undefined) return ok(undefined);
  if ('named' in source) return ok(source.named[phase]);
  const { run, images, manifests, wait, deadlineMs } = source.build;
  const { worktree, commit, dir, env, signal, progress } = request;
  const build = join(dir, 'build');
  // What the build of another phase wrote is none of this one's.
  rmSync(build, { recursive: true, force: true });
  mkdirSync(build, { recursive: true });
  progress(`build of the system under test: ${run.join(' ')}`);
  const paths = { stdoutPath: join(dir, 'build.out'), stderrPath: join(dir, 'build.err') };
  const variables = { ...env, REDFIRST_BUILD: build, REDFIRST_COMMIT: commit, REDFIRST_PHASE: phase };
  const { end } = await runProcess({ argv: run, cwd: worktree, env: variables, deadlineMs, signal, ...paths });
  if (end.cause === 'cancelled') return fail(interrupted('the build of the system under test', signal));
  const command = `\`${run.join(' ')}\``;
  const next = `run it in a checkout of ${commit}, with REDFIRST_BUILD naming an empty folder`;
  if (end.cause !== 'exited' || end.code !== 0) {
    const tail = tailOf(paths.stderrPath) || tailOf(paths.stdoutPath);
    const words = tail === '' ? '' : `:\n${tail}`;
    return fail(failed(`the build of the system under test ended with ${describeEnd(end)}: ${command}${words}`, next));
  }
  const absent = manifests.find((manifest) => !existsSync(join(build, manifest)));
  if (absent !== undefined)
    return fail(
      failed(`the build of the system under test did not write ${absent} into $REDFIRST_BUILD: ${command}`, next),
    );
  return ok({
    name: 'build',
    images: images.map((image) => image.replaceAll('{commit}', commit)),
    manifests: manifests.map((manifest) => join(build, manifest)),
    wait,
  });
}

/** The end of a file, from the first whole letter on. */
function tailOf(path: string): string {
  const bytes = readFileSync(path);
  const tail = bytes.subarray(-TAIL_BYTES).toString('utf8');
  return (bytes.length > TAIL_BYTES ? tail.replace(/^\uFFFD+/, '') : tail).trim();
}

function failed(what: string, next: string): Failure {
  return { reason: 'setup-command-failed', what, next, exit: EXIT.environment };
}
