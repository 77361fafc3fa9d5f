import type { Observation, ObservedFailure } from '../../domain/observation.ts';
import { type BatsFailure, batsHook, readBats, relativeFile } from '../bats-words.ts';
import { findForeign } from '../foreign-report.ts';
import { readLines } from '../read-chunks.ts';
import { emptyReport, inspectReport, readSafely, truncated } from '../report-file.ts';
import { commandNotFound } from '../reporters/missing-names.ts';
import { boundMessage, microseconds } from '../reporters/report-line.ts';
import type { ReadReport, RunnerResult } from '../runner.ts';
import { TapParser, type TapPoint } from './parse-tap.ts';

/** Reads a TAP report, versions 12 to 14. A plan that is missing or not kept makes it truncated. */
export async function readTap(result: RunnerResult): Promise<ReadReport> {
  const bad = await inspectReport(result);
  if (bad !== undefined) return emptyReport(bad);
  return readSafely(async () => {
    const parser = new TapParser();
    let unended = false;
    for await (const batch of readLines(result.reportPath)) {
      for (const line of batch.lines) parser.line(line);
      if (batch.unended !== undefined) {
        unended = true;
        parser.line(batch.unended);
      }
    }
    const { points, bailedOut, cut, unreadable } = parser.end(unended);
    const told = points.filter((point) => !isContainer(point));
    const observations = told.filter((point) => !isOfBats(point)).map((point) => toObservation(point, result));
    const suiteFailures = told.filter(isOfBats).map(toSuiteFailure);
    const failing = points.some(({ ok, directive }) => !ok && directive === undefined) || bailedOut !== undefined;
    // Writers differ in how they end where a point is `not ok` and skipped.
    const unclear = points.some(({ ok, directive }) => !ok && directive === 'skip') || observations.length === 0;
    const expectedExit = failing ? 'nonzero' : unclear ? 'any' : 'zero';
    const report = { observations, expectedExit, suiteFailures } as const;
    if (unreadable !== undefined)
      return { ...report, status: { status: 'unreadable', detail: `the report is no TAP: ${unreadable}` } };
    if (bailedOut !== undefined) return { ...report, ...abort(bailedOut, result) };
    if (cut !== undefined) return { ...report, status: truncated(result.end, cut) };
    return { ...report, status: findForeign(observations, result) ?? { status: 'complete' } };
  });
}

/** A parent stands for its subtests, unless it failed though none of them did, or was skipped with all of them. */
function isContainer({ isParent, ok, subtestFailed, subtests, directive }: TapPoint): boolean {
  return isParent && (directive !== undefined && subtests === 0 ? false : ok || subtestFailed);
}

const isOfBats = ({ title, ok, path }: TapPoint): boolean => !ok && path.length === 0 && batsHook(title) !== undefined;

function toSuiteFailure({ title, comments }: TapPoint): ReadReport['suiteFailures'][number] {
  return { what: boundMessage(comments === '' ? title : `${title}: ${comments}`), where: batsHook(title) ?? 'suite' };
}

function abort(reason: string, { end }: RunnerResult): Pick<ReadReport, 'status' | 'suiteFailures'> {
  const what = boundMessage(reason === '' ? 'Bail out!' : `Bail out! ${reason}`);
  return { status: truncated(end, what.slice(0, 300)), suiteFailures: [{ what, where: 'suite' }] };
}

function toObservation(point: TapPoint, { spec, attempt, worktree }: RunnerResult): Observation {
  const { diagnostics, directive, ok } = point;
  const failed = !ok && directive === undefined;
  const bats = failed ? readBats(diagnostics['message'] ?? point.comments, worktree) : undefined;
  const at = placeOf(diagnostics, worktree) ?? bats?.at;
  const title = point.title === '' ? `#${point.number}` : point.title;
  return {
    suite: spec.suite,
    attempt,
    name: [...point.path, title].join(' > ').toWellFormed(),
    ...(at === undefined ? {} : { file: at.file }),
    ...(failed
      ? toFailed(point, at, bats)
      : { outcome: directive === undefined ? 'passed' : 'skipped', where: 'body' }),
    durationUs: microseconds(Number(diagnostics['duration_ms'] ?? Number.NaN)),
  };
}

type Place = ReturnType<typeof placeOf>;
type Failed = Pick<Observation, 'outcome' | 'where' | 'failure'>;

/** node's own words for what was no failure of the body. */
function toFailed(point: TapPoint, at: Place, bats: BatsFailure | undefined): Failed {
  const failure = toFailure(point, at, bats);
  const type = point.diagnostics['failureType'];
  if (point.timedOut || type === 'testTimeoutFailure')
    return { outcome: 'timed-out', where: 'body', failure: { ...failure, kind: 'timeout' } };
  if (type === 'cancelledByParent') return { outcome: 'aborted', where: 'body', failure };
  const where = type === 'hookFailed' ? 'setup' : (bats?.where ?? 'body');
  return { outcome: where === 'body' && failure.kind !== 'compile' ? 'failed' : 'errored', where, failure };
}

function toFailure({ diagnostics, comments }: TapPoint, at: Place, bats: BatsFailure | undefined): ObservedFailure {
  const error = errorBlock(diagnostics['error'] ?? '');
  const message = diagnostics['message'] ?? (error.message === '' ? comments : error.message);
  const command = bats === undefined ? undefined : commandNotFound(message);
  const place = at?.line === undefined ? undefined : { file: at.file, line: at.line };
  return {
    kind: command === undefined ? 'reported-failure' : 'compile',
    type: (diagnostics['type'] ?? diagnostics['name'] ?? error.name ?? diagnostics['severity'] ?? '')
      .slice(0, 1000)
      .toWellFormed(),
    message: boundMessage(message),
    ...(place === undefined ? {} : { location: at?.column === undefined ? place : { ...place, column: at.column } }),
    ...(command === undefined
      ? {}
      : { missingNames: [command], missing: [{ name: command, kind: 'command' as const, ...place }] }),
  };
}

/** `error` is a text, or (vitest) a block of `name` and `message`. */
function errorBlock(text: string): { readonly name?: string; readonly message: string } {
  const found = /^\s*name: "([^"]*)"\n\s*message: "([\s\S]*?)"\s*(?:\n\s*stack: [\s\S]*)?$/.exec(text);
  if (found === null) return { message: text };
  return { name: found[1] ?? '', message: (found[2] ?? '').replaceAll('\\"', '"') };
}

/** `at` or `location` of a diagnostic: `file:line:column`, or node-tap's block of `fileName` and `lineNumber`. */
function placeOf(
  diagnostics: TapPoint['diagnostics'],
  worktree: string,
): { file: string; line?: number; column?: number } | undefined {
  const told = diagnostics['at'] ?? diagnostics['location'] ?? '';
  const place = /([^\s()]+?):(\d{1,9})(?::(\d{1,9}))?\)?\s*$/.exec(told);
  const block = /(?:fileName|file): *['"]?([^\n'"]+)['"]?[\s\S]*?(?:lineNumber|line): *(\d{1,9})/.exec(told);
  const [, path, line, column] = place ?? block ?? [];
  if (path === undefined) return undefined;
  const file = relativeFile(path.replace(/^file:\/\//, ''), worktree);
  if (file === undefined) return undefined;
  return {
    file,
    ...(line === undefined ? {} : { line: Number(line) }),
    ...(column === undefined ? {} : { column: Number(column) }),
  };
}
