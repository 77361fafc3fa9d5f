import { describe, expect, test } from 'vitest';
import type { CommitId, RunId, TreeId } from '../../../src/domain/brand.ts';
import type { EventBody, EventOf } from '../../../src/domain/event.ts';
import { holdsFor, joinCases, viewRun } from '../../../src/export/evidence-view.ts';
import { chain, FEATURE, makeObservation, makeSuite, makeVerdict, RUN, SHA } from './evidence.ts';

const OTHER = 'r20261122T170000Z-0000' as RunId;
const corner = {
  corner: 'R',
  commit: 'c'.repeat(40) as CommitId,
  tree: 'e'.repeat(40) as TreeId,
  synthesised: false,
  from: [],
} as const;

function started(run: RunId = RUN): EventOf<'run-started'> {
  const planned = { runner: 'vitest', profile: 'embedded', grade: [], attempts: [] } as const;
  return {
    type: 'run-started',
    v: 1,
    run,
    feature: FEATURE,
    phase: 'red',
    corner,
    corners: [corner],
    draft: false,
    testDigest: SHA('a'),
    patchId: '',
    scenario: { name: 'scenario.yaml', sha256: SHA('b'), bytes: 1, cuts: [] },
    plan: [
      { ...planned, suite: 'contract' },
      { ...planned, suite: 'integration', profile: 'other' },
      { ...planned, suite: 'unit' },
    ],
    seed: 1,
    tool: '0.1.0',
    node: 'v20',
    platform: 'linux',
    recorderProcess: { pid: 1, startedAtTicks: 1, token: 't' },
    buildsOn: [],
    refs: [],
  };
}

const identity = { profile: 'embedded', provider: 'host', profileDigest: SHA('d'), grade: [], facts: {}, findings: [] };
const healthy = { before: { healthy: true }, during: { healthy: true }, after: { healthy: true } } as const;
const rows = { count: 0, root: SHA('0') };
const attempt: EventBody = {
  type: 'attempt-finished',
  v: 1,
  run: RUN,
  suite: 'contract',
  attempt: 1,
  order: 'declared',
  orderGranularity: 'cases',
  seed: 7,
  argv: ['vitest'],
  end: { cause: 'exited', code: 1 },
  durationMs: 10,
  report: { status: 'complete' },
  health: healthy,
  dirtied: [],
  rows,
  artifacts: [],
};
const verdict = { suite: 'contract', code: 'red/valid', detail: 'ok', counts: {} } as const;
const none = { verdicts: () => [], observations: () => [] };

describe('viewRun', () => {
  test('folds the events of one run and leaves the others aside', () => {
    const view = viewRun(
      RUN,
      chain([
        { type: 'store-created', v: 1, recorder: 'x', tool: '0.1.0' },
        started(OTHER),
        started(),
        { type: 'environment-identified', v: 1, run: RUN, identity },
        { type: 'suite-started', v: 1, run: RUN, suite: 'contract', position: 1 },
        attempt,
        { type: 'suite-judged', v: 1, run: RUN, verdict, rows },
        { type: 'run-finished', v: 1, run: RUN, verdict: { code: 'red/valid', detail: 'good' }, root: SHA('0') },
        { type: 'run-interrupted', v: 1, run: OTHER, how: 'signal', detail: 'SIGINT', cleaned: [] },
      ]),
      none,
    );
    expect(view).toMatchObject({
      run: RUN,
      feature: 'pause-guest',
      phase: 'red',
      checkpoint: `8:${SHA('8')}`,
      startedAtMs: 3_000,
      finishedAtMs: 8_000,
      verdict: { code: 'red/valid', detail: 'good' },
    });
    expect(view?.interrupted).toBeUndefined();
    expect(view?.suites.map(({ suite, position, startedAtMs }) => [suite, position, startedAtMs])).toEqual([
      ['contract', 1, 5_000],
      ['integration', 2, undefined],
      ['unit', 3, undefined],
    ]);
    const [contract, integration] = view?.suites ?? [];
    expect(contract?.verdict).toEqual(verdict);
    expect(contract?.identity).toEqual(identity);
    expect(contract?.attempts).toEqual([
      {
        attempt: 1,
        order: 'declared',
        seed: 7,
        end: { cause: 'exited', code: 1 },
        durationMs: 10,
        report: { status: 'complete' },
        artifacts: [],
      },
    ]);
    expect(integration?.verdict).toBeUndefined();
    expect(integration?.identity).toBeUndefined();
  });

  test('shows the order in which suites ran, not the one that was planned', () => {
    const view = viewRun(
      RUN,
      chain([
        started(),
        { type: 'suite-started', v: 1, run: RUN, suite: 'unit', position: 1 },
        { type: 'suite-started', v: 1, run: RUN, suite: 'contract', position: 2 },
      ]),
      none,
    );
    expect(view?.suites.map(({ suite }) => suite)).toEqual(['unit', 'contract', 'integration']);
  });

  test('an interrupted run has no verdict, and says what happened', () => {
    const view = viewRun(
      RUN,
      chain([
        started(),
        { type: 'run-interrupted', v: 1, run: RUN, how: 'recovered', detail: 'process 7 died', cleaned: [] },
      ]),
      none,
    );
    expect(view?.verdict).toBeUndefined();
    expect(view?.interrupted).toEqual({ how: 'recovered', detail: 'process 7 died' });
  });

  test('is undefined for a run that never started', () => {
    expect(viewRun(RUN, chain([started(OTHER)]), none)).toBeUndefined();
  });

  test('asks for rows only when they are wanted', () => {
    const asked: string[] = [];
    const view = viewRun(RUN, chain([started()]), {
      verdicts: (run, suite) => {
        asked.push(`${run} ${suite}`);
        return [];
      },
      observations: () => [],
    });
    expect(asked).toEqual([]);
    expect([...(view?.suites[1]?.cases() ?? [])]).toEqual([]);
    expect(asked).toEqual([`${RUN} integration`]);
  });
});

describe('joinCases', () => {
  const all = () => true;

  test('sorts by name in code units and attempts by number', () => {
    const suite = makeSuite(
      [
        makeVerdict('b'),
        makeVerdict('a'),
        makeVerdict('Z'),
        makeVerdict('ä'),
        makeVerdict('\u{1F600}'),
        makeVerdict('\uffee'),
      ],
      [makeObservation('a', { attempt: 2 }), makeObservation('a', { attempt: 1 })],
    );
    const joined = joinCases(suite, all);
    expect(joined.map(({ name }) => name)).toEqual(['Z', 'a', 'b', 'ä', '\u{1F600}', '\uffee']);
    expect(joined[1]?.observations.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test('keeps a case that was observed and never judged, when asked to', () => {
    const suite = makeSuite([], [makeObservation('lonely'), makeObservation('lonely', { attempt: 2 })]);
    expect(
      joinCases(suite, all).map(({ name, verdict, observations }) => [name, verdict, observations.length]),
    ).toEqual([['lonely', undefined, 2]]);
    expect(joinCases(suite, (verdict) => verdict !== undefined)).toEqual([]);
  });

  test('leaves out what is not kept, with its observations', () => {
    const suite = makeSuite(
      [makeVerdict('a'), makeVerdict('b', { code: 'untouched' })],
      [makeObservation('b'), makeObservation('a')],
    );
    expect(joinCases(suite, (verdict) => verdict?.code !== 'untouched').map(({ name }) => name)).toEqual(['a']);
  });

  test('loses neither of two verdicts of one name', () => {
    const suite = makeSuite(
      [makeVerdict('a', { code: 'unstable' }), makeVerdict('a', { code: 'ambiguous-name' })],
      [makeObservation('a')],
    );
    const joined = joinCases(suite, all);
    expect(joined.map(({ verdict, observations }) => [verdict?.code, observations.length])).toEqual([
      ['ambiguous-name', 0],
      ['unstable', 1],
    ]);
  });

  test('names that are members of every object are ordinary names', () => {
    const suite = makeSuite([makeVerdict('__proto__'), makeVerdict('constructor')], [makeObservation('__proto__')]);
    expect(joinCases(suite, all).map(({ name, observations }) => [name, observations.length])).toEqual([
      ['__proto__', 1],
      ['constructor', 0],
    ]);
  });
});

test('holdsFor demands the verdict of its own phase', () => {
  expect(holdsFor('red', 'red/valid')).toBe(true);
  expect(holdsFor('red', 'green/passed')).toBe(false);
  expect(holdsFor('green', 'green/passed')).toBe(true);
  expect(holdsFor('green', 'red/valid')).toBe(false);
  expect(holdsFor('green', undefined)).toBe(false);
});
