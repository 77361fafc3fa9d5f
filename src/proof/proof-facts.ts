import type { Sha256 } from '../domain/brand.ts';
import type { Corner } from '../domain/event.ts';
import type { Finding } from '../domain/failure.ts';
import type { MissingName, Observation, SourceLine } from '../domain/observation.ts';
import type { RunRecord } from '../domain/run-record.ts';
import type { Scenario } from '../domain/scenario.ts';
import type { CaseVerdict } from '../domain/verdict.ts';
import type { EvidenceGrade, SuiteName } from '../domain/vocabulary.ts';

/** A recorded run with its case verdicts. */
export interface ProofRun {
  readonly record: RunRecord;
  readonly cases: readonly CaseVerdict[];
  /** Observations of suites that the run never judged, because its process died: what they show against a claim still counts. */
  readonly unjudged?: readonly Observation[];
}

/** What git says about the corners, gathered before anything is judged. */
export interface GitFacts {
  readonly corners: readonly Corner[];
  /** Why the ancestry B, R, H does not hold; empty when it does. */
  readonly ancestryProblems: readonly string[];
  /** Implementation paths in B..R. */
  readonly boundaryViolations: readonly string[];
  readonly unclassified: readonly string[];
  /** Tests-role paths that R..H changes, each with what happened; without those of `reformatted`. */
  readonly testChanges: readonly string[];
  /** Tests-role paths in which R..H changes nothing but layout and comments, as syntax tells. */
  readonly reformatted?: readonly string[];
  /** Why the newest valid S is no stub on top of its R; empty where it is one, or where there is none. */
  readonly stubProblems?: readonly string[];
  /** Why it could not be looked at: its commit is not in this repository. */
  readonly stubUnknown?: string;
  /** Value of the trailer `Redfirst-Red` in the first implementation commit of R..H; empty when there is none. */
  readonly anchor: string;
}

/** What R..H does about one name that the tests miss at R. */
export interface NameAnswer {
  readonly missing: MissingName;
  readonly answer: 'defined' | 'signature-changed' | 'not-defined';
  /** Where H declares it. */
  readonly place?: SourceLine;
}

/** The names that were missing in the newest valid run at R, settled by syntax in the files that R..H changes. */
export interface NameFacts {
  readonly answers: readonly NameAnswer[];
  /** The compiler stopped before the end: there may be more names than these. */
  readonly cut: boolean;
  /** Paths of the role support that R..H changes: a name can come with a dependency, out of sight. */
  readonly support: readonly string[];
}

/** Everything that `prove` judges; gathered by the command, so that the judgement itself is pure. */
export interface ProofFacts {
  readonly scenario: Scenario;
  readonly policyGrade: EvidenceGrade;
  readonly testDigest: Sha256;
  readonly git: GitFacts;
  /**
   * All non-draft red runs of this feature with this test digest, oldest first; interrupted ones too, since stopping a
   * run must not hide what it showed.
   */
  readonly redRuns: readonly ProofRun[];
  /** All non-draft green runs with this test digest and this implementation patch-id, oldest first; interrupted ones too. */
  readonly greenRuns: readonly ProofRun[];
  /** Absent where no driver is red by a missing name. */
  readonly names?: NameFacts;
  /** The mandated order, as `plan/` knows it: whether suites that ran kept it, given what the scenario declares. */
  readonly keepsMandatedOrder: (ran: readonly SuiteName[], declared: readonly SuiteName[]) => boolean;
  /** What `verify` found broken in the store. */
  readonly integrityBreaks: readonly Finding[];
  /** Every head the store has ever had, as `seq:hash`, asked for one. */
  readonly hasCheckpoint: (checkpoint: string) => { readonly seq: number } | undefined;
}
