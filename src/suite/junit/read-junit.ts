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
    if (!end.ok) return { ...report, status: { status: 'unreadable', detail: `the report is no JUnit file that can be read: ${end.reason}` } };
    if (contradiction !== undefined) return { ...report, status: { status: 'unreadable', detail: contradiction } };
    return { ...report, status: findForeign(observations, result) ?? { status: 'complete' } };
  });
}

/** An observation of one case, without suite and attempt being looked at more than once. */
export function toObservation(testCase: JunitCase, { spec, attempt }: Pick<RunnerResult, 'spec' | 'attempt'>): Observation {
  const { classname, results } = testCase;
  const name = classname === '' ? testCase.name : `${classname} > ${testCase.name}`;
  const judged = results.length === 0 && testCase.status === '' ? PASSED : judge(testCase);
  return {
    suite: spec.suite,
    attempt,
    name,
    ...(testCase.file === '' ? {} : { file: testCase.file }),
    outcome: judged.outcome,
    where: 'body',
    ...(judged.failure === undefined ? {} : { failure: judged.failure }),
    ...(judged.additional === undefined ? {} : { additional: judged.additional }),
    durationUs: secondsToMicroseconds(testCase.time),
    ...(judged.retries === undefined ? {} : { retries: judged.retries }),
  };
}

interface Judged {
  readonly outcome: Outcome;
  readonly failure?: ObservedFailure;
  readonly additional?: Observation['additional'] & {};
  readonly retries?: readonly Outcome[];
}
const PASSED: Judged = { outcome: 'passed' };

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
  const own = results.filter(({ element }) => element === 'failure' || element === 'error');
  const [first, ...more] = own.map((result) => ({ failure: toFailure(result), outcome: outcomeOf(result) }));
  const told = Object.hasOwn(STATUS_OUTCOMES, status.toLowerCase()) ? STATUS_OUTCOMES[status.toLowerCase()] : undefined;
  // A runner that times a case out or aborts it may write that as a failure as well; its own word says more.
  const special = told === 'timed-out' || told === 'aborted' ? told : undefined;
  const skipped = results.some(({ element }) => element === 'skipped');
  const outcome = special ?? first?.outcome ?? (skipped ? 'skipped' : (told ?? 'passed'));
  const unexplained: ObservedFailure = { kind: 'reported-failure', type: status, message: `the report says ${status}, without more` };
  const failure = first?.failure ?? (outcome === 'passed' || outcome === 'skipped' ? undefined : unexplained);
  const earlier = results.filter(({ element }) => /^(?:flaky|rerun)/.test(element));
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

const outcomeOf = ({ element }: JunitResult): Outcome => (/error$/i.test(element) ? 'errored' : 'failed');

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
