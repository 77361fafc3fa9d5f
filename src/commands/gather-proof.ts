import type { CommitId } from '../domain/brand.ts';
import { ok, type Result } from '../domain/failure.ts';
import type { RunRecord } from '../domain/run-record.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { verifyStore } from '../evidence/verify-store.ts';
import { checkBoundary, describeChange, type RangedChange } from '../git/boundary.ts';
import { isAncestor, readTrailer, resolveCommit, short } from '../git/commits.ts';
import { firstImplementationCommit } from '../git/implementation-commits.ts';
import type { Repository } from '../git/open-repository.ts';
import { roleOf } from '../git/path-roles.ts';
import { readBlobs } from '../git/read-blobs.ts';
import { keepsMandatedOrder } from '../plan/mandated-order.ts';
import { validReds } from '../proof/claim.ts';
import type { GitFacts, ProofFacts, ProofRun } from '../proof/proof-facts.ts';
import { describeProblem, findStubProblems } from './check-stub-corner.ts';
import { gatherNames } from './gather-names.ts';
import { type PreparedCorner, redCornerOf } from './prepare-corner.ts';

export const ANCHOR_TRAILER = 'Redfirst-Red';

/** Collects everything that `prove` judges: git facts, the runs of the claim, the integrity of the store. */
export async function gatherProof(
  repo: Repository,
  store: EvidenceStore,
  runs: readonly RunRecord[],
  prepared: PreparedCorner,
): Promise<Result<ProofFacts>> {
  const { scenario, config } = prepared.files;
  const verification = await verifyStore(store.directory);
  if (!verification.ok) return verification;
  const ofClaim = ({ started }: RunRecord): boolean =>
    started.feature === scenario.feature && !started.draft && started.testDigest === prepared.testDigest;
  const redRuns = runs.filter((run) => ofClaim(run) && run.started.phase === 'red').map((run) => withRows(store, run));
  const stub = validReds({ redRuns }).atStub.at(-1)?.record.started;
  const git = await gatherGit(repo, prepared, stub);
  if (!git.ok) return git;
  const names = await gatherNames(repo, store, redRuns, prepared);
  if (!names.ok) return names;
  return ok({
    scenario,
    policyGrade: config.policy.grade,
    testDigest: prepared.testDigest,
    git: git.value,
    redRuns,
    ...(names.value === undefined ? {} : { names: names.value }),
    greenRuns: runs
      .filter((run) => ofClaim(run) && run.started.phase === 'green' && run.started.patchId === prepared.patchId)
      .map((run) => withRows(store, run)),
    keepsMandatedOrder,
    integrityBreaks: verification.value.breaks,
    hasCheckpoint: (text) => findCheckpoint(store, text),
  });
}

/** A run with its rows; what an interrupted run saw and never judged still counts against a claim. */
function withRows(store: EvidenceStore, record: RunRecord): ProofRun {
  const unjudged = record.suites
    .filter(({ verdict }) => verdict === undefined)
    .flatMap(({ suite }) => [...store.observations(record.run, suite)]);
  return { record, cases: [...store.verdicts(record.run)], unjudged };
}

/** @param stub of the newest valid run at S. */
async function gatherGit(
  repo: Repository,
  prepared: PreparedCorner,
  stub: RunRecord['started'] | undefined,
): Promise<Result<GitFacts>> {
  const { commits, files, corners } = prepared;
  const boundary = await checkBoundary(repo, files.roles, commits);
  if (!boundary.ok) return boundary;
  const { violations, unclassified, testChanges } = boundary.value;
  const reformatted = await findReformatted(repo, testChanges);
  if (!reformatted.ok) return reformatted;
  const stubbed = stub === undefined ? ok(undefined) : await lookAtStub(repo, prepared, stub);
  if (!stubbed.ok) return stubbed;
  const anchor = await findAnchor(repo, prepared, stubbed.value?.inHistory);
  if (!anchor.ok) return anchor;
  return ok({
    corners,
    ancestryProblems: [],
    boundaryViolations: violations.map(describeChange),
    unclassified: unclassified.map(describeChange),
    testChanges: testChanges.filter(({ path }) => !reformatted.value.includes(path)).map(describeChange),
    reformatted: reformatted.value,
    ...stubbed.value?.facts,
    anchor: anchor.value,
  });
}

/** Of the tests that R..H changes, those whose text is the same but for layout and comments. */
async function findReformatted(repo: Repository, changes: readonly RangedChange[]): Promise<Result<readonly string[]>> {
  const { languageOf } = await import('../syntax/language.ts');
  const modified = changes.filter(
    ({ path, status, oldMode, newMode }) =>
      status === 'modified' && oldMode === newMode && newMode.startsWith('100') && languageOf(path) !== undefined,
  );
  if (modified.length === 0) return ok([]);
  const texts = await readBlobs(
    repo,
    modified.flatMap(({ oldBlob, newBlob }) => [oldBlob, newBlob]),
  );
  if (!texts.ok) return texts;
  const { sameButFormatting } = await import('../syntax/formatting.ts');
  const same: string[] = [];
  for (const { path, oldBlob, newBlob } of modified) {
    const [before, after] = [texts.value.get(oldBlob), texts.value.get(newBlob)];
    if (before !== undefined && after !== undefined && (await sameButFormatting(path, before, after))) same.push(path);
  }
  return ok(same);
}

/**
 * Whether S is what it has to be, as the commits still show: on top of its R, below H where it is a commit of its own, and
 * nothing but declarations.
 */
async function lookAtStub(
  repo: Repository,
  { commits, files }: PreparedCorner,
  started: RunRecord['started'],
): Promise<
  Result<{ readonly facts: Pick<GitFacts, 'stubProblems' | 'stubUnknown'>; readonly inHistory: CommitId | undefined }>
> {
  const { commit: S, synthesised } = started.corner;
  const { commit: R } = redCornerOf(started);
  for (const commit of [S, R]) {
    const found = await resolveCommit(repo, commit);
    if (!found.ok) {
      const stubUnknown = `S ${short(S)} cannot be looked at: ${short(commit)} is not in this repository`;
      return ok({ facts: { stubUnknown }, inHistory: undefined });
    }
  }
  const above = await isAncestor(repo, R, S);
  if (!above.ok) return above;
  const problems = above.value ? [] : [`S ${short(S)} does not descend from R ${short(R)}`];
  const below = commits.head === undefined || synthesised ? ok(false) : await isAncestor(repo, S, commits.head);
  if (!below.ok) return below;
  // After a rebase S is in nobody's history any more, like the R that it was made on.
  if (!synthesised && !below.value && R === commits.red)
    problems.push(`H does not descend from S ${short(S)}: a stub that is no part of the change has to be a patch`);
  const found = await findStubProblems(repo, (path) => roleOf(files.roles, path), R, S);
  if (!found.ok) return found;
  return ok({
    facts: {
      stubProblems: [...problems, ...found.value.map((problem) => `S ${short(S)}: ${describeProblem(problem)}`)],
    },
    inHistory: below.value ? S : undefined,
  });
}

/**
 * The trailer of the first commit of R..H that changes an implementation path; empty when that commit has none. A stub that
 * is a commit of the change is no implementation: what comes after it counts.
 */
async function findAnchor(
  repo: Repository,
  { commits, files }: PreparedCorner,
  stub: CommitId | undefined,
): Promise<Result<string>> {
  if (commits.head === undefined) return ok('');
  const range = { ...commits, red: stub ?? commits.red, head: commits.head };
  const first = await firstImplementationCommit(repo, files.roles, range);
  if (!first.ok) return first;
  if (first.value === undefined) return ok('');
  const trailers = await readTrailer(repo, first.value, ANCHOR_TRAILER);
  return trailers.ok ? ok(trailers.value[0]?.trim() ?? '') : trailers;
}

function findCheckpoint(store: EvidenceStore, text: string): { readonly seq: number } | undefined {
  const [seq, hash] = text.split(':');
  for (const event of store.events())
    if (String(event.seq) === seq) return event.hash === hash ? { seq: event.seq } : undefined;
  return undefined;
}
