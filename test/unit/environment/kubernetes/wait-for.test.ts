import { describe, expect, it } from 'vitest';
import { fail, ok, type Result } from '../../../../src/domain/failure.ts';
import { type WaitRequest, waitFor } from '../../../../src/environment/kubernetes/wait-for.ts';
import { failureIn, valueIn } from '../cluster-fixtures.ts';

const QUICK = { pollMs: 1, askMs: 1, hopelessMs: 20 };
const LONG_MS = 60_000;

/** Waits for what is missing, look by look; the last one holds for good. */
function wait(looks: readonly (readonly string[] | Result<readonly string[]>)[], more: Partial<WaitRequest> = {}) {
  const told: string[] = [];
  let at = 0;
  const outcome = waitFor({
    what: 'KubeVirt v1.9.0',
    deadlineMs: LONG_MS,
    signal: new AbortController().signal,
    progress: (what) => told.push(what),
    missing: async () => {
      const look = looks[Math.min(at++, looks.length - 1)] ?? [];
      return 'ok' in look ? look : ok(look);
    },
    times: QUICK,
    ...more,
  });
  return { outcome, told };
}

describe('waitFor', () => {
  it('ends at once where nothing is missing, and says nothing', async () => {
    const { outcome, told } = wait([[]]);
    valueIn(await outcome);
    expect(told).toEqual([]);
  });

  it('says what it waits for, once for each change', async () => {
    const { outcome, told } = wait([['a', 'b', 'c'], ['a', 'b', 'c'], ['b'], ['b'], ['a', 'b', 'c'], []]);
    valueIn(await outcome);
    expect(told).toEqual(['a, and 2 more', 'b', 'a, and 2 more']);
  });

  it('ends with a failure as it is', async () => {
    const failed = fail({ reason: 'environment-failed', what: 'denied', next: 'log in', exit: 3 } as const);
    expect(await wait([['a'], failed]).outcome).toBe(failed);
  });

  it('looks once more when time is over, and says what was missing last, with the reasons', async () => {
    const overs: boolean[] = [];
    const { outcome, told } = wait([['virt-api'], ['virt-handler', 'a node']], {
      deadlineMs: 300,
      why: async (over) => {
        overs.push(over);
        return over ? ['image pull: x', 'node n is not ready'] : [];
      },
    });
    expect(failureIn(await outcome)).toEqual({
      reason: 'environment-failed',
      what: expect.stringMatching(
        /^KubeVirt v1\.9\.0 was not ready within \d+ s; still waiting for virt-handler, and 1 more$/,
      ),
      next: 'mend this first: image pull: x',
      exit: 3,
      details: [
        { severity: 'error', what: 'image pull: x' },
        { severity: 'error', what: 'node n is not ready' },
      ],
    });
    expect(overs.at(-1)).toBe(true);
    expect(overs.slice(0, -1).includes(true)).toBe(false);
    expect(told.at(-1)).toBe('virt-handler, and 1 more; image pull: x');
  });

  it('knows what to do where there is no reason to be seen', async () => {
    const failure = failureIn(await wait([['a']], { deadlineMs: 5 }).outcome);
    expect(failure).toMatchObject({ next: 'look at the cluster with kubectl', details: [] });
  });

  it('succeeds though time is over, where nothing is missing any more', async () => {
    valueIn(await wait([['a'], []], { deadlineMs: 0, times: { ...QUICK, pollMs: 5 } }).outcome);
  });

  it('ends long before its deadline where a reason stands that waiting does not mend', async () => {
    const why = async (): Promise<string[]> => ['slow', 'image pull: x'];
    const isHopeless = (cause: string): boolean => cause.startsWith('image pull: ');
    const failure = failureIn(await wait([['a']], { why, isHopeless }).outcome);
    expect(failure.details?.map(({ what }) => what)).toEqual(['slow', 'image pull: x']);
  });

  it('waits on where that reason is gone again, and counts anew when it comes back', async () => {
    let asked = 0;
    const why = async (): Promise<string[]> => (++asked % 2 === 0 ? [] : ['image pull: x']);
    const looks = [...Array.from({ length: 60 }, () => ['a']), []];
    valueIn(await wait(looks, { why, isHopeless: () => true }).outcome);
    expect(asked).toBeGreaterThan(10);
  });

  it('takes other words for the same trouble', async () => {
    let asked = 0;
    const why = async (): Promise<string[]> => [`image pull: try ${++asked}`];
    failureIn(await wait([['a']], { why, isHopeless: () => true }).outcome);
    expect(asked).toBeGreaterThan(1);
  });

  it('waits for its deadline where a reason is not hopeless', async () => {
    const why = async (): Promise<string[]> => ['scheduling: x'];
    const failure = failureIn(await wait([['a']], { why, isHopeless: () => false, deadlineMs: 60 }).outcome);
    expect(failure.next).toBe('mend this first: scheduling: x');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['deadline of the whole run', 130],
  ])('ends with %s, whatever it sleeps for', async (reason, exit) => {
    const stop = new AbortController();
    const times = { ...QUICK, pollMs: LONG_MS };
    const { outcome } = wait([['a']], { signal: stop.signal, times, progress: () => stop.abort(reason) });
    expect(failureIn(await outcome)).toMatchObject({
      reason: 'interrupted',
      what: `waiting for KubeVirt v1.9.0 was interrupted (${reason})`,
      exit,
    });
  });

  it('asks for nothing once it is interrupted', async () => {
    const missing = async (): Promise<never> => Promise.reject(new Error('it was asked'));
    const signal = AbortSignal.abort('SIGINT');
    expect(failureIn(await wait([], { missing, signal }).outcome).reason).toBe('interrupted');
  });
});
