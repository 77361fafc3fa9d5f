import type { CommitId, FeatureName, RunId, Sha256, TreeId } from './brand.ts';
import type { EnvironmentIdentity, Health } from './environment.ts';
import type { Outcome, ReportStatus } from './observation.ts';
import type { ProcessEnd } from './process-end.ts';
import type { ObligationVerdict, ProofWord } from './proof.ts';
import type { RunVerdict, SuiteVerdict } from './verdict.ts';
import type { AttemptOrder, CornerName, Phase, RunnerName, SuiteName } from './vocabulary.ts';

/** A stored artifact: content-addressed, kept redacted where a rule cut something. */
export interface ArtifactRef {
  /** Path-like name within its attempt: `stdout`, `stderr`, `report.xml`, `files/guest.log`. Any text; never used as a path of ours. */
  readonly name: string;
  /** SHA-256 of the content as stored (after redaction, before compression). */
  readonly sha256: Sha256;
  /** Bytes as stored, before compression. */
  readonly bytes: number;
  /** What redaction took out: rule, byte offset in the original, bytes cut. */
  readonly cuts: readonly { readonly rule: string; readonly offset: number; readonly bytes: number }[];
}

/** A tree that suites run in. A synthesised corner is a commit that nobody wrote; the commits it was made of are named. */
export interface Corner {
  readonly corner: CornerName;
  readonly commit: CommitId;
  readonly tree: TreeId;
  readonly synthesised: boolean;
  readonly from: readonly CommitId[];
}

export interface PlannedAttempt {
  readonly attempt: number;
  readonly order: AttemptOrder;
  /** Unsigned 31-bit seed given to the runner and to `REDFIRST_SEED`. */
  readonly seed: number;
}

export interface PlannedSuite {
  readonly suite: SuiteName;
  readonly runner: RunnerName;
  readonly profile: string;
  readonly grade: readonly string[];
  readonly attempts: readonly PlannedAttempt[];
}

/** A head of a chain, as printed: `<seq>:<hash>`. */
export interface Checkpoint {
  readonly recorder: string;
  readonly seq: number;
  readonly hash: Sha256;
}

/** Rows that an event vouches for: how many, and the root of the Merkle tree over their canonical form. */
export interface RowsDigest {
  readonly count: number;
  readonly root: Sha256;
}

/** Readers that reports of other tools are read with. */
export type ReportFormat = 'junit' | 'tap' | 'go' | 'ginkgo' | 'vitest' | 'pytest';

/** A report that redfirst did not see come about. What it shows is what its writer says. */
export interface ImportedReport {
  /** As it was named; any text, never used as a path of ours. */
  readonly file: string;
  readonly format: ReportFormat;
  /** Exit code that was named with it; -1 where none was. */
  readonly exit: number;
  readonly report: ReportStatus;
  /** Cases by what they did. `unstable`: the runner retried them, whatever came of it; counted beside. */
  readonly counts: Readonly<Record<Outcome | 'unstable', number>>;
  /** Failures outside of any case, the first of which is said. */
  readonly suiteFailures: number;
  readonly firstFailure: string;
  readonly artifact: ArtifactRef;
}

export type GateStep = 'off' | 'on' | 'off-again';

/** A pod of a component under test, as far as a restart would show. */
export interface ComponentState {
  readonly pod: string;
  readonly uid: string;
  /** Restarts of all its containers together. */
  readonly restarts: number;
}

/** One attempt of a suite while the gate was off. Whatever is no driver must hold then: the old behaviour. */
export interface GateSuite {
  readonly suite: SuiteName;
  readonly end: ProcessEnd;
  readonly report: ReportStatus;
  readonly health: { readonly before: Health; readonly during: Health; readonly after: Health };
  readonly legacyPassed: number;
  /** Names of cases that are no drivers and did not pass; at most fifty. */
  readonly legacyFailed: readonly string[];
  /** Drivers that passed although the gate was off; at most fifty. */
  readonly driversPassed: readonly string[];
  readonly artifacts: readonly ArtifactRef[];
}

/** The whole vocabulary of the record. A new member breaks every exhaustive switch. */
export type EventBody =
  | { readonly type: 'store-created'; readonly v: 1; readonly recorder: string; readonly tool: string }
  | {
      readonly type: 'run-started';
      readonly v: 1;
      readonly run: RunId;
      readonly feature: FeatureName;
      readonly phase: Phase;
      /** The corner that runs, and the others that were resolved with it (B and R for a green run). */
      readonly corner: Corner;
      readonly corners: readonly Corner[];
      /** Ran in the author's own tree; proves nothing. */
      readonly draft: boolean;
      readonly testDigest: Sha256;
      /** Stable patch-id of the implementation R..H; empty at red. */
      readonly patchId: string;
      /** The scenario as it stood at the corner, stored. */
      readonly scenario: ArtifactRef;
      readonly plan: readonly PlannedSuite[];
      /** Seed that every attempt's seed was derived from. */
      readonly seed: number;
      readonly tool: string;
      readonly node: string;
      readonly platform: string;
      /** The process that records, so that a later one can tell that it died. */
      readonly recorderProcess: { readonly pid: number; readonly startedAtTicks: number; readonly token: string };
      readonly buildsOn: readonly Checkpoint[];
      /** Branch or ref names that point here, for people only. */
      readonly refs: readonly string[];
    }
  | {
      readonly type: 'environment-identified';
      readonly v: 1;
      readonly run: RunId;
      readonly identity: EnvironmentIdentity;
    }
  | {
      readonly type: 'suite-started';
      readonly v: 1;
      readonly run: RunId;
      readonly suite: SuiteName;
      readonly position: number;
    }
  | {
      readonly type: 'attempt-finished';
      readonly v: 1;
      readonly run: RunId;
      readonly suite: SuiteName;
      readonly attempt: number;
      readonly order: AttemptOrder;
      /** What the runner could really do of that order: whole cases, files, or nothing. */
      readonly orderGranularity: 'cases' | 'files' | 'none';
      readonly seed: number;
      readonly argv: readonly string[];
      readonly end: ProcessEnd;
      readonly durationMs: number;
      readonly report: ReportStatus;
      readonly health: { readonly before: Health; readonly during: Health; readonly after: Health };
      /** Tracked files that the suite changed in its worktree. */
      readonly dirtied: readonly string[];
      readonly rows: RowsDigest;
      readonly artifacts: readonly ArtifactRef[];
    }
  | {
      readonly type: 'suite-judged';
      readonly v: 1;
      readonly run: RunId;
      readonly verdict: SuiteVerdict;
      readonly rows: RowsDigest;
    }
  | {
      readonly type: 'run-finished';
      readonly v: 1;
      readonly run: RunId;
      readonly verdict: RunVerdict;
      /** Root over the roots of all row sets of the run, in the order of their events. */
      readonly root: Sha256;
    }
  | {
      readonly type: 'run-interrupted';
      readonly v: 1;
      readonly run: RunId;
      /** `recovered` is written by a later process for one that died. */
      readonly how: 'signal' | 'deadline' | 'failed' | 'recovered';
      readonly detail: string;
      readonly cleaned: readonly string[];
    }
  | {
      /** One step of the gate differential (P12): what the components were, and what the suites showed, with the gate in that state. */
      readonly type: 'gate-observed';
      readonly v: 1;
      readonly run: RunId;
      readonly gate: string;
      readonly step: GateStep;
      /** Why the gate could not be brought into that state; empty when it was. */
      readonly problem: string;
      /** Pods of the components once every one of them had the configuration. */
      readonly components: readonly ComponentState[];
      /** Empty while the gate is on: those are the run's ordinary suites. */
      readonly suites: readonly GateSuite[];
    }
  | { readonly type: 'observer-failed'; readonly v: 1; readonly observer: string; readonly message: string }
  | {
      readonly type: 'proof-judged';
      readonly v: 1;
      readonly feature: FeatureName;
      readonly testDigest: Sha256;
      readonly redRun: RunId | '';
      readonly greenRun: RunId | '';
      readonly word: ProofWord;
      readonly obligations: readonly ObligationVerdict[];
    }
  | {
      /** Weaker than any run: nobody saw in which tree, in which environment and in which order it came about. */
      readonly type: 'report-imported';
      readonly v: 1;
      /** Made like a run's, and none: no run, no obligation and no export knows it. */
      readonly id: string;
      /** Empty where none was named. */
      readonly feature: FeatureName | '';
      /** The commit that it is said to be of, unverified; empty where none was named. */
      readonly commit: CommitId | '';
      readonly reports: readonly ImportedReport[];
      readonly tool: string;
    };

export type EventType = EventBody['type'];
export type EventOf<T extends EventType> = Extract<EventBody, { type: T }>;

/** An event as it lies in the chain. */
export interface RecordedEvent<T extends EventType = EventType> {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Milliseconds since the epoch, from the recorder's clock. */
  readonly atMs: number;
  readonly hash: Sha256;
  readonly body: EventOf<T>;
}
