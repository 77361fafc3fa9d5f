import { isAbsolute, relative } from 'node:path';
import type { Observation, ObservedFailure } from '../../domain/observation.ts';
import { findForeign } from '../foreign-report.ts';
import { readLines } from '../read-chunks.ts';
import { emptyReport, inspectReport, readSafely, truncated } from '../report-file.ts';
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
    const observations = points.filter((point) => !isContainer(point)).map((point) => toObservation(point, result));
    const failing = points.some(({ ok, directive }) => !ok && directive === undefined) || bailedOut !== undefined;
    const expectedExit = failing ? 'nonzero' : observations.length > 0 ? 'zero' : 'any';
    const report = { observations, expectedExit, suiteFailures: [] } as const;
    if (unreadable !== undefined)
      return { ...report, status: { status: 'unreadable', detail: `the report is no TAP: ${unreadable}` } };
    if (bailedOut !== undefined) return { ...report, ...abort(bailedOut, result) };
    if (cut !== undefined) return { ...report, status: truncated(result.end, cut) };
    return { ...report, status: findForeign(observations, result) ?? { status: 'complete' } };
  });
}

/** A parent stands for its subtests, unless it failed though none of them did. */
function isContainer({ isParent, ok, subtestFailed }: TapPoint): boolean {
  return isParent && (ok || subtestFailed);
}

function abort(reason: string, { end }: RunnerResult): Pick<ReadReport, 'status' | 'suiteFailures'> {
  const what = boundMessage(reason === '' ? 'Bail out!' : `Bail out! ${reason}`);
  return { status: truncated(end, what.slice(0, 300)), suiteFailures: [{ what, where: 'suite' }] };
}

function toObservation(point: TapPoint, { spec, attempt, worktree }: RunnerResult): Observation {
  const { diagnostics, directive, ok } = point;
  const passed = ok && directive === undefined;
  const failed = !ok && directive === undefined;
  const at = placeOf(diagnostics, worktree);
  return {
    suite: spec.suite,
    attempt,
    name: [...point.path, point.title].join(' > ').toWellFormed(),
    ...(at === undefined ? {} : { file: at.file }),
    outcome: passed ? 'passed' : failed ? 'failed' : 'skipped',
    where: 'body',
    ...(failed ? { failure: toFailure(diagnostics, at) } : {}),
    durationUs: microseconds(Number(diagnostics['duration_ms'] ?? Number.NaN)),
  };
}

function toFailure(diagnostics: TapPoint['diagnostics'], at: ReturnType<typeof placeOf>): ObservedFailure {
  const error = errorBlock(diagnostics['error'] ?? '');
  const message = diagnostics['message'] ?? error.message;
  return {
    kind: 'reported-failure',
    type: (diagnostics['type'] ?? diagnostics['name'] ?? error.name ?? diagnostics['severity'] ?? '')
      .slice(0, 1000)
      .toWellFormed(),
    message: boundMessage(message),
    ...(at?.line === undefined
      ? {}
      : { location: { file: at.file, line: at.line, ...(at.column === undefined ? {} : { column: at.column }) } }),
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
  const plain = path.replace(/^file:\/\//, '');
  const file = isAbsolute(plain) ? relative(worktree, plain) : plain.replace(/^(?:\.\/)+/, '');
  if (file === '' || file.startsWith('..')) return undefined;
  return {
    file: file.toWellFormed(),
    ...(line === undefined ? {} : { line: Number(line) }),
    ...(column === undefined ? {} : { column: Number(column) }),
  };
}
