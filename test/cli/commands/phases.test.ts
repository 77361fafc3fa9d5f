import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE, CONTRACT_TEST, HEAD, labAtRed, scenarioText } from '../doubling.ts';
import type { Lab } from '../lab.ts';

let lab: Lab;
/** A second feature over the same tests. */
const TWICE = scenarioText().replace('feature: double', 'feature: twice');

interface Attempt {
  readonly attempt: number;
  readonly order: string;
  readonly seed: number;
}

/** What `run-started` recorded of a run's plan. */
function planOf(run: string): { suite: string; attempts: Attempt[] }[] {
  return lab.json('show', run).document.started.plan;
}

describe('red and green', () => {
  beforeAll(() => {
    lab = labAtRed({ 'scenarios/twice/scenario.yaml': TWICE });
  });
  afterAll(() => lab.remove());

  it('run several features in one call on one environment', () => {
    const { exit, stdout, stderr } = lab.redfirst('red', 'double', 'twice');
    expect(exit).toBe(0);
    const runs = [...stdout.matchAll(/^(\w+) red {2}run (\S+)/gm)].map(([, feature, run]) => ({ feature, run }));
    expect(runs.map(({ feature }) => feature)).toEqual(['double', 'twice']);
    expect(stderr.match(/^environment host: grade host$/gm)).toHaveLength(2);
  });

  it('boot one QEMU for all of them', (ctx) => {
    const qemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;
    ctx.skip(!qemu, 'qemu-system-x86_64 is not installed');
    const profile = 'apiVersion: redfirst.dev/v1\nprovider: qemu\nbinary: qemu-system-x86_64\naccelerator: tcg\n';
    lab.write({ 'clusters/vm.yaml': profile });
    const onVm = (text: string): string => text.replaceAll('profile: host', 'profile: vm');
    lab.write({ 'scenarios/double/scenario.yaml': onVm(scenarioText()), 'scenarios/twice/scenario.yaml': onVm(TWICE) });
    const { exit, stderr } = lab.redfirst('red', 'double', 'twice', '--draft', '--suite', 'contract');
    expect(exit).toBe(1);
    expect(stderr.match(/^environment vm: grade vmm, tcg$/gm)).toHaveLength(2);
    expect(stderr.match(/^waiting for the probe guest to boot on tcg$/gm)).toHaveLength(1);
    lab.git('reset', '--quiet', '--hard');
    lab.git('clean', '--quiet', '-fd');
  });

  it('goes on with the other features when one cannot run; the worst exit code stands for all', () => {
    const { exit, document } = lab.json('red', 'nope', 'double', '--suite', 'contract', '--suite', 'integration');
    expect(exit).toBe(2);
    expect(document.results).toMatchObject([
      { feature: 'nope', phase: 'red', failure: { reason: 'configuration-missing', exit: 2 } },
      { feature: 'double', phase: 'red', verdict: { code: 'red/valid' } },
    ]);
    // A suite that is not the first: the order is violated (1), which weighs more than a missing scenario (2).
    const mixed = lab.json('red', 'nope', 'double', '--suite', 'integration');
    expect({ exit: mixed.exit, code: mixed.document.results[1].verdict.code }).toEqual({
      exit: 1,
      code: 'order-violated',
    });
  });

  it('--suite stands before the feature too; one that the scenario lacks is refused, and nothing is recorded', () => {
    expect(lab.json('red', '--suite', 'contract', 'double').document.verdict.code).toBe('not-finished');
    const before = lab.json('status').document.runs.length;
    expect(lab.redfirst('red', 'double', '--suite', 'unit')).toEqual({
      exit: 2,
      stdout: '',
      stderr: 'error: double has no suite unit\n  next: one of contract, integration\n',
    });
    expect(lab.json('status').document.runs).toHaveLength(before);
  });

  it('--attempts and --seed: one seed gives one order, another seed another', () => {
    const runs = ['7', '7', '8'].map(
      (seed) => lab.json('red', 'double', '--suite', 'contract', '--attempts', '3', '--seed', seed).document.run,
    );
    const plans = runs.map((run: string) => planOf(run));
    expect(plans[0]?.map(({ suite }) => suite)).toEqual(['contract']);
    expect(plans[0]?.[0]?.attempts.map(({ order }) => order)).toEqual(['declared', 'shuffled', 'drivers-alone']);
    expect(plans[1]).toEqual(plans[0]);
    expect(plans[2]?.[0]?.attempts.map(({ seed }) => seed)).not.toEqual(
      plans[0]?.[0]?.attempts.map(({ seed }) => seed),
    );
  });

  it('green stops at the first suite that does not hold, unless told to keep going', () => {
    const wrong = 'export const add = (a, b) => a + b;\nexport const double = (a) => a * 3;\n';
    lab.commit('wrong', { 'src/calc.mjs': wrong });
    const codes = (...args: string[]): unknown => {
      const { exit, document } = lab.json('green', 'double', ...args);
      return [exit, ...document.suites.map(({ code }: { code: string }) => code)];
    };
    expect(codes()).toEqual([1, 'still-red', 'not-run']);
    expect(codes('--keep-going')).toEqual([1, 'still-red', 'still-red']);
    const { exit, stdout } = lab.redfirst('status');
    expect({ exit, row: stdout.split('\n')[1]?.replace(/r\d\S+$/, 'RUN') }).toEqual({
      exit: 0,
      row: 'double   still-red  still-red    -      RUN',
    });
  });
});

describe('red', () => {
  afterAll(() => lab.remove());

  it('--fail-fast stops at the first suite that is no red; without it the others run all the same', () => {
    lab = labAtRed({ 'tests/contract.test.mjs': CONTRACT_TEST.replace('calc.add(1, 2), 3', 'calc.add(1, 2), 4') });
    const codes = (...args: string[]): string[] =>
      lab.json('red', 'double', ...args).document.suites.map(({ code }: { code: string }) => code);
    expect(codes('--fail-fast')).toEqual(['control-failed', 'not-run']);
    expect(codes()).toEqual(['control-failed', 'red/valid']);
  });

  it('says what to do next where it is refused', () => {
    const { exit, stdout } = lab.redfirst('red', 'double', '--suite', 'contract');
    const run = /run (r\S+)/.exec(stdout)?.[1];
    expect(exit).toBe(1);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`next: redfirst explain control-failed; redfirst show ${run}`);
    expect(lab.redfirst('explain', 'control-failed').stdout).toMatch(/^control-failed: /);
  });
});

describe('the deadline of the whole run', () => {
  afterAll(() => lab.remove());

  it('ends it as interrupted, with 3, and the next run is well', () => {
    const slow = CONTRACT_TEST.replace(
      '() => assert.equal(calc.double',
      'async () => { await new Promise((r) => setTimeout(r, 60_000)); assert.equal(calc.double',
    ).replace(', 4));', ', 4); });');
    lab = labAtRed({
      'tests/contract.test.mjs': slow,
      'scenarios/double/scenario.yaml': scenarioText({}, {}, 'deadline: 3s\n'),
    });
    const { exit, document } = lab.json('red', 'double');
    expect({ exit, verdict: document.verdict }).toEqual({
      exit: 3,
      verdict: { code: 'interrupted', detail: 'deadline of the whole run' },
    });
    const { stdout } = lab.redfirst('show');
    expect(stdout).toContain('\ninterrupted (deadline): deadline of the whole run\n');
    lab.commit('quicker', {
      'tests/contract.test.mjs': CONTRACT_TEST,
      'scenarios/double/scenario.yaml': scenarioText(),
    });
    expect(lab.json('red', 'double').document.verdict.code).toBe('red/valid');
  });
});

describe('run', () => {
  afterAll(() => lab.remove());

  it('does red, then green and prove, and gives all of it in one document', () => {
    lab = labAtRed();
    const first = lab.json('run', 'double');
    expect(first).toMatchObject({
      exit: 0,
      document: { results: [{ feature: 'double', phase: 'red', verdict: { code: 'red/valid' } }] },
    });
    lab.commit('double', HEAD);
    const second = lab.json('run', 'double');
    expect(second).toMatchObject({
      exit: 0,
      document: {
        results: [
          { feature: 'double', phase: 'green', verdict: { code: 'green/passed' } },
          { feature: 'double', word: 'observed (C)', whole: 'holds' },
        ],
      },
    });
  });

  it('ends with 4 where the policy asks for a better grade than was recorded', () => {
    lab.remove();
    lab = labAtRed({}, { 'redfirst.yaml': `${BASE['redfirst.yaml']}policy: { grade: A }\n` });
    lab.redfirst('run', 'double');
    lab.commit('double', HEAD);
    const { exit, stdout } = lab.redfirst('run', 'double');
    expect(exit).toBe(4);
    expect(stdout.slice(stdout.indexOf('observed (C)'))).toBe(`observed (C)
  not asked here: P01, P07, P11, P12, P14 (see above)
  not enough: redfirst.yaml asks for grade A (4 red and 3 green attempts); contract reached C, integration reached C
  next: name \`evidence: A\` for these suites in the scenario and run both phases again, or ask for less (\`policy.grade\`)
`);
  });
});
