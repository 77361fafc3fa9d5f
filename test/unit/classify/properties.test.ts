import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttemptFacts } from '../../../src/classify/attempt-problem.ts';
import { classifyRun } from '../../../src/classify/classify-run.ts';
import type { SuiteJudgement } from '../../../src/classify/classify-suite.ts';
import type {
  FailureKind,
  FailureWhere,
  Observation,
  ObservedFailure,
  Outcome,
} from '../../../src/domain/observation.ts';
import type { CaseContract, RedContract, SuiteSpec } from '../../../src/domain/scenario.ts';
import type { RunVerdict } from '../../../src/domain/verdict.ts';
import type { Phase } from '../../../src/domain/vocabulary.ts';
import { planRun } from '../../../src/plan/plan-run.ts';
import {
  HEALTHY,
  judgeGreen,
  judgeRed,
  makeAttempt,
  makeCriterion,
  makeScenario,
  makeSpec,
  redDrivers,
} from './facts.ts';

const NAMES = ['AC-1: pauses', 'AC-2: resumes', 'starts', 'stops', 'waits'] as const;
const MESSAGES = ['not paused', 'vm not found', 'unknown field "paused"', 'after 12ms', ''] as const;
const KINDS: readonly FailureKind[] = [
  'assertion',
  'no-error-assertion',
  'reported-failure',
  'panic',
  'error',
  'timeout',
  'compile',
];

const aFailure: fc.Arbitrary<ObservedFailure> = fc.record(
  {
    kind: fc.constantFrom(...KINDS),
    type: fc.constantFrom('AssertionError', 'Error', ''),
    message: fc.constantFrom(...MESSAGES),
    location: fc.constantFrom({ file: 'a.test.ts', line: 1 }, { file: 'vm.ts', line: 2 }),
    missingNames: fc.constantFrom(['Pause'], []),
  },
  { requiredKeys: ['kind', 'type', 'message'] },
);

function anObservation(outcome: fc.Arbitrary<Outcome>, where: fc.Arbitrary<FailureWhere>): fc.Arbitrary<Observation> {
  return fc.record(
    {
      suite: fc.constant('contract' as const),
      attempt: fc.constant(1),
      name: fc.constantFrom(...NAMES),
      outcome,
      where,
      durationUs: fc.nat(100),
      file: fc.constantFrom('a.test.ts', 'b.test.ts'),
      failure: aFailure,
      labels: fc.constantFrom(['ac:AC-1'], ['slow']),
      retries: fc.constantFrom<readonly Outcome[]>(['failed', 'passed'], ['failed', 'failed'], ['passed']),
    },
    { requiredKeys: ['suite', 'attempt', 'name', 'outcome', 'where', 'durationUs'] },
  );
}

const anyWhere = fc.constantFrom<FailureWhere>('body', 'setup', 'teardown', 'suite', 'load');
const anything = anObservation(
  fc.constantFrom<Outcome>('passed', 'failed', 'errored', 'skipped', 'timed-out', 'aborted'),
  anyWhere,
);
/** Mostly what a sound red run looks like, so that valid runs are generated as well. */
const mostlyRed = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...NAMES.slice(0, 2)).map(
      (name): Observation => ({
        suite: 'contract',
        attempt: 1,
        name,
        outcome: 'failed',
        where: 'body',
        durationUs: 1,
        failure: { kind: 'assertion', type: 'AssertionError', message: 'not paused' },
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...NAMES.slice(2)).map(
      (name): Observation => ({
        suite: 'contract',
        attempt: 1,
        name,
        outcome: 'passed',
        where: 'body',
        durationUs: 1,
      }),
    ),
  },
  { weight: 1, arbitrary: anything },
);

const aContract: fc.Arbitrary<RedContract> = fc.record(
  {
    class: fc.constantFrom('assertion', 'not-found', 'unknown-field', 'panic'),
    pattern: fc.constantFrom('paused', 'vm', '.'),
  },
  { requiredKeys: ['class'] },
);
const aSpec: fc.Arbitrary<Partial<SuiteSpec>> = fc.record(
  {
    red: aContract,
    contracts: fc.array(
      fc
        .tuple(aContract, fc.constantFrom('AC-1', 'AC-2'))
        .map(([contract, match]): CaseContract => ({ ...contract, match })),
      { maxLength: 2 },
    ),
    controls: fc.constantFrom<readonly string[]>([], ['starts']),
    roles: fc.constantFrom<SuiteSpec['roles']>(
      [],
      [{ match: 'stops', role: 'guard' }],
      [{ match: '.', role: 'characterization' }],
    ),
  },
  { requiredKeys: [] },
);

const CRITERIA = [makeCriterion('AC-1'), makeCriterion('AC-2')];
const someCriteria = fc.constantFrom(CRITERIA, CRITERIA.slice(0, 1), []);

function distinctly(observation: fc.Arbitrary<Observation>): fc.Arbitrary<Observation[]> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.uniqueArray(observation, { selector: ({ name }) => name, minLength: 1, maxLength: 5 }) },
    { weight: 1, arbitrary: fc.array(observation, { maxLength: 5 }) },
  );
}

/** Attempts that often repeat each other, because otherwise everything is unstable. */
function someAttempts(observation: fc.Arbitrary<Observation>): fc.Arbitrary<Observation[][]> {
  return fc.oneof(
    fc
      .tuple(distinctly(observation), fc.integer({ min: 1, max: 4 }))
      .map(([one, times]) => Array.from({ length: times }, () => one)),
    fc.array(distinctly(observation), { minLength: 1, maxLength: 3 }),
  );
}

interface Given {
  readonly attempts: readonly (AttemptFacts | readonly Observation[])[];
  readonly spec?: Partial<SuiteSpec>;
  readonly criteria?: typeof CRITERIA;
  readonly changedTests?: ReadonlySet<string> | undefined;
}

function judge(
  phase: Phase,
  { attempts, spec = {}, criteria = CRITERIA, changedTests }: Given,
): { suite: SuiteJudgement; run: RunVerdict } {
  const scenario = { criteria };
  const facts = { changedTests, redVerdicts: phase === 'green' ? redDrivers('AC-1: pauses') : undefined };
  const suite = (phase === 'red' ? judgeRed : judgeGreen)(attempts, { spec, scenario, facts });
  return {
    suite,
    run: classifyRun(makeScenario({ criteria, suites: [makeSpec(spec)] }), phase, [suite.verdict], suite.cases, true),
  };
}

const changed = fc.constantFrom(undefined, new Set(['a.test.ts']));

describe('whatever is observed', () => {
  it('no run is red in which nothing failed in its body', () => {
    const harmless = fc.oneof(
      anObservation(fc.constantFrom<Outcome>('passed', 'skipped', 'timed-out', 'aborted'), anyWhere),
      anObservation(
        fc.constantFrom<Outcome>('failed', 'errored'),
        fc.constantFrom<FailureWhere>('setup', 'teardown', 'suite'),
      ),
    );
    fc.assert(
      fc.property(someAttempts(harmless), aSpec, someCriteria, changed, (attempts, spec, criteria, changedTests) => {
        const { suite, run } = judge('red', { attempts, spec, criteria, changedTests });
        expect(run.code).not.toBe('red/valid');
        expect(suite.cases.some(({ role, code }) => role === 'driver' || code.startsWith('red/'))).toBe(false);
        expect(suite.verdict.strength).toBeUndefined();
        if (suite.verdict.code === 'red/valid') {
          expect(suite.verdict.detail).toBe('no driver here: controls and declared guards passed');
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('taking a red observation of a driver away makes no run valid', () => {
    let hits = 0;
    fc.assert(
      fc.property(
        someAttempts(mostlyRed),
        aSpec,
        someCriteria,
        fc.nat(),
        fc.nat(),
        (observed, spec, criteria, at, which) => {
          const before = judge('red', { attempts: observed, spec, criteria });
          const drivers = new Set(before.suite.cases.filter(({ role }) => role === 'driver').map(({ name }) => name));
          const index = at % observed.length;
          const reds = (observed[index] ?? []).filter(({ name, outcome }) => drivers.has(name) && outcome === 'failed');
          const gone = reds[which % Math.max(reds.length, 1)];
          if (gone === undefined) return;
          hits += 1;
          const without = observed.map((observations, attempt) =>
            attempt === index ? observations.filter((seen) => seen !== gone) : observations,
          );
          const after = judge('red', { attempts: without, spec, criteria });
          if (before.run.code !== 'red/valid') expect(after.run.code).not.toBe('red/valid');
          if (observed.length > 1) expect(after.run.code).not.toBe('red/valid');
        },
      ),
      { numRuns: 1000 },
    );
    expect(hits).toBeGreaterThan(50);
  });

  it.each(['red', 'green'] as const)('an unhealthy environment makes no %s run hold', (phase) => {
    const when = fc.constantFrom('before', 'during', 'after');
    fc.assert(
      fc.property(
        someAttempts(phase === 'red' ? mostlyRed : anything),
        aSpec,
        fc.nat(),
        when,
        (observed, spec, at, then) => {
          const sick = { before: HEALTHY, during: HEALTHY, after: HEALTHY, [then]: { healthy: false, reason: 'gone' } };
          const attempts = observed.map((observations, index) =>
            makeAttempt(observations, index === at % observed.length ? { health: sick } : {}),
          );
          const { suite, run } = judge(phase, { attempts, spec });
          expect(run).toEqual({ code: suite.verdict.code, detail: `contract: ${suite.verdict.detail}` });
          expect(run.code).not.toMatch(/^red\/|^green\//);
          // Nothing before it is worse: an earlier attempt may have been empty, the environment speaks for its own attempt.
          if (observed.every(({ length }) => length > 0)) expect(run.code).toBe('infrastructure');
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each(['red', 'green'] as const)('the order of observations says nothing at %s', (phase) => {
    const pairs = someAttempts(fc.oneof(mostlyRed, anything)).chain((observed) =>
      fc.tuple(
        fc.constant(observed),
        fc.tuple(
          ...observed.map((observations) => fc.shuffledSubarray(observations, { minLength: observations.length })),
        ),
      ),
    );
    fc.assert(
      fc.property(pairs, aSpec, changed, ([observed, shuffled], spec, changedTests) => {
        expect(judge(phase, { attempts: shuffled, spec, changedTests })).toEqual(
          judge(phase, { attempts: observed, spec, changedTests }),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('the order of a scenario says nothing: of its suites, its criteria, nor in its plan', () => {
    const suites = (['contract', 'integration', 'e2e', 'unit'] as const).map((suite) => makeSpec({ suite }));
    const shuffled = fc.shuffledSubarray(suites, { minLength: 4 });
    const reversed = [...CRITERIA].reverse();
    fc.assert(
      fc.property(shuffled, someAttempts(mostlyRed), fc.boolean(), (written, observed, flip) => {
        const plan = (order: typeof suites) => planRun(makeScenario({ suites: order }), { phase: 'red', seed: 5 });
        expect(plan(written)).toEqual(plan(suites));
        const { suite } = judge('red', { attempts: observed, criteria: flip ? reversed : CRITERIA });
        expect(suite).toEqual(judge('red', { attempts: observed }).suite);
        const verdicts = written.map((spec) => ({ ...suite.verdict, suite: spec.suite }));
        const inOrder = suites.map((spec) => ({ ...suite.verdict, suite: spec.suite }));
        expect(classifyRun(makeScenario({ suites: written }), 'red', inOrder, suite.cases, true)).toEqual(
          classifyRun(makeScenario({ suites }), 'red', inOrder, suite.cases, true),
        );
        expect(classifyRun(makeScenario({ suites }), 'red', verdicts, suite.cases, true).code).toBe(
          classifyRun(makeScenario({ suites }), 'red', inOrder, suite.cases, true).code,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('any text in names and messages is judged without a throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, message) => {
        const observation: Observation = {
          suite: 'contract',
          attempt: 1,
          name,
          outcome: 'failed',
          where: 'body',
          durationUs: 0,
          failure: { kind: 'assertion', type: name, message },
        };
        expect(judge('red', { attempts: [[observation]] }).suite.verdict.code).toBe('red/valid');
      }),
      { numRuns: 500 },
    );
  });
});
