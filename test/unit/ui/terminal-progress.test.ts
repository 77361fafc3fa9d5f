import { expect, test } from 'vitest';
import type { EventBody, RecordedEvent } from '../../../src/domain/event.ts';
import { createProgress, type ProgressView } from '../../../src/ui/terminal-progress.ts';
import { RUN, SHA } from '../export/evidence.ts';

const corner = { corner: 'R', commit: 'c'.repeat(40), tree: 'e'.repeat(40), synthesised: false, from: [] };
const EVENTS = {
  started: {
    type: 'run-started',
    run: RUN,
    feature: 'pause-guest',
    phase: 'red',
    draft: false,
    corner,
    plan: [{ suite: 'contract' }, { suite: 'unit' }],
  },
  environment: {
    type: 'environment-identified',
    identity: { profile: 'qemu', grade: ['vmm'], facts: { accelerator: 'tcg' } },
  },
  suite: { type: 'suite-started', suite: 'contract', position: 1 },
  attempt: {
    type: 'attempt-finished',
    suite: 'contract',
    attempt: 1,
    order: 'declared',
    end: { cause: 'exited', code: 1 },
    durationMs: 3_200,
    report: { status: 'complete' },
    rows: { count: 12, root: SHA('0') },
  },
  judged: { type: 'suite-judged', verdict: { suite: 'contract', code: 'red/valid', detail: '2 drivers', counts: {} } },
  finished: { type: 'run-finished', run: RUN, verdict: { code: 'red/valid', detail: 'good' } },
  interrupted: { type: 'run-interrupted', run: RUN, how: 'signal', detail: 'SIGINT' },
};

function watch(stream: { isTTY?: boolean; columns?: number }, env: Record<string, string> = { NO_COLOR: '1' }) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const write = (text: string): void => void written.push(text);
  const progress = createProgress({ ...stream, write }, { now: () => clock.ms, env, tickMs: 0 });
  const tell = (body: object): void =>
    progress.onEvent({ seq: 1, atMs: 0, hash: SHA('0'), body: body as EventBody } as RecordedEvent);
  /** What was written since the last look. */
  const read = (): string => written.splice(0).join('');
  return { progress, tell, read, clock };
}

function runWhole(progress: ProgressView, tell: (body: object) => void): void {
  tell(EVENTS.started);
  progress.onProgress({ type: 'waiting', what: 'a probe guest boots' });
  tell(EVENTS.environment);
  tell(EVENTS.suite);
  progress.onProgress({ type: 'attempt-started', suite: 'contract', attempt: 1, of: 2, order: 'declared' });
  progress.onProgress({ type: 'cases', finished: 7 });
  tell(EVENTS.attempt);
  tell(EVENTS.judged);
  tell(EVENTS.finished);
  progress.close();
}

const LOG = `pause-guest red at R cccccccccc: contract, unit
a probe guest boots
environment qemu: grade vmm, tcg
  contract: attempt 1 (declared): 12 cases, exit code 1, 3.2 s
  contract: red/valid: 2 drivers
run ${RUN}: red/valid
`;

test('without a terminal: plain lines and nothing else', () => {
  const { progress, tell, read } = watch({}, {});
  runWhole(progress, tell);
  expect(read()).toBe(LOG);
});

test('without a terminal: one line at most every 30 s that it still runs', () => {
  const { progress, read, clock } = watch({});
  progress.onProgress({ type: 'attempt-started', suite: 'e2e', attempt: 2, of: 4, order: 'shuffled' });
  for (clock.ms = 0; clock.ms <= 65_000; clock.ms += 1_000) progress.tick();
  expect(read()).toBe(
    'still running: e2e: attempt 2 of 4 (shuffled), 30 s\nstill running: e2e: attempt 2 of 4 (shuffled), 1 min 00 s\n',
  );
});

test('without a terminal: the same wait is said once', () => {
  const { progress, read } = watch({});
  for (const what of ['a', 'a', 'b']) progress.onProgress({ type: 'waiting', what });
  expect(read()).toBe('a\nb\n');
});

test('on a terminal: finished lines stay, the live line is taken away before each, and none is left at the end', () => {
  const { progress, tell, read } = watch({ isTTY: true, columns: 80 });
  runWhole(progress, tell);
  const text = read();
  // No control sequence but the one that erases the line.
  expect(text.replaceAll('\r\u001b[K', '')).not.toMatch(/\p{Cc}(?<!\n)/u);
  // What a terminal shows in the end: of every line, what follows its last erasing.
  const shown = text.split('\n').map((line) => line.split('\r\u001b[K').at(-1));
  expect(shown.join('\n')).toBe(LOG.replace('a probe guest boots\n', ''));
  expect(text).toContain('\r\u001b[Kcontract: attempt 1 of 2 (declared), 0.0 s');
});

test('on a terminal: the live line is drawn at most five times a second', () => {
  const { progress, read, clock } = watch({ isTTY: true, columns: 80 });
  progress.onProgress({ type: 'attempt-started', suite: 'unit', attempt: 1, of: 1, order: 'declared' });
  for (let finished = 1; finished <= 1_000; finished++) {
    clock.ms = finished;
    progress.onProgress({ type: 'cases', finished });
  }
  const drawn = read().split('\r\u001b[K').slice(1);
  expect(drawn).toEqual(
    [0, 200, 400, 600, 800, 1_000].map(
      (ms) => `unit: attempt 1 of 1 (declared)${ms ? `, ${ms} cases` : ''}, ${(ms / 1000).toFixed(1)} s`,
    ),
  );
});

test('on a terminal: the live line never wraps, however narrow', () => {
  for (const columns of [1, 2, 10, 40]) {
    const { progress, read } = watch({ isTTY: true, columns });
    progress.onProgress({ type: 'waiting', what: '虚拟机'.repeat(30) });
    const [, line = ''] = read().split('\u001b[K');
    expect([...line].reduce((sum, character) => sum + (character === '…' ? 1 : 2), 0)).toBeLessThanOrEqual(columns - 1);
  }
});

test('names cannot send commands to the terminal', () => {
  for (const isTTY of [true, false]) {
    const { progress, tell, read } = watch({ isTTY, columns: 200 });
    progress.onProgress({ type: 'waiting', what: 'boot \u001b]0;owned\u0007\r\nrm -rf' });
    tell({ ...EVENTS.judged, verdict: { ...EVENTS.judged.verdict, detail: '\u001b[2J\u009b31m\u202eevil' } });
    tell({ ...EVENTS.interrupted, detail: 'a\nb' });
    tell({ type: 'observer-failed', observer: 'x\u0000', message: '\u001b[1A' });
    const text = read().replaceAll('\r\u001b[K', '');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(text).toContain('boot \\e]0;owned\\u0007\\r\\nrm -rf');
    expect(text).toContain('  contract: red/valid: \\e[2J\\u009b31m\\u202eevil\n');
    expect(text).toContain(`run ${RUN}: interrupted (signal): a\\nb\n`);
    expect(text).toContain('x\\u0000 failed: \\e[1A\n');
  }
});

test('colour on a terminal only, and not where it is refused', () => {
  const say = (stream: object, env: Record<string, string>): string => {
    const { tell, read } = watch(stream, env);
    tell(EVENTS.judged);
    return read();
  };
  const plain = '  contract: red/valid: 2 drivers\n';
  expect(say({ isTTY: true }, {})).toBe('  contract: \u001b[32mred/valid\u001b[39m: 2 drivers\n');
  expect(say({ isTTY: true }, { NO_COLOR: '1' })).toBe(plain);
  expect(say({ isTTY: true }, { TERM: 'dumb' })).toBe(plain);
  expect(say({}, {})).toBe(plain);
});

test('a broken report is said at once', () => {
  const { tell, read } = watch({});
  tell({
    ...EVENTS.attempt,
    report: { status: 'truncated', detail: 'x' },
    end: { cause: 'timed-out', deadlineMs: 5_000 },
    rows: { count: 1, root: SHA('0') },
  });
  expect(read()).toBe(
    '  contract: attempt 1 (declared): 1 case, stopped after its deadline of 5 s, report truncated, 3.2 s\n',
  );
});

test('its own clock does not keep the process alive, and stops when it is closed', () => {
  const written: string[] = [];
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const progress = createProgress({ write: (text) => written.push(text) }, { now: Date.now });
  progress.onProgress({ type: 'waiting', what: 'x' });
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBe(before);
  progress.close();
  progress.close();
  expect(written).toEqual(['x\n']);
});
