import { describe, expect, it } from 'vitest';
import { firstLine } from '../../../src/classify/classify-case.ts';
import { failing, judgeGreen, judgeRed, makeCriterion, passing, verdictOf } from './facts.ts';

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

describe('firstLine', () => {
  it('takes the second line where the first only announces it', () => {
    expect(firstLine('Expected values to be strictly equal:\n\nundefined !== 4\n')).toBe(
      'Expected values to be strictly equal: undefined !== 4',
    );
    expect(firstLine('one\ntwo')).toBe('one');
  });
});
