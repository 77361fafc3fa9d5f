import type { CaseVerdict } from '../domain/verdict.ts';
import { isInvalid } from '../domain/verdict.ts';
import {
  type CaseEvidence,
  holdsFor,
  joinCases,
  type RunEvidence,
  type SuiteEvidence,
} from '../export/evidence-view.ts';
import { alignColumns, formatDuration, plural, showable } from './terminal-escape.ts';
import { createPaint, type Paint, toneOf } from './terminal-style.ts';

export interface TableOptions {
  /** Untouched cases too, and every case where there are many. */
  readonly all?: boolean;
  readonly colour?: boolean;
}

/** Most cases of one suite that are listed unless all are asked for; those that are in the way come first. */
const LISTED = 100;

/** A run as a person reads it: its suites in order, their cases, the verdict. Ends in a line end. */
export function renderVerdictTable(run: RunEvidence, { all = false, colour = false }: TableOptions = {}): string {
  const paint = createPaint(colour);
  const { corner } = run;
  const place = `${corner.corner} ${corner.commit.slice(0, 10)}${corner.synthesised ? ' (synthesised)' : ''}`;
  const head = [
    `${showable(run.feature)} ${run.phase}${run.draft ? ' (draft: proves nothing)' : ''}`,
    `run ${run.run}`,
    place,
  ];
  const lines = [paint('strong', [...head, `tests ${run.testDigest.slice(0, 10)}`].join('  '))];
  for (const suite of run.suites) lines.push('', ...suiteLines(suite, all, paint));
  lines.push('', verdictLine(run, paint));
  return `${lines.join('\n')}\n`;
}

function verdictLine(run: RunEvidence, paint: Paint): string {
  const { verdict, interrupted, phase } = run;
  if (interrupted) return `${paint('bad', 'interrupted')} (${interrupted.how}): ${showable(interrupted.detail)}`;
  if (!verdict) return `${paint('doubtful', 'not finished')}: the run has no recorded end`;
  return `${paint(holdsFor(phase, verdict.code) ? 'good' : 'bad', verdict.code)}: ${showable(verdict.detail)}`;
}

function suiteLines(suite: SuiteEvidence, all: boolean, paint: Paint): string[] {
  const { attempts, identity, verdict } = suite;
  const code = verdict?.code ?? (suite.startedAtMs === undefined ? 'not-run' : 'not-finished');
  const parts = [paint('strong', `${suite.position}. ${suite.suite}`), paint(toneOf(code), code)];
  if (verdict?.strength) parts.push(verdict.strength);
  if (attempts.length > 0) {
    const ms = attempts.reduce((sum, { durationMs }) => sum + durationMs, 0);
    parts.push(`${plural(attempts.length, 'attempt')} in ${formatDuration(ms)}`);
  }
  const grade = identity ? `, grade ${identity.grade.join('+') || 'host'}` : '';
  parts.push(`on ${showable(suite.profile)}${grade}`);
  const lines = [parts.join('  ')];
  if (verdict?.detail) lines.push(`   ${showable(verdict.detail)}`);
  for (const { attempt, report } of attempts) {
    if (report.status !== 'complete')
      lines.push(`   attempt ${attempt}: report ${report.status}: ${showable(report.detail)}`);
  }
  return [...lines, ...caseLines(suite, all, paint)];
}

function caseLines(suite: SuiteEvidence, all: boolean, paint: Paint): string[] {
  let untouched = 0;
  const wanted = (verdict: CaseVerdict | undefined): boolean => {
    if (all || verdict?.code !== 'untouched') return true;
    untouched++;
    return false;
  };
  const judged = joinCases({ ...suite, observations: () => [] }, wanted).flatMap(
    ({ verdict }: CaseEvidence) => verdict ?? [],
  );
  const sorted = [...judged.filter(({ code }) => isInvalid(code)), ...judged.filter(({ code }) => !isInvalid(code))];
  const listed = all ? sorted : sorted.slice(0, LISTED);
  const aligned = alignColumns(listed.map(({ code, name }) => [code, name].map(showable)));
  const lines: string[] = [];
  for (const [index, { code, criteria, detail, outcomes }] of listed.entries()) {
    const row = aligned[index] ?? '';
    const shows = criteria.length > 0 ? `  (${criteria.map(showable).join(', ')})` : '';
    lines.push(
      `   ${paint(toneOf(code), row.slice(0, showable(code).length))}${row.slice(showable(code).length)}${shows}`,
    );
    if (detail && (isInvalid(code) || code.startsWith('red/'))) lines.push(`     ${showable(detail)}`);
    if (code === 'unstable')
      lines.push(`     outcomes by attempt: ${outcomes.map((outcome) => outcome ?? '-').join(', ')}`);
  }
  const more = sorted.length - listed.length;
  if (more > 0) lines.push(`   and ${more} more; --all lists them`);
  if (untouched > 0)
    lines.push(paint('quiet', `   ${plural(untouched, 'case')} of other changes, recorded and not counted`));
  return lines;
}
