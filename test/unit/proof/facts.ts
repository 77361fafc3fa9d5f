import type { RunId, Sha256 } from '../../../src/domain/brand.ts';
import type { EnvironmentIdentity, Health } from '../../../src/domain/environment.ts';
import type { EventOf } from '../../../src/domain/event.ts';
import type { ObligationCode } from '../../../src/domain/proof.ts';
import type { RunRecord } from '../../../src/domain/run-record.ts';
import type { Scenario } from '../../../src/domain/scenario.ts';
import type { CaseVerdict, WholeCode } from '../../../src/domain/verdict.ts';
import type { Phase, SuiteName } from '../../../src/domain/vocabulary.ts';
import { keepsMandatedOrder } from '../../../src/plan/mandated-order.ts';
import type { GitFacts, ProofFacts, ProofRun } from '../../../src/proof/proof-facts.ts';
import { type Proof, proveObligations } from '../../../src/proof/prove-obligations.ts';
import { makeScenario, makeSpec } from '../classify/facts.ts';

const HEALTHY: Health = { healthy: true };

export function makeIdentity(over: Partial<EnvironmentIdentity> = {}): EnvironmentIdentity {
  return {
    profile: 'host',
    provider: 'host',
    profileDigest: 'aa' as Sha256,
    grade: [],
    facts: { 'host.kernel': '6.1' },
    findings: [],
    ...over,
  };
}

/** A driver's verdict in a run of `times` attempts. */
export function redCase(suite: SuiteName, name: string, times: number, over: Partial<CaseVerdict> = {}): CaseVerdict {
  return {
    suite,
    name,
    role: 'driver',
    code: 'red/assertion',
    strength: 'strong',
    criteria: ['AC-1'],
    signature: `assertion/AssertionError#${name}`,
    detail: 'not paused',
    outcomes: Array.from({ length: times }, () => 'failed' as const),
    ...over,
  };
}

export function greenCase(suite: SuiteName, name: string, times: number, over: Partial<CaseVerdict> = {}): CaseVerdict {
  const { strength: _, ...rest } = redCase(suite, name, times);
  return {
    ...rest,
    code: 'green/passed',
    signature: '',
    detail: 'passed',
    outcomes: rest.outcomes.map(() => 'passed' as const),
    ...over,
  };
}

export interface RunGiven {
  readonly run?: string;
  readonly startedSeq?: number;
  readonly code?: WholeCode;
  readonly detail?: string;
  readonly unfinished?: boolean;
  readonly draft?: boolean;
  /** Ran at S, in this tree. */
  readonly stub?: string;
  /** Attempts of every suite. */
  readonly attempts?: number;
  readonly suites?: readonly SuiteName[];
  readonly identities?: readonly EnvironmentIdentity[];
  readonly cases?: readonly CaseVerdict[];
  readonly during?: Health;
  /** Changes the suites after they were made. */
  readonly record?: Partial<RunRecord>;
  readonly unjudged?: ProofRun['unjudged'];
}

/** A run whose suites ran one after the other: started at `startedSeq`, finished ten later. */
export function makeRun(phase: Phase, given: RunGiven = {}): ProofRun {
  const attempts = given.attempts ?? (phase === 'red' ? 4 : 3);
  const startedSeq = given.startedSeq ?? (phase === 'red' ? 10 : 30);
  const run = (given.run ?? `r-${phase}`) as RunId;
  const names = given.suites ?? ['contract', 'integration'];
  const code = given.code ?? (phase === 'red' ? 'red/valid' : 'green/passed');
  const made = (suite: SuiteName, attempt: number) =>
    ({
      type: 'attempt-finished',
      v: 1,
      run,
      suite,
      attempt,
      health: { before: HEALTHY, during: given.during ?? HEALTHY, after: HEALTHY },
    }) as unknown as EventOf<'attempt-finished'>;
  const record: RunRecord = {
    run,
    gateSteps: [],
    startedSeq,
    startedAtMs: startedSeq,
    started: {
      type: 'run-started',
      run,
      phase,
      draft: given.draft ?? false,
      corner: { corner: phase === 'green' ? 'H' : given.stub === undefined ? 'R' : 'S', tree: given.stub ?? 'tree' },
    } as unknown as EventOf<'run-started'>,
    identities: given.identities ?? [makeIdentity()],
    suites: names.map((suite, position) => ({
      suite,
      position,
      startedSeq: startedSeq + 1 + position * 2,
      attempts: Array.from({ length: attempts }, (_, index) => made(suite, index + 1)),
      verdict: { suite, code, detail: '', counts: {} },
      judgedSeq: startedSeq + 2 + position * 2,
    })),
    ...(given.unfinished
      ? {}
      : {
          finished: {
            seq: startedSeq + 10,
            atMs: startedSeq + 10,
            hash: 'ff' as Sha256,
            body: {
              type: 'run-finished',
              v: 1,
              run,
              verdict: { code, detail: given.detail ?? 'as it is' },
              root: 'ff' as Sha256,
            },
          },
        }),
    ...given.record,
  };
  const makeCase = phase === 'red' ? redCase : greenCase;
  const cases = given.cases ?? names.map((suite) => makeCase(suite, 'AC-1: pauses', attempts));
  return { record, cases, ...(given.unjudged === undefined ? {} : { unjudged: given.unjudged }) };
}

export interface FactsGiven extends Partial<Omit<ProofFacts, 'git' | 'scenario'>> {
  readonly git?: Partial<GitFacts>;
  readonly scenario?: Partial<Scenario>;
}

/** Everything holds: a feature with two suites, four reds, three greens, and an anchor. */
export function makeProofFacts(given: FactsGiven = {}): ProofFacts {
  const { git, scenario, ...rest } = given;
  return {
    scenario: makeScenario({
      suites: [makeSpec({ suite: 'integration' }), makeSpec({ suite: 'contract' })],
      ...scenario,
    }),
    policyGrade: 'A',
    testDigest: 'dd' as Sha256,
    git: {
      corners: [],
      ancestryProblems: [],
      boundaryViolations: [],
      unclassified: [],
      testChanges: [],
      anchor: '20:ff',
      ...git,
    },
    redRuns: [makeRun('red')],
    greenRuns: [makeRun('green')],
    keepsMandatedOrder,
    integrityBreaks: [],
    hasCheckpoint: (text) => (/^\d+:ff$/.test(text) ? { seq: Number.parseInt(text, 10) } : undefined),
    ...rest,
  };
}

export function prove(given: FactsGiven = {}): Proof {
  return proveObligations(makeProofFacts(given));
}

/** One obligation's answer and why, as one text. */
export function answer(code: ObligationCode, given: FactsGiven = {}): string {
  const found = prove(given).obligations.find((obligation) => obligation.code === code);
  return `${found?.answer}: ${found?.why}${found?.weaker === undefined ? '' : ` [${found.weaker}]`}`;
}
