import type { RunId, Sha256 } from '../domain/brand.ts';
import type { ArtifactRef, Checkpoint, EventOf, EventType, RecordedEvent } from '../domain/event.ts';
import type { Failure, Finding } from '../domain/failure.ts';
import type { Observation } from '../domain/observation.ts';
import type { CaseVerdict } from '../domain/verdict.ts';
import type { SuiteName } from '../domain/vocabulary.ts';

/** What `verify` recomputed. */
export interface Verification {
  readonly events: number;
  readonly rows: number;
  readonly artifacts: number;
  /** The head as recomputed from the events themselves, whatever hash is stored. */
  readonly head: Checkpoint;
  /** Every break found: what, which sequence number, run or artifact. Empty means consistent. */
  readonly breaks: readonly Finding[];
}

/**
 * An open evidence store could not do what was asked: the disk is full, the lock was not given, an artifact is gone,
 * an event is of a newer version. Every method below may throw it (promises reject with it); `failure` is what a
 * person is shown. Nothing was recorded when a `record…` throws.
 */
export class StoreError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.what, options);
    this.name = 'StoreError';
    this.failure = failure;
  }
}

/**
 * An evidence store that is open. Every `record…` has committed (synchronous=FULL) when it returns.
 *
 * Strings are made well-formed (a lone surrogate becomes U+FFFD) and redacted before they are written.
 */
export interface EvidenceStore {
  readonly directory: string;
  record<T extends EventType>(body: EventOf<T>): RecordedEvent<T>;
  /**
   * Rows and their event in one transaction; fills in `rows`.
   * @throws {TypeError} where an observation is of another suite or attempt than `body`: that is a bug of the caller.
   */
  recordAttempt(
    body: Omit<EventOf<'attempt-finished'>, 'rows'>,
    observations: Iterable<Observation>,
  ): RecordedEvent<'attempt-finished'>;
  /** As `recordAttempt`, for the verdicts of one suite. */
  recordJudgement(
    body: Omit<EventOf<'suite-judged'>, 'rows'>,
    verdicts: Iterable<CaseVerdict>,
  ): RecordedEvent<'suite-judged'>;
  /** Fills in `root` from the run's row sets. */
  recordRunFinished(body: Omit<EventOf<'run-finished'>, 'root'>): RecordedEvent<'run-finished'>;
  /** In order of `seq`; upcast to the newest version. Events recorded while it is being read are included. */
  events(filter?: { readonly run?: RunId; readonly types?: readonly EventType[] }): Iterable<RecordedEvent>;
  /** In the order they were recorded in. */
  observations(run: RunId, suite?: SuiteName): Iterable<Observation>;
  /** In the order they were recorded in. */
  verdicts(run: RunId, suite?: SuiteName): Iterable<CaseVerdict>;
  /** Every attempt of one case over all runs, newest first. */
  history(
    suite: SuiteName,
    name: string,
  ): Iterable<{ readonly run: RunId; readonly attempt: number; readonly outcome: Observation['outcome'] }>;
  /** Streams a file into the content-addressed folder, redacting on the way. Only regular files are read. */
  putArtifact(name: string, source: { readonly path: string } | { readonly text: string }): Promise<ArtifactRef>;
  /** The content as stored; its digest is checked while it is read, and a mismatch ends the iteration with `StoreError`. */
  readArtifact(sha256: Sha256): AsyncIterable<Uint8Array>;
  /** Reads an artifact as UTF-8 text, at most `limitBytes`; a character cut at the limit is left out. */
  readArtifactText(sha256: Sha256, limitBytes: number): Promise<string>;
  head(): Checkpoint;
  /** Idempotent. */
  close(): void;
}
