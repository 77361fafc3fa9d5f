import type { Observation, ObservedFailure, Outcome } from '../../domain/observation.ts';
import { findForeign } from '../foreign-report.ts';
import { emptyReport, inspectReport, readSafely, truncated } from '../report-file.ts';
import { boundMessage } from '../reporters/report-line.ts';
import type { ReadReport, RunnerResult } from '../runner.ts';
import { type JunitCase, type JunitResult, type JunitSuite, parseJunit } from './parse-junit.ts';

/** Reads a JUnit report. What its header claims must not contradict what its body holds. */
export async function readJunit(result: RunnerResult): Promise<ReadReport> {
  const bad = await inspectReport(result);
  if (bad !== undefined) return emptyReport(bad);
  return readSafely(async () => {
    const observations: Observation[] = [];
    let contradiction: string | undefined;
    const end = await parseJunit(result.reportPath, {
      onCase: (testCase) => observations.push(toObservation(testCase, result)),
      onSuite: (suite) => {
        contradiction ??= findContradiction(suite);
      },
    });
    const failing = observations.some(({ outcome }) => outcome !== 'passed' && outcome !== 'skipped');
    const expectedExit = failing ? 'nonzero' : observations.length > 0 ? 'zero' : 'any';
    const report = { observations, expectedExit, suiteFailures: [] } as const;
    if (!end.ok && end.cut) return { ...report, status: truncated(result.end, end.reason) };
    if (!end.ok)
      return {
        ...report,
        status: { status: 'unreadable', detail: `the report is no JUnit file that can be read: ${end.reason}` },
      };
    if (contradiction !== undefined) return { ...report, status: { status: 'unreadable', detail: contradiction } };
    return { ...report, status: findForeign(observations, result) ?? { status: 'complete' } };
  });
}

/** An observation of one case. Nearly all cases passed, so that their path is the short one. */
export function toObservation(
  testCase: JunitCase,
  { spec, attempt }: Pick<RunnerResult, 'spec' | 'attempt'>,
): Observation {
  const { classname, results, file } = testCase;
  const { suite } = spec;
  const name = classname === '' ? testCase.name : `${classname} > ${testCase.name}`;
  const durationUs = secondsToMicroseconds(testCase.time);
  if (results.length === 0 && testCase.status === '') {
    if (file === '') return { suite, attempt, name, outcome: 'passed', where: 'body', durationUs };
    return { suite, attempt, name, file, outcome: 'passed', where: 'body', durationUs };
  }
  return { suite, attempt, name, ...(file === '' ? {} : { file }), ...judge(testCase), where: 'body', durationUs };
}

interface Judged {
  readonly outcome: Outcome;
  readonly failure?: ObservedFailure;
  readonly additional?: NonNullable<Observation['additional']>;
  readonly retries?: readonly Outcome[];
}

/** Words of ginkgo and googletest for cases that have no failure element and did not pass all the same. */
const STATUS_OUTCOMES: Readonly<Record<string, Outcome>> = {
  timedout: 'timed-out',
  interrupted: 'aborted',
  aborted: 'aborted',
  panicked: 'errored',
  failed: 'failed',
  error: 'errored',
  skipped: 'skipped',
  pending: 'skipped',
  notrun: 'skipped',
  suppressed: 'skipped',
  disabled: 'skipped',
};

function judge({ results, status }: JunitCase): Judged {
  const [only] = results;
  if (results.length === 1 && only !== undefined && status === '' && !isRetry(only)) {
    return only.element === 'skipped' ? { outcome: 'skipped' } : { outcome: outcomeOf(only), failure: toFailure(only) };
  }
  const own = results.filter(({ element }) => element === 'failure' || element === 'error');
  const [first, ...more] = own.map((result) => ({ failure: toFailure(result), outcome: outcomeOf(result) }));
  const told = Object.hasOwn(STATUS_OUTCOMES, status.toLowerCase()) ? STATUS_OUTCOMES[status.toLowerCase()] : undefined;
  // A runner that times a case out or aborts it may write that as a failure as well; its own word says more.
  const special = told === 'timed-out' || told === 'aborted' ? told : undefined;
  const skipped = results.some(({ element }) => element === 'skipped');
  const outcome = special ?? first?.outcome ?? (skipped ? 'skipped' : (told ?? 'passed'));
  const unexplained: ObservedFailure = {
    kind: 'reported-failure',
    type: status,
    message: `the report says ${status}, without more`,
  };
  const failure = first?.failure ?? (outcome === 'passed' || outcome === 'skipped' ? undefined : unexplained);
  const earlier = results.filter(isRetry);
  return {
    outcome,
    ...(failure === undefined ? {} : { failure }),
    ...(more.length === 0 ? {} : { additional: more.map((one) => ({ ...one.failure, where: 'body' as const })) }),
    ...(earlier.length === 0 ? {} : { retries: retriesOf(earlier, outcome) }),
  };
}

/** Surefire writes the first failure as `<failure>` and the later ones as reruns, or all of them as flaky where one passed. */
function retriesOf(earlier: readonly JunitResult[], outcome: Outcome): Outcome[] {
  return [...earlier.map((result) => outcomeOf(result)), outcome];
}

const isRetry = ({ element }: JunitResult): boolean => element.startsWith('flaky') || element.startsWith('rerun');

const outcomeOf = ({ element }: JunitResult): Outcome =>
  element.toLowerCase().endsWith('error') ? 'errored' : 'failed';

function toFailure(result: JunitResult): ObservedFailure {
  const text = result.text.trim();
  const { message } = result;
  const whole = message === '' || text.startsWith(message) ? text : text === '' ? message : `${message}\n${text}`;
  return {
    kind: result.element === 'error' ? 'error' : 'reported-failure',
    type: result.type.slice(0, 1000),
    message: boundMessage(whole, result.unseen),
  };
}

/** Whole microseconds of a JUnit time in seconds; 0 where it is missing or odd. Thousands may be grouped by commas. */
export function secondsToMicroseconds(time: string): number {
  // `12.345`, which nearly all are, without making a number of a string in between.
  let digits = 0;
  let scale = 0;
  for (let i = 0; i < time.length; i++) {
    const code = time.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39 && scale < 6 && i < 9) {
      digits = digits * 10 + code - 0x30;
      if (scale > 0 || time.charCodeAt(i - 1) === 0x2e) scale++;
    } else if (code !== 0x2e || scale > 0 || i === 0 || i === time.length - 1 || time.charCodeAt(i - 1) === 0x2e)
      return oddSeconds(time);
  }
  return digits * (MICROSECONDS[scale] as number);
}

/** What one unit is worth after that many decimal places. */
const MICROSECONDS = [1_000_000, 100_000, 10_000, 1000, 100, 10, 1];

function oddSeconds(time: string): number {
  const us = Math.round(Number(time.includes(',') ? time.replaceAll(',', '') : time) * 1_000_000);
  return Number.isSafeInteger(us) && us > 0 ? us : 0;
}

/**
 * Compares a suite's own counts with its body. Writers differ in whether they count skipped cases, only what lies directly
 * in a suite, cases that fail or failures; a number that fits none of these readings contradicts.
 */
function findContradiction({ name, claimed, body, direct }: JunitSuite): string | undefined {
  const where = name === '' ? 'a suite' : `suite ${JSON.stringify(name.slice(0, 200))}`;
  const tests = wholeNumber(claimed['tests']);
  const readings = [body, direct];
  if (tests !== undefined && !readings.some(({ cases, skipped }) => tests === cases || tests === cases - skipped)) {
    return `${where} claims ${tests} tests and holds ${body.cases}`;
  }
  const failures = wholeNumber(claimed['failures']);
  const errors = wholeNumber(claimed['errors']);
  if (failures === undefined && errors === undefined) return undefined;
  const bad = (failures ?? 0) + (errors ?? 0);
  const complete = failures !== undefined && errors !== undefined;
  const fits = ({ failing, failures: elements }: JunitSuite['body']): boolean =>
    bad === failing || bad === elements || (!complete && bad <= elements && (bad === 0) === (elements === 0));
  // A failure that the header counts and the body lacks is worse than the reverse, but both are lies.
  return readings.some(fits) ? undefined : `${where} claims ${bad} failures and errors and holds ${body.failures}`;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}
