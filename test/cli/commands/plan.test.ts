import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, type Lab } from '../lab.ts';

const hasPytest = spawnSync('python3', ['-m', 'pytest', '--version']).status === 0;
const why = 'python3 has no pytest here';

const suite = (name: string, more = ''): string =>
  `  ${name}:\n    runner: pytest\n    select: { files: [tests/test_${name}.py]${more} }\n    controls: ["control"]\n`;
const scenario = (suites: string): string =>
  `apiVersion: redfirst.dev/v1\nfeature: pause-guest\nkind: bugfix\nproblem: a guest cannot be paused\ncriteria:\n  - { id: AC-1, text: pauses }\nsuites:\n${suites}`;

let lab: Lab;
beforeAll(() => {
  lab = createLab();
  lab.commit('base', {
    'redfirst.yaml': 'apiVersion: redfirst.dev/v1\nbase: main\npaths: [{ preset: python }]\n',
    'tests/test_contract.py':
      'def test_control():\n    pass\n\ndef test_AC_1():\n    assert False\n\ndef test_other():\n    pass\n',
    'tests/test_unit.py': 'from vmtool import pause\n\ndef test_pause():\n    assert pause()\n',
  });
});
afterAll(() => lab.remove());

describe('plan and the cases that a suite would run', () => {
  it('names them, and runs none', (ctx) => {
    ctx.skip(!hasPytest, why);
    lab.write({ 'scenarios/pause-guest/scenario.yaml': scenario(suite('contract', ', cases: "AC_1|control"')) });
    const { exit, stdout } = lab.redfirst('plan', 'pause-guest');
    expect(exit).toBe(0);
    expect(stdout.slice(stdout.indexOf('\ncases\n'))).toBe(`
cases
   contract: 2 cases, and 1 of others
     tests/test_contract.py > test_control  (control)
     tests/test_contract.py > test_AC_1
`);
  });

  it('finds a selector that selects nothing before anything is started, and exits 2', (ctx) => {
    ctx.skip(!hasPytest, why);
    lab.write({ 'scenarios/pause-guest/scenario.yaml': scenario(suite('contract', ', cases: "AC_2"')) });
    const { exit, stdout } = lab.redfirst('plan', 'pause-guest');
    expect(exit).toBe(2);
    expect(stdout).toContain('note: no case is selected by /AC_2/: 3 are there\n');
  });

  it('does not call a file that cannot load yet a wrong selector: that is what red is for', (ctx) => {
    ctx.skip(!hasPytest, why);
    lab.write({ 'scenarios/pause-guest/scenario.yaml': scenario(suite('unit')) });
    const { exit, document } = lab.json('plan', 'pause-guest');
    expect(exit).toBe(0);
    expect(document.listed).toEqual([
      {
        suite: 'unit',
        cases: [],
        others: 0,
        problems: [expect.stringContaining("No module named 'vmtool'")],
        empty: false,
      },
    ]);
  });

  it('--no-cases asks nobody', () => {
    lab.write({ 'scenarios/pause-guest/scenario.yaml': scenario(suite('contract')) });
    const { exit, document } = lab.json('plan', 'pause-guest', '--no-cases');
    expect({ exit, listed: document.listed }).toEqual({ exit: 0, listed: undefined });
  });
});
