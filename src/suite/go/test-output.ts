import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FailureKind, ObservedFailure } from '../../domain/observation.ts';
import { boundMessage } from '../reporters/report-line.ts';
import { type GoPlaces, repositoryFile } from './source-path.ts';

/** What a test printed, bounded: its beginning, and its end where a panic stands. */
export class KeptOutput {
  private head = '';
  private tail = '';
  private dropped = 0;
  /** Go 1.26 and later mark what `t.Error` and `t.Fatal` print. */
  errors = '';
  /** What earlier runs of the same test printed (`-count`), as far as they are kept. */
  private readonly earlier: KeptOutput[] = [];

  add(text: string, outputType: string | undefined): void {
    if (this.head !== '' && text.startsWith('=== RUN   ')) this.beginAgain();
    if (outputType?.startsWith('error') && this.errors.length < HEAD_KEPT) this.errors += text;
    if (this.head.length < HEAD_KEPT) {
      this.head += text;
      return;
    }
    this.tail += text;
    if (this.tail.length > 2 * TAIL_KEPT) {
      this.dropped += this.tail.length - TAIL_KEPT;
      this.tail = this.tail.slice(-TAIL_KEPT);
    }
  }

  private beginAgain(): void {
    const { head, tail, dropped, errors } = this;
    if (this.earlier.length < RUNS_KEPT)
      this.earlier.push(Object.assign(new KeptOutput(), { head, tail, dropped, errors }));
    Object.assign(this, { head: '', tail: '', dropped: 0, errors: '' });
  }

  /** What one run of several printed, counted from 0; of the last one where the runs cannot be told apart. */
  ofRun(run: number, runs: number): KeptOutput {
    return runs === this.earlier.length + 1 ? (this.earlier[run] ?? this) : this;
  }

  get text(): string {
    return this.dropped > 0 ? `${this.head}\n… [${this.dropped} characters]\n${this.tail}` : this.head + this.tail;
  }
}
const HEAD_KEPT = 64 * 1024;
const TAIL_KEPT = 128 * 1024;
const RUNS_KEPT = 20;

/** A frame of a goroutine that lies in the module. */
export interface Frame {
  /** e.g. `example.com/a.TestX.func1`. */
  readonly name: string;
  readonly location: { readonly file: string; readonly line: number };
}

export interface Panic {
  readonly failure: ObservedFailure;
  /** Frames of the module in the panicking goroutine, innermost first. */
  readonly frames: readonly Frame[];
  readonly timedOut: boolean;
}

const TIMEOUT = /^panic: test timed out after /;

/** The panic, fatal error or time-out in what a test or package printed, with the first frame inside the module. */
export function findPanic(output: string, places: GoPlaces): Panic | undefined {
  if (!output.includes('panic: ') && !output.includes('fatal error: ')) return undefined;
  const start = startOfPanic(output);
  if (start === -1) return undefined;
  const after = output.slice(start);
  const trace = /^goroutine \d+[^\n]*:$/m.exec(after);
  if (trace === null) return undefined;
  const message = after.slice(0, trace.index).trim();
  const timedOut = TIMEOUT.test(message);
  // The first goroutine is the one that panicked; the others only happened to live.
  const block = after.slice(trace.index).split(/\n\n(?=goroutine \d)/)[0] ?? '';
  const frames = moduleFrames(block, places);
  const type = timedOut
    ? 'timeout'
    : message.startsWith('fatal error: ')
      ? 'fatal error'
      : /^panic: (?:[^\n]*: )?runtime error: /.test(message)
        ? 'runtime error'
        : 'panic';
  const location = timedOut ? undefined : frames[0]?.location;
  return {
    failure: {
      kind: timedOut ? 'timeout' : 'panic',
      type,
      message: boundMessage(message),
      ...(location === undefined ? {} : { location }),
    },
    frames,
    timedOut,
  };
}

/** What was printed before without a newline (ginkgo's bullets) stands in the same line; a blank line comes before the trace. */
function startOfPanic(output: string): number {
  const atLine = /^(?:panic|fatal error): /m.exec(output);
  if (atLine !== null) return atLine.index;
  const trace = /\n\ngoroutine \d+[^\n]*:\n/.exec(output);
  if (trace === null) return -1;
  const before = output.slice(0, trace.index);
  return Math.max(before.lastIndexOf('panic: '), before.lastIndexOf('fatal error: '));
}

/** The frames of a stack that lie in the module, innermost first; its standard library and dependencies are passed over. */
export function moduleFrames(block: string, places: GoPlaces): Frame[] {
  const lines = block.split('\n');
  return lines.flatMap((line, index) => {
    const place = /^\t(.+):(\d+)(?: \+0x[0-9a-f]+)?$/.exec(line);
    const caller = lines[index - 1] ?? '';
    if (place === null || caller.startsWith('created by ')) return [];
    const file = repositoryFile(place[1] ?? '', places);
    if (file === undefined) return [];
    return [{ name: caller.replace(/\([^()]*\)$/, ''), location: { file, line: Number(place[2]) } }];
  });
}

interface LogRecord {
  readonly file: string;
  readonly line: number;
  text: string;
}

const FRAMING = /^\s*(?:=== (?:RUN|PAUSE|CONT|NAME|ATTR)\b|--- (?:PASS|FAIL|SKIP|BENCH): )/;

/** What `t.Log`, `t.Error` and `t.Fatal` wrote: an indented place, then the text, its further lines indented more. */
export function logRecords(output: string): LogRecord[] {
  const records: LogRecord[] = [];
  let open = false;
  for (const line of output.split('\n')) {
    const indented = line.startsWith('    ');
    if (!open && !indented) continue;
    if (FRAMING.test(line)) {
      open = false;
      continue;
    }
    const start = indented && line.includes('.go:') ? /^\s{4,}([\w.@+-]+\.go):(\d+): ?(.*)$/.exec(line) : null;
    if (start !== null) {
      records.push({ file: start[1] ?? '', line: Number(start[2]), text: start[3] ?? '' });
      open = true;
    } else if (open && /^\s{8}|^$/.test(line)) {
      const last = records[records.length - 1] as LogRecord;
      last.text += `\n${line.replace(/^\s{8}/, '')}`;
    } else open = false;
  }
  for (const record of records) record.text = record.text.trimEnd();
  return records;
}

/** testify's NoError, NotPanics; gomega's HaveOccurred and Succeed: nothing but "no error" was demanded. */
const NO_ERROR =
  /Received unexpected error:|Unexpected error:[\s\S]*\boccurred\b|Expected success, but got an error:|^\s*Error:\s+func [\s\S]*should not panic/m;
/** A suite of ginkgo inside one Go test: which of its cases failed, and why, stands in its own report. */
const GINKGO = /^Running Suite: .*|^Ran \d+ of \d+ Specs in /m;

/** The failure of a test that ended with `fail`, from what it printed; nothing printed means `t.Fail()`. */
export function failureOfOutput(output: KeptOutput, places: GoPlaces): ObservedFailure {
  const all = logRecords(output.text);
  const marked = output.errors === '' ? [] : logRecords(output.errors);
  const records = marked.length > 0 ? marked : all;
  const message = records.length > 0 ? records.map(({ text }) => text).join('\n') : plainOutput(output.text);
  const location = locate(records, message, places);
  return {
    kind: kindOf(output.text, message),
    type: records.some(({ text }) => /^\s*Error Trace:/m.test(text)) ? 'testify' : 'testing',
    message: boundMessage(message),
    ...(location === undefined ? {} : { location }),
  };
}

function kindOf(output: string, message: string): FailureKind {
  if ((output.includes('Running Suite: ') || output.includes(' Specs in ')) && GINKGO.test(output))
    return 'reported-failure';
  if (/race detected during execution of test/.test(message)) return 'error';
  return NO_ERROR.test(message) ? 'no-error-assertion' : 'assertion';
}

function plainOutput(text: string): string {
  return (
    text
      .split('\n')
      .filter((line) => !FRAMING.test(line))
      // A test whose last line has no end shares it with the frame.
      .map((line) => line.replace(/--- (?:PASS|FAIL|SKIP): \S+ \(\d+\.\d+s\)$/, ''))
      .join('\n')
      .trim()
  );
}

/** testify names the place of the assertion itself; otherwise the last record is the one that ended the test. */
function locate(
  records: readonly LogRecord[],
  message: string,
  places: GoPlaces,
): { file: string; line: number } | undefined {
  const trace = /Error Trace:\s+(\S+\.go):(\d+)/.exec(message);
  if (trace !== null) {
    const file = repositoryFile(trace[1] ?? '', places);
    if (file !== undefined) return { file, line: Number(trace[2]) };
  }
  const last = records.filter(({ file }) => file !== 'testing.go').at(-1);
  if (last === undefined || places.packageFolder === undefined) return undefined;
  // The record names a bare file, which a helper of another package may have written.
  const file = places.packageFolder === '' ? last.file : `${places.packageFolder}/${last.file}`;
  const there = places.worktree === '' ? file.endsWith('_test.go') : existsSync(join(places.worktree, file));
  return there ? { file, line: last.line } : undefined;
}
