import type { RunId, Sha256 } from '../domain/brand.ts';
import type { ArtifactRef, Checkpoint, EventBody, EventOf, EventType, RecordedEvent } from '../domain/event.ts';
import type { Finding } from '../domain/failure.ts';
import type { Observation } from '../domain/observation.ts';
import type { CaseVerdict } from '../domain/verdict.ts';
import type { SuiteName } from '../domain/vocabulary.ts';

/** What `verify` recomputed. */
export interface Verification {
  readonly events: number;
  readonly rows: number;
  readonly artifacts: number;
  readonly head: Checkpoint;
  /** Every break found: what, which sequence number, run or artifact. Empty means consistent. */
  readonly breaks: readonly Finding[];
}

/** An evidence store that is open. Every `record…` has committed (synchronous=FULL) when it returns. */
export interface EvidenceStore {
  readonly directory: string;
  record<T extends EventType>(body: EventOf<T>): RecordedEvent<T>;
  /** Rows and their event in one transaction; fills in `rows`. */
  recordAttempt(body: Omit<EventOf<'attempt-finished'>, 'rows'>, observations: Iterable<Observation>): RecordedEvent<'attempt-finished'>;
  recordJudgement(body: Omit<EventOf<'suite-judged'>, 'rows'>, verdicts: Iterable<CaseVerdict>): RecordedEvent<'suite-judged'>;
  /** Fills in `root` from the run's row sets. */
  recordRunFinished(body: Omit<EventOf<'run-finished'>, 'root'>): RecordedEvent<'run-finished'>;
  /** In order of `seq`; upcast to the newest version. */
  events(filter?: { readonly run?: RunId; readonly types?: readonly EventType[] }): Iterable<RecordedEvent>;
  observations(run: RunId, suite?: SuiteName): Iterable<Observation>;
  verdicts(run: RunId, suite?: SuiteName): Iterable<CaseVerdict>;
  /** Every attempt of one case over all runs, newest first. */
  history(suite: SuiteName, name: string): Iterable<{ readonly run: RunId; readonly attempt: number; readonly outcome: Observation['outcome'] }>;
  /** Streams a file into the content-addressed folder, redacting on the way. */
  putArtifact(name: string, source: { readonly path: string } | { readonly text: string }): Promise<ArtifactRef>;
  readArtifact(sha256: Sha256): AsyncIterable<Uint8Array>;
  /** Reads an artifact as UTF-8 text, at most `limitBytes`. */
  readArtifactText(sha256: Sha256, limitBytes: number): Promise<string>;
  head(): Checkpoint;
  close(): void;
}

export type { EventBody };
