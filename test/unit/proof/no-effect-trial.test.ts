import { expect, it } from 'vitest';
import { classifyRun } from '../../../src/classify/classify-run.ts';
import { classifySuite } from '../../../src/classify/classify-suite.ts';
import type { Observation } from '../../../src/domain/observation.ts';
import type { CaseVerdict } from '../../../src/domain/verdict.ts';
import type { Phase } from '../../../src/domain/vocabulary.ts';
import type { ProofRun } from '../../../src/proof/proof-facts.ts';
import { failing, makeAttempt, makeScenario, makeSpec, passing } from '../classify/facts.ts';
import { makeRun, prove } from './facts.ts';

const NAME = 'AC-1: pauses';
const scenario = makeScenario({ kind: 'bugfix', suites: [makeSpec()] });

/** One phase of one case, judged as the engine judges it; `failed` says for each attempt what happened. */
function runPhase(
  phase: Phase,
  failed: readonly boolean[],
  redVerdicts?: readonly CaseVerdict[],
  startedSeq?: number,
): ProofRun {
  const observations = failed.map((fails): Observation => (fails ? failing(NAME) : passing(NAME)));
  const { verdict, cases } = classifySuite({
    scenario,
    spec: makeSpec(),
    phase,
    gradeFound: [],
    attempts: observations.map((observation, index) => makeAttempt([observation], { attempt: index + 1 })),
    changedTests: undefined,
    redVerdicts,
    worktree: '',
  });
  const { code, detail } = classifyRun(scenario, phase, [verdict], cases, true);
  return makeRun(phase, {
    suites: ['contract'],
    attempts: failed.length,
    code,
    detail,
    cases,
    ...(startedSeq === undefined ? {} : { startedSeq, run: `r${startedSeq}` }),
  });
}

function bits(count: number, value: number): boolean[] {
  return Array.from({ length: count }, (_, index) => ((value >> index) & 1) === 1);
}

it('of the 128 ways in which seven attempts can end, one is proven', () => {
  const proven: string[] = [];
  for (let value = 0; value < 128; value += 1) {
    const failed = bits(7, value);
    const red = runPhase('red', failed.slice(0, 4));
    const green = runPhase('green', failed.slice(4), red.cases);
    const { word } = prove({ scenario, redRuns: [red], greenRuns: [green] });
    if (word !== 'not proven') proven.push(`${word}: ${failed.map((fails) => (fails ? 'f' : 'p')).join('')}`);
  }
  expect(proven).toEqual(['proven: ffffppp']);
});

it('running again does not help: after any pass at red no later run of the same tests is proven', () => {
  for (let value = 0; value < 15; value += 1) {
    const earlier = runPhase('red', bits(4, value), undefined, 1);
    const red = runPhase('red', [true, true, true, true], undefined, 15);
    const green = runPhase('green', [false, false, false], red.cases);
    expect(prove({ scenario, redRuns: [earlier, red], greenRuns: [green], git: { anchor: '25:ff' } }).word).toBe(
      'not proven',
    );
    expect(prove({ scenario, redRuns: [red], greenRuns: [green], git: { anchor: '25:ff' } }).word).toBe('proven');
  }
});

it('running again does not help: after any failure at green no later run of the same code is proven', () => {
  const red = runPhase('red', [true, true, true, true]);
  for (let value = 1; value < 8; value += 1) {
    const earlier = runPhase('green', bits(3, value), red.cases, 30);
    const green = runPhase('green', [false, false, false], red.cases, 45);
    for (const greenRuns of [
      [earlier, green],
      [green, earlier],
    ]) {
      expect(prove({ scenario, redRuns: [red], greenRuns }).word).toBe('not proven');
    }
  }
});
