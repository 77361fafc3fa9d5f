import {
  type FailureKind,
  type FailureWhere,
  hasFailed,
  type MissingName,
  type Observation,
  type ObservedFailure,
  type Outcome,
  type SourceLine,
} from '../domain/observation.ts';
import { readLines } from './read-chunks.ts';
import { emptyReport, inspectReport, readSafely, truncated } from './report-file.ts';
import { boundMessage, type CaseLine, type FailureLine, type ReportedError } from './reporters/report-line.ts';
import type { ReadReport, RunnerResult } from './runner.ts';

const OUTCOMES: readonly unknown[] = [
  'passed',
  'failed',
  'errored',
  'skipped',
  'timed-out',
  'aborted',
] satisfies Outcome[];
const WHERES: readonly unknown[] = ['body', 'setup', 'teardown', 'suite', 'load'] satisfies FailureWhere[];
const KINDS: readonly unknown[] = [
  'assertion',
  'no-error-assertion',
  'reported-failure',
  'panic',
  'error',
  'timeout',
  'compile',
] satisfies FailureKind[];
const MISSING_KINDS: readonly unknown[] = [
  'symbol',
  'member',
  'signature',
  'package',
  'command',
] satisfies MissingName['kind'][];
/** Of one failure; a module that is not there can hide any number of names. */
const MISSING_KEPT = 200;

type Collected = {
  readonly observations: Observation[];
  readonly suiteFailures: { what: string; where: 'suite' | 'load' | 'setup' | 'teardown' }[];
  /** Cases that began and have not ended, by name; one name can run more than once. */
  readonly running: Map<string, { file: string; count: number }>;
  cases: number;
  failures: number;
  ended: { cases: number; failures: number } | undefined;
};

/**
 * Reads what one of our own reporters wrote. A header with another token makes it foreign, a line that is not ours
 * unreadable, a missing end line or counts that differ truncated; what was read until then is kept.
 */
export async function readReportLines(result: RunnerResult, takeOther: TakeLine = () => false): Promise<ReadReport> {
  const bad = await inspectReport(result);
  if (bad !== undefined) return emptyReport(bad);
  return readSafely(() => readInspected(result, takeOther));
}

/** Takes a line that is no part of a report of cases, and says whether it knows it. */
type TakeLine = (line: Readonly<Record<string, unknown>>) => boolean;

async function readInspected(result: RunnerResult, takeOther: TakeLine): Promise<ReadReport> {
  const collected: Collected = {
    observations: [],
    suiteFailures: [],
    running: new Map(),
    cases: 0,
    failures: 0,
    ended: undefined,
  };
  let number = 0;
  let cut = false;
  let bad: string | undefined;
  for await (const { lines, unended } of readLines(result.reportPath)) {
    if (unended !== undefined) cut = true;
    for (const text of lines) {
      number++;
      const line = parseObject(text);
      if (number === 1) {
        if (line?.['redfirst'] !== 1)
          return emptyReport({ status: 'unreadable', detail: 'line 1 is not the header of our reporter' });
        if (line['token'] !== result.token)
          return emptyReport({ status: 'foreign', detail: 'the report carries the token of another run' });
      } else if (collected.ended !== undefined) bad ??= `line ${number} follows the end line`;
      else if (line === undefined || !(collect(line, collected, result) || takeOther(line)))
        bad ??= `line ${number} is no line of our reporter`;
    }
  }
  const { observations, suiteFailures, ended } = collected;
  const report = { observations, suiteFailures, expectedExit: expectedExit(collected) } as const;
  if (bad !== undefined) return { ...report, status: { status: 'unreadable', detail: bad } };
  if (ended === undefined || cut) {
    addAborted(collected, result);
    return {
      ...report,
      status: truncated(
        result.end,
        number === 0 ? 'the report breaks off in its header' : 'the report has no end line',
      ),
    };
  }
  if (ended.cases !== collected.cases || ended.failures !== collected.failures) {
    const detail = `the end line counts ${ended.cases} cases and ${ended.failures} failures outside them, the report holds ${collected.cases} and ${collected.failures}`;
    return { ...report, status: { status: 'truncated', detail } };
  }
  // node ends its report even when it is told to stop, as if nothing more had been to come.
  if (result.end.cause !== 'exited') {
    return { ...report, status: truncated(result.end, 'the runner was stopped before it was done') };
  }
  return { ...report, status: { status: 'complete' } };
}

function expectedExit({ observations, suiteFailures, cases }: Collected): ReadReport['expectedExit'] {
  if (suiteFailures.length > 0 || observations.some(({ outcome }) => hasFailed(outcome))) return 'nonzero';
  return cases === 0 ? 'any' : 'zero';
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function collect(line: Record<string, unknown>, into: Collected, result: RunnerResult): boolean {
  if (isCaseLine(line)) {
    into.cases++;
    finishRunning(into, line.case);
    into.observations.push(toObservation(line, result));
    return true;
  }
  if (typeof line['start'] === 'string' && typeof line['file'] === 'string') {
    const running = into.running.get(line['start']) ?? { file: line['file'], count: 0 };
    running.count++;
    into.running.set(line['start'], running);
    return true;
  }
  if (isFailureLine(line)) {
    into.failures++;
    addFailure(line, into, result);
    return true;
  }
  const counts = line['counts'] as { cases?: unknown; failures?: unknown } | null | undefined;
  if (line['end'] !== true || !isCount(counts?.cases) || !isCount(counts.failures)) return false;
  into.ended = { cases: counts.cases, failures: counts.failures };
  return true;
}

function finishRunning({ running }: Collected, name: string): void {
  const found = running.get(name);
  if (found !== undefined && --found.count === 0) running.delete(name);
}

function toObservation(line: CaseLine, { spec, attempt }: RunnerResult): Observation {
  const [first, ...more] = line.errors;
  return {
    suite: spec.suite,
    attempt,
    name: line.case.toWellFormed(),
    ...(line.file === '' ? {} : { file: line.file.toWellFormed() }),
    outcome: line.outcome,
    where: line.where,
    ...(first === undefined ? {} : { failure: toFailure(first) }),
    ...(more.length === 0 ? {} : { additional: more.map((error) => ({ ...toFailure(error), where: error.where })) }),
    durationUs: line.durationUs,
    ...(line.retries === undefined ? {} : { retries: line.retries }),
    ...(line.place === undefined ? {} : { place: toSourceLine(line.place) }),
    ...(line.containers === undefined ? {} : { containers: line.containers.map(toSourceLine) }),
  };
}

const toSourceLine = ({ file, line }: SourceLine): SourceLine => ({ file: file.toWellFormed(), line });

function toFailure({ kind, type, message, location, missingNames, missing }: ReportedError): ObservedFailure {
  const names = missingNames ?? missing?.map(({ name }) => name);
  return {
    kind,
    type: type.toWellFormed(),
    message: boundMessage(message),
    ...(location === undefined ? {} : { location }),
    ...(names === undefined ? {} : { missingNames: names.slice(0, MISSING_KEPT).map((name) => name.toWellFormed()) }),
    ...(missing === undefined ? {} : { missing: missing.slice(0, MISSING_KEPT).map(toMissingName) }),
  };
}

function toMissingName({ name, kind, file, line, column }: MissingName): MissingName {
  return {
    name: name.toWellFormed(),
    kind,
    ...(file === undefined ? {} : { file: file.toWellFormed() }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

/**
 * A file that could not be loaded hides its cases: it is observed itself, as `FILE [load]`. Where names are missing that the
 * implementation may bring, that is all; anything else is a failure of the whole suite too.
 */
function addFailure({ failed, file, error }: FailureLine, into: Collected, { spec, attempt }: RunnerResult): void {
  if (failed === 'load' && file !== undefined) {
    into.observations.push({
      suite: spec.suite,
      attempt,
      name: `${file.toWellFormed()} [load]`,
      file: file.toWellFormed(),
      outcome: error.kind === 'timeout' ? 'timed-out' : 'errored',
      where: 'load',
      failure: toFailure(error),
      durationUs: 0,
    });
    if (error.kind === 'compile') return;
  }
  const what = [file, error.type, error.message].filter((part) => part !== undefined && part !== '').join(': ');
  into.suiteFailures.push({ what: boundMessage(what), where: failed });
}

/** What was running when the report was cut is named. */
function addAborted({ running, observations }: Collected, { spec, attempt, end }: RunnerResult): void {
  const outcome = end.cause === 'timed-out' ? 'timed-out' : 'aborted';
  for (const [name, { file, count }] of running) {
    for (let i = 0; i < count; i++) {
      observations.push({
        suite: spec.suite,
        attempt,
        name: name.toWellFormed(),
        ...(file === '' ? {} : { file: file.toWellFormed() }),
        outcome,
        where: 'body',
        durationUs: 0,
      });
    }
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function isCaseLine(line: object): line is CaseLine {
  const {
    case: name,
    file,
    outcome,
    where,
    errors,
    durationUs,
    retries,
    place,
    containers,
  } = line as Partial<Record<keyof CaseLine, unknown>>;
  return (
    typeof name === 'string' &&
    typeof file === 'string' &&
    OUTCOMES.includes(outcome) &&
    WHERES.includes(where) &&
    Array.isArray(errors) &&
    errors.every(isReportedError) &&
    isCount(durationUs) &&
    (retries === undefined || (Array.isArray(retries) && retries.every((one) => OUTCOMES.includes(one)))) &&
    (place === undefined || isLocation(place)) &&
    (containers === undefined || (Array.isArray(containers) && containers.every(isLocation)))
  );
}

function isFailureLine(line: object): line is FailureLine {
  const { failed, file, error } = line as Partial<Record<keyof FailureLine, unknown>>;
  return (
    ['suite', 'load', 'setup', 'teardown'].includes(failed as string) &&
    (file === undefined || typeof file === 'string') &&
    isReportedError(error)
  );
}

function isReportedError(value: unknown): value is ReportedError {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, type, message, where, location, missingNames, missing } = value as Partial<
    Record<keyof ReportedError, unknown>
  >;
  return (
    KINDS.includes(kind) &&
    typeof type === 'string' &&
    typeof message === 'string' &&
    WHERES.includes(where) &&
    (location === undefined || isLocation(location)) &&
    (missingNames === undefined ||
      (Array.isArray(missingNames) && missingNames.every((name) => typeof name === 'string'))) &&
    (missing === undefined || (Array.isArray(missing) && missing.every(isMissingName)))
  );
}

function isMissingName(value: unknown): value is MissingName {
  if (typeof value !== 'object' || value === null) return false;
  const { name, kind, file, line, column } = value as Partial<Record<keyof MissingName, unknown>>;
  return (
    typeof name === 'string' &&
    MISSING_KINDS.includes(kind) &&
    (file === undefined || typeof file === 'string') &&
    (line === undefined || isCount(line)) &&
    (column === undefined || isCount(column))
  );
}

function isLocation(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { file, line, column } = value as { file?: unknown; line?: unknown; column?: unknown };
  return typeof file === 'string' && isCount(line) && (column === undefined || isCount(column));
}
