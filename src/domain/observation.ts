import type { SuiteName } from './vocabulary.ts';

/** What one case did in one attempt. */
export type Outcome = 'passed' | 'failed' | 'errored' | 'skipped' | 'timed-out' | 'aborted';

/** Whether it ran and did not pass; what is not there, or was skipped, did not fail. */
export function hasFailed(outcome: Outcome | null | undefined): boolean {
  return outcome !== undefined && outcome !== null && outcome !== 'passed' && outcome !== 'skipped';
}

/** Where a failure happened. `suite` is a suite-wide node or hook, `load` is collection, import or build. */
export type FailureWhere = 'body' | 'setup' | 'teardown' | 'suite' | 'load';

/** How the failure came about, as far as the runner's report tells. */
export type FailureKind =
  /** The runner itself says that an assertion failed (its assertion library's own error). */
  | 'assertion'
  /** An assertion that demanded "no error" (HaveOccurred, Succeed, require.NoError, `ifError`). */
  | 'no-error-assertion'
  /** Only a JUnit `<failure>` or a TAP `not ok` says so. */
  | 'reported-failure'
  | 'panic'
  | 'error'
  | 'timeout'
  | 'compile';

export interface ObservedFailure {
  readonly kind: FailureKind;
  /** The runner's own name: error class, Go's panic type, JUnit's `type` attribute. */
  readonly type: string;
  /** Verbatim, bounded (see MESSAGE_LIMIT); never interpreted as a pattern, markup or command. */
  readonly message: string;
  readonly location?: { readonly file: string; readonly line: number; readonly column?: number };
  /** Names that a compile failure says do not exist yet. */
  readonly missingNames?: readonly string[];
  /** The same with what kind of name it is and where it is used, as far as the message tells. */
  readonly missing?: readonly MissingName[];
  /** The compiler stopped before the end (Go after ten errors): there may be more missing names than `missing` lists. */
  readonly missingCut?: boolean;
  /**
   * Of a panic: whether its first frame inside the module lies in the case's own function. Absent where the frames do not
   * tell, and for every other kind.
   */
  readonly ownBody?: boolean;
}

/**
 * What a test uses and nothing declares yet. `signature`: the name exists and does not fit (a call, an assignment, an
 * argument's type); `package`: a package, module or folder; `command`: an executable.
 */
export interface MissingName {
  readonly name: string;
  readonly kind: 'symbol' | 'member' | 'signature' | 'package' | 'command';
  /** The type that lacks a member, as the compiler prints it (`api.VM`, `T`), without pointer. */
  readonly owner?: string;
  /** The interface that demands the member, where one does. */
  readonly demandedBy?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** A line of a source file; `file` is relative to the repository where that is known, `line` counts from 1. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** Longest failure message kept on a row, in UTF-16 units; what is cut is said at the end and stands in the raw artifact. */
export const MESSAGE_LIMIT = 8192;

export interface Observation {
  readonly suite: SuiteName;
  /** Attempt number, from 1. */
  readonly attempt: number;
  /** The runner's full name (design 2, `case`). */
  readonly name: string;
  /** Source file relative to the worktree, where the runner tells. */
  readonly file?: string;
  readonly outcome: Outcome;
  readonly where: FailureWhere;
  readonly failure?: ObservedFailure;
  /** Further failures of the same case (a teardown after the body). */
  readonly additional?: readonly (ObservedFailure & { readonly where: FailureWhere })[];
  /** Microseconds, integer. */
  readonly durationUs: number;
  /** Outcomes of the runner's own retries, in order, the last one being `outcome`; more than one means a retry happened. */
  readonly retries?: readonly Outcome[];
  /** Where the case's own node begins (ginkgo's leaf or table entry, vitest's `it`), where the runner tells. Not stored. */
  readonly place?: SourceLine;
  /** Where the containers around it begin, outermost first. Not stored. */
  readonly containers?: readonly SourceLine[];
  /** Name of the outermost Ordered container around it: its cases run as one unit, never one without the others. Not stored. */
  readonly unit?: string;
  /** Labels or tags the runner reports (ginkgo `ac:AC-1`). */
  readonly labels?: readonly string[];
}

/** Whether a suite's report may be believed. Anything but `complete` is kept and judges nothing. */
export type ReportStatus =
  | { readonly status: 'complete' }
  | { readonly status: 'missing' | 'unreadable' | 'truncated' | 'stale' | 'foreign'; readonly detail: string };
