import type { EventOf, ImportedReport } from '../domain/event.ts';
import { showable } from './terminal-escape.ts';

export interface ImportedEvent {
  readonly atMs: number;
  readonly body: EventOf<'report-imported'>;
}

/** One import, as a person sees it: what the reports say, and that nobody saw it happen. */
export function renderImported({ body }: ImportedEvent): string {
  const of = [
    body.feature === '' ? '' : `  ${showable(body.feature)}`,
    body.commit === '' ? '' : `  said to be of ${body.commit.slice(0, 12)}`,
  ].join('');
  return [
    `imported ${body.id}${of}`,
    ...body.reports.map((report) => `  ${showable(report.file)} (${report.format}): ${describeReport(report)}`),
    'imported is weaker than any run: nobody saw where and in which order it came about; prove does not count it',
    '',
  ].join('\n');
}

const WORDS = ['passed', 'failed', 'errored', 'skipped', 'timed-out', 'aborted', 'unstable'] as const;

/** What one report says, in a line. */
function describeReport({ report, counts, suiteFailures, firstFailure }: ImportedReport): string {
  if (report.status !== 'complete') return `${report.status}: ${showable(report.detail)}`;
  const parts = WORDS.flatMap((word) => (counts[word] === 0 ? [] : [`${counts[word]} ${word}`]));
  const cases = parts.length === 0 ? 'no case' : parts.join(', ');
  return suiteFailures === 0 ? cases : `${cases}; outside any case: ${showable(firstFailure.split('\n')[0] ?? '')}`;
}

/** The imports of a store in one line each, for a status. Empty where there are none. */
export function renderImports(imports: readonly ImportedEvent[]): string {
  return imports
    .map(({ body }) => {
      const bad = body.reports.filter(({ report }) => report.status !== 'complete').length;
      const reports = `${body.reports.length} report${body.reports.length === 1 ? '' : 's'}`;
      const feature = body.feature === '' ? '' : `  ${showable(body.feature)}`;
      return `imported${feature}  ${reports}${bad === 0 ? '' : `, ${bad} of them not whole`}  ${body.id}\n`;
    })
    .join('');
}
