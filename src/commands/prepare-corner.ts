import type { CommitId, Sha256 } from '../domain/brand.ts';
import type { Corner } from '../domain/event.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { RunRecord } from '../domain/run-record.ts';
import type { Phase } from '../domain/vocabulary.ts';
import { boundaryFailure, type CornerCommits, checkBoundary } from '../git/boundary.ts';
import { refsPointingAt } from '../git/commits.ts';
import { patchId } from '../git/patch-id.ts';
import { resolveCorners } from '../git/resolve-corners.ts';
import { testDigest, testPaths } from '../git/test-digest.ts';
import { readFileAt, readFileInWorkTree } from '../git/tree-files.ts';
import { dirtyFailure, workTreeState } from '../git/work-tree-state.ts';
import { type CommandInput, textOption } from './command.ts';
import { type FeatureFiles, loadFeature } from './load-at.ts';
import type { Project } from './open-project.ts';

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
 * tree where the corner is HEAD, implementation in B..R, a path without a role.
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
  const inTree = await loadFeature(readFileInWorkTree(repo), feature);
  if (at === undefined && !draft && purpose === 'run') {
    if (!inTree.ok) return inTree;
    const dirty = await workTreeState(repo, inTree.value.roles);
    if (!dirty.ok) return dirty;
    if (dirty.value.length > 0) return fail(dirtyFailure(dirty.value));
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
  const corner = phase === 'red' ? R : (H as Corner);
  // Scenario, profiles and policy are those of R in both phases: what H says about its own judgement does not count.
  const files = draft ? inTree : await loadFeature(readFileAt(repo, R.commit), feature);
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
    corners: H === undefined ? [B, R] : [B, R, H],
    commits,
    testDigest: digest.value,
    changedTests: new Set(paths.value),
    patchId: patch.value,
    refs: refs.ok ? refs.value : [],
    notes,
  });
}

/** The commit of the newest red run of a feature: a valid one before any other. */
export function recordedRed(runs: readonly RunRecord[], feature: string): CommitId | undefined {
  const reds = runs.filter(({ started }) => started.feature === feature && started.phase === 'red' && !started.draft);
  const valid = reds.filter(({ finished }) => finished?.body.verdict.code === 'red/valid');
  return (valid.at(-1) ?? reds.at(-1))?.started.corner.commit;
}

function noRed(feature: string): Failure {
  return {
    reason: 'not-found',
    what: `no red run of ${feature} is recorded, so the corner R is not known`,
    next: `run \`redfirst red ${feature} --red REV\` at the commit that holds the tests alone, or name R with --red REV, or --red synthesise`,
    exit: EXIT.unproven,
  };
}
