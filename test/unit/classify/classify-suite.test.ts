import { describe, expect, it } from 'vitest';
import { driversAndControls } from '../../../src/classify/classify-suite.ts';
import type { Observation } from '../../../src/domain/observation.ts';
import type { SuiteSpec } from '../../../src/domain/scenario.ts';
import { brief, failing, HEALTHY, judgeGreen, judgeRed, makeAttempt, passing, redDrivers, verdictOf } from './facts.ts';

const DRIVER = 'vm > AC-1: pauses';
const OTHER = 'vm > resumes';
const CONTROL = 'vm > starts';
const ILL = { healthy: false, reason: 'API server gone' } as const;
const unhealthy = { before: HEALTHY, during: ILL, after: HEALTHY };
const withControl: { spec: Partial<SuiteSpec> } = { spec: { controls: ['starts$'] } };
const red = failing(DRIVER);
const said = ({ verdict }: { verdict: { code: string; detail: string } }) => `${verdict.code}: ${verdict.detail}`;

describe('a suite at red', () => {
  it('is valid when a case is red in every attempt', () => {
    const judged = judgeRed([[red], [red], [red], [red]]);
    expect(judged.verdict).toEqual({
      suite: 'contract',
      code: 'red/valid',
      detail: '1 driver red for the declared reason in every attempt',
      strength: 'strong',
      counts: { 'red/assertion': 1 },
    });
    expect(verdictOf(judged, DRIVER)).toEqual({
      suite: 'contract',
      name: DRIVER,
      role: 'driver',
      code: 'red/assertion',
      strength: 'strong',
      criteria: ['AC-1'],
      signature: expect.stringMatching(/^assertion\/AssertionError#/),
      detail: 'expected running to be paused',
      outcomes: ['failed', 'failed', 'failed', 'failed'],
    });
  });

  it('leaves the role of a green case open beside a red one', () => {
    const judged = judgeRed([[red, passing(OTHER)]]);
    expect(brief(judged, OTHER)).toBe('undetermined role-pending');
    expect(judged.verdict).toMatchObject({ code: 'red/valid', counts: { 'red/assertion': 1, 'role-pending': 1 } });
  });

  it('is vacuous when nothing failed, by name', () => {
    expect(said(judgeRed([[passing(DRIVER), passing(OTHER)]]))).toBe(
      `vacuous: nothing failed: ${DRIVER}, ${OTHER} pass before the code exists`,
    );
  });

  it('takes the weakest strength of its drivers', () => {
    const compile = failing(OTHER, { kind: 'compile', missingNames: ['Pause'] }, { where: 'load', outcome: 'errored' });
    expect(judgeRed([[red, compile]]).verdict).toMatchObject({ code: 'red/valid', strength: 'weak' });
    const contracts = [{ match: 'resumes', class: 'not-found' }] as const;
    const declared = failing(OTHER, { message: 'vm not found' });
    const judged = judgeRed([[red, declared]], { spec: { contracts } });
    expect(judged.verdict).toMatchObject({ code: 'red/valid', strength: 'fair' });
    expect(brief(judged, OTHER)).toBe('driver red/declared fair');
  });

  it.each<[string, Observation, string]>([
    ['skipped', passing(OTHER, { outcome: 'skipped' }), 'skipped'],
    ['timed out', passing(OTHER, { outcome: 'timed-out' }), 'timed-out'],
    ['unfinished', passing(OTHER, { outcome: 'aborted' }), 'not-finished'],
    ['failing in set-up', failing(OTHER, {}, { where: 'setup' }), 'setup-failed'],
    ['panicking', failing(OTHER, { kind: 'panic' }), 'panicked'],
    ['failing by an error', failing(OTHER, { kind: 'error' }), 'undeclared-failure'],
    ['passing on a retry', passing(OTHER, { retries: ['failed', 'passed'] }), 'unstable'],
  ])('is invalid by one case %s beside a good red', (_, bad, code) => {
    const judged = judgeRed([[red, bad]]);
    expect(judged.verdict.code).toBe(code);
    expect(judged.verdict.detail).toMatch(/^vm > resumes: /);
    expect(brief(judged, OTHER)).toBe(`undetermined ${code}`);
  });

  it('names the cause before its consequences', () => {
    const judged = judgeRed(
      [[passing('a', { outcome: 'skipped' }), failing('b', {}, { where: 'setup' }), failing(CONTROL)]],
      withControl,
    );
    expect(judged.verdict.code).toBe('control-failed');
  });

  it('is not-finished without an attempt, and no-tests where nothing is ours', () => {
    expect(said(judgeRed([]))).toBe('not-finished: no attempt was made');
    expect(said(judgeRed([[]]))).toBe('no-tests: attempt 1: the report holds no case at all');
    expect(said(judgeRed([[failing('disk > grows')]], { spec: { select: { files: [], cases: '^vm' } } }))).toBe(
      'no-tests: 1 cases ran, none of them belongs to the feature',
    );
  });

  it('is below-grade before anything else is looked at', () => {
    const spec: Partial<SuiteSpec> = { grade: ['cluster', 'vmm'] };
    expect(said(judgeRed([makeAttempt([red], { health: unhealthy })], { spec, facts: { gradeFound: ['api'] } }))).toBe(
      'below-grade: the environment lacks cluster, vmm',
    );
    expect(judgeRed([[red]], { spec, facts: { gradeFound: ['virt'] } }).verdict.code).toBe('red/valid');
  });

  it.each([0, 1, 2, 3])('is invalid as a whole by its attempt %i', (index) => {
    const attempts = [0, 1, 2, 3].map((at) => makeAttempt([red], at === index ? { health: unhealthy } : {}));
    expect(said(judgeRed(attempts))).toBe(
      `infrastructure: attempt ${index + 1}: environment unhealthy during the suite: API server gone`,
    );
  });

  it('does not blame a case for its environment', () => {
    const judged = judgeRed([
      [red],
      makeAttempt([failing(DRIVER, { kind: 'error', message: 'ECONNREFUSED' })], { health: unhealthy }),
    ]);
    expect(brief(judged, DRIVER)).toBe('driver red/assertion strong');
    expect(verdictOf(judged, DRIVER).outcomes).toEqual(['failed', 'failed']);
    expect(brief(judgeRed([makeAttempt([red], { health: unhealthy })]), DRIVER)).toBe('undetermined infrastructure');
  });

  it('does not call a case missing from an attempt that was cut off, but keeps what it showed there', () => {
    const cut = { end: { cause: 'timed-out', deadlineMs: 1000 } } as const;
    expect(brief(judgeRed([[red, passing(CONTROL)], makeAttempt([passing(CONTROL)], cut)], withControl), DRIVER)).toBe(
      'driver red/assertion strong',
    );
    expect(brief(judgeRed([[red], makeAttempt([passing(DRIVER)], cut)]), DRIVER)).toBe('undetermined unstable');
  });
});

describe('attempts that disagree', () => {
  it('in verdict', () => {
    const judged = judgeRed([
      [red, failing(OTHER)],
      [passing(DRIVER), failing(OTHER)],
    ]);
    expect(verdictOf(judged, DRIVER)).toMatchObject({
      role: 'undetermined',
      code: 'unstable',
      outcomes: ['failed', 'passed'],
      detail:
        'attempts disagree: attempt 1 red/assertion: expected running to be paused; attempt 2 role-pending: passes before the code exists; its role is decided at green',
    });
    expect(judged.verdict.code).toBe('unstable');
  });

  it('in signature', () => {
    expect(judgeRed([[red], [failing(DRIVER, { message: 'expected running to be stopped' })]]).verdict.code).toBe(
      'unstable',
    );
    expect(judgeRed([[red], [failing(DRIVER, { type: 'RangeError' })]]).verdict.code).toBe('unstable');
  });

  it('not in what varies from run to run', () => {
    const at = (ms: number) => failing(DRIVER, { message: `not paused after ${ms}ms at 0xc0000${ms}` });
    expect(judgeRed([[at(1201)], [at(1599)]]).verdict.code).toBe('red/valid');
  });

  it.each([0, 1, 2])('in whether the case is there at all (missing in attempt %i)', (index) => {
    const attempts = [0, 1, 2].map((at) => (at === index ? [failing(OTHER)] : [red, failing(OTHER)]));
    const judged = judgeRed(attempts);
    expect(verdictOf(judged, DRIVER).code).toBe('unstable');
    expect(verdictOf(judged, DRIVER).outcomes[index]).toBeNull();
    expect(judged.verdict.code).toBe('unstable');
  });
});

describe('drivers alone', () => {
  const alone = (observations: readonly Observation[], only: readonly string[]) =>
    makeAttempt(observations, { order: 'drivers-alone', only });

  it('takes drivers and controls', () => {
    const judged = judgeRed([[red, passing(OTHER), passing(CONTROL)]], withControl);
    expect(driversAndControls(judged.cases)).toEqual([DRIVER, CONTROL]);
  });

  it('does not miss what was not run', () => {
    const judged = judgeRed(
      [[red, passing(OTHER), passing(CONTROL)], alone([red, passing(CONTROL)], [DRIVER, CONTROL])],
      withControl,
    );
    expect(judged.verdict.code).toBe('red/valid');
    expect(verdictOf(judged, OTHER)).toMatchObject({ code: 'role-pending', outcomes: ['passed', null] });
  });

  it('ends a red that only its neighbours caused', () => {
    const judged = judgeRed([[red, passing(OTHER)], alone([passing(DRIVER)], [DRIVER])]);
    expect(judged.verdict.code).toBe('unstable');
  });

  it('misses a driver that it should have run', () => {
    const judged = judgeRed([[red, failing(OTHER)], alone([failing(OTHER)], [DRIVER, OTHER])]);
    expect(verdictOf(judged, DRIVER).code).toBe('unstable');
  });

  it('wants its controls to pass there too', () => {
    const first = [red, passing(CONTROL)];
    expect(judgeRed([first, alone([red, failing(CONTROL)], [DRIVER, CONTROL])], withControl).verdict.code).toBe(
      'control-failed',
    );
    expect(judgeRed([first, alone([red], [DRIVER, CONTROL])], withControl).verdict.code).toBe('unstable');
  });

  it('judges a neighbour that was run all the same', () => {
    expect(judgeRed([[red, passing(OTHER)], alone([red, failing(OTHER)], [DRIVER])]).verdict.code).toBe('unstable');
  });
});

describe('controls', () => {
  it('pass in red and in green', () => {
    for (const judged of [
      judgeRed([[red, passing(CONTROL)]], withControl),
      judgeGreen([[passing(DRIVER), passing(CONTROL)]], withControl),
    ]) {
      expect(brief(judged, CONTROL)).toBe('control control-passed');
      expect(judged.verdict.code).toMatch(/^red\/valid$|^green\/passed$/);
    }
  });

  it.each<[string, Observation, string]>([
    ['fails', failing(CONTROL), 'a control that did not pass: fails: expected running to be paused'],
    ['is skipped', passing(CONTROL, { outcome: 'skipped' }), 'a control that did not pass: skipped'],
    [
      'fails in its set-up',
      failing(CONTROL, {}, { where: 'setup' }),
      'a control that did not pass: failed in its set-up, not in its body: expected running to be paused',
    ],
    [
      'passes on a retry only',
      passing(CONTROL, { retries: ['failed', 'passed'] }),
      'a control that did not pass: retried by the runner: failed, then passed',
    ],
  ])('that %s refuses the suite, in red and in green', (_, control, detail) => {
    for (const judged of [
      judgeRed([[red, control]], withControl),
      judgeGreen([[passing(DRIVER), control]], withControl),
    ]) {
      expect(said(judged)).toBe(`control-failed: ${CONTROL}: ${detail}`);
    }
  });

  it('fail when they fail in one attempt', () => {
    expect(
      judgeRed(
        [
          [red, passing(CONTROL)],
          [red, failing(CONTROL)],
        ],
        withControl,
      ).verdict.code,
    ).toBe('control-failed');
  });

  it('must be there: a pattern that finds nothing refuses the suite', () => {
    expect(said(judgeRed([[red]], withControl))).toBe('control-failed: no case matches the control /starts$/');
    expect(said(judgeGreen([[passing(DRIVER)]], withControl))).toBe(
      'control-failed: no case matches the control /starts$/',
    );
  });

  it('are not red evidence', () => {
    const judged = judgeRed([[passing(CONTROL)]], withControl);
    expect(judged.verdict).toMatchObject({ detail: 'no driver here: controls and declared guards passed' });
    expect(judged.cases.some(({ role }) => role === 'driver')).toBe(false);
  });
});

describe('declared roles', () => {
  it.each(['guard', 'characterization'] as const)('%s: green at both phases', (role) => {
    const given = { spec: { roles: [{ match: 'resumes', role }] } };
    for (const judged of [
      judgeRed([[red, passing(OTHER)]], given),
      judgeGreen([[passing(DRIVER), passing(OTHER)]], { ...given, facts: { redVerdicts: redDrivers(DRIVER) } }),
    ]) {
      expect(brief(judged, OTHER)).toBe(`${role} ${role}-passed`);
      expect(judged.verdict.code).toMatch(/^red\/valid$|^green\/passed$/);
    }
    const failed = judgeRed([[red, failing(OTHER)]], given);
    expect(said(failed)).toBe(
      `undeclared-failure: ${OTHER}: declared ${role}, and did not pass: fails: expected running to be paused`,
    );
    expect(brief(failed, OTHER)).toBe(`${role} undeclared-failure`);
    expect(said(judgeGreen([[passing(DRIVER), failing(OTHER)]], given))).toBe(
      `still-red: ${OTHER}: fails: expected running to be paused`,
    );
    expect(judgeRed([[red, passing(OTHER, { outcome: 'skipped' })]], given).verdict.code).toBe('skipped');
  });

  it('a case that was a driver at red stays one at green, whatever is declared', () => {
    const given = {
      spec: { roles: [{ match: 'AC-1', role: 'guard' }] as const },
      facts: { redVerdicts: redDrivers(DRIVER) },
    };
    expect(brief(judgeGreen([[passing(DRIVER)]], given), DRIVER)).toBe('driver green/passed');
  });
});

describe("another feature's cases", () => {
  const theirs = failing('disk > grows', { message: 'disk stays small' }, { file: 'disk.test.ts' });
  const theirsSkipped = passing('disk > shrinks', { outcome: 'skipped', file: 'disk.test.ts' });
  const theirsFlaky = (fails: boolean) => (fails ? theirs : passing('disk > grows', { file: 'disk.test.ts' }));
  const ours = { file: 'vm.test.ts' };
  const byFile = { facts: { changedTests: new Set(['vm.test.ts']) } };
  const bySelection = { spec: { select: { files: ['test'], cases: '^vm ' } } };

  it.each([
    ['by file', byFile],
    ['by selection', bySelection],
  ])('do not matter at red, %s', (_, given) => {
    const judged = judgeRed(
      [
        [failing(DRIVER, {}, ours), theirs, theirsSkipped],
        [failing(DRIVER, {}, ours), theirsFlaky(false)],
      ],
      given,
    );
    expect(judged.verdict).toMatchObject({ code: 'red/valid', counts: { 'red/assertion': 1, untouched: 2 } });
    expect(brief(judged, 'disk > grows')).toBe('untouched untouched');
  });

  it.each([
    ['by file', byFile],
    ['by selection', bySelection],
  ])('do not matter at green, nor for the exit code, %s', (_, given) => {
    const attempts = [
      makeAttempt([passing(DRIVER, ours), theirs, theirsSkipped]),
      makeAttempt([passing(DRIVER, ours), theirsFlaky(false)]),
    ];
    expect(attempts.map(({ end }) => end)).toEqual([
      { cause: 'exited', code: 1 },
      { cause: 'exited', code: 0 },
    ]);
    expect(judgeGreen(attempts, given).verdict.code).toBe('green/passed');
    const withRed = { ...given, facts: { ...('facts' in given ? given.facts : {}), redVerdicts: redDrivers(DRIVER) } };
    expect(judgeGreen(attempts, withRed).verdict).toMatchObject({
      code: 'green/passed',
      detail: '1 driver passed in every attempt',
    });
  });

  it('are no red of ours', () => {
    expect(judgeRed([[passing(DRIVER, ours), theirs]], byFile).verdict.code).toBe('vacuous');
    expect(judgeRed([[theirs]], byFile).verdict.code).toBe('no-tests');
  });

  it('may share names among themselves', () => {
    expect(judgeRed([[failing(DRIVER, {}, ours), theirs, theirs]], byFile).verdict.code).toBe('red/valid');
  });
});

describe('duplicates', () => {
  it('are refused, in red and in green, whichever comes first', () => {
    for (const pair of [
      [red, passing(DRIVER)],
      [passing(DRIVER), red],
      [red, red],
    ]) {
      const judged = judgeRed([pair]);
      expect(said(judged)).toBe(
        `ambiguous-name: ${DRIVER}: several cases have this name, so that no result can be told from another; rename them`,
      );
      expect(judgeGreen([pair]).verdict.code).toBe('ambiguous-name');
    }
  });

  it('in one attempt of several are refused', () => {
    expect(judgeRed([[red], [red, red]]).verdict.code).toBe('ambiguous-name');
  });

  it('are ours when one of them is', () => {
    const given = { facts: { changedTests: new Set(['vm.test.ts']) } };
    const mine = failing('vm > waits', {}, { file: 'vm.test.ts' });
    const other = passing('vm > waits', { file: 'disk.test.ts' });
    for (const pair of [
      [mine, other],
      [other, mine],
    ]) {
      expect(brief(judgeRed([pair], given), 'vm > waits')).toBe('undetermined ambiguous-name');
    }
  });
});

describe('a suite at green', () => {
  const facts = { redVerdicts: redDrivers(DRIVER, OTHER) };

  it('is passed when every driver passes in every attempt', () => {
    const judged = judgeGreen(
      [
        [passing(DRIVER), passing(OTHER)],
        [passing(DRIVER), passing(OTHER)],
      ],
      { facts },
    );
    expect(said(judged)).toBe('green/passed: 2 drivers passed in every attempt');
    expect(brief(judged, DRIVER)).toBe('driver green/passed');
  });

  it.each<[string, Observation[], string]>([
    ['fails', [failing(OTHER)], `still-red: ${OTHER}: fails: expected running to be paused`],
    ['is gone', [], `missing: ${OTHER}: was red, and no case of this name ran now: renamed, deleted or not selected`],
    ['is skipped', [passing(OTHER, { outcome: 'skipped' })], `skipped: ${OTHER}: skipped`],
    [
      'runs out of time',
      [passing(OTHER, { outcome: 'timed-out' })],
      `timed-out: ${OTHER}: the runner's own time limit ended it`,
    ],
    [
      'never finishes',
      [passing(OTHER, { outcome: 'aborted' })],
      `not-finished: ${OTHER}: it was started and never finished`,
    ],
    [
      'passes on a retry',
      [passing(OTHER, { retries: ['failed', 'passed'] })],
      `unstable: ${OTHER}: retried by the runner: failed, then passed`,
    ],
    [
      'is renamed',
      [passing('vm > continues')],
      `missing: ${OTHER}: was red, and no case of this name ran now: renamed, deleted or not selected`,
    ],
  ])('is refused when a driver %s', (_, instead, expected) => {
    const judged = judgeGreen([[passing(DRIVER), ...instead]], { facts });
    expect(said(judged)).toBe(expected);
    expect(verdictOf(judged, OTHER).role).toBe('driver');
  });

  it('is unstable when a driver fails in, or is missing from, one attempt', () => {
    const all = [passing(DRIVER), passing(OTHER)];
    expect(judgeGreen([all, [passing(DRIVER), failing(OTHER)], all], { facts }).verdict.code).toBe('unstable');
    expect(judgeGreen([all, all, [passing(DRIVER)]], { facts }).verdict.code).toBe('unstable');
  });

  it('refuses by name what passes at H and was not red at R', () => {
    const judged = judgeGreen([[passing(DRIVER), passing(OTHER), passing('vm > waits')]], { facts });
    expect(brief(judged, 'vm > waits')).toBe('undetermined vacuous');
    expect(said(judged)).toBe(
      'vacuous: vm > waits: passes at H and was not red at R: it shows nothing; declare its role (guard, characterization) or make it fail first',
    );
  });

  it('refuses a case of ours that was green at R and fails at H', () => {
    expect(judgeGreen([[passing(DRIVER), passing(OTHER), failing('vm > waits')]], { facts }).verdict.code).toBe(
      'still-red',
    );
  });

  it('takes no vacuous decision where no red run is at hand', () => {
    expect(judgeGreen([[passing(DRIVER)]]).verdict.code).toBe('green/passed');
    expect(brief(judgeGreen([[passing(DRIVER)]]), DRIVER)).toBe('undetermined green/passed');
  });

  it('is refused by each witness', () => {
    const all = [passing(DRIVER), passing(OTHER)];
    expect(judgeGreen([makeAttempt(all, { end: { cause: 'exited', code: 1 } })], { facts }).verdict.code).toBe(
      'exit-mismatch',
    );
    expect(judgeGreen([makeAttempt(all, { health: unhealthy })], { facts }).verdict.code).toBe('infrastructure');
    expect(
      judgeGreen([makeAttempt(all, { report: { status: 'truncated', detail: 'x' } })], { facts }).verdict.code,
    ).toBe('report-unreadable');
    expect(judgeGreen([makeAttempt(all, { dirtied: ['src/vm.ts'] })], { facts }).verdict.code).toBe('dirty-tree');
    expect(judgeGreen([[passing(DRIVER), passing(OTHER)]], { facts, spec: { grade: ['vmm'] } }).verdict.code).toBe(
      'below-grade',
    );
  });
});
