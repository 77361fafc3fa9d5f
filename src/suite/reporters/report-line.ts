import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type FailureKind,
  type FailureWhere,
  MESSAGE_LIMIT,
  type MissingName,
  type Outcome,
  type SourceLine,
} from '../../domain/observation.ts';
import { missingNames } from './missing-names.ts';

/**
 * The lines that our own reporters write, one JSON value each: a header, what happened, and an end line whose
 * absence tells a report that was cut. Reporters run inside the suite's process, so this file imports the domain alone.
 */
export type ReportLine = HeaderLine | StartLine | CaseLine | FailureLine | EndLine;

export interface HeaderLine {
  readonly redfirst: 1;
  readonly runner: string;
  /** `REDFIRST_TOKEN` as the runner was given it: another run's report is known as foreign. */
  readonly token: string;
}

/** A case began; one that never ends was aborted. */
export interface StartLine {
  readonly start: string;
  readonly file: string;
}

export interface CaseLine {
  readonly case: string;
  readonly file: string;
  readonly outcome: Outcome;
  readonly where: FailureWhere;
  readonly errors: readonly ReportedError[];
  readonly durationUs: number;
  readonly retries?: readonly Outcome[];
  /** Where the case itself begins. */
  readonly place?: SourceLine;
  /** Where the suites around it begin, outermost first. */
  readonly containers?: readonly SourceLine[];
}

/** A failure that belongs to no case. `file` is named where it kept that file's cases from being found. */
export interface FailureLine {
  readonly failed: 'suite' | 'load' | 'setup' | 'teardown';
  readonly file?: string;
  readonly error: ReportedError;
}

export interface EndLine {
  readonly end: true;
  readonly counts: { readonly cases: number; readonly failures: number };
}

export interface ReportedError {
  readonly kind: FailureKind;
  readonly type: string;
  readonly message: string;
  readonly where: FailureWhere;
  readonly location?: { readonly file: string; readonly line: number; readonly column?: number };
  readonly missingNames?: readonly string[];
  readonly missing?: readonly MissingName[];
}

/** What a thrown value looks like after it crossed a process boundary; every member may be missing or of any type. */
export interface ThrownValue {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly stack?: unknown;
  readonly code?: unknown;
  readonly operator?: unknown;
  readonly matcherResult?: unknown;
  readonly actual?: unknown;
}

const NO_ERROR_OPERATORS = new Set(['ifError', 'doesNotThrow', 'doesNotReject']);
/** vitest's and chai's words where an assertion demands that nothing is thrown. */
const NO_ERROR_MESSAGE =
  /^promise rejected "[\s\S]*" instead of resolving|to not throw an error|^expected .* not to throw|^ifError got unwanted exception|^Got unwanted (exception|rejection)/;
const TIMEOUT_MESSAGE =
  /^(?:Test|Hook) timed out in \d+ms|^test timed out after \d+ms|^The \S+ phase of "\S+" hook timed out after \d+ms/;
/** Assertions of the runners that are thrown as a plain Error: snapshots, `expect.assertions`, custom matchers. */
const PLAIN_ASSERTION_MESSAGE =
  /^Snapshot `[\s\S]*` mismatched|^expected (?:number of assertions to be \d+|any number of assertion)/;

/** Kind of a thrown value: an assertion only where its own library says so, by class or code. */
export function kindOfThrown(thrown: ThrownValue): FailureKind {
  const message = textOf(thrown.message);
  const name = textOf(thrown.name);
  if (TIMEOUT_MESSAGE.test(message) && !name.includes('Assertion')) return 'timeout';
  const assertion =
    name === 'AssertionError' ||
    name.startsWith('AssertionError ') ||
    thrown.code === 'ERR_ASSERTION' ||
    (typeof thrown.matcherResult === 'object' && thrown.matcherResult !== null) ||
    (name === 'Error' && PLAIN_ASSERTION_MESSAGE.test(message)) ||
    isCustomMatcherError(thrown);
  if (!assertion) return 'error';
  const noError = NO_ERROR_OPERATORS.has(textOf(thrown.operator)) || NO_ERROR_MESSAGE.test(message);
  return noError ? 'no-error-assertion' : 'assertion';
}

/** `expect.extend` throws a plain Error with both values, from inside vitest's own assertion library. */
function isCustomMatcherError(thrown: ThrownValue): boolean {
  if (!Object.hasOwn(thrown, 'actual') || !Object.hasOwn(thrown, 'expected')) return false;
  const frame = /\n\s+at [^\n]*/.exec(textOf(thrown.stack))?.[0] ?? '';
  return frame.includes('/@vitest/expect/');
}

/**
 * Describes a thrown value; `cwd` is the worktree that locations are made relative to, `own` the case's or loaded file. Where
 * names are missing that the tests use, that is what kind of failure it is.
 */
export function describeThrown(
  thrown: unknown,
  where: FailureWhere,
  cwd: string,
  kind?: FailureKind,
  own?: string,
): ReportedError {
  const value: ThrownValue = typeof thrown === 'object' && thrown !== null ? thrown : { message: textOf(thrown) };
  const message = textOf(value.message);
  const stack = textOf(value.stack);
  const location = firstLocation(stack, cwd);
  const told = kind ?? kindOfThrown(value);
  const name = textOf(value.name);
  const code = textOf(value.code);
  const raised = { name, message, code, at: location, onTop: location !== undefined && isOnTop(stack, cwd) };
  const missing = told === 'error' ? missingNames(raised, own, cwd) : [];
  return {
    kind: missing.length > 0 ? 'compile' : told,
    type: name,
    message: boundMessage(message),
    where,
    ...(location === undefined ? {} : { location }),
    ...(missing.length > 0 ? { missingNames: [...new Set(missing.map((one) => one.name))], missing } : {}),
  };
}

/** Whether the first frame of a stack is the one that `firstLocation` finds. */
function isOnTop(stack: string, cwd: string): boolean {
  const [frame] = /^\s+at .*$|^\s*(?:.*@)?\/.*:\d+:\d+$/m.exec(stack) ?? [];
  return frame !== undefined && firstLocation(frame, cwd) !== undefined;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  try {
    return typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** The first frame of a stack that lies in the worktree and in no dependency. */
export function firstLocation(stack: string, cwd: string): ReportedError['location'] {
  for (const line of stack.slice(0, 64 * 1024).split('\n')) {
    const frame =
      /^\s*at (?:.*? \()?((?:file:\/\/)?\/.*?):(\d+):(\d+)\)?$/.exec(line) ??
      /^\s*(?:.*@)?(\/.*?):(\d+):(\d+)$/.exec(line);
    if (frame === null) continue;
    const file = relativeTo(cwd, frame[1] ?? '');
    if (file === undefined || /(?:^|\/)node_modules\//.test(file)) continue;
    return { file, line: Number(frame[2]), column: Number(frame[3]) };
  }
  return undefined;
}

/** A path or file URL relative to `cwd`; undefined where it lies outside. */
export function relativeTo(cwd: string, path: string): string | undefined {
  let plain = path;
  if (path.startsWith('file://')) {
    try {
      plain = fileURLToPath(path);
    } catch {
      return undefined;
    }
  }
  // Vite appends a query to what it loaded.
  const file = isAbsolute(plain) ? relative(cwd, plain.replace(/\?[^/]*$/, '')) : plain;
  return file === '' || file === '..' || file.startsWith('../') ? undefined : file;
}

/**
 * A text as it is kept on a row: well-formed UTF-16 and at most `MESSAGE_LIMIT` units, what is cut being said at its end.
 * @param unseen characters that were already left out before `text` was made.
 */
export function boundMessage(text: string, unseen = 0): string {
  if (text.length <= MESSAGE_LIMIT && unseen === 0) return text.toWellFormed();
  let keep = Math.min(text.length, MESSAGE_LIMIT - 48);
  const last = text.charCodeAt(keep - 1);
  if (last >= 0xd800 && last < 0xdc00) keep--;
  return `${text.slice(0, keep).toWellFormed()}… [${text.length - keep + unseen} more characters]`;
}

/** Whole microseconds of a duration in milliseconds; 0 where it is no sensible number. */
export function microseconds(milliseconds: unknown): number {
  const us = typeof milliseconds === 'number' ? Math.round(milliseconds * 1000) : 0;
  return Number.isSafeInteger(us) && us > 0 ? us : 0;
}
