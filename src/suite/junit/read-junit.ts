import { hasFailed, type Observation, type ObservedFailure, type Outcome } from '../../domain/observation.ts';
import { findForeign } from '../foreign-report.ts';
import { readHead } from '../read-chunks.ts';
import { type BadStatus, emptyReport, inspectReport, readSafely, truncated } from '../report-file.ts';
import { boundMessage } from '../reporters/report-line.ts';
import type { ReadReport, RunnerResult } from '../runner.ts';
import {
  type JunitCase,
  type JunitCounts,
  type JunitEnd,
  type JunitResult,
  type JunitSuite,
  parseJunit,
  SKIP_ELEMENTS,
} from './parse-junit.ts';
import { refineBats } from './refine-bats.ts';
import { isPytestSuite, refinePytest } from './refine-pytest.ts';

/**
 * Reads a JUnit report of any writer. Where what its header claims fits no reading of what its body holds, or a failure stands
 * outside of any case, that is a failure of the suite: the cases are kept, and the whole is worth nothing.
 */
export async function readJunit(result: RunnerResult): Promise<ReadReport> {
  const bad = await inspectReport(result);
  if (bad !== undefined) return emptyReport(bad);
  return readSafely(async () => {
    const observations: Observation[] = [];
    const suiteFailures: ReadReport['suiteFailures'][number][] = [];
    const blame = (what: string): void => {
      if (suiteFailures.length < SUITE_FAILURES_KEPT) suiteFailures.push({ what: boundMessage(what), where: 'suite' });
    };
    let contradicts = false;
    let unclosed = 0;
    const end = await parseJunit(result.reportPath, {
      onCase: (testCase) => observations.push(toObservation(testCase, result)),
      onSuite: (suite) => {
        if (isKubevirtSuite(suite)) doubtPasses(suite.name, observations, unclosed);
        if (/\.bats$|^setup_suite$/.test(suite.name)) suiteFailures.push(...refineBats(observations, unclosed, result));
        if (isPytestSuite(suite)) for (const what of refinePytest(observations, unclosed)) blame(what);
        unclosed = observations.length;
        const contradiction = findContradiction(suite);
        if (contradiction === undefined || contradicts) return;
        contradicts = true;
        blame(`the report contradicts itself: ${contradiction}`);
      },
      onSuiteResult: (suite, told) => {
        const { type, message } = toFailure(told);
        blame([suite, type, message].filter((part) => part !== '').join(': ') || `a suite's own <${told.element}>`);
      },
    });
    const failing = observations.some(({ outcome, failure }) => hasFailed(outcome) && failure?.type !== DOUBTED);
    const clear = observations.length > 0 && !contradicts && !observations.some(({ outcome }) => hasFailed(outcome));
    const expectedExit = failing || (suiteFailures.length > 0 && !contradicts) ? 'nonzero' : clear ? 'zero' : 'any';
    const report = { observations, expectedExit, suiteFailures } as const;
    if (!end.ok) return { ...report, status: await describeUnread(result, end) };
    return { ...report, status: findForeign(observations, result) ?? { status: 'complete' } };
  });
}

const SUITE_FAILURES_KEPT = 64;

async function describeUnread(
  { reportPath, end: ended }: RunnerResult,
  end: Extract<JunitEnd, { ok: false }>,
): Promise<BadStatus> {
  if (end.cut) return truncated(ended, end.reason);
  const other = whatElse(await readHead(reportPath, 4096));
  const detail = `the report is no JUnit file that can be read: ${end.reason}`;
  return { status: 'unreadable', detail: other === undefined ? detail : `${detail}; ${other}` };
}

/** What a file that is no JUnit looks like: said, so that nobody has to open it. */
function whatElse(head: string): string | undefined {
  const text = head.replace(/^\ufeff/, '').trimStart();
  if (/^(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html)\b/i.test(text)) {
    const title = /<title[^>]*>([^<]{1,200})/i.exec(text)?.[1]?.replace(/\s+/g, ' ').trim() ?? '';
    const shown = title === '' ? '' : `, ${JSON.stringify(title)}`;
    return `it is a web page${shown}: what fetched or served the report got that instead`;
  }
  if (/^[[{]/.test(text)) return 'it is JSON';
  if (/^(?:TAP version \d|1\.\.\d|(?:not )?ok\b)/.test(text)) return 'it is TAP: say reportFormat: tap';
  return undefined;
}

/** Type of the failure that a pass becomes which may be none. */
const DOUBTED = 'DoubtedPass';
const DOUBT =
  'the report says nothing bad of this case, but its writer says nothing of cases that timed out or were aborted either';

/**
 * KubeVirt's own reporter of its functional tests, and ginkgo 1's, which it comes from: it has a failure for specs that failed
 * and that panicked, and none for those that timed out or were aborted. No other writer uses these attributes alone.
 */
function isKubevirtSuite({ claimed }: JunitSuite): boolean {
  return Object.keys(claimed).join() === 'name,tests,failures,errors,time' && claimed['errors'] === '0';
}

/** Where all cases since the last suite ended are of that reporter (its class name is its suite's), a pass is none. */
function doubtPasses(suite: string, observations: Observation[], from: number): void {
  const own = observations.slice(from);
  if (!own.every((one) => one.name.startsWith(`${suite} > `) && one.file === undefined && isKubevirtFailure(one)))
    return;
  own.forEach((one, index) => {
    if (one.outcome !== 'passed') return;
    const failure = { kind: 'reported-failure', type: DOUBTED, message: DOUBT } as const;
    observations[from + index] = { ...one, outcome: 'aborted', failure };
  });
}

function isKubevirtFailure({ failure }: Observation): boolean {
  return failure === undefined || ['Failure', 'Panic', 'Interrupted', 'Timeout', ''].includes(failure.type);
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

/** Words of ginkgo, googletest, ctest and others for cases that have no failure element and did not pass all the same. */
const STATUS_OUTCOMES: Readonly<Record<string, Outcome>> = {
  timedout: 'timed-out',
  timeout: 'timed-out',
  interrupted: 'aborted',
  aborted: 'aborted',
  panicked: 'errored',
  failed: 'failed',
  fail: 'failed',
  failure: 'failed',
  error: 'errored',
  errored: 'errored',
  broken: 'errored',
  crashed: 'errored',
  cancelled: 'aborted',
  canceled: 'aborted',
  incomplete: 'aborted',
  skipped: 'skipped',
  skip: 'skipped',
  pending: 'skipped',
  todo: 'skipped',
  ignored: 'skipped',
  inconclusive: 'skipped',
  'not run': 'skipped',
  not_run: 'skipped',
  notrun: 'skipped',
  suppressed: 'skipped',
  disabled: 'skipped',
};

function judge({ results, status }: JunitCase): Judged {
  const [only] = results;
  if (results.length === 1 && only !== undefined && status === '' && !isRetry(only)) {
    if (SKIP_ELEMENTS.has(only.element)) return { outcome: 'skipped' };
    return { outcome: outcomeOf(only), failure: toFailure(only) };
  }
  const own = results.filter((result) => !SKIP_ELEMENTS.has(result.element) && !isRetry(result));
  const [first, ...more] = own.map((result) => ({ failure: toFailure(result), outcome: outcomeOf(result) }));
  const told = Object.hasOwn(STATUS_OUTCOMES, status.toLowerCase()) ? STATUS_OUTCOMES[status.toLowerCase()] : undefined;
  // A runner that times a case out or aborts it may write that as a failure as well; its own word says more.
  const special = told === 'timed-out' || told === 'aborted' ? told : undefined;
  const skipped = results.some(({ element }) => SKIP_ELEMENTS.has(element));
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

function outcomeOf({ element }: JunitResult): Outcome {
  if (element === 'timeout') return 'timed-out';
  if (element === 'aborted') return 'aborted';
  return element === 'warning' || element.toLowerCase().endsWith('error') ? 'errored' : 'failed';
}

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

/** Whole microseconds of a JUnit time in seconds; 0 where it is missing or odd. Commas may group thousands or be a decimal comma. */
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
  const us = Math.round(Number(withPoint(time.trim())) * 1_000_000);
  return Number.isSafeInteger(us) && us > 0 ? us : 0;
}

/** One comma and no point is a decimal comma (`0,123`), as writers use it that know a locale; otherwise the last of both is. */
function withPoint(time: string): string {
  const comma = time.lastIndexOf(',');
  if (comma === -1) return time;
  const point = time.lastIndexOf('.');
  if (point === -1) return time.indexOf(',') === comma ? time.replace(',', '.') : time.replaceAll(',', '');
  return point > comma ? time.replaceAll(',', '') : time.replaceAll('.', '').replace(',', '.');
}

/**
 * Compares a suite's own counts with its body. Writers differ: in whether they count skipped cases, cases in error (jest-junit),
 * what lies in suites inside, cases that fail or their failures, or every repetition (surefire); pytest counts subtests that it
 * does not show. A number that fits none of these readings contradicts.
 */
function findContradiction({ name, claimed, body, direct }: JunitSuite): string | undefined {
  const where = name === '' ? 'a suite' : `suite ${JSON.stringify(name.slice(0, 200))}`;
  const tests = wholeNumber(claimed['tests']);
  const readings = [body, direct];
  const failures = wholeNumber(claimed['failures']);
  const errors = wholeNumber(claimed['errors']);
  // A failure that the header counts and the body lacks is worse than the reverse, but both are lies.
  if (
    (failures !== undefined || errors !== undefined) &&
    !readings.some((one) => fitsFailures(one, failures, errors))
  ) {
    const bad = (failures ?? 0) + (errors ?? 0);
    return `${where} claims ${bad} failures and errors and holds ${body.failures + body.errors}`;
  }
  if (tests === undefined || readings.some((one) => fitsTests(one, tests))) return undefined;
  if (name === 'pytest' && failures !== undefined && errors !== undefined && tests > body.cases) return undefined;
  return `${where} claims ${tests} tests and holds ${body.cases}`;
}

function fitsTests({ cases, skipped, erring, retries, outside }: JunitCounts, tests: number): boolean {
  return [cases, cases - skipped, cases - erring, cases + retries, cases + outside].includes(tests);
}

function fitsFailures(of: JunitCounts, failures: number | undefined, errors: number | undefined): boolean {
  const bad = (failures ?? 0) + (errors ?? 0);
  const elements = of.failures + of.errors;
  const known = [of.failing, elements, elements + of.retries, of.failing + of.retries, elements + of.outside];
  if (known.includes(bad)) return true;
  if (failures !== undefined && errors !== undefined) return false;
  return (
    bad === (failures === undefined ? of.errors : of.failures) || (bad <= elements && (bad === 0) === (elements === 0))
  );
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}
