import { ok, type Result } from '../domain/failure.ts';
import type { RunRecord } from '../domain/run-record.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { verifyStore } from '../evidence/verify-store.ts';
import { checkBoundary, describeChange } from '../git/boundary.ts';
import { readTrailer } from '../git/commits.ts';
import { firstImplementationCommit } from '../git/implementation-commits.ts';
import type { Repository } from '../git/open-repository.ts';
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
  const ofClaim = ({ started }: RunRecord): boolean =>
    started.feature === scenario.feature && !started.draft && started.testDigest === prepared.testDigest;
  return ok({
    scenario,
    policyGrade: config.policy.grade,
    testDigest: prepared.testDigest,
    git: git.value,
    redRuns: runs.filter((run) => ofClaim(run) && run.started.phase === 'red').map((run) => withRows(store, run)),
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
  const first = await firstImplementationCommit(repo, files.roles, { ...commits, head: commits.head });
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
