import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, type Lab } from '../lab.ts';
import { ofFile } from './recorded.ts';

let lab: Lab;
beforeAll(() => {
  lab = createLab();
  lab.write({ 'report.json': ofFile('pause.test.ts') });
  lab.write({ 'load.json': ofFile('load.test.ts') });
  lab.write({ 'report.tap': 'TAP version 14\n1..1\nok 1 - boots\n' });
});
afterAll(() => lab.remove());

describe('what judge says of the report that --reporter=json writes', () => {
  it('control: a TAP report is judged', () => {
    const judged = lab.json('judge', '--runner', 'tap', '--report', 'report.tap', '--exit', '0');
    expect(judged).toMatchObject({ document: { cases: [{ role: 'pending', code: 'role-pending' }] } });
  });

  it('AC-1: every case under its file and titles, with its verdict', () => {
    const { document } = lab.json('judge', '--runner', 'vitest', '--report', 'report.json', '--exit', '1');
    const cases =
      (document as { cases?: { name: string; role: string; code: string; strength?: string }[] }).cases ?? [];
    expect(cases.map(({ name, role, code, strength }) => `${name}: ${role} ${code} ${strength ?? ''}`.trim())).toEqual([
      '/src/test/pause.test.ts > pause > control: boots: pending role-pending',
      '/src/test/pause.test.ts > pause > migrates: not-judged skipped',
      '/src/test/pause.test.ts > pause > pauses a guest: driver red/assertion strong',
      '/src/test/pause.test.ts > pause > resumes: not-judged skipped',
      '/src/test/pause.test.ts > pause > throws: not-judged undeclared-failure',
      '/src/test/pause.test.ts > twice 1: pending role-pending',
      '/src/test/pause.test.ts > twice 2: driver red/assertion strong',
    ]);
  });

  it('AC-1: a file that cannot load because a module is missing is compile red', () => {
    const { document } = lab.json('judge', '--runner', 'vitest', '--report', 'load.json', '--exit', '1');
    expect(document).toMatchObject({
      class: 'compile',
      targets: [{ missing: [{ name: '../src/resume.ts', kind: 'package' }] }],
    });
  });
});
