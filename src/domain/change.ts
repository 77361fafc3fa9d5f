import type { MissingName, Observation, Outcome, SourceLine } from './observation.ts';
import type { CaseCode, Strength, WholeCode } from './verdict.ts';
import type { CornerName } from './vocabulary.ts';

/*
 * What the tests of a whole change show: the words of `redfirst pr`, `judge` and `corners`.
 * A *target* is what one invocation of a runner tests: a Go package, a test file of vitest, node:test or pytest. Its name is
 * the package's folder or the file's path, relative to the repository.
 */

/** First and last line, both counted from 1 and both included. */
export type LineRange = readonly [first: number, last: number];

/** What a change does to one file: `new` counts lines of R, S and H, `old` those of B and X. */
export interface TouchedLines {
  readonly new: readonly LineRange[];
  readonly old: readonly LineRange[];
  /** Path on the old side, where it is another. */
  readonly oldPath?: string;
}

/** The side that a corner's tests come from. */
export type TextSide = 'new' | 'old';
export function sideOf(corner: CornerName): TextSide {
  return corner === 'B' || corner === 'X' ? 'old' : 'new';
}

/** Answers, for an observed case, what the change does to its text (design 2, touched). */
export interface TouchIndex {
  /**
   * Whether the case's node, an enclosing set-up node, its table body or entry, or a helper that it reaches overlaps the
   * change on that side. A case that cannot be found in the text counts as touched when its file is.
   */
  touches(side: TextSide, target: string, observation: Observation): boolean;
  /**
   * The vanished case (of `gone`, observed on the old side) that `fresh` (observed on the new side) is under another name;
   * undefined where there is none.
   */
  renamedFrom(target: string, fresh: Observation, gone: readonly Observation[]): Observation | undefined;
  /**
   * How the change touches it, where the index can say so. `own`: its node, its table's body or its entry differs; `shared`: only
   * set-up or helpers that it has in common with others do.
   */
  reach?(side: TextSide, target: string, observation: Observation): 'own' | 'shared' | 'none';
  /** Whether the file that the case stands in is not there on the old side, where the index can say so. */
  isNewFile?(target: string, fresh: Observation): boolean;
}

/** How a case relates to the change. `deleted`: it ran at B, and neither its name nor its text is there at H. */
export type Touch = 'new' | 'changed' | 'renamed' | 'deleted' | 'untouched';

/**
 * What a touched case is for (design 2, roles). `vacuous`: green at R and H with no role found. `pending`: what would settle it
 * was not run or could not be (no H, no S). `failing`: it does not pass at H, so it shows nothing. `not-judged`: red at R for
 * a reason that does not count, or not observed there; its code says which. `untouched`: the change does not concern it.
 */
export type ChangeRole =
  | 'driver'
  | 'adaptation'
  | 'guard'
  | 'characterization'
  | 'rename'
  | 'retired'
  | 'vacuous'
  | 'pending'
  | 'failing'
  | 'not-judged'
  | 'untouched';

/**
 * What a change's tests show at R, in one word. `assertion`, `compile`, `panic`: every target with drivers shows that kind of
 * red. `mixed`: several kinds. `vacuous`: tests are touched, and nothing is red. `wrong-reason`: something fails at R, and nothing of it counts. `nothing-to-show`: no test
 * that could run is touched. `not-judgeable`: a report is missing, damaged or contradicts its witnesses. `green` and
 * `not-green`: only H is at hand, and this is what it shows.
 */
export type ChangeClass =
  | 'assertion'
  | 'compile'
  | 'panic'
  | 'mixed'
  | 'vacuous'
  | 'wrong-reason'
  | 'nothing-to-show'
  | 'not-judgeable'
  | 'green'
  | 'not-green';

/** The judgement of one case over all corners. */
export interface ChangeCase {
  readonly target: string;
  readonly name: string;
  readonly place?: SourceLine;
  readonly touch: Touch;
  readonly role: ChangeRole;
  /** Its verdict at the corner that decided, see `at`. */
  readonly code: CaseCode;
  readonly strength?: Strength;
  /** The corner at which `code` was found; S where it does not build at R. */
  readonly at: CornerName;
  readonly detail: string;
  readonly signature: string;
  /** Per corner that ran: what it did in the declared order, or null where it was not there. */
  readonly outcomes: Readonly<Partial<Record<CornerName, Outcome | null>>>;
  /** Red in the suite and green alone: what made it red is another case. */
  readonly onlyThroughNeighbour?: boolean;
}

/** The judgement of one target. */
export interface ChangeTarget {
  readonly target: string;
  readonly class: ChangeClass;
  /** Of the run at R (or S): what makes the whole of it worthless, or `red/valid`. */
  readonly code: WholeCode;
  readonly reason: string;
  readonly missing: readonly MissingName[];
  readonly missingCut: boolean;
  /** It does not build at R, and everything touched is green at S and H: the change moves code and adds no behaviour. */
  readonly refactor: boolean;
  /** Cases that nobody sees at R because the target does not build there: as many as ran at S, or H, or B. */
  readonly blind: number;
  /** Untouched cases that passed at B and at R (or S): the natural controls. */
  readonly controls: number;
  /** Untouched cases that fail at B: listed and ignored. */
  readonly failingAtBase: readonly string[];
  /** Untouched cases that passed at B and fail at R or H: the change's tests, or its code, break them. */
  readonly broken: readonly string[];
}

/** What a change's tests show. */
export interface ChangeVerdict {
  readonly class: ChangeClass;
  readonly reason: string;
  readonly targets: readonly ChangeTarget[];
  /** Every case that ran at any corner, untouched ones too, by target and name. */
  readonly cases: readonly ChangeCase[];
}
