import type { Outcome } from './observation.ts';
import type { SuiteName } from './vocabulary.ts';

export type Strength = 'strong' | 'fair' | 'weak';

export type ValidRedCode = 'red/assertion' | 'red/declared' | 'red/compile';

/** Why something that looks like evidence is none. The same words serve red and green. */
export type InvalidCode =
  | 'skipped'
  | 'no-tests'
  | 'not-finished'
  | 'timed-out'
  | 'setup-failed'
  | 'panicked'
  | 'undeclared-failure'
  | 'infrastructure'
  | 'control-failed'
  | 'unstable'
  | 'report-missing'
  | 'report-unreadable'
  | 'report-stale'
  | 'report-foreign'
  | 'exit-mismatch'
  | 'ambiguous-name'
  | 'below-grade'
  | 'dirty-tree'
  | 'order-violated'
  | 'vacuous'
  /** A criterion that no driver shows. */
  | 'criterion-uncovered'
  /** Stopped by a person or by a deadline of the whole run. */
  | 'interrupted'
  /** Green: a driver fails. */
  | 'still-red'
  /** Green: a driver of the red run has no observation under its name. */
  | 'missing';

/** Verdicts that neither show nor refute: what is pending, and what a role explains. */
export type NeutralCode =
  | 'role-pending'
  | 'control-passed'
  | 'guard-passed'
  | 'characterization-passed'
  /** Green at R and H; its old text fails at X. */
  | 'adaptation-passed'
  /** Green under its old name at B and under its new one at H. */
  | 'rename-passed'
  /** Deleted, and its old text fails at X. */
  | 'retired'
  /** Not selected by the scenario, or in a file that the change does not touch: recorded, never counted. */
  | 'untouched'
  | 'not-run';

export type GreenCode = 'green/passed';

export type CaseCode = ValidRedCode | InvalidCode | NeutralCode | GreenCode;

/** The judgement of a suite or a whole run. */
export type WholeCode = 'red/valid' | 'green/passed' | 'not-run' | InvalidCode;

/** What a case of the feature is for; `undetermined` is a green case at red time, `untouched` does not belong to the change. */
export type Role = 'driver' | 'control' | 'guard' | 'characterization' | 'undetermined' | 'untouched';

export interface CaseVerdict {
  readonly suite: SuiteName;
  readonly name: string;
  readonly role: Role;
  readonly code: CaseCode;
  readonly strength?: Strength;
  /** Ids of the criteria that it shows, sorted. */
  readonly criteria: readonly string[];
  /** Normalised failure, comparable across attempts and runs; empty when it did not fail. */
  readonly signature: string;
  /** One sentence for a person: what was seen, and what was expected where they differ. */
  readonly detail: string;
  /** Outcome in each attempt, in order; null where the attempt did not hold the case. */
  readonly outcomes: readonly (Outcome | null)[];
}

export interface SuiteVerdict {
  readonly suite: SuiteName;
  readonly code: WholeCode;
  readonly detail: string;
  /** Weakest strength among its drivers. */
  readonly strength?: Strength;
  /** How many cases got which code. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface RunVerdict {
  readonly code: WholeCode;
  readonly detail: string;
}

const VALID_RED: ReadonlySet<string> = new Set<ValidRedCode>(['red/assertion', 'red/declared', 'red/compile']);
const NEUTRAL: ReadonlySet<string> = new Set<NeutralCode>([
  'role-pending',
  'control-passed',
  'guard-passed',
  'characterization-passed',
  'adaptation-passed',
  'rename-passed',
  'retired',
  'untouched',
  'not-run',
]);

export function isValidRed(code: CaseCode): code is ValidRedCode {
  return VALID_RED.has(code);
}

export function isInvalid(code: CaseCode | WholeCode): code is InvalidCode {
  return !VALID_RED.has(code) && !NEUTRAL.has(code) && code !== 'green/passed' && code !== 'red/valid';
}
