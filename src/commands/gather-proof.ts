import { ok, type Result } from '../domain/failure.ts';
import type { RunRecord } from '../domain/run-record.ts';
import { verifyStore } from '../evidence/verify-store.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { checkBoundary, describeChange } from '../git/boundary.ts';
import { changedPaths } from '../git/changed-paths.ts';
import { firstCommitsOf, readTrailer } from '../git/commits.ts';
import type { Repository } from '../git/open-repository.ts';
import { roleOf } from '../git/path-roles.ts';
import { keepsMandatedOrder } from '../plan/mandated-order.ts';
import type { GitFacts, ProofFacts, ProofRun } from '../proof/proof-facts.ts';
import type { PreparedCorner } from './prepare-corner.ts';

export const ANCHOR_TRAILER = 'Redfirst-Red';

/** Collects everything that `prove` judges: git facts, the runs of the claim, the integrity of the store. */
export async function gatherProof(
  repo: Repository,
  store: EvidenceStore,
  runs: readonly RunRecord[],
  prepared: PreparedCorner,
): Promise<Result<ProofFacts>> {
  const { scenario, config } = prepared.files;
  const git = await gatherGit(repo, prepared);
  if (!git.ok) return git;
  const verification = await verifyStore(store.directory);
  if (!verification.ok) return verification;
  const ofClaim = ({ started, finished }: RunRecord): boolean =>
    started.feature === scenario.feature && !started.draft && started.testDigest === prepared.testDigest && finished !== undefined;
  const withCases = (record: RunRecord): ProofRun => ({ record, cases: [...store.verdicts(record.run)] });
  return ok({
    scenario,
    policyGrade: config.policy.grade,
    testDigest: prepared.testDigest,
    git: git.value,
    redRuns: runs.filter((run) => ofClaim(run) && run.started.phase === 'red').map(withCases),
    greenRuns: runs
      .filter((run) => ofClaim(run) && run.started.phase === 'green' && run.started.patchId === prepared.patchId)
      .map(withCases),
    keepsMandatedOrder,
    integrityBreaks: verification.value.breaks,
    hasCheckpoint: (text) => findCheckpoint(store, text),
  });
}

async function gatherGit(repo: Repository, prepared: PreparedCorner): Promise<Result<GitFacts>> {
  const { commits, files, corners } = prepared;
  const boundary = await checkBoundary(repo, files.roles, commits);
  if (!boundary.ok) return boundary;
  const anchor = await findAnchor(repo, prepared);
  if (!anchor.ok) return anchor;
  const { violations, unclassified, testChanges } = boundary.value;
  return ok({
    corners,
    ancestryProblems: [],
    boundaryViolations: violations.map(describeChange),
    unclassified: unclassified.map(describeChange),
    testChanges: testChanges.map(describeChange),
    anchor: anchor.value,
  });
}

/** The trailer of the first commit of R..H that changes an implementation path; empty when that commit has none. */
async function findAnchor(repo: Repository, { commits, files }: PreparedCorner): Promise<Result<string>> {
  if (commits.head === undefined) return ok('');
  const own = await firstCommitsOf(repo, commits.red, commits.head, commits.incoming);
  if (!own.ok) return own;
  let before = commits.red;
  for (const commit of own.value) {
    const changes = await changedPaths(repo, before, commit);
    if (!changes.ok) return changes;
    before = commit;
    if (!changes.value.some(({ path }) => roleOf(files.roles, path) === 'implementation')) continue;
    const trailers = await readTrailer(repo, commit, ANCHOR_TRAILER);
    return trailers.ok ? ok(trailers.value[0]?.trim() ?? '') : trailers;
  }
  return ok('');
}

function findCheckpoint(store: EvidenceStore, text: string): { readonly seq: number } | undefined {
  const [seq, hash] = text.split(':');
  for (const event of store.events()) if (String(event.seq) === seq) return event.hash === hash ? { seq: event.seq } : undefined;
  return undefined;
}
