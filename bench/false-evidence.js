/**
 * False evidence in a simulated no-effect trial (design 6): a case fails by assertion with probability p in every
 * attempt, whatever the code does. Red and green are judged by the real `classifySuite`, `classifyRun` and
 * `proveObligations`; what is then called *proven* is false. Goal: at most 1 % at every p. The bound is
 * r^r g^g / (r+g)^(r+g), which is 0.84 % for 4 reds and 3 greens, at p = 4/7.
 *
 *   node bench/false-evidence.js [--trials=100000] [--seed=1]
 *
 * Exit code 0 when the goal is met, 1 when it is not.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const GOAL = 0.01;
const REDS = 4;
const GREENS = 3;
const NAME = 'AC-1: decides';

const { values } = parseArgs({
  options: { trials: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
});
const trials = Number(values.trials);
const seed = Number(values.seed);
if (!Number.isSafeInteger(trials) || trials < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: node bench/false-evidence.js [--trials=100000] [--seed=1]');
  process.exit(2);
}

const { classifySuite, classifyRun, proveObligations, keepsMandatedOrder } = await loadSource();
const random = makeRandom(seed);

const spec = {
  suite: 'contract',
  runner: 'vitest',
  select: { files: ['test'] },
  profile: 'host',
  grade: [],
  contracts: [],
  controls: [],
  roles: [],
  deadlineMs: 60_000,
  evidence: 'A',
  attempts: { red: REDS, green: GREENS },
  env: {},
  wrapper: [],
};
const scenario = {
  feature: 'no-effect',
  // A bug fix, so that one suite is enough (P10).
  kind: 'bugfix',
  problem: 'none: the code changes nothing',
  stories: [],
  criteria: [{ id: 'AC-1', text: 'decides', cases: [] }],
  nonFunctional: [],
  integrationPoints: [],
  paths: [],
  setup: [],
  suites: [spec],
  runDeadlineMs: 600_000,
};

console.log(
  `No-effect trial, ${REDS} reds and ${GREENS} greens, seed ${seed}. "Proven" is false evidence; goal <= ${percent(GOAL)} at every p.\n`,
);
const exactly = proveEveryPattern();
console.log(
  `Every pattern of ${REDS + GREENS} attempts judged once: ${exactly.length} of ${2 ** (REDS + GREENS)} proven (${exactly.map(describe).join(', ')}).\n`,
);

const once = sweep(
  'one red run, one green run',
  Math.round(trials / 22),
  () => 1,
  () => 1,
);
const again = sweep(
  'the author runs both again, up to 5 times, tests and code unchanged',
  Math.round(trials / 220),
  () => 5,
  () => 5,
);
const recoded = sweepRecoded(
  'for comparison, no goal: the author changes the code after every red at green, up to 5 times',
  Math.round(trials / 220),
);

const exact = worst(rates().map((p) => probabilityOf(exactly, p)));
const margin = 3 * Math.sqrt((exact * (1 - exact)) / Math.round(trials / 22));
console.log(
  `worst exact ${percent(exact)}; worst simulated: once ${percent(worst(once))}, run again ${percent(worst(again))}, new code ${percent(worst(recoded))}`,
);
// The goal is judged on the exact figure, which has no noise; the simulation must agree with it within three sigma.
const met =
  exact <= GOAL &&
  worst(once) <= exact + margin &&
  worst(again) <= exact + 3 * Math.sqrt((exact * (1 - exact)) / Math.round(trials / 220));
console.log(met ? 'goal met' : 'GOAL MISSED');
process.exitCode = met ? 0 : 1;

/** 0, 0.05 … 1, and the worst case. */
function rates() {
  return [...Array.from({ length: 21 }, (_, index) => index / 20), REDS / (REDS + GREENS)].sort((a, b) => a - b);
}

function sweep(title, perRate, redRuns, greenRuns) {
  return table(title, perRate, (p) => trialProves(p, redRuns(), greenRuns()));
}

function table(title, perRate, trial) {
  console.log(`${title}: ${perRate * rates().length} trials`);
  console.log('     p     trials   proven   simulated   exact, one run');
  const results = rates().map((p) => {
    let proven = 0;
    for (let index = 0; index < perRate; index += 1) if (trial(p)) proven += 1;
    const cells = [p.toFixed(3).padStart(6), String(perRate).padStart(10), String(proven).padStart(8)];
    console.log(
      `${cells.join(' ')} ${percent(proven / perRate).padStart(11)} ${percent(probabilityOf(exactly, p)).padStart(16)}`,
    );
    return proven / perRate;
  });
  console.log('');
  return results;
}

/** Runs red until it is valid, then green until it passes, with at most so many runs each, and asks for the proof. */
function trialProves(p, maxReds, maxGreens) {
  const redRuns = [];
  for (let left = maxReds; left > 0; left -= 1) {
    redRuns.push(makeRun('red', flips(p, REDS), undefined, redRuns.length));
    if (isValid(redRuns.at(-1))) break;
  }
  if (!isValid(redRuns.at(-1))) return false;
  const greenRuns = [];
  for (let left = maxGreens; left > 0; left -= 1) {
    greenRuns.push(makeRun('green', flips(p, GREENS), redRuns.at(-1).cases, 50 + greenRuns.length));
    if (isValid(greenRuns.at(-1))) break;
  }
  return wordOf(redRuns, greenRuns) === 'proven';
}

/** New code is a new claim (another patch-id), so that the failures at green of the old code do not count against it. */
function sweepRecoded(title, perRate) {
  return table(title, perRate, (p) => {
    const red = makeRun('red', flips(p, REDS), undefined, 0);
    if (!isValid(red)) return false;
    for (let left = 5; left > 0; left -= 1) {
      const green = makeRun('green', flips(p, GREENS), red.cases, 50);
      if (wordOf([red], [green]) === 'proven') return true;
    }
    return false;
  });
}

function proveEveryPattern() {
  const proven = [];
  for (let value = 0; value < 2 ** (REDS + GREENS); value += 1) {
    const failed = Array.from({ length: REDS + GREENS }, (_, index) => ((value >> index) & 1) === 1);
    const red = makeRun('red', failed.slice(0, REDS), undefined, 0);
    const green = makeRun('green', failed.slice(REDS), red.cases, 50);
    if (wordOf([red], [green]) === 'proven') proven.push(failed);
  }
  return proven;
}

function probabilityOf(patterns, p) {
  return patterns.reduce((sum, failed) => sum + failed.reduce((product, fails) => product * (fails ? p : 1 - p), 1), 0);
}

function flips(p, count) {
  return Array.from({ length: count }, () => random() < p);
}

function isValid({ record }) {
  return record.finished.body.verdict.code === (record.started.phase === 'red' ? 'red/valid' : 'green/passed');
}

/** One phase, judged as the engine judges it and recorded as the store would give it back. */
function makeRun(phase, failed, redVerdicts, number) {
  const healthy = { before: { healthy: true }, during: { healthy: true }, after: { healthy: true } };
  const attempts = failed.map((fails, index) => ({
    attempt: index + 1,
    order: 'declared',
    end: { cause: 'exited', code: fails ? 1 : 0 },
    report: { status: 'complete' },
    expectedExit: fails ? 'nonzero' : 'zero',
    suiteFailures: [],
    health: healthy,
    dirtied: [],
    observations: [observe(index + 1, fails)],
  }));
  const { verdict, cases } = classifySuite({
    scenario,
    spec,
    phase,
    gradeFound: [],
    attempts,
    changedTests: undefined,
    redVerdicts,
    worktree: '/work',
  });
  const run = `${phase}-${number}`;
  const startedSeq = 1 + number * 10;
  const whole = classifyRun(scenario, phase, [verdict], cases, true);
  return {
    cases,
    record: {
      run,
      startedSeq,
      startedAtMs: startedSeq,
      started: { type: 'run-started', run, phase, draft: false },
      identities: [{ profile: 'host', provider: 'host', profileDigest: 'aa', grade: [], facts: {}, findings: [] }],
      suites: [
        { suite: 'contract', position: 0, startedSeq: startedSeq + 1, attempts, verdict, judgedSeq: startedSeq + 2 },
      ],
      finished: {
        seq: startedSeq + 3,
        atMs: startedSeq,
        hash: 'ff',
        body: { type: 'run-finished', v: 1, run, verdict: whole, root: 'ff' },
      },
    },
  };
}

function observe(attempt, fails) {
  const seen = { suite: 'contract', attempt, name: NAME, where: 'body', durationUs: 1 };
  if (!fails) return { ...seen, outcome: 'passed' };
  return {
    ...seen,
    outcome: 'failed',
    failure: { kind: 'assertion', type: 'AssertionError', message: 'expected no to be yes' },
  };
}

function wordOf(redRuns, greenRuns) {
  return proveObligations({
    scenario,
    policyGrade: 'A',
    testDigest: 'dd',
    git: { corners: [], ancestryProblems: [], boundaryViolations: [], unclassified: [], testChanges: [], anchor: '' },
    redRuns,
    greenRuns,
    keepsMandatedOrder,
    integrityBreaks: [],
    hasCheckpoint: () => undefined,
  }).word;
}

function worst(shares) {
  return Math.max(...shares);
}

function percent(share) {
  return `${(share * 100).toFixed(2)} %`;
}

function describe(failed) {
  return failed.map((fails) => (fails ? 'F' : 'p')).join('');
}

/** mulberry32: small, seeded, good enough to flip coins. */
function makeRandom(from) {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The judgement as it stands in `src/`, bundled in memory. */
async function loadSource() {
  const source = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export { classifySuite } from './classify/classify-suite.ts';
        export { classifyRun } from './classify/classify-run.ts';
        export { proveObligations } from './proof/prove-obligations.ts';
        export { keepsMandatedOrder } from './plan/mandated-order.ts';`,
      resolveDir: source,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}
