import { afterEach, describe, expect, it } from 'vitest';
import { CONTRACT_TEST, HEAD, INTEGRATION_TEST, labAtRed, redThenHead, scenarioText } from '../doubling.ts';
import type { Files, Lab } from '../lab.ts';

let lab: Lab | undefined;
afterEach(() => lab?.remove());

interface Obligation {
  readonly code: string;
  readonly answer: string;
  readonly why: string;
  readonly weaker?: string;
}

function answers(document: { obligations: Obligation[] }): Record<string, string> {
  return Object.fromEntries(document.obligations.map(({ code, answer }) => [code, answer]));
}

describe('the honest way', () => {
  it('holds: red, then green, anchored in the commit of the implementation', () => {
    lab = labAtRed();
    const red = lab.json('red', 'double');
    expect({ exit: red.exit, code: red.document.verdict.code }).toEqual({ exit: 0, code: 'red/valid' });
    const { seq, hash } = red.document.checkpoint;
    lab.commit(`double\n\nRedfirst-Red: ${seq}:${hash}`, HEAD);
    const green = lab.json('green', 'double');
    expect({ exit: green.exit, code: green.document.verdict.code }).toEqual({ exit: 0, code: 'green/passed' });
    const proof = lab.json('prove', 'double');
    expect(answers(proof.document)).toEqual({
      P01: 'not required',
      P02: 'holds',
      P03: 'holds',
      P04: 'holds',
      P05: 'holds',
      P06: 'holds',
      P07: 'not required',
      P08: 'holds',
      P09: 'holds',
      P10: 'holds',
      P11: 'not required',
      P12: 'not required',
      P13: 'holds',
      P14: 'not required',
      P15: 'holds',
    });
    expect(proof.document.obligations.find(({ code }: Obligation) => code === 'P15').weaker).toBeUndefined();
    expect({ exit: proof.exit, word: proof.document.word }).toEqual({ exit: 0, word: 'observed (C)' });
    expect(lab.redfirst('verify', '--checkpoint', `${seq}:${hash}`).exit).toBe(0);
  });

  it('says proven only at grade A', () => {
    lab = labAtRed({ 'scenarios/double/scenario.yaml': scenarioText().replaceAll('evidence: C', 'evidence: A') });
    redThenHead(lab);
    const { exit, document } = lab.json('prove', 'double');
    expect({ exit, word: document.word }).toEqual({ exit: 0, word: 'proven' });
    expect(document.obligations.find(({ code }: Obligation) => code === 'P15').weaker).toBe('reconstructed red');
  });

  it('does not mind failing tests of another feature beside ours', () => {
    lab = labAtRed(
      {
        'scenarios/double/scenario.yaml': scenarioText({
          select: '{ files: [tests/contract.test.mjs, tests/other.test.mjs] }',
        }),
      },
      {
        'tests/other.test.mjs': `import assert from 'node:assert/strict';\nimport test from 'node:test';\ntest('halves', () => assert.equal(1, 2));\n`,
      },
    );
    const { green } = redThenHead(lab);
    expect({ exit: green.exit, code: green.document.verdict.code }).toEqual({ exit: 0, code: 'green/passed' });
    expect(lab.json('prove', 'double').exit).toBe(0);
  });

  it('is what `run` does, phase after phase', () => {
    lab = labAtRed();
    expect(lab.redfirst('run', 'double').exit).toBe(0);
    lab.commit('double', HEAD);
    const { exit, stdout } = lab.redfirst('run', 'double');
    expect({ exit, said: stdout.includes('observed (C)') }).toEqual({ exit: 0, said: true });
  });
});

describe('a green run is refused', () => {
  const refuses = (code: string, head: Files, red: Files = {}): Lab => {
    lab = labAtRed(red);
    const { green } = redThenHead(lab, head);
    expect({ exit: green.exit, code: green.document.verdict.code }).toEqual({ exit: 1, code });
    const proof = lab.json('prove', 'double');
    expect({ exit: proof.exit, word: proof.document.word }).toEqual({ exit: 1, word: 'not proven' });
    return lab;
  };

  it('when the code does not do it', () => {
    refuses('still-red', { 'src/calc.mjs': 'export const add = (a, b) => a + b;\nexport const double = (a) => a;\n' });
  });

  it('when a red case is gone: renamed', () => {
    refuses('missing', { 'tests/contract.test.mjs': CONTRACT_TEST.replace('doubles a number', 'doubles any number') });
  });

  it('when a red case is gone: deleted', () => {
    refuses('missing', { 'tests/contract.test.mjs': CONTRACT_TEST.replace(/test\('doubles.*\n/, '') });
  });

  it('when a red case is disabled', () => {
    refuses('skipped', { 'tests/contract.test.mjs': CONTRACT_TEST.replace("test('doubles", "test.skip('doubles") });
  });

  it('when a case shows nothing: green at R and H without a role', () => {
    const vacuous = `${CONTRACT_TEST}test('doubles nothing', () => {});\n`;
    refuses('vacuous', {}, { 'tests/contract.test.mjs': vacuous });
    const { document } = (lab as Lab).json('prove', 'double');
    expect(document.obligations.find(({ code }: Obligation) => code === 'P03')).toMatchObject({
      answer: 'refuted',
      why: expect.stringContaining('doubles nothing'),
    });
  });

  it('when a control breaks', () => {
    refuses('control-failed', { 'src/calc.mjs': 'export const add = () => 0;\nexport const double = (a) => a + a;\n' });
  });
});

describe('a proof is refused', () => {
  const refutes = (obligation: string, head: Files): void => {
    lab = labAtRed();
    redThenHead(lab, head);
    const { exit, document } = lab.json('prove', 'double');
    expect({ exit, word: document.word, answer: answers(document)[obligation] }).toEqual({
      exit: 1,
      word: 'not proven',
      answer: 'refuted',
    });
  };

  it('when a test is weakened after red', () => {
    refutes('P06', { 'tests/contract.test.mjs': CONTRACT_TEST.replace('calc.double?.(2), 4', '4, 4') });
  });

  it('when another test of the feature changes with the code', () => {
    refutes('P06', { 'tests/integration.test.mjs': INTEGRATION_TEST.replace("'21'", "'21', 'x'") });
  });

  it('when the scenario changes with the code', () => {
    refutes('P06', { 'scenarios/double/scenario.yaml': `${scenarioText()}# changed\n` });
  });

  it('when a test is added with the code', () => {
    refutes('P06', { 'tests/extra.test.mjs': 'export {};\n' });
  });

  it('when the head does not descend from the red commit', () => {
    lab = labAtRed();
    lab.json('red', 'double');
    lab.git('switch', '--quiet', '--create', 'elsewhere', 'main');
    lab.commit('double', { ...HEAD, 'README.md': 'elsewhere\n' });
    const red = lab.git('rev-parse', 'double');
    const { exit, document } = lab.json('green', 'double', '--red', red, '--head', 'elsewhere');
    expect({ exit, reason: document.failure.reason }).toEqual({ exit: 2, reason: 'corners-invalid' });
    expect(lab.json('prove', 'double', '--red', red, '--head', 'elsewhere').document.failure.reason).toBe(
      'corners-invalid',
    );
  });

  it('when only part of the suites ran at red', () => {
    lab = labAtRed();
    lab.json('red', 'double', '--suite', 'contract');
    lab.json('red', 'double', '--suite', 'integration');
    lab.commit('double', HEAD);
    lab.json('green', 'double');
    const { exit, document } = lab.json('prove', 'double');
    expect({ exit, P03: answers(document)['P03'] }).toEqual({ exit: 1, P03: 'refuted' });
  });

  it('is shown as weaker when the red was recorded after the green', () => {
    lab = labAtRed();
    const red = lab.git('rev-parse', 'HEAD');
    lab.commit('double', HEAD);
    lab.json('green', 'double', '--red', red);
    lab.json('red', 'double', '--red', red);
    const { document } = lab.json('prove', 'double', '--red', red);
    expect(document.obligations.find(({ code }: Obligation) => code === 'P15').weaker).toBe('reconstructed red');
  });
});
