import { describe, expect, it } from 'vitest';
import { firstLine } from '../../../src/classify/classify-case.ts';
import { brief, failing, judgeGreen, judgeRed, makeCriterion, passing, verdictOf } from './facts.ts';

const BUILD = 'example.org/vm [build]';
const build = failing(
  BUILD,
  { kind: 'compile', type: 'build', message: 'undefined: Pause', missingNames: ['Pause'] },
  { outcome: 'errored', where: 'load' },
);
const scenario = {
  criteria: [
    makeCriterion('AC-1', { cases: [{ suite: 'contract', match: 'TestPause' }] }),
    makeCriterion('AC-2'),
    makeCriterion('AC-3', { cases: [{ suite: 'e2e', match: 'TestPause' }] }),
  ],
};

describe('a build that fails because names are missing', () => {
  it('is a weak red that may show what its suite is bound to', () => {
    const judged = judgeRed([[build]], { scenario });
    expect(judged.verdict.code).toBe('red/valid');
    expect(verdictOf(judged, BUILD)).toMatchObject({
      code: 'red/compile',
      role: 'driver',
      strength: 'weak',
      criteria: ['AC-1', 'AC-2'],
    });
  });

  it('leaves nothing behind when it succeeds, and the cases that come to light are not vacuous', () => {
    const red = judgeRed([[build]], { scenario });
    const green = judgeGreen([[passing('example.org/vm.TestPause')]], { scenario, facts: { redVerdicts: red.cases } });
    expect(green.verdict.code).toBe('green/passed');
    expect(verdictOf(green, BUILD).detail).toBe('it builds now; which of its cases were red is not known');
    expect(verdictOf(green, 'example.org/vm.TestPause').code).toBe('green/passed');
  });

  it('hides its controls too; once it builds they have to be there', () => {
    const spec = { controls: ['TestBoots'] };
    expect(judgeRed([[build]], { scenario, spec }).verdict).toMatchObject({ code: 'red/valid', strength: 'weak' });
    const atStub = [failing('example.org/vm.TestPause')];
    expect(judgeRed([atStub], { scenario, spec, facts: { corner: 'S' } }).verdict.code).toBe('control-failed');
  });

  it('is still missing where nothing at all ran', () => {
    const red = judgeRed([[build]], { scenario });
    const green = judgeGreen([[]], { scenario, facts: { redVerdicts: red.cases } });
    expect(verdictOf(green, BUILD).code).toBe('missing');
    expect(green.verdict.code).toBe('no-tests');
  });

  it('is a broken fixture when what is missing belongs to the tests', () => {
    const missing = failing(
      'a.test.mjs [load]',
      { kind: 'compile', message: 'cannot find tests/x.mjs', missingNames: ['tests/x.mjs'] },
      { outcome: 'errored', where: 'load' },
    );
    const judged = judgeRed([[missing]], { facts: { isTestPath: (path) => path.startsWith('tests/') } });
    expect(judged.verdict.code).toBe('setup-failed');
  });
});

/** A case that reached a name which nothing declares yet, as languages tell that look names up when they run. */
const inBody = failing(
  'a.test.mjs > AC-1: pauses',
  {
    kind: 'compile',
    type: 'TypeError',
    message: 'vm.pause is not a function',
    missingNames: ['vm.pause'],
    missing: [{ name: 'vm.pause', kind: 'symbol', file: 'a.test.mjs', line: 4 }],
  },
  { outcome: 'errored', file: 'a.test.mjs' },
);

describe('a case that reaches a missing name', () => {
  it('is a weak red of its own, with its own criteria', () => {
    const judged = judgeRed([[inBody]], { scenario });
    expect(verdictOf(judged, inBody.name)).toMatchObject({
      code: 'red/compile',
      role: 'driver',
      strength: 'weak',
      criteria: ['AC-1'],
      detail: 'uses what does not exist yet: vm.pause missing',
    });
  });

  it('must match the red contract that covers it', () => {
    const spec = { contracts: [{ match: 'pauses', class: 'assertion' as const }] };
    expect(brief(judgeRed([[inBody]], { spec }), inBody.name)).toBe('undetermined undeclared-failure');
    const matching = { contracts: [{ match: 'pauses', class: 'not-found' as const, pattern: 'not a function' }] };
    const declared = failing(inBody.name, { ...inBody.failure, message: 'not found: vm.pause is not a function' });
    expect(brief(judgeRed([[declared]], { spec: matching }), inBody.name)).toBe('driver red/declared fair');
  });

  it('hides no other case of its file: one that is green on both sides is vacuous', () => {
    const red = judgeRed([[inBody, passing('a.test.mjs > boots')]], { scenario });
    const green = judgeGreen([[passing(inBody.name), passing('a.test.mjs > boots')]], {
      scenario,
      facts: { redVerdicts: red.cases },
    });
    expect(verdictOf(green, 'a.test.mjs > boots').code).toBe('vacuous');
    expect(verdictOf(judgeGreen([[passing('b')]], { facts: { redVerdicts: red.cases } }), inBody.name).code).toBe(
      'missing',
    );
  });
});

it('a package that did not build hides its own cases, and no other ones', () => {
  const red = judgeRed([[build]], { scenario });
  const others = [passing('example.org/vm.TestPause'), passing('example.org/vm/disk.TestGrows')];
  const green = judgeGreen([others], { scenario, facts: { redVerdicts: red.cases } });
  expect(verdictOf(green, 'example.org/vm.TestPause').code).toBe('green/passed');
  expect(verdictOf(green, 'example.org/vm/disk.TestGrows').code).toBe('vacuous');
});

it('names that the tests declare themselves are their own fault', () => {
  const why = 'helper is declared in a_test.go: the test is wrong, and no code to come can mend it';
  const judged = judgeRed([[build]], { facts: { testFaults: new Map([[BUILD, why]]) } });
  expect(verdictOf(judged, BUILD)).toMatchObject({ code: 'setup-failed', detail: why });
  expect(judged.verdict.code).toBe('setup-failed');
});

describe('at S', () => {
  const at = { facts: { corner: 'S' as const } };

  it('an assertion is as strong as at R', () => {
    expect(brief(judgeRed([[failing('AC-1: pauses')]], at), 'AC-1: pauses')).toBe('driver red/assertion strong');
  });

  it('what does not build there is the fault of the stub', () => {
    expect(verdictOf(judgeRed([[build]], at), BUILD)).toMatchObject({
      code: 'setup-failed',
      detail: 'still does not build at S: Pause missing; the stub has to declare it',
    });
  });

  it.each([undefined, { class: 'panic' as const }])('a panic is not red (contract %o)', (red) => {
    const panic = failing(
      'AC-1: pauses',
      {
        kind: 'panic',
        type: 'runtime.Error',
        message: 'panic: nil map',
        location: { file: 'a_test.go', line: 3 },
      },
      { outcome: 'errored', file: 'a_test.go' },
    );
    const judged = judgeRed([[panic]], { ...at, ...(red && { spec: { red } }) });
    expect(verdictOf(judged, 'AC-1: pauses')).toMatchObject({
      code: 'panicked',
      detail: 'a panic at S is not red: panic: nil map; where the stub returns nil, an empty value may be meant',
    });
  });

  it('everything green is a refactoring, and said so', () => {
    expect(judgeRed([[passing('AC-1: pauses')]], at).verdict).toMatchObject({
      code: 'vacuous',
      detail:
        'class refactor: with the names declared and no behaviour behind them nothing failed (AC-1: pauses pass), so this is a refactoring and no red',
    });
  });
});

describe('firstLine', () => {
  it('takes the second line where the first only announces it', () => {
    expect(firstLine('Expected values to be strictly equal:\n\nundefined !== 4\n')).toBe(
      'Expected values to be strictly equal: undefined !== 4',
    );
    expect(firstLine('one\ntwo')).toBe('one');
  });
});
