import type { Observation, Outcome } from '../domain/observation.ts';
import type { CaseCode, CaseVerdict } from '../domain/verdict.ts';
import type { Phase } from '../domain/vocabulary.ts';
import type { CaseEvidence } from './evidence-view.ts';
import { oneLine } from './xml-text.ts';

/** What a CI viewer shows for one case. */
export type Shown =
  | { readonly status: 'passed'; readonly mark: string }
  | { readonly status: 'failed' | 'errored'; readonly type: string; readonly message: string }
  | { readonly status: 'skipped' };

/** Put before the name of a case that a viewer shows as passed although the runner saw it fail. */
export const RED_MARK = '[failed as expected] ';

/** How a verdict is shown. `red` and `green` are the evidence that only their own phase may show as passed. */
const SHOWN: Readonly<Record<CaseCode, 'red' | 'green' | 'passed' | 'failed' | 'skipped' | 'left out'>> = {
  'red/assertion': 'red',
  'red/declared': 'red',
  'red/compile': 'red',
  'green/passed': 'green',
  'role-pending': 'passed',
  'control-passed': 'passed',
  'guard-passed': 'passed',
  'characterization-passed': 'passed',
  'adaptation-passed': 'passed',
  'rename-passed': 'passed',
  retired: 'skipped',
  untouched: 'left out',
  'not-run': 'skipped',
  skipped: 'failed',
  'no-tests': 'failed',
  'not-finished': 'failed',
  'timed-out': 'failed',
  'setup-failed': 'failed',
  panicked: 'failed',
  'undeclared-failure': 'failed',
  infrastructure: 'failed',
  'control-failed': 'failed',
  unstable: 'failed',
  'report-missing': 'failed',
  'report-unreadable': 'failed',
  'report-stale': 'failed',
  'report-foreign': 'failed',
  'exit-mismatch': 'failed',
  'ambiguous-name': 'failed',
  'below-grade': 'failed',
  'dirty-tree': 'failed',
  'order-violated': 'failed',
  vacuous: 'failed',
  'criterion-uncovered': 'failed',
  interrupted: 'failed',
  'still-red': 'failed',
  missing: 'failed',
};

/** Whether a case is left out of the verdict's file; such cases are counted in a property of the suite. */
export function isLeftOut(code: CaseCode): boolean {
  return SHOWN[code] === 'left out';
}

/** How a judged case is shown: passed when it did what its phase and role ask for, and only then. */
export function showVerdict(verdict: CaseVerdict, phase: Phase): Shown {
  // A code that this version does not know (an imported record) is never shown as passed.
  const shown = SHOWN[verdict.code] ?? 'failed';
  if (shown === 'skipped') return { status: 'skipped' };
  if (shown === 'passed') return { status: 'passed', mark: '' };
  if (shown === phase) return { status: 'passed', mark: phase === 'red' ? RED_MARK : '' };
  const message = `${verdict.code}: ${oneLine(verdict.detail)} | expected: ${expectation(verdict, phase)}`;
  return { status: 'failed', type: verdict.code, message };
}

function expectation({ role }: CaseVerdict, phase: Phase): string {
  if (role === 'control') return 'the control passes in every attempt, without the feature too';
  if (role === 'guard' || role === 'characterization') return `the ${role} passes in every attempt`;
  if (role === 'untouched') return 'a case that the change does not touch stays as it was';
  return phase === 'red'
    ? 'the case fails in its own body, for the declared reason, in every attempt, because the feature does not exist yet'
    : 'the case passes in every attempt';
}

/** From bad to good; of several attempts the worst is shown. */
const WORST: readonly Outcome[] = ['aborted', 'timed-out', 'errored', 'failed', 'skipped', 'passed'];

/** How a case is shown in mode `outcome`: as the runner saw it, at its worst over the attempts. */
export function showOutcome({ observations }: CaseEvidence): Shown {
  let worst: Observation | undefined;
  for (const observation of observations) {
    if (!worst || WORST.indexOf(observation.outcome) < WORST.indexOf(worst.outcome)) worst = observation;
  }
  if (!worst) return { status: 'errored', type: 'missing', message: 'no attempt reported this case' };
  if (worst.outcome === 'passed') return { status: 'passed', mark: '' };
  if (worst.outcome === 'skipped') return { status: 'skipped' };
  const { outcome, failure, attempt } = worst;
  return {
    status: outcome === 'failed' ? 'failed' : 'errored',
    type: failure?.type || outcome,
    message: `attempt ${attempt}: ${failure?.message ? oneLine(failure.message) : outcome}`,
  };
}
