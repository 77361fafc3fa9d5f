import type { RecordedEvent } from '../domain/event.ts';
import { describeEnd } from '../domain/process-end.ts';
import { cutToWidth, formatDuration, plural, showable } from './terminal-escape.ts';
import { createPaint, toneOf, wantsColour } from './terminal-style.ts';

/** What is told and never recorded (the engine's `Progress`). */
export type LiveProgress =
  | { readonly type: 'waiting'; readonly what: string }
  | {
      readonly type: 'attempt-started';
      readonly suite: string;
      readonly attempt: number;
      readonly of: number;
      readonly order: string;
    }
  | { readonly type: 'cases'; readonly finished: number };

/** The part of a stream that is written to. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** The clock, in milliseconds. */
  readonly now: () => number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How often the live line is looked at; 0 leaves that to the caller's `tick`. */
  readonly tickMs?: number;
}

/** An observer of a run that shows it; see `createProgress`. */
export interface ProgressView {
  onEvent(event: RecordedEvent): void;
  onProgress(progress: LiveProgress): void;
  /** Shows that time goes by. */
  tick(): void;
  /** Takes the live line away and stops the clock. May be called more than once. */
  close(): void;
}

/** Shortest time between two drawings of the live line: five a second. */
const REDRAW_MS = 200;
/** How long a log may be silent while something runs. */
const SILENCE_MS = 30_000;
const ERASE_LINE = '\r\u001b[K';

/**
 * Shows a run while it goes on. On a terminal: one live line (what runs, how long, how many cases so far) under the
 * lines that stay. Elsewhere: plain lines without control codes, and one at most every 30 s that it still runs.
 *
 * The cursor is never hidden or moved to another line, so that there is nothing to restore when the process is killed.
 */
export function createProgress(stream: ProgressStream, options: ProgressOptions): ProgressView {
  const { now, env = process.env, tickMs = 1_000 } = options;
  const terminal = stream.isTTY === true;
  const paint = createPaint(wantsColour(stream, env));
  let current: { readonly what: string; readonly sinceMs: number; cases: number } | undefined;
  let drawn = false;
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let spokeAtMs = now();
  let timer: NodeJS.Timeout | undefined;

  const describeCurrent = (): string => {
    if (!current) return '';
    const cases = current.cases > 0 ? `, ${plural(current.cases, 'case')}` : '';
    return `${current.what}${cases}, ${formatDuration(now() - current.sinceMs)}`;
  };
  const erase = (): void => {
    if (drawn) stream.write(ERASE_LINE);
    drawn = false;
  };
  const draw = (): void => {
    if (!terminal || !current) return;
    // One column is left free: a full line would make some terminals wrap.
    stream.write(`${ERASE_LINE}${cutToWidth(describeCurrent(), (stream.columns || 80) - 1)}`);
    drawn = true;
    drawnAtMs = now();
  };
  const say = (line: string): void => {
    erase();
    stream.write(`${line}\n`);
    spokeAtMs = now();
    draw();
  };
  const begin = (what: string): void => {
    current = { what: showable(what), sinceMs: now(), cases: 0 };
    if (timer === undefined && tickMs > 0) timer = setInterval(tick, tickMs).unref();
    draw();
  };
  const rest = (): void => {
    erase();
    current = undefined;
    clearInterval(timer);
    timer = undefined;
  };
  const tick = (): void => {
    if (!current) return;
    if (terminal) {
      if (now() - drawnAtMs >= REDRAW_MS) draw();
    } else if (now() - spokeAtMs >= SILENCE_MS) say(`still running: ${describeCurrent()}`);
  };

  return {
    tick,
    close: rest,
    onProgress(progress) {
      switch (progress.type) {
        case 'waiting':
          if (!terminal && current?.what !== showable(progress.what)) say(showable(progress.what));
          begin(progress.what);
          return;
        case 'attempt-started':
          begin(`${progress.suite}: attempt ${progress.attempt} of ${progress.of} (${progress.order})`);
          return;
        case 'cases':
          if (current) current.cases = progress.finished;
          tick();
          return;
        default:
          progress satisfies never;
      }
    },
    onEvent({ body }) {
      switch (body.type) {
        case 'run-started': {
          const suites = body.plan.map(({ suite }) => suite).join(', ');
          const place = `${body.corner.corner} ${body.corner.commit.slice(0, 10)}`;
          say(
            paint(
              'strong',
              `${showable(body.feature)} ${body.phase}${body.draft ? ' (draft)' : ''} at ${place}: ${suites}`,
            ),
          );
          return;
        }
        case 'environment-identified': {
          const { profile, grade, facts } = body.identity;
          const accelerator = facts['accelerator'] ? `, ${showable(facts['accelerator'])}` : '';
          say(`environment ${showable(profile)}: grade ${grade.join('+') || 'host'}${accelerator}`);
          return;
        }
        case 'suite-started':
          begin(`${body.suite}: starting`);
          return;
        case 'attempt-finished': {
          const { suite, attempt, order, end, durationMs, rows, report } = body;
          const broken = report.status === 'complete' ? '' : `, report ${report.status}`;
          const ended = showable(describeEnd(end));
          current = undefined;
          const counted = plural(rows.count, 'case');
          say(
            `  ${suite}: attempt ${attempt} (${order}): ${counted}, ${ended}${broken}, ${formatDuration(durationMs)}`,
          );
          return;
        }
        case 'suite-judged': {
          const { suite, code, detail } = body.verdict;
          current = undefined;
          say(`  ${suite}: ${paint(toneOf(code), code)}: ${showable(detail)}`);
          return;
        }
        case 'gate-observed': {
          const { gate, step, problem, components, suites } = body;
          const failed = suites.flatMap(({ legacyFailed, driversPassed }) => [...legacyFailed, ...driversPassed]);
          const legacy = suites.reduce((sum, { legacyPassed }) => sum + legacyPassed, 0);
          const said =
            problem !== ''
              ? paint('bad', showable(problem))
              : `${plural(components.length, 'component')}, ${plural(legacy, 'legacy case')} passed${failed.length === 0 ? '' : `, ${failed.length} against it`}`;
          say(`  gate ${showable(gate)} ${step}: ${said}`);
          return;
        }
        case 'run-finished':
          rest();
          say(`run ${body.run}: ${paint(toneOf(body.verdict.code), body.verdict.code)}`);
          return;
        case 'run-interrupted':
          rest();
          say(`run ${body.run}: ${paint('bad', 'interrupted')} (${body.how}): ${showable(body.detail)}`);
          return;
        case 'observer-failed':
          say(`${showable(body.observer)} failed: ${showable(body.message)}`);
          return;
        case 'store-created':
        case 'proof-judged':
        case 'report-imported':
          return;
        default:
          body satisfies never;
      }
    },
  };
}
