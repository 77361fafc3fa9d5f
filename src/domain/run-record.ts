import type { RunId } from './brand.ts';
import type { EnvironmentIdentity } from './environment.ts';
import type { EventOf, RecordedEvent } from './event.ts';
import type { SuiteVerdict } from './verdict.ts';
import type { SuiteName } from './vocabulary.ts';

/** One suite of a run, as its events tell it. */
export interface SuiteRecord {
  readonly suite: SuiteName;
  readonly position: number;
  readonly startedSeq: number;
  readonly attempts: readonly EventOf<'attempt-finished'>[];
  /** Absent while it runs, and for good where the run was interrupted. */
  readonly verdict?: SuiteVerdict;
  /** Sequence number of its judgement. */
  readonly judgedSeq?: number;
}

/** One run, folded from its events. */
export interface RunRecord {
  readonly run: RunId;
  readonly startedSeq: number;
  readonly startedAtMs: number;
  readonly started: EventOf<'run-started'>;
  readonly identities: readonly EnvironmentIdentity[];
  /** In the order in which they started. */
  readonly suites: readonly SuiteRecord[];
  /** Steps of the gate differential, in their order; empty where the feature stands behind no gate. */
  readonly gateSteps: readonly EventOf<'gate-observed'>[];
  readonly finished?: RecordedEvent<'run-finished'>;
  readonly interrupted?: RecordedEvent<'run-interrupted'>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Folds events into runs, in the order in which the runs started. Events of no run are passed over. */
export function foldRuns(events: Iterable<RecordedEvent>): RunRecord[] {
  const runs = new Map<
    RunId,
    Mutable<RunRecord> & {
      suites: Mutable<SuiteRecord>[];
      identities: EnvironmentIdentity[];
      gateSteps: EventOf<'gate-observed'>[];
    }
  >();
  for (const event of events) {
    const { body } = event;
    // What nobody saw happen is no run.
    if (body.type === 'report-imported') continue;
    if (body.type === 'run-started') {
      const { seq: startedSeq, atMs: startedAtMs } = event;
      const empty = { identities: [], suites: [], gateSteps: [] };
      runs.set(body.run, { run: body.run, startedSeq, startedAtMs, started: body, ...empty });
      continue;
    }
    const run = 'run' in body ? runs.get(body.run) : undefined;
    if (run === undefined) continue;
    const suiteOf = (suite: SuiteName): Mutable<SuiteRecord> | undefined =>
      run.suites.find((candidate) => candidate.suite === suite);
    switch (body.type) {
      case 'environment-identified':
        run.identities.push(body.identity);
        break;
      case 'suite-started':
        run.suites.push({ suite: body.suite, position: body.position, startedSeq: event.seq, attempts: [] });
        break;
      case 'attempt-finished': {
        const suite = suiteOf(body.suite);
        if (suite !== undefined) suite.attempts = [...suite.attempts, body];
        break;
      }
      case 'suite-judged': {
        const suite = suiteOf(body.verdict.suite);
        if (suite !== undefined) Object.assign(suite, { verdict: body.verdict, judgedSeq: event.seq });
        break;
      }
      case 'gate-observed':
        run.gateSteps.push(body);
        break;
      case 'run-finished':
        run.finished = event as RecordedEvent<'run-finished'>;
        break;
      case 'run-interrupted':
        run.interrupted = event as RecordedEvent<'run-interrupted'>;
        break;
      case 'store-created':
      case 'observer-failed':
      case 'proof-judged':
        break;
      default:
        body satisfies never;
    }
  }
  return [...runs.values()];
}
