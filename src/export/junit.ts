import junitReportBuilder, { type Builder, type TestCase, type TestSuite } from 'junit-report-builder';
import { caseFacts, failureText } from './case-text.ts';
import { type CaseEvidence, holdsFor, joinCases, type RunEvidence, type SuiteEvidence } from './evidence-view.ts';
import { isLeftOut, type Shown, showOutcome, showVerdict } from './junit-status.ts';
import { attemptText, factValue, runFacts, runVerdict, suiteFacts, suiteVerdict, utc } from './suite-facts.ts';
import { bounded, cdataText, oneLine, visibleXml } from './xml-text.ts';

export interface JunitOptions {
  /** `verdict` (the default): passed is what the phase asks for. `outcome`: what the runner saw, as any test tool writes it. */
  readonly mode?: 'verdict' | 'outcome';
  /**
   * Writes the facts of a case as `<properties>` too. Jenkins' JUnit plugin, Prow and others read them; the schema of
   * Jenkins' xUnit plugin refuses them, therefore off by default. They always stand in `<system-out>`.
   */
  readonly caseProperties?: boolean;
}

/** Name of the case that stands for a whole suite: it fails when the suite's verdict does not hold, whatever its cases say. */
export const SUITE_CASE = '(suite verdict)';
/** Name of the case that stands for the whole run. */
export const RUN_CASE = '(run verdict)';

/** Longest message of a `<failure>`; viewers put it into one line. */
const MESSAGE_LIMIT = 1_024;

// The package is CommonJS and exports the builder itself, while its types promise a `default` member.
const builder = junitReportBuilder as unknown as Builder;

/**
 * One suite as a JUnit document. Holds this suite in memory, and no other. The same evidence gives the same bytes.
 *
 * @returns XML that fits the Jenkins JUnit schema (unless `caseProperties`), ending in a line end
 */
export function exportJunitSuite(suite: SuiteEvidence, run: RunEvidence, options: JunitOptions = {}): string {
  return wrap([buildSuite(suite, run, options)], `${titleOf(run)} ${suite.suite}`);
}

/** The run's own verdict as a JUnit document of one case. */
export function exportJunitRun(run: RunEvidence): string {
  return wrap([buildRun(run)], `${titleOf(run)} run`);
}

/**
 * The whole run as one JUnit document: its suites in the order in which they ran, then the run's own verdict. The text of
 * all suites is in memory, the rows of one at a time.
 */
export function exportJunitMerged(run: RunEvidence, options: JunitOptions = {}): string {
  const parts = run.suites.map((suite) => buildSuite(suite, run, options));
  return wrap([...parts, buildRun(run)], titleOf(run));
}

/** One document per suite and one for the run, made one at a time, for a caller that writes each before it asks for the next. */
export function* exportJunitFiles(
  run: RunEvidence,
  options: JunitOptions = {},
): Generator<{ readonly name: string; readonly xml: string }> {
  for (const [index, suite] of run.suites.entries()) {
    yield { name: `junit-${index + 1}-${suite.suite}.xml`, xml: exportJunitSuite(suite, run, options) };
  }
  yield { name: 'junit-run.xml', xml: exportJunitRun(run) };
}

function titleOf(run: RunEvidence): string {
  return `redfirst ${run.feature} ${run.phase}${run.draft ? ' (draft)' : ''}`;
}

interface Part {
  /** The `<testsuite>` element, indented, as the builder wrote it. */
  readonly xml: string;
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
}

/** Tallied beside the builder, because it tells its own counts only in text. */
interface Tally {
  tests: number;
  failures: number;
  errors: number;
}

function buildSuite(suite: SuiteEvidence, run: RunEvidence, options: JunitOptions): Part {
  const byOutcome = options.mode === 'outcome';
  let untouched = 0;
  const cases = joinCases(suite, (verdict) => {
    if (byOutcome) return true;
    // Observed and never judged: a suite that was not judged says so itself; in a judged one it is left out and counted.
    if (!verdict) return false;
    if (isLeftOut(verdict.code)) untouched++;
    return !isLeftOut(verdict.code);
  });

  const tally: Tally = { tests: 0, failures: 0, errors: 0 };
  const document = builder.newBuilder();
  const element = document.testSuite().name(visibleXml(`${titleOf(run)} ${suite.suite}`));
  element.time(seconds(suite.attempts.reduce((sum, { durationMs }) => sum + durationMs, 0)));
  const timestamp = utc(suite.startedAtMs);
  if (timestamp) element.timestamp(timestamp);
  addProperties(element, [
    ...runFacts(run, options.mode ?? 'verdict'),
    ...suiteFacts(suite, byOutcome ? undefined : untouched),
  ]);

  const className = visibleXml(`${run.feature}.${run.phase}.${suite.suite}`);
  addSuiteCase(element.testCase().className(className), suite, run, cases, byOutcome, tally);
  for (const evidence of cases) addCase(element.testCase().className(className), evidence, suite, run, options, tally);
  return { xml: innerOf(document), ...tally };
}

function buildRun(run: RunEvidence): Part {
  const tally: Tally = { tests: 0, failures: 0, errors: 0 };
  const document = builder.newBuilder();
  const element = document.testSuite().name(visibleXml(`${titleOf(run)} run`));
  element.time(run.finishedAtMs === undefined ? 0 : seconds(run.finishedAtMs - run.startedAtMs));
  const timestamp = utc(run.startedAtMs);
  if (timestamp) element.timestamp(timestamp);
  addProperties(element, runFacts(run, 'verdict'));
  const testCase = element
    .testCase()
    .name(RUN_CASE)
    .className(visibleXml(`${run.feature}.${run.phase}.run`));
  const { code, detail } = runVerdict(run);
  const shown: Shown = holdsFor(run.phase, code)
    ? { status: 'passed', mark: '' }
    : { status: 'failed', type: code, message: `${code}: ${oneLine(detail)}` };
  apply(testCase, shown, '', tally);
  testCase.standardOutput(cdataText(`redfirst.verdict: ${code}\nredfirst.detail: ${oneLine(detail)}\n`));
  return { xml: innerOf(document), ...tally };
}

function addSuiteCase(
  testCase: TestCase,
  suite: SuiteEvidence,
  run: RunEvidence,
  cases: readonly CaseEvidence[],
  byOutcome: boolean,
  tally: Tally,
): void {
  testCase.name(SUITE_CASE).time(0);
  const { code, detail } = suiteVerdict(suite);
  let shown: Shown;
  if (byOutcome) shown = witnessed(suite, cases);
  else if (holdsFor(run.phase, code)) shown = { status: 'passed', mark: '' };
  else shown = { status: 'failed', type: code, message: `${code}: ${oneLine(detail)}` };
  apply(testCase, shown, '', tally);
  const lines = [`redfirst.verdict: ${code}`, `redfirst.detail: ${oneLine(detail)}`];
  for (const attempt of suite.attempts) lines.push(`redfirst.attempt.${attempt.attempt}: ${attemptText(attempt)}`);
  testCase.standardOutput(cdataText(`${lines.join('\n')}\n`));
}

/** Mode `outcome`: the suite as its runner left it; an error where nothing, or no whole report, was left. */
function witnessed(suite: SuiteEvidence, cases: readonly CaseEvidence[]): Shown {
  const broken = suite.attempts.find(({ report }) => report.status !== 'complete');
  if (broken) return { status: 'errored', type: `report-${broken.report.status}`, message: attemptText(broken) };
  if (suite.attempts.length > 0 && cases.length > 0) return { status: 'passed', mark: '' };
  const code = suite.attempts.length === 0 ? 'not-run' : 'no-tests';
  return { status: 'errored', type: code, message: `${code}: no case was observed` };
}

function addCase(
  testCase: TestCase,
  evidence: CaseEvidence,
  suite: SuiteEvidence,
  run: RunEvidence,
  options: JunitOptions,
  tally: Tally,
): void {
  const { verdict } = evidence;
  const shown = verdict && options.mode !== 'outcome' ? showVerdict(verdict, run.phase) : showOutcome(evidence);
  const mark = shown.status === 'passed' ? shown.mark : '';
  testCase.name(mark + visibleXml(evidence.name)).time(seconds((evidence.observations[0]?.durationUs ?? 0) / 1000));
  const facts = caseFacts(evidence, run.phase);
  if (options.caseProperties) addProperties(testCase, facts);
  const text = failureText(evidence, suite.attempts);
  // GitLab shows the text of a failure and not its message, so what was expected stands in both.
  const refused = options.mode !== 'outcome' && shown.status === 'failed' ? [factValue(shown.message), text] : [text];
  apply(testCase, shown, refused.filter(Boolean).join('\n\n'), tally);
  const lines = facts.map(([name, value]) => `${name}: ${value}\n`).join('');
  // What failed as it must has no `<failure>` to carry its text, so it stands here; so does why a case was skipped.
  const carried = shown.status === 'failed' || shown.status === 'errored';
  testCase.standardOutput(cdataText(text && !carried ? `${lines}\n${text}\n` : lines));
}

/** `text` is what the element holds; the message where there is none. */
function apply(testCase: TestCase, shown: Shown, text: string, tally: Tally): void {
  tally.tests++;
  switch (shown.status) {
    case 'passed':
      return;
    case 'skipped':
      testCase.skipped();
      return;
    case 'failed':
      tally.failures++;
      testCase.failure(message(shown.message), visibleXml(shown.type));
      testCase.stacktrace(cdataText(text || shown.message));
      return;
    case 'errored':
      tally.errors++;
      testCase.error(message(shown.message), visibleXml(shown.type), cdataText(text || shown.message));
      return;
    default:
      shown satisfies never;
  }
}

function message(text: string): string {
  return visibleXml(bounded(text, MESSAGE_LIMIT, ''));
}

function addProperties(element: TestSuite | TestCase, facts: readonly (readonly [string, string])[]): void {
  for (const [name, value] of facts) element.property(visibleXml(name), visibleXml(value));
}

/** `<testsuite>` of a document that holds one; the lines before and after it are the builder's own frame. */
function innerOf(document: Builder): string {
  const xml = document.build();
  const start = xml.indexOf('\n', xml.indexOf('\n') + 1) + 1;
  return xml.slice(start, xml.lastIndexOf('\n'));
}

/**
 * Sets finished suites into one root. The root is the builder's own for an empty document, with the sums put in place of
 * its zeros: the builder also writes `skipped` there, which the Jenkins schema does not know.
 */
function wrap(parts: readonly Part[], name: string): string {
  const root = builder.newBuilder().name(visibleXml(name)).build();
  const sum = (pick: (part: Part) => number): number => parts.reduce((total, part) => total + pick(part), 0);
  const [tests, failures, errors] = [
    sum((part) => part.tests),
    sum((part) => part.failures),
    sum((part) => part.errors),
  ];
  const frame = root.replace(
    /tests="0" failures="0" errors="0" skipped="0"\/>$/,
    `tests="${tests}" failures="${failures}" errors="${errors}">`,
  );
  return `${frame}\n${parts.map(({ xml }) => xml).join('\n')}\n</testsuites>\n`;
}

/** Seconds with three decimals, as Jenkins' schema wants them; 0 for what is no duration. */
function seconds(durationMs: number): number {
  return durationMs > 0 && durationMs < Number.MAX_SAFE_INTEGER ? Math.round(durationMs) / 1000 : 0;
}
