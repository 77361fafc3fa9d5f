import { describeEnd } from '../domain/process-end.ts';
import { FACT_LIMIT, reportPointer } from './case-text.ts';
import type { AttemptEvidence, RunEvidence, SuiteEvidence } from './evidence-view.ts';
import { bounded, oneLine } from './xml-text.ts';

/** What the run shows: a draft and a run without an end show nothing, whatever its suites say. */
export function runVerdict(run: RunEvidence): { code: string; detail: string } {
  if (run.interrupted) {
    return {
      code: 'interrupted',
      detail: `the run was interrupted (${run.interrupted.how}): ${run.interrupted.detail}`,
    };
  }
  if (!run.verdict) return { code: 'not-finished', detail: 'the run has no recorded end' };
  if (run.draft)
    return { code: 'dirty-tree', detail: `a draft run in the author's tree proves nothing: ${run.verdict.detail}` };
  return run.verdict;
}

/** What the suite as a whole shows, also where it never started or was never judged. */
export function suiteVerdict(suite: SuiteEvidence): { code: string; detail: string } {
  if (suite.verdict) return suite.verdict;
  return suite.startedAtMs === undefined
    ? { code: 'not-run', detail: `suite ${suite.suite} was planned and did not run: nothing is shown` }
    : { code: 'not-finished', detail: `suite ${suite.suite} started and was never judged: nothing is shown` };
}

/** What every suite of an export says of its run, in a fixed order. */
export function runFacts(run: RunEvidence, mode: 'verdict' | 'outcome'): [string, string][] {
  const { corner } = run;
  const facts: [string, string][] = [
    ['redfirst.run', run.run],
    ['redfirst.feature', run.feature],
    ['redfirst.phase', run.phase],
    ['redfirst.mode', mode],
    ['redfirst.corner', corner.corner],
    ['redfirst.commit', corner.commit],
  ];
  if (corner.synthesised) facts.push(['redfirst.commit.synthesised-from', corner.from.join(' ')]);
  facts.push(['redfirst.test-digest', run.testDigest], ['redfirst.checkpoint', run.checkpoint]);
  facts.push(['redfirst.draft', String(run.draft)]);
  const started = utc(run.startedAtMs);
  if (started) facts.push(['redfirst.run.started', `${started}Z`]);
  const { code, detail } = runVerdict(run);
  facts.push(['redfirst.run.verdict', code], ['redfirst.run.detail', factValue(detail)]);
  return facts;
}

/** What an export says of one suite, its environment and its attempts; `untouched` counts the cases that were left out. */
export function suiteFacts(suite: SuiteEvidence, untouched: number | undefined): [string, string][] {
  const { code, detail } = suiteVerdict(suite);
  const facts: [string, string][] = [
    ['redfirst.suite', suite.suite],
    ['redfirst.suite.position', String(suite.position)],
    ['redfirst.suite.verdict', code],
    ['redfirst.suite.detail', factValue(detail)],
  ];
  if (suite.verdict?.strength) facts.push(['redfirst.suite.strength', suite.verdict.strength]);
  const counts = Object.entries(suite.verdict?.counts ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, count] of counts) facts.push([`redfirst.suite.count.${name}`, String(count)]);
  if (untouched !== undefined) facts.push(['redfirst.suite.untouched', String(untouched)]);
  facts.push(['redfirst.environment.profile', suite.profile]);
  const { identity } = suite;
  facts.push(['redfirst.environment.grade', identity ? identity.grade.join(' ') || 'none' : 'unknown']);
  if (identity) {
    facts.push(['redfirst.environment.provider', identity.provider]);
    facts.push(['redfirst.environment.profile-digest', identity.profileDigest]);
    const keys = Object.keys(identity.facts).sort();
    for (const key of keys) facts.push([`redfirst.environment.fact.${key}`, factValue(identity.facts[key] ?? '')]);
  }
  facts.push(['redfirst.attempts', String(suite.attempts.length)]);
  for (const attempt of suite.attempts) facts.push([`redfirst.attempt.${attempt.attempt}`, attemptText(attempt)]);
  return facts;
}

/** One attempt in one line: order, seed, end, duration, report, and where that report is stored. */
export function attemptText(attempt: AttemptEvidence): string {
  const { order, seed, end, durationMs, report } = attempt;
  const read = report.status === 'complete' ? 'complete' : `${report.status} (${oneLine(report.detail)})`;
  const ended = oneLine(describeEnd(end));
  return factValue(
    `${order} order, seed ${seed}, ${ended}, ${durationMs} ms, report ${read}, ${reportPointer(attempt)}`,
  );
}

/** A value as one line of bounded length. */
export function factValue(text: string): string {
  return bounded(oneLine(text), FACT_LIMIT, '');
}

/** UTC to the second, without the zone, as Ant's schema wants it; undefined for what is no moment. */
export function utc(atMs: number | undefined): string | undefined {
  if (atMs === undefined || !(Math.abs(atMs) <= 8.64e15)) return undefined;
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, '');
}
