import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What vitest 4 wrote with `--reporter=json` for one file that cannot load and one with every kind of outcome. */
export const RECORDED = readFileSync(join(import.meta.dirname, 'vitest-report.json'), 'utf8');

interface VitestReport {
  numTotalTests: number;
  numFailedTests: number;
  testResults: { name: string; assertionResults: object[] }[];
}

/** The recorded report with a change. */
export function edited(change: (report: VitestReport) => void): string {
  const report = JSON.parse(RECORDED) as VitestReport;
  change(report);
  return JSON.stringify(report);
}

/** The recorded report of one of its files alone. */
export function ofFile(name: string): string {
  return edited((report) => {
    report.testResults = report.testResults.filter((one) => one.name.endsWith(name));
    if (name === 'load.test.ts') Object.assign(report, { numTotalTests: 0, numFailedTests: 0, numPassedTests: 0 });
  });
}
