import { describe, expect, it } from 'vitest';
import type { ChangeCase, ChangeTarget, ChangeVerdict } from '../../../src/domain/change.ts';
import {
  type ChangeReport,
  renderChangeMarkdown,
  renderChangeReport,
  summarise,
} from '../../../src/ui/change-report.ts';
import { displayWidth } from '../../../src/ui/terminal-escape.ts';

function makeCase(over: Partial<ChangeCase> = {}): ChangeCase {
  return {
    target: 'pkg/vm',
    name: 'example.com/pkg/vm :: VM > pauses',
    place: { file: 'pkg/vm/vm_test.go', line: 7 },
    touch: 'new',
    role: 'driver',
    code: 'red/assertion',
    strength: 'strong',
    at: 'R',
    detail: 'expected running to be paused',
    signature: 's',
    outcomes: { R: 'failed', H: 'passed' },
    ...over,
  };
}

const TARGET: ChangeTarget = {
  target: 'pkg/vm',
  class: 'assertion',
  code: 'red/valid',
  reason: '',
  missing: [],
  missingCut: false,
  refactor: false,
  blind: 0,
  controls: 12,
  failingAtBase: [],
  broken: [],
};

function makeReport(cases: readonly ChangeCase[], over: Partial<ChangeReport> = {}, target = {}): ChangeReport {
  const verdict: ChangeVerdict = {
    class: 'assertion',
    reason: 'why',
    targets: [{ ...TARGET, ...target }],
    cases,
  };
  const corners = [
    { corner: 'H' as const, commit: 'a'.repeat(40), synthesised: false, durationMs: 12_000 },
    { corner: 'R' as const, commit: 'b'.repeat(40), synthesised: true, durationMs: 800 },
  ];
  return { label: '#7', title: 'Pause guests', verdict, exit: 0, corners, notes: [], ...over };
}

describe('summarise', () => {
  it('counts what each touched case is for, and always says how many are vacuous', () => {
    const cases = [
      makeCase(),
      makeCase({ code: 'red/declared' }),
      makeCase({ role: 'pending', code: 'red/compile' }),
      makeCase({ role: 'adaptation', code: 'adaptation-passed' }),
      makeCase({ role: 'adaptation', code: 'adaptation-passed' }),
      makeCase({ role: 'vacuous', code: 'vacuous' }),
      makeCase({ role: 'vacuous', code: 'unstable', onlyThroughNeighbour: true }),
      makeCase({ role: 'not-judged', code: 'setup-failed' }),
      makeCase({ role: 'not-judged', code: 'vacuous', touch: 'deleted' }),
      makeCase({ role: 'untouched', touch: 'untouched', code: 'control-passed' }),
    ];
    expect(summarise(makeReport(cases).verdict)).toBe(
      '1 red by assertion, 1 red as declared, 1 red by compile alone (weak), 1 red only through a neighbour, 2 adaptations, 1 deleted while it still passes, 1 for a wrong reason, 1 vacuous',
    );
    expect(summarise(makeReport([]).verdict)).toBe('0 vacuous');
  });
});

describe('renderChangeReport', () => {
  it('is five lines where nothing needs a word', () => {
    const cases = [makeCase(), makeCase({ role: 'adaptation', code: 'adaptation-passed', name: 'x :: VM > fixture' })];
    expect(renderChangeReport(makeReport(cases))).toBe(
      [
        '#7 Pause guests — holds: 1 red by assertion, 1 adaptation, 0 vacuous',
        '  driver  VM > pauses  pkg/vm/vm_test.go:7',
        '  12 untouched cases passed before and after (natural controls)',
        '  H aaaaaaaaaa 12 s, R bbbbbbbbbb* 0.8 s (* composed)',
        '',
      ].join('\n'),
    );
  });

  it('gives the reason of what is in the way, and lists the rest when asked', () => {
    const cases = [
      makeCase({
        role: 'not-judged',
        code: 'setup-failed',
        detail: 'BeforeEach failed',
        name: 'example.com/a/pkg.TestX/sub',
      }),
      makeCase({ role: 'adaptation', code: 'adaptation-passed', detail: 'old text fails at X', name: 'p :: fixture' }),
    ];
    const report = makeReport(cases, { exit: 1, notes: ['tests is not run'] }, { broken: ['p :: other'], blind: 3 });
    const told = renderChangeReport(report);
    expect(told).toContain('  not-judged  TestX/sub  pkg/vm/vm_test.go:7\n      BeforeEach failed\n');
    expect(told).toContain('  breaks 1 untouched case of pkg/vm: p :: other\n');
    expect(told).toContain('; 3 cases blind at R, where the package does not build\n');
    expect(told).toContain('  note: tests is not run\n');
    expect(told).not.toContain('fixture');
    expect(renderChangeReport(report, { verbose: true })).toContain('  adaptation  fixture  ');
  });

  it('lists the first of very many, and all when asked', () => {
    const cases = Array.from({ length: 40 }, (_, n) => makeCase({ name: `p :: case ${n}` }));
    const told = renderChangeReport(makeReport(cases));
    expect(told).toContain('  and 28 more driver; --verbose lists them\n');
    expect(told.split('\n').length).toBeLessThan(20);
    expect(renderChangeReport(makeReport(cases), { verbose: true })).toContain('case 39');
  });

  it('stays within a narrow terminal', () => {
    const cases = [makeCase({ role: 'vacuous', code: 'unstable', detail: 'some words '.repeat(20) })];
    const told = renderChangeReport(makeReport(cases, { title: 'A rather long title '.repeat(5) }), { width: 40 });
    for (const line of told.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(40);
  });

  it('shows control characters of names and messages instead of obeying them', () => {
    const cases = [makeCase({ role: 'failing', name: 'p :: \u001b[2Jx\u202e', detail: 'a\u0007b\nc' })];
    const told = renderChangeReport(makeReport(cases, { title: '\u001b]0;x' }));
    expect(told).toContain('failing  \\e[2Jx\\u202e  ');
    expect(told).toContain('      a\\u0007b\\nc\n');
    expect(told).toContain('#7 \\e]0;x — ');
  });
});

describe('renderChangeMarkdown', () => {
  it('has under ten lines before the fold, and no markup of anybody else', () => {
    const hostile = 'p :: </details> [x](http://e) @team #1 `c` *b* | <img src=x> &amp;';
    const cases = Array.from({ length: 9 }, () =>
      makeCase({ role: 'vacuous', code: 'vacuous', name: hostile, detail: '<b>' }),
    );
    const told = renderChangeMarkdown(makeReport(cases, { exit: 1, title: '# Title\n- x' }));
    const [open = ''] = told.split('<details>');
    expect(open.trimEnd().split('\n').length).toBeLessThan(10);
    expect(open.split('\n')[0]).toBe('❌ **\\#7 \\# Title\\\\n- x** — does not hold: 9 vacuous');
    expect(told.match(/<\/details>/g)).toHaveLength(1);
    expect(told).not.toMatch(/<img|@team|\[x\]\(/);
    expect(told).toContain('- and 6 more below\n');
  });
});
