import { describe, expect, it } from 'vitest';
import { type AttemptFacts, findAttemptProblem } from '../../../src/classify/attempt-problem.ts';
import { failing, HEALTHY, makeAttempt, passing } from './facts.ts';

const red = [failing('vm > pauses')];
const ILL = { healthy: false, reason: 'API server gone' } as const;

function problem(over: Partial<AttemptFacts>, observations = red): string {
  const found = findAttemptProblem(makeAttempt(observations, over));
  return found === undefined ? 'none' : `${found.code}: ${found.detail}`;
}

describe('what makes an attempt worthless', () => {
  it.each<[Partial<AttemptFacts>, string]>([
    [{}, 'none'],
    [{ expectedExit: 'any', end: { cause: 'exited', code: 0 } }, 'none'],
    [
      { health: { before: ILL, during: HEALTHY, after: HEALTHY } },
      'infrastructure: environment unhealthy before the suite: API server gone',
    ],
    [
      { health: { before: HEALTHY, during: ILL, after: HEALTHY } },
      'infrastructure: environment unhealthy during the suite: API server gone',
    ],
    [
      { health: { before: HEALTHY, during: HEALTHY, after: ILL } },
      'infrastructure: environment unhealthy after the suite: API server gone',
    ],
    [{ end: { cause: 'cancelled' } }, 'interrupted: the run was stopped'],
    [
      { end: { cause: 'timed-out', deadlineMs: 90_000 } },
      'timed-out: the suite was stopped after its deadline of 90 s',
    ],
    [{ end: { cause: 'spawn-failed', message: 'ENOENT' } }, 'setup-failed: the runner could not be started: ENOENT'],
    [{ end: { cause: 'signalled', signal: 'SIGKILL' } }, 'not-finished: the runner was killed by SIGKILL'],
    [{ report: { status: 'missing', detail: 'no report' } }, 'report-missing: no report'],
    [{ report: { status: 'unreadable', detail: 'no XML' } }, 'report-unreadable: no XML'],
    [{ report: { status: 'truncated', detail: 'ends early' } }, 'report-unreadable: ends early'],
    [{ report: { status: 'stale', detail: 'older' } }, 'report-stale: older'],
    [{ report: { status: 'foreign', detail: 'of another run' } }, 'report-foreign: of another run'],
    [{ dirtied: ['go.mod', 'go.sum'] }, 'dirty-tree: the suite changed its own worktree: go.mod, go.sum'],
    [
      { suiteFailures: [{ what: 'BeforeSuite: no cluster', where: 'suite' }] },
      'setup-failed: failed in suite, outside any case: BeforeSuite: no cluster',
    ],
    [
      { end: { cause: 'exited', code: 0 } },
      'exit-mismatch: the report shows failures, but the runner ended with exit code 0',
    ],
  ])('%j', (over, expected) => {
    expect(problem(over)).toBe(expected);
  });

  it('compares the exit code with a report that shows no failure', () => {
    expect(problem({}, [passing('vm > stops')])).toBe('none');
    expect(problem({ end: { cause: 'exited', code: 2 } }, [passing('vm > stops')])).toBe(
      'exit-mismatch: the report shows no failure, but the runner ended with exit code 2',
    );
  });

  it('refuses a report without any case', () => {
    expect(problem({}, [])).toBe('no-tests: the report holds no case at all');
  });

  it('names the first cause: a dead environment explains whatever follows', () => {
    const everything: Partial<AttemptFacts> = {
      health: { before: HEALTHY, during: ILL, after: ILL },
      end: { cause: 'timed-out', deadlineMs: 1000 },
      report: { status: 'missing', detail: 'no report' },
      dirtied: ['a'],
    };
    expect(problem(everything)).toMatch(/^infrastructure: .* during /);
    expect(problem({ ...everything, health: { before: HEALTHY, during: HEALTHY, after: HEALTHY } })).toMatch(
      /^timed-out/,
    );
    expect(problem({ report: { status: 'missing', detail: 'no report' }, end: { cause: 'exited', code: 0 } })).toMatch(
      /^report-missing/,
    );
  });
});
