/** Exit codes of the program (design: never a count). */
export const EXIT = {
  holds: 0,
  doesNotHold: 1,
  usage: 2,
  environment: 3,
  unproven: 4,
  integrity: 5,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Which exit code wins where several apply: the first in this list. */
const PRECEDENCE: readonly ExitCode[] = [130, 143, 5, 3, 1, 2, 4, 0];

/** The one exit code that stands for all of `codes`; 0 for none. */
export function worstExit(codes: Iterable<ExitCode>): ExitCode {
  let worst: ExitCode = EXIT.holds;
  for (const code of codes) if (PRECEDENCE.indexOf(code) < PRECEDENCE.indexOf(worst)) worst = code;
  return worst;
}

/** A place in a text file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The offending line as it stands in the file. */
  readonly text?: string;
}

export type FailureReason =
  | 'usage'
  | 'not-a-repository'
  | 'configuration-missing'
  | 'configuration-invalid'
  | 'commit-unknown'
  | 'corners-invalid'
  | 'boundary-violated'
  | 'path-unclassified'
  | 'dirty-tree'
  | 'git-failed'
  | 'worktree-failed'
  | 'setup-command-failed'
  | 'tool-missing'
  | 'environment-failed'
  | 'below-grade'
  | 'store-failed'
  | 'store-integrity'
  | 'not-found'
  | 'export-failed'
  | 'interrupted';

/** An expected failure, as a value: what happened, where, and what to do next. A bug is a throw instead. */
export interface Failure {
  readonly reason: FailureReason;
  readonly what: string;
  readonly next: string;
  readonly exit: ExitCode;
  readonly where?: Place;
  /** Further findings of the same failure (all configuration mistakes, all unclassified paths …). */
  readonly details?: readonly Finding[];
}

/** One finding of a check: a configuration mistake, a preflight result, a listed difference. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'note';
  readonly what: string;
  readonly next?: string;
  readonly where?: Place;
}

export type Result<T, F = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: F };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail<F>(failure: F): { readonly ok: false; readonly failure: F } {
  return { ok: false, failure };
}
