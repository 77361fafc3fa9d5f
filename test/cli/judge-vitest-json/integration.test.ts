import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, type Lab } from '../lab.ts';
import { edited, ofFile, RECORDED } from './recorded.ts';

let lab: Lab;
beforeAll(() => {
  lab = createLab();
});
afterAll(() => lab.remove());

/** The verdict of the whole over a report with this text. */
function judged(text: string, exit = '1'): string {
  lab.write({ 'report.json': text });
  const { document } = lab.json('judge', '--runner', 'vitest', '--report', 'report.json', '--exit', exit);
  const { targets, reason } = document as { targets?: { code: string }[]; reason?: string };
  return `${targets?.[0]?.code}: ${reason}`;
}

describe('a report that cannot be believed', () => {
  it('control: what is no report at all is unreadable', () => {
    expect(judged('hello')).toContain('report-unreadable');
  });

  it('AC-2: a cut one says where it breaks off, wherever it is cut', () => {
    for (let tenth = 1; tenth < 10; tenth++) {
      const cut = RECORDED.slice(0, Math.floor((RECORDED.length * tenth) / 10));
      expect(judged(cut)).toContain('report-unreadable: the JSON report breaks off');
    }
  });

  it('AC-2: counts that contradict its cases are named', () => {
    const lost = edited((report) => report.testResults.at(-1)?.assertionResults.pop());
    expect(judged(lost)).toContain('report-unreadable: it claims 7 tests and holds 6');
  });

  it('AC-2: an exit code that contradicts it is named', () => {
    expect(judged(ofFile('pause.test.ts'), '0')).toContain('exit-mismatch: the report shows failures');
  });

  it('AC-2: JSON of something else is named so', () => {
    expect(judged('{"hello": 1}')).toContain('report-unreadable: this JSON is no report of vitest or jest');
  });
});
