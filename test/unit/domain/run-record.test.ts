import { describe, expect, it } from 'vitest';
import type { RunId } from '../../../src/domain/brand.ts';
import type { EventBody, RecordedEvent } from '../../../src/domain/event.ts';
import { foldRuns } from '../../../src/domain/run-record.ts';

const A = 'r20261122T164105Z-aaaa' as RunId;
const B = 'r20261122T164106Z-bbbb' as RunId;
const HEALTHY = { healthy: true } as const;

/** Only what folding looks at; the rest of an event is carried along untouched. */
const started = (run: RunId): EventBody => ({ type: 'run-started', v: 1, run, phase: 'red' }) as unknown as EventBody;
const identified = (run: RunId, profile: string): EventBody =>
  ({ type: 'environment-identified', v: 1, run, identity: { profile } }) as unknown as EventBody;
const suiteStarted = (run: RunId, suite: 'contract' | 'unit', position: number): EventBody => ({
  type: 'suite-started',
  v: 1,
  run,
  suite,
  position,
});
const attempt = (run: RunId, suite: 'contract' | 'unit', number: number): EventBody =>
  ({
    type: 'attempt-finished',
    v: 1,
    run,
    suite,
    attempt: number,
    health: { before: HEALTHY, during: HEALTHY, after: HEALTHY },
  }) as unknown as EventBody;
const judged = (run: RunId, suite: 'contract' | 'unit'): EventBody =>
  ({
    type: 'suite-judged',
    v: 1,
    run,
    verdict: { suite, code: 'red/valid', detail: '', counts: {} },
  }) as unknown as EventBody;
const finished = (run: RunId): EventBody => ({
  type: 'run-finished',
  v: 1,
  run,
  verdict: { code: 'red/valid', detail: '' },
  root: '' as never,
});
const interrupted = (run: RunId): EventBody => ({
  type: 'run-interrupted',
  v: 1,
  run,
  how: 'signal',
  detail: 'stopped',
  cleaned: [],
});

function chain(...bodies: EventBody[]): RecordedEvent[] {
  return bodies.map((body, index) => ({ seq: index + 1, atMs: 1000 + index, hash: `${index}` as never, body }));
}

describe('foldRuns', () => {
  it('folds a whole run', () => {
    const events = chain(
      { type: 'store-created', v: 1, recorder: 'r', tool: 't' },
      started(A),
      identified(A, 'host'),
      suiteStarted(A, 'contract', 0),
      attempt(A, 'contract', 1),
      attempt(A, 'contract', 2),
      judged(A, 'contract'),
      identified(A, 'qemu'),
      suiteStarted(A, 'unit', 1),
      attempt(A, 'unit', 1),
      judged(A, 'unit'),
      { type: 'observer-failed', v: 1, observer: 'o', message: 'm' },
      finished(A),
    );
    expect(foldRuns(events)).toEqual([
      {
        run: A,
        startedSeq: 2,
        startedAtMs: 1001,
        started: events[1]?.body,
        gateSteps: [],
        identities: [{ profile: 'host' }, { profile: 'qemu' }],
        suites: [
          {
            suite: 'contract',
            position: 0,
            startedSeq: 4,
            attempts: [events[4]?.body, events[5]?.body],
            verdict: { suite: 'contract', code: 'red/valid', detail: '', counts: {} },
            judgedSeq: 7,
          },
          {
            suite: 'unit',
            position: 1,
            startedSeq: 9,
            attempts: [events[9]?.body],
            verdict: { suite: 'unit', code: 'red/valid', detail: '', counts: {} },
            judgedSeq: 11,
          },
        ],
        finished: events[12],
      },
    ]);
  });

  it('keeps runs apart that were recorded side by side, in the order in which they started', () => {
    const runs = foldRuns(
      chain(
        started(B),
        started(A),
        suiteStarted(A, 'unit', 0),
        suiteStarted(B, 'contract', 0),
        attempt(A, 'unit', 1),
        finished(A),
        interrupted(B),
      ),
    );
    expect(runs.map(({ run }) => run)).toEqual([B, A]);
    expect(runs.map(({ suites }) => suites.map(({ suite, attempts }) => `${suite} ${attempts.length}`))).toEqual([
      ['contract 0'],
      ['unit 1'],
    ]);
    expect(runs.map((run) => [run.finished !== undefined, run.interrupted !== undefined])).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  it('shows a run that died as neither finished nor judged', () => {
    const [run] = foldRuns(chain(started(A), suiteStarted(A, 'contract', 0), attempt(A, 'contract', 1)));
    expect(run).not.toHaveProperty('finished');
    expect(run).not.toHaveProperty('interrupted');
    expect(run?.suites[0]).not.toHaveProperty('verdict');
    expect(run?.suites[0]?.attempts).toHaveLength(1);
  });

  it('keeps the order in which suites really started, and one that started twice', () => {
    const [run] = foldRuns(
      chain(started(A), suiteStarted(A, 'unit', 0), suiteStarted(A, 'contract', 1), suiteStarted(A, 'unit', 2)),
    );
    expect(run?.suites.map(({ suite, startedSeq }) => [suite, startedSeq])).toEqual([
      ['unit', 2],
      ['contract', 3],
      ['unit', 4],
    ]);
  });

  it('passes over what belongs to no run that it knows', () => {
    expect(foldRuns(chain(finished(B), suiteStarted(B, 'unit', 0), attempt(A, 'unit', 1)))).toEqual([]);
    expect(foldRuns([])).toEqual([]);
  });
});
