import { resolve } from 'node:path';
import type { FailureWhere, Outcome, SourceLine } from '../../domain/observation.ts';
import {
  type CaseLine,
  describeThrown,
  microseconds,
  type ReportedError,
  type ReportLine,
  relativeTo,
} from './report-line.ts';

/** What is read of node's test events; Node 20, 22 and 24 differ in what else they carry. */
interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly nesting?: number;
    readonly file?: string;
    /** Node 24: the file that node was given, where `file` is the one that called `test()`. */
    readonly entryFile?: string;
    /** Where `test()` or `describe()` was called, from 1. */
    readonly line?: number;
    readonly message?: string;
    readonly skip?: string | boolean;
    readonly todo?: string | boolean;
    readonly details?: { readonly type?: string; readonly duration_ms?: number; readonly error?: TestError };
  };
}
/** `ERR_TEST_FAILURE`; its cause is what was thrown. */
interface TestError {
  readonly message?: string;
  readonly failureType?: string;
  readonly cause?: unknown;
}

/** What node 20 says of a case that `--test-name-pattern` left out; later versions leave it out. */
const LEFT_OUT = 'test name does not match pattern';
const STDERR_KEPT = 16 * 1024;

/**
 * Reporter for `node --test` that yields one line for each case as node tells it.
 * @see https://nodejs.org/api/test.html#class-testsstream
 */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const reading = new Reading();
  const lines = function* (batch: readonly ReportLine[]): Generator<string> {
    for (const line of batch) yield `${JSON.stringify(line)}\n`;
  };
  yield* lines([{ redfirst: 1, runner: 'node-test', token: process.env['REDFIRST_TOKEN'] ?? '' }]);
  for await (const event of events) yield* lines(reading.next(event));
  yield* lines(reading.end());
}

class Reading {
  private readonly cwd = process.cwd();
  /** Titles of the enclosing suites and tests, by nesting; node reports in the order of declaration. */
  private readonly path: string[] = [];
  private readonly lines: (number | undefined)[] = [];
  private readonly started = new Map<string, string[]>();
  private readonly stderr = new Map<string, string>();
  private readonly filesWithCases = new Set<string>();
  /** Cases that node cancelled; why is known only when the suite around them is reported. */
  private cancelled: { readonly nesting: number; readonly line: CaseLine }[] = [];
  /** Files that ended well and told of no case; what that means is known only when all is told. */
  private readonly silent: string[] = [];
  private cases = 0;
  private failures = 0;

  next({ type, data }: TestEvent): ReportLine[] {
    switch (type) {
      case 'test:stderr':
      case 'test:diagnostic':
        this.keepStderr(type, data);
        return [];
      case 'test:dequeue':
        return this.start(data);
      case 'test:start':
        this.path[data.nesting ?? 0] = data.name ?? '';
        this.lines[data.nesting ?? 0] =
          data.entryFile === undefined || data.entryFile === data.file ? data.line : undefined;
        return [];
      case 'test:pass':
      case 'test:fail':
        return this.finish(type === 'test:pass', data);
      default:
        return [];
    }
  }

  end(): ReportLine[] {
    const rest: ReportLine[] = this.flushCancelled(-1, undefined);
    // Where nothing at all was told, the report without a case says so itself, as that of any runner does. From node 22 on
    // a file whose tests the name pattern leaves out is silent too; a test that was asked for and is not told of is missed.
    const blamed = this.cases + this.failures > 0 && process.env['REDFIRST_FILTERED'] !== '1';
    if (blamed) for (const file of this.silent) rest.push(...this.blameSilent(file));
    return [...rest, { end: true, counts: { cases: this.cases, failures: this.failures } }];
  }

  private keepStderr(type: string, data: TestEvent['data']): void {
    const message = data.message ?? '';
    // Node 20 names the file of a diagnostic in its text alone.
    const blamed =
      type === 'test:diagnostic' ? / at (.+?):\d+:\d+ generated asynchronous activity/.exec(message)?.[1] : data.file;
    if (blamed === undefined) return;
    const file = resolve(this.cwd, blamed);
    const kept = this.stderr.get(file) ?? '';
    if (kept.length < STDERR_KEPT) this.stderr.set(file, `${kept}${message}`.slice(0, STDERR_KEPT));
  }

  /** Said as it happens, so that a run which is killed tells what was running. */
  private start(data: TestEvent['data']): ReportLine[] {
    if (this.isFile(data)) return [];
    const file = this.fileOf(data);
    const nesting = data.nesting ?? 0;
    const path = [...(this.started.get(file) ?? []).slice(0, nesting), data.name ?? ''];
    this.started.set(file, path);
    return [{ start: [file, ...path].join(' > '), file }];
  }

  private finish(passed: boolean, data: TestEvent['data']): ReportLine[] {
    const nesting = data.nesting ?? 0;
    const error = data.details?.error;
    const resolved = this.flushCancelled(nesting, error);
    if (this.isFile(data)) return [...resolved, ...this.finishFile(passed, data)];
    if (data.details?.type === 'suite') return [...resolved, ...this.finishSuite(passed, data)];
    if (data.skip === LEFT_OUT) return resolved;
    // A test that only its own subtests fail has no failure of its own.
    if (!passed && error?.failureType === 'subtestsFailed') return resolved;
    const line = this.caseLine(passed, data, nesting);
    this.filesWithCases.add(line.file);
    if (error?.failureType === 'cancelledByParent') {
      this.cancelled.push({ nesting, line });
      return resolved;
    }
    this.cases++;
    return [...resolved, line];
  }

  private caseLine(passed: boolean, data: TestEvent['data'], nesting: number): CaseLine {
    const file = this.fileOf(data);
    const name = [file, ...this.path.slice(0, nesting), data.name ?? ''].join(' > ');
    const durationUs = microseconds(data.details?.duration_ms);
    const notRun = data.skip !== undefined && data.skip !== false;
    const places = this.placesOf(file, nesting);
    if (notRun || (data.todo !== undefined && data.todo !== false)) {
      return { case: name, file, outcome: 'skipped', where: 'body', errors: [], durationUs, ...places };
    }
    if (passed) return { case: name, file, outcome: 'passed', where: 'body', errors: [], durationUs, ...places };
    const error = describeFailure(data.details?.error, this.cwd, file);
    return { case: name, file, outcome: outcomeOf(error), where: error.where, errors: [error], durationUs, ...places };
  }

  private placesOf(file: string, nesting: number): { place?: SourceLine; containers?: SourceLine[] } {
    const at = (line: number | undefined): SourceLine[] => (line === undefined ? [] : [{ file, line }]);
    const [place] = at(this.lines[nesting]);
    const containers = this.lines.slice(0, nesting).flatMap(at);
    return { ...(place === undefined ? {} : { place }), ...(containers.length === 0 ? {} : { containers }) };
  }

  private flushCancelled(nesting: number, cause: TestError | undefined): CaseLine[] {
    const inside = this.cancelled.filter((one) => one.nesting > nesting);
    if (inside.length === 0) return [];
    this.cancelled = this.cancelled.filter((one) => one.nesting <= nesting);
    this.cases += inside.length;
    const hook = cause?.failureType === 'hookFailed' ? describeFailure(cause, this.cwd, undefined) : undefined;
    return inside.map(({ line }) =>
      hook === undefined
        ? { ...line, outcome: 'aborted' }
        : { ...line, outcome: outcomeOf(hook), where: hook.where, errors: [hook] },
    );
  }

  private finishSuite(passed: boolean, data: TestEvent['data']): ReportLine[] {
    const error = data.details?.error;
    const type = error?.failureType;
    if (passed || type === 'subtestsFailed' || type === 'cancelledByParent' || isSet(data.todo)) return [];
    const described = describeFailure(error, this.cwd, this.fileOf(data));
    // A describe() callback that throws keeps its cases from being found.
    const failed = described.where === 'body' ? 'load' : described.where;
    return this.failure(failed, this.fileOf(data), { ...described, where: failed });
  }

  private finishFile(passed: boolean, data: TestEvent['data']): ReportLine[] {
    const file = this.fileOf(data);
    if (passed) {
      this.silent.push(file);
      return [];
    }
    const where = this.filesWithCases.has(file) ? 'suite' : 'load';
    const said = this.stderr.get(resolve(this.cwd, data.file ?? '')) ?? '';
    const error = data.details?.error;
    const kind = error?.failureType === 'testTimeoutFailure' ? 'timeout' : 'error';
    const thrown = thrownInStderr(said) ?? {
      name: 'Error',
      message: said.trim() || String(error?.message ?? 'the file failed'),
    };
    return this.failure(where, file, describeThrown(thrown, where, this.cwd, kind, file));
  }

  private blameSilent(file: string): ReportLine[] {
    const message = 'no test was reported: the file holds none, or its process ended before it could tell';
    return this.failure('load', file, describeThrown({ name: 'Error', message }, 'load', this.cwd, 'error'));
  }

  private failure(failed: 'suite' | 'load' | 'setup' | 'teardown', file: string, error: ReportedError): ReportLine[] {
    this.failures++;
    return [{ failed, file, error }];
  }

  /** node reports a whole file as a test of its own, named by its path, where nothing inside it was reported or blamed. */
  private isFile(data: TestEvent['data']): boolean {
    return (
      data.nesting === 0 &&
      data.file !== undefined &&
      data.name !== undefined &&
      resolve(this.cwd, data.name) === data.file
    );
  }

  private fileOf(data: TestEvent['data']): string {
    const path = data.entryFile ?? data.file ?? '';
    return relativeTo(this.cwd, path) ?? path;
  }
}

const isSet = (flag: string | boolean | undefined): boolean => flag !== undefined && flag !== false;

function outcomeOf(error: ReportedError): Outcome {
  if (error.kind === 'timeout') return 'timed-out';
  return error.where === 'body' && (error.kind === 'assertion' || error.kind === 'no-error-assertion')
    ? 'failed'
    : 'errored';
}

function describeFailure(error: TestError | undefined, cwd: string, own: string | undefined): ReportedError {
  const type = error?.failureType;
  const thrown =
    typeof error?.cause === 'object' && error.cause !== null ? error.cause : { name: 'Error', message: error?.message };
  if (type === 'testTimeoutFailure') return describeThrown(thrown, 'body', cwd, 'timeout');
  const where = type === 'hookFailed' ? whereHookFailed(error?.message ?? '') : 'body';
  return describeThrown(thrown, where, cwd, undefined, own);
}

function whereHookFailed(message: string): FailureWhere & ('setup' | 'teardown') {
  return /\bafter(Each)?\b/.test(message) ? 'teardown' : 'setup';
}

/** The uncaught error that node printed before it ended: class, message, and where. */
function thrownInStderr(stderr: string): { name: string; message: string; stack: string } | undefined {
  const found = /^(\w*(?:Error|Exception))(?: \[\w+\])?: ([\s\S]*?)(?=\n\s+at |\n\n|\s*$)/m.exec(stderr);
  if (found === null) return undefined;
  // A syntax error names its place in the first line, before any frame.
  const place = /^(?:file:\/\/)?\/.*?:\d+(?=\n)/.exec(stderr);
  return {
    name: found[1] ?? 'Error',
    message: found[2] ?? '',
    stack: place === null ? stderr : `    at ${place[0]}:1\n${stderr}`,
  };
}
