import type { CommitId, FeatureName, RunId, Sha256, TreeId } from '../../../src/domain/brand.ts';
import type { EventBody, RecordedEvent } from '../../../src/domain/event.ts';
import type { Observation } from '../../../src/domain/observation.ts';
import type { CaseVerdict } from '../../../src/domain/verdict.ts';
import type { AttemptEvidence, RunEvidence, SuiteEvidence } from '../../../src/export/evidence-view.ts';

export const SHA = (digit: string): Sha256 => digit.repeat(64) as Sha256;
export const RUN = 'r20261122T164105Z-3fa9' as RunId;

export function makeVerdict(name: string, over: Partial<CaseVerdict> = {}): CaseVerdict {
  return {
    suite: 'contract',
    name,
    role: 'driver',
    code: 'red/assertion',
    strength: 'strong',
    criteria: ['AC-1'],
    signature: 'AssertionError: expected 1 to be 2',
    detail: 'failed by assertion in every attempt',
    outcomes: ['failed', 'failed'],
    ...over,
  };
}

export function makeObservation(name: string, over: Partial<Observation> = {}): Observation {
  return {
    suite: 'contract',
    attempt: 1,
    name,
    outcome: 'failed',
    where: 'body',
    failure: {
      kind: 'assertion',
      type: 'AssertionError',
      message: 'expected 1 to be 2',
      location: { file: 'test/pause.test.ts', line: 12, column: 5 },
    },
    durationUs: 5_300,
    ...over,
  };
}

/** An observation of a case that passed. */
export function makePass(name: string, attempt: number): Observation {
  return { suite: 'contract', attempt, name, outcome: 'passed', where: 'body', durationUs: 1_200 };
}

export function makeAttempt(attempt: number, over: Partial<AttemptEvidence> = {}): AttemptEvidence {
  return {
    attempt,
    order: attempt === 1 ? 'declared' : 'shuffled',
    seed: 41 + attempt,
    end: { cause: 'exited', code: 1 },
    durationMs: 1_500,
    report: { status: 'complete' },
    artifacts: [
      { name: 'stdout', sha256: SHA('1'), bytes: 10, cuts: [] },
      { name: 'report.json', sha256: SHA('2'), bytes: 10, cuts: [] },
    ],
    ...over,
  };
}

export function makeSuite(
  cases: readonly CaseVerdict[],
  observations: readonly Observation[],
  over: Partial<SuiteEvidence> = {},
): SuiteEvidence {
  return {
    suite: 'contract',
    position: 1,
    profile: 'embedded',
    startedAtMs: Date.UTC(2026, 10, 22, 16, 41, 7, 250),
    verdict: {
      suite: 'contract',
      code: 'red/valid',
      detail: 'every criterion has a driver',
      strength: 'strong',
      counts: {},
    },
    identity: {
      profile: 'embedded',
      provider: 'qemu',
      profileDigest: SHA('d'),
      grade: ['vmm'],
      facts: { 'qemu.version': '7.2.0', accelerator: 'tcg' },
      findings: [],
    },
    attempts: [makeAttempt(1), makeAttempt(2)],
    cases: () => cases,
    observations: () => observations,
    ...over,
  };
}

export function makeRun(suites: readonly SuiteEvidence[], over: Partial<RunEvidence> = {}): RunEvidence {
  return {
    run: RUN,
    feature: 'pause-guest',
    phase: 'red',
    corner: {
      corner: 'R',
      commit: 'c'.repeat(40) as CommitId,
      tree: 'e'.repeat(40) as TreeId,
      synthesised: false,
      from: [],
    },
    draft: false,
    testDigest: SHA('a'),
    checkpoint: `17:${SHA('f')}`,
    verdict: { code: 'red/valid', detail: 'red for the right reason' },
    suites,
    startedAtMs: Date.UTC(2026, 10, 22, 16, 41, 5),
    finishedAtMs: Date.UTC(2026, 10, 22, 16, 42, 5),
    ...over,
  };
}

/** An observation of a case that was skipped. */
export function makeSkip(name: string, attempt: number): Observation {
  return { suite: 'contract', attempt, name, outcome: 'skipped', where: 'body', durationUs: 0 };
}

/** One case of each kind that a red suite can show; the skipped one makes the suite invalid. */
export function mixedRedSuite(): SuiteEvidence {
  const passed = { signature: '', outcomes: ['passed', 'passed'] } as const;
  const cases = [
    makeVerdict('pkg.TestPause'),
    makeVerdict('pkg.TestSkipped', {
      role: 'undetermined',
      code: 'skipped',
      signature: '',
      detail: 'skipped in attempts 1 and 2',
      outcomes: ['skipped', 'skipped'],
    }),
    makeVerdict('pkg.TestBoots', {
      ...passed,
      role: 'control',
      code: 'control-passed',
      detail: 'passed without the feature',
    }),
    makeVerdict('pkg.TestNew', { ...passed, role: 'undetermined', code: 'role-pending', detail: 'passes already' }),
    makeVerdict('pkg.TestOld', { ...passed, role: 'untouched', code: 'untouched', detail: '' }),
  ];
  const observations = [1, 2].flatMap((attempt) => [
    makeObservation('pkg.TestPause', { attempt }),
    makeSkip('pkg.TestSkipped', attempt),
    ...['pkg.TestBoots', 'pkg.TestNew', 'pkg.TestOld'].map((name) => makePass(name, attempt)),
  ]);
  return makeSuite(cases, observations, {
    verdict: {
      suite: 'contract',
      code: 'skipped',
      detail: 'pkg.TestSkipped was skipped',
      counts: { 'red/assertion': 1, skipped: 1, 'control-passed': 1, 'role-pending': 1, untouched: 1 },
    },
  });
}

/** Gives events their place in a chain. */
export function chain(bodies: readonly EventBody[]): RecordedEvent[] {
  return bodies.map((body, index) => ({
    seq: index + 1,
    atMs: 1_000 * (index + 1),
    hash: SHA(String((index + 1) % 10)),
    body,
  })) as RecordedEvent[];
}

export const FEATURE = 'pause-guest' as FeatureName;
