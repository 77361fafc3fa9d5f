import type { RunId } from '../../../src/domain/brand.ts';
import type { EventOf } from '../../../src/domain/event.ts';
import type { Observation } from '../../../src/domain/observation.ts';

/** Apart from the fixtures, which need vitest: the writer runs without it. */
export function attemptBody(run: RunId, attempt: number): Omit<EventOf<'attempt-finished'>, 'rows'> {
  const healthy = { healthy: true } as const;
  return {
    type: 'attempt-finished',
    v: 1,
    run,
    suite: 'unit',
    attempt,
    order: 'declared',
    orderGranularity: 'cases',
    seed: attempt,
    argv: [],
    end: { cause: 'exited', code: 0 },
    durationMs: 1,
    report: { status: 'complete' },
    health: { before: healthy, during: healthy, after: healthy },
    dirtied: [],
    artifacts: [],
  };
}

export function rowsOf(attempt: number, count: number): Observation[] {
  return Array.from({ length: count }, (_, i) => ({
    suite: 'unit',
    attempt,
    name: `case ${(i * attempt) % count} of ${attempt % 3}`,
    outcome: 'passed',
    where: 'body',
    durationUs: i,
  }));
}
