import type { Observation, ReportStatus } from '../domain/observation.ts';
import type { ProcessEnd } from '../domain/process-end.ts';
import type { SuiteSpec } from '../domain/scenario.ts';
import type { AttemptOrder } from '../domain/vocabulary.ts';

/** Linux holds an argument or a variable to 128 KiB. Names that need more are not told: the runner then runs all cases. */
export const LONGEST_ARGUMENT_BYTES = 100 * 1024;

/** What an adapter needs to make a command line. All paths are absolute. */
export interface RunnerRequest {
  readonly spec: SuiteSpec;
  readonly worktree: string;
  /** Where the report is expected; does not exist when the runner starts. */
  readonly reportPath: string;
  readonly order: AttemptOrder;
  readonly seed: number;
  /** Full names of the cases to run alone (drivers and, with them, the controls), for `drivers-alone`. */
  readonly only?: readonly string[];
}

export interface RunnerCommand {
  /** Never a shell string. The suite's wrapper is already in front. */
  readonly argv: readonly string[];
  /** Added to what the suite is given. */
  readonly env: Readonly<Record<string, string>>;
  /** Which stream or file holds the report. */
  readonly report: 'file' | 'stdout';
  readonly orderGranularity: 'cases' | 'files' | 'none';
}

/** What a finished runner left behind. */
export interface RunnerResult {
  readonly spec: SuiteSpec;
  readonly attempt: number;
  readonly worktree: string;
  /** The report file, or the file that stdout was streamed to. It may be absent, truncated, stale or foreign. */
  readonly reportPath: string;
  /** Bounded tail of stderr's file is read by the adapter itself where it needs it. */
  readonly stderrPath: string;
  readonly end: ProcessEnd;
  /** When the runner was started, ms since the epoch: an older report is stale. */
  readonly startedAtMs: number;
  /** Random word given to the runner as REDFIRST_TOKEN; our own reporters echo it, so that another run's report is known as foreign. */
  readonly token: string;
}

export interface ReadReport {
  /**
   * The first that holds: missing, stale, empty (truncated), foreign by its token, unreadable, truncated, foreign by what it
   * holds, complete. A report that its runner did not end is truncated whatever ended the runner, our deadline included.
   */
  readonly status: ReportStatus;
  /** What was read, also of a report that may not be believed: kept, and judged by nobody. */
  readonly observations: readonly Observation[];
  /**
   * Exit codes that agree with this report: `nonzero` where a case or anything outside one failed, `zero` where cases ran and
   * none did, `any` where there is no case. The exit witness compares.
   */
  readonly expectedExit: 'zero' | 'nonzero' | 'any';
  /** Why the exit code may differ from what the cases say, such as a programmatic focus. */
  readonly exitNote?: string;
  /**
   * Suite-wide failures that belong to no case: a hook of the whole suite, an import error, an unhandled error. What fails to
   * build or load only because names are missing is not here: it is an observation of kind `compile`.
   */
  readonly suiteFailures: readonly { readonly what: string; readonly where: 'suite' | 'load' | 'setup' | 'teardown' }[];
}

/** One adapter per runner: command line in, observations out. */
export interface Runner {
  readonly name: SuiteSpec['runner'];
  command(request: RunnerRequest): RunnerCommand;
  /** Never throws for bad input: what cannot be believed is said in `status`. */
  read(result: RunnerResult): Promise<ReadReport>;
}
