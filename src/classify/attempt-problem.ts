import type { Health } from '../domain/environment.ts';
import type { Observation, ReportStatus } from '../domain/observation.ts';
import { describeEnd, type ProcessEnd } from '../domain/process-end.ts';
import type { InvalidCode } from '../domain/verdict.ts';
import type { AttemptOrder } from '../domain/vocabulary.ts';

/** Everything that one attempt of a suite left behind. */
export interface AttemptFacts {
  readonly attempt: number;
  readonly order: AttemptOrder;
  /** Cases run alone, for `drivers-alone`. */
  readonly only?: readonly string[];
  readonly end: ProcessEnd;
  readonly report: ReportStatus;
  readonly expectedExit: 'zero' | 'nonzero' | 'any';
  /** Why the exit code may differ from what the cases say (a focused spec), where the report tells. */
  readonly exitNote?: string;
  readonly suiteFailures: readonly { readonly what: string; readonly where: string }[];
  readonly health: { readonly before: Health; readonly during: Health; readonly after: Health };
  readonly dirtied: readonly string[];
  readonly observations: readonly Observation[];
}

export interface Problem {
  readonly code: InvalidCode;
  readonly detail: string;
}

/**
 * What makes a whole attempt worthless as evidence: the three witnesses (report, exit code, health) are compared,
 * and a doubt is never counted in favour. The first cause wins: a dead environment explains a missing report.
 */
export function findAttemptProblem(facts: AttemptFacts): Problem | undefined {
  const { end, report } = facts;
  for (const when of ['before', 'during', 'after'] as const) {
    const health = facts.health[when];
    if (!health.healthy)
      return { code: 'infrastructure', detail: `environment unhealthy ${when} the suite: ${health.reason}` };
  }
  if (end.cause === 'cancelled') return { code: 'interrupted', detail: 'the run was stopped' };
  if (end.cause === 'timed-out') return { code: 'timed-out', detail: `the suite was ${describeEnd(end)}` };
  if (end.cause === 'spawn-failed') return { code: 'setup-failed', detail: `the runner ${describeEnd(end)}` };
  if (end.cause === 'signalled') return { code: 'not-finished', detail: `the runner was ${describeEnd(end)}` };
  if (report.status === 'missing') {
    // The runner's own time limit ended it, report and all.
    const hung = facts.observations.find(({ outcome }) => outcome === 'timed-out');
    if (hung !== undefined) return { code: 'timed-out', detail: `${hung.name} did not end: ${report.detail}` };
  }
  if (report.status !== 'complete') return { code: REPORT_CODES[report.status], detail: report.detail };
  if (facts.dirtied.length > 0) {
    return {
      code: 'dirty-tree',
      detail: `the suite changed its own worktree: ${facts.dirtied.slice(0, 5).join(', ')}`,
    };
  }
  const suiteFailure = facts.suiteFailures[0];
  if (suiteFailure !== undefined) {
    return { code: 'setup-failed', detail: `failed in ${suiteFailure.where}, outside any case: ${suiteFailure.what}` };
  }
  const zero = end.code === 0;
  if ((facts.expectedExit === 'zero' && !zero) || (facts.expectedExit === 'nonzero' && zero)) {
    const remark = facts.exitNote === undefined ? '' : `: ${facts.exitNote}`;
    const says = facts.expectedExit === 'zero' ? 'no failure' : 'failures';
    return {
      code: 'exit-mismatch',
      detail: `the report shows ${says}, but the runner ended with ${describeEnd(end)}${remark}`,
    };
  }
  if (facts.observations.length === 0) return { code: 'no-tests', detail: 'the report holds no case at all' };
  return undefined;
}

const REPORT_CODES = {
  missing: 'report-missing',
  unreadable: 'report-unreadable',
  truncated: 'report-unreadable',
  stale: 'report-stale',
  foreign: 'report-foreign',
} as const satisfies Record<Exclude<ReportStatus['status'], 'complete'>, InvalidCode>;
