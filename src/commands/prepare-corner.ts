import { readFileSync, realpathSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { CommitId, Sha256 } from '../domain/brand.ts';
import type { Corner } from '../domain/event.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { RunRecord } from '../domain/run-record.ts';
import type { Phase } from '../domain/vocabulary.ts';
import { boundaryFailure, type CornerCommits, checkBoundary } from '../git/boundary.ts';
import { findStub } from '../git/change-corners.ts';
import { refsPointingAt } from '../git/commits.ts';
import { patchId } from '../git/patch-id.ts';
import { resolveCorners } from '../git/resolve-corners.ts';
import { resolveStubCorner } from '../git/stub-corner.ts';
import { testDigest, testPaths } from '../git/test-digest.ts';
import { readFileAt, readFileInWorkTree } from '../git/tree-files.ts';
import { dirtyFailure, workTreeState } from '../git/work-tree-state.ts';
import { type CommandInput, textOption } from './command.ts';
import { type FeatureFiles, loadFeature } from './load-at.ts';
import type { Project } from './open-project.ts';
import { variablesOf } from './profile-variables.ts';

/** A feature at the corner that is to run, checked and digested. */
export interface PreparedCorner {
  readonly files: FeatureFiles;
  readonly corner: Corner;
  readonly corners: readonly Corner[];
  readonly commits: CornerCommits;
  readonly testDigest: Sha256;
  readonly changedTests: ReadonlySet<string>;
  readonly patchId: string;
  readonly refs: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Resolves the corners of a phase, loads the feature as it stands there, and refuses what could never count: a dirty
 * tree where the corner is HEAD, implementation in B..R, a path without a role. With `--stub` a red phase runs at S, R with
 * the stub on it; what the stub holds is checked by the caller.
 *
 * @param runs recorded runs, in which a green phase finds the red commit that it answers.
 * @param purpose to `judge` what is recorded nothing is refused but what makes the question meaningless: `prove` answers.
 */
export async function prepareCorner(
  project: Project,
  feature: string,
  phase: Phase,
  input: CommandInput,
  runs: readonly RunRecord[],
  purpose: 'run' | 'judge' = 'run',
): Promise<Result<PreparedCorner>> {
  const { repo } = project;
  const at = textOption(input, phase === 'red' ? 'red' : 'head');
  const draft = input.options['draft'] === true;
  const inTree = await loadFeature(readFileInWorkTree(repo), feature, variablesOf(repo));
  if (at === undefined && !draft && purpose === 'run') {
    if (!inTree.ok) return inTree;
    const dirty = await workTreeState(repo, inTree.value.roles);
    if (!dirty.ok) return dirty;
    // The patch itself is in no commit; S holds what it does.
    const unexpected = dirty.value.filter(({ path }) => path !== stubPath(project, input));
    if (unexpected.length > 0) return fail(dirtyFailure(unexpected));
  }
  const base = textOption(input, 'base');
  const redOption = textOption(input, 'red');
  const synthesise = phase === 'green' && redOption === 'synthesise';
  if (synthesise && !inTree.ok) return inTree;
  const red = phase === 'green' && redOption === undefined ? recordedRed(runs, feature) : redOption;
  // What is no name at all is refused as such: there is no point in looking for its runs.
  if (!inTree.ok && inTree.failure.reason === 'usage') return inTree;
  if (phase === 'green' && red === undefined) return fail(noRed(feature));
  const resolved = await resolveCorners(repo, {
    phase,
    configBase: project.config.base,
    ...(base === undefined ? {} : { base }),
    ...(red === undefined || synthesise ? {} : { red }),
    ...(phase === 'green' && at !== undefined ? { head: at } : {}),
    ...(synthesise && inTree.ok ? { synthesiseRed: inTree.value.roles } : {}),
  });
  if (!resolved.ok) return resolved;
  const { base: B, red: R, head: H, incoming, notes } = resolved.value;
  const stub = phase === 'red' ? await resolveStub(project, input, R.commit) : ok(undefined);
  if (!stub.ok) return stub;
  const S = stub.value;
  const corner = phase === 'red' ? (S ?? R) : (H as Corner);
  // Scenario, profiles and policy are those of R in both phases: what H says about its own judgement does not count.
  const files = draft ? inTree : await loadFeature(readFileAt(repo, R.commit), feature, variablesOf(repo));
  if (!files.ok) return files;

  const commits: CornerCommits = {
    base: B.commit,
    red: R.commit,
    incoming,
    ...(H === undefined ? {} : { head: H.commit }),
  };
  const boundary = await checkBoundary(
    repo,
    files.value.roles,
    phase === 'red' ? { base: B.commit, red: R.commit } : commits,
  );
  if (!boundary.ok) return boundary;
  const refused = draft || purpose === 'judge' ? undefined : boundaryFailure(boundary.value);
  if (refused !== undefined) return fail(refused);
  const { roles } = files.value;
  const digest = await testDigest(repo, roles, B.commit, R.commit);
  if (!digest.ok) return digest;
  const paths = await testPaths(repo, roles, B.commit, R.commit);
  if (!paths.ok) return paths;
  const patch = H === undefined ? ok('') : await patchId(repo, roles, { ...commits, head: H.commit });
  if (!patch.ok) return patch;
  const refs = await refsPointingAt(repo, corner.commit);
  return ok({
    files: files.value,
    corner,
    corners: [B, R, S, H].filter((one) => one !== undefined),
    commits,
    testDigest: digest.value,
    changedTests: new Set(paths.value),
    patchId: patch.value,
    refs: refs.ok ? refs.value : [],
    notes,
  });
}

/** S as `--stub` names it; undefined without one. */
async function resolveStub({ repo }: Project, input: CommandInput, red: CommitId): Promise<Result<Corner | undefined>> {
  const named = textOption(input, 'stub');
  if (named === undefined) return ok(undefined);
  const source = await findStub(repo, named, (path) => readText(resolve(input.cwd, path)));
  return source.ok ? resolveStubCorner(repo, red, source.value) : source;
}

/** Where a patch file given with `--stub` lies in the work tree, as git spells it; undefined for a commit. */
function stubPath({ repo }: Project, input: CommandInput): string | undefined {
  const named = textOption(input, 'stub');
  const path = named === undefined ? undefined : resolve(input.cwd, named);
  return path === undefined || readText(path) === undefined ? undefined : relative(repo.topLevel, realpathSync(path));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The corner R of the newest red run of a feature, whether it ran there or at an S above it: of a valid one before any other. */
export function recordedRed(runs: readonly RunRecord[], feature: string): CommitId | undefined {
  const reds = runs.filter(({ started }) => started.feature === feature && started.phase === 'red' && !started.draft);
  const valid = reds.filter(({ finished }) => finished?.body.verdict.code === 'red/valid');
  const started = (valid.at(-1) ?? reds.at(-1))?.started;
  return started === undefined ? undefined : redCornerOf(started).commit;
}

/** R of a red run. */
export function redCornerOf({ corner, corners }: RunRecord['started']): Corner {
  return corner.corner === 'S' ? (corners.find((one) => one.corner === 'R') ?? corner) : corner;
}

function noRed(feature: string): Failure {
  return {
    reason: 'not-found',
    what: `no red run of ${feature} is recorded, so the corner R is not known`,
    next: `run \`redfirst red ${feature} --red REV\` at the commit that holds the tests alone, or name R with --red REV, or --red synthesise`,
    exit: EXIT.unproven,
  };
}
