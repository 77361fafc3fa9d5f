import { readFile, stat } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { hasFailed, type Observation, type Outcome } from '../domain/observation.ts';
import { type BadStatus, emptyReport, inspectReport, readSafely } from './report-file.ts';
import { describeThrown, microseconds, relativeTo, type ThrownValue } from './reporters/report-line.ts';
import type { ReadReport, RunnerResult } from './runner.ts';

/** A report is one JSON text, so it is held whole; what is larger was not written by a person's test run. */
const SIZE_LIMIT = 256 * 1024 * 1024;

/** As much of the format as is read. @see https://jestjs.io/docs/configuration#testresultsprocessor-string */
interface JestReport {
  readonly numTotalTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly JestFile[];
}
interface JestFile {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly JestCase[];
}
interface JestCase {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
  readonly duration: unknown;
  readonly failureMessages: readonly string[];
  readonly location: { readonly line: number } | undefined;
}

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  passed: 'passed',
  failed: 'failed',
  skipped: 'skipped',
  pending: 'skipped',
  todo: 'skipped',
  disabled: 'skipped',
};

/** Reads what vitest and jest write with `--reporter=json`. What it counts must be what it holds. */
export async function readJestJson(result: RunnerResult): Promise<ReadReport> {
  const bad = await inspectReport(result);
  if (bad !== undefined) return emptyReport(bad);
  return readSafely(async () => {
    const { size } = await stat(result.reportPath);
    if (size > SIZE_LIMIT)
      return emptyReport(unreadable(`the report has ${size} bytes, more than a JSON text may have here`));
    const report = parseReport(await readFile(result.reportPath, 'utf8'));
    if ('status' in report) return emptyReport(report);
    return toReport(report, result);
  });
}

function toReport(report: JestReport, result: RunnerResult): ReadReport {
  const cases = report.testResults.flatMap((file) =>
    file.assertionResults.map((one) => toObservation(one, file, result)),
  );
  const failed = cases.filter(({ outcome }) => hasFailed(outcome)).length;
  const unloaded = report.testResults.filter(
    ({ assertionResults, status }) => status === 'failed' && assertionResults.length === 0,
  );
  const observations = [...cases, ...unloaded.map((file) => toLoadFailure(file, result))];
  const failing = failed > 0 || unloaded.length > 0;
  const told = {
    observations,
    expectedExit: failing ? 'nonzero' : cases.length > 0 ? 'zero' : 'any',
    suiteFailures: [],
  } as const;
  const lie =
    report.numTotalTests !== cases.length
      ? `it claims ${report.numTotalTests} tests and holds ${cases.length}`
      : report.numFailedTests !== failed
        ? `it claims ${report.numFailedTests} failed tests and holds ${failed}`
        : undefined;
  return { ...told, status: lie === undefined ? { status: 'complete' } : unreadable(lie) };
}

function toObservation(one: JestCase, file: JestFile, { spec, attempt, worktree }: RunnerResult): Observation {
  const path = relativeTo(worktree, file.name) ?? file.name;
  const outcome = OUTCOMES[one.status] ?? 'errored';
  const [first, ...more] = one.failureMessages.map((text) =>
    describeThrown(thrownOf(text), 'body', worktree, kindOf(text), path),
  );
  const { where, ...failure } =
    first ?? describeThrown({ message: `the report says ${one.status}, without more` }, 'body', worktree);
  const errored = outcome === 'failed' && failure.kind === 'error';
  return {
    suite: spec.suite,
    attempt,
    name: [path, ...one.ancestorTitles, one.title].join(' > '),
    file: path,
    outcome: errored ? 'errored' : outcome,
    where,
    ...(outcome === 'passed' || outcome === 'skipped' ? {} : { failure }),
    ...(more.length === 0 ? {} : { additional: more }),
    durationUs: microseconds(one.duration),
    ...(one.location === undefined ? {} : { place: { file: path, line: one.location.line } }),
  };
}

/** A file that could not be loaded: its cases are not known, and it is an observation of its own. */
function toLoadFailure(file: JestFile, { spec, attempt, worktree }: RunnerResult): Observation {
  const path = relativeTo(worktree, file.name) ?? file.name;
  const { where, ...failure } = describeThrown(thrownOf(file.message), 'load', worktree, undefined, path);
  return { suite: spec.suite, attempt, name: path, file: path, outcome: 'errored', where, failure, durationUs: 0 };
}

/** `AssertionError: expected …`, then the stack; jest colours it. */
function thrownOf(text: string): ThrownValue {
  const plain = stripVTControlCharacters(text);
  const [, name = '', rest = ''] = /^(?:([A-Z]\w*)(?: \[\w+\])?: )?([\s\S]*)$/.exec(plain) ?? [];
  const stack = /\n\s+at /.exec(rest);
  return { name, message: stack === null ? rest : rest.slice(0, stack.index), stack: plain };
}

/** jest's own matchers throw a plain Error that begins with the call. */
function kindOf(text: string): 'assertion' | undefined {
  return /^(?:Error: )?expect\(/.test(stripVTControlCharacters(text)) ? 'assertion' : undefined;
}

function unreadable(detail: string): BadStatus {
  return { status: 'unreadable', detail };
}

function parseReport(text: string): JestReport | BadStatus {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return unreadable(`the JSON report breaks off or is damaged: ${(error as Error).message.slice(0, 200)}`);
  }
  const files = isRecord(value) ? value['testResults'] : undefined;
  if (!isRecord(value) || !Array.isArray(files) || typeof value['numTotalTests'] !== 'number') {
    return unreadable('this JSON is no report of vitest or jest: it has no testResults with their number');
  }
  return {
    numTotalTests: value['numTotalTests'],
    numFailedTests: typeof value['numFailedTests'] === 'number' ? value['numFailedTests'] : 0,
    testResults: files.filter(isRecord).map(toFile),
  };
}

function toFile(file: Record<string, unknown>): JestFile {
  const cases = Array.isArray(file['assertionResults']) ? file['assertionResults'].filter(isRecord) : [];
  return {
    name: textOf(file['name']),
    status: textOf(file['status']),
    message: textOf(file['message']),
    assertionResults: cases.map((one) => ({
      ancestorTitles: textsOf(one['ancestorTitles']),
      title: textOf(one['title']),
      status: textOf(one['status']),
      duration: one['duration'],
      failureMessages: textsOf(one['failureMessages']),
      location: placeOf(one['location']),
    })),
  };
}

function placeOf(value: unknown): { line: number } | undefined {
  const line = isRecord(value) ? value['line'] : undefined;
  return typeof line === 'number' && Number.isSafeInteger(line) && line > 0 ? { line } : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(textOf) : []);
