import { openSync, writeSync } from 'node:fs';
import type { FailureWhere, Outcome, SourceLine } from '../../domain/observation.ts';
import { describeThrown, microseconds, type ReportedError, type ReportLine, relativeTo } from './report-line.ts';

/** The parts of vitest's own tasks that are read here; the same from vitest 2 to 4. */
interface Task {
  readonly type: string;
  readonly name: string;
  readonly mode: string;
  readonly suite?: Task | undefined;
  readonly file?: Task | undefined;
  readonly filepath?: string;
  /** Only where vitest is asked to include it. */
  readonly location?: { readonly line: number };
  readonly tasks?: readonly Task[];
  readonly result?: {
    readonly state?: string;
    readonly errors?: readonly unknown[];
    readonly hooks?: Readonly<Record<string, string>>;
    readonly retryCount?: number;
    readonly duration?: number;
  };
}
interface Entity {
  readonly task: Task;
}
interface Configured {
  readonly config?: { readonly testNamePattern?: RegExp; includeTaskLocation?: boolean };
}
interface Vitest extends Configured {
  readonly projects?: readonly Configured[];
}

/** Of one case; `expect.soft` in a loop can fail any number of times. */
const ERRORS_KEPT = 16;

/**
 * Reporter for vitest 2, 3 and 4 that writes what it sees to `$REDFIRST_REPORT`, line by line and at once, so that a run
 * which is killed leaves what it had seen. vitest 3 and later tell each case as it ends; vitest 2 tells them all at the end.
 * @see https://vitest.dev/api/advanced/reporters
 */
export default class RedfirstReporter {
  private fd: number | undefined;
  private readonly cwd = process.cwd();
  private readonly written = new Set<Task>();
  private namePattern: RegExp | undefined;
  private failures = 0;

  onInit(vitest?: Vitest): void {
    this.namePattern = vitest?.config?.testNamePattern;
    // vitest 2 knows no flag for it.
    for (const { config } of [vitest ?? {}, ...(vitest?.projects ?? [])])
      if (config !== undefined) config.includeTaskLocation = true;
    const path = process.env['REDFIRST_REPORT'];
    if (path === undefined) return;
    this.fd = openSync(path, 'w');
    this.write({ redfirst: 1, runner: 'vitest', token: process.env['REDFIRST_TOKEN'] ?? '' });
  }

  onTestCaseReady({ task }: Entity): void {
    if (task.mode === 'run' || task.mode === 'queued')
      this.write({ start: this.nameOf(task), file: this.fileOf(task) });
  }

  onTestCaseResult({ task }: Entity): void {
    // A hook of an enclosing suite that failed is known only once that suite has ended.
    if (task.mode !== 'skip' || task.result?.errors !== undefined) this.writeCase(task);
  }

  onTestModuleEnd({ task }: Entity): void {
    this.writeModule(task);
  }

  onTestRunEnd(modules: readonly Entity[], unhandled: readonly unknown[] = []): void {
    this.finish(
      modules.map(({ task }) => task),
      unhandled,
    );
  }

  /** vitest 2; vitest 3 calls this as well, after `onTestRunEnd`. */
  onFinished(files: readonly Task[] = [], unhandled: readonly unknown[] = []): void {
    this.finish(files, unhandled);
  }

  private finish(files: readonly Task[], unhandled: readonly unknown[]): void {
    if (this.fd === undefined) return;
    for (const file of files) this.writeModule(file);
    for (const error of unhandled)
      this.writeFailure('suite', undefined, describeThrown(error, 'suite', this.cwd, 'error'));
    this.write({ end: true, counts: { cases: [...this.written].filter(isCase).length, failures: this.failures } });
    this.fd = undefined;
  }

  private writeModule(file: Task): void {
    for (const task of allTasks(file)) {
      if (isCase(task)) this.writeCase(task);
      else this.writeSuite(task);
    }
  }

  private writeSuite(suite: Task): void {
    const errors = suite.result?.errors ?? [];
    if (errors.length === 0 || this.written.has(suite)) return;
    this.written.add(suite);
    const where = whereSuiteFailed(suite);
    for (const error of errors) this.writeFailure(where, this.fileOf(suite), this.describe(error, where, suite));
  }

  private writeFailure(
    failed: 'suite' | 'load' | 'setup' | 'teardown',
    file: string | undefined,
    error: ReportedError,
  ): void {
    this.failures++;
    this.write({ failed, ...(file === undefined ? {} : { file }), error });
  }

  private writeCase(task: Task): void {
    if (this.written.has(task) || this.leftOut(task)) return;
    this.written.add(task);
    const { result } = task;
    const errors = this.errorsOf(task);
    const retried = result?.retryCount ?? 0;
    // vitest keeps the errors of every retry; only those of the last one belong to its outcome.
    const last = retried > 0 && errors.length > retried ? errors.slice(retried) : errors;
    const outcome = outcomeOf(task, last);
    this.write({
      case: this.nameOf(task),
      file: this.fileOf(task),
      outcome,
      where: outcome === 'passed' || outcome === 'skipped' ? 'body' : (last[0]?.where ?? 'body'),
      errors: outcome === 'passed' || outcome === 'skipped' ? [] : last.slice(0, ERRORS_KEPT),
      durationUs: microseconds(result?.duration),
      ...(retried > 0
        ? { retries: [...Array.from({ length: retried }, (_, i) => outcomeOfErrors(errors.slice(i, i + 1))), outcome] }
        : {}),
      ...this.placesOf(task),
    });
  }

  private describe(error: unknown, where: FailureWhere, task: Task): ReportedError {
    return describeThrown(error, where, this.cwd, undefined, this.fileOf(task));
  }

  private placesOf(task: Task): { place?: SourceLine; containers?: SourceLine[] } {
    const file = this.fileOf(task);
    const placeOf = ({ location }: Task): SourceLine[] =>
      location === undefined ? [] : [{ file, line: location.line }];
    const [place] = placeOf(task);
    const containers: SourceLine[] = [];
    for (let at = task.suite; at !== undefined && at.filepath === undefined; at = at.suite)
      containers.unshift(...placeOf(at));
    return { ...(place === undefined ? {} : { place }), ...(containers.length === 0 ? {} : { containers }) };
  }

  private errorsOf(task: Task): ReportedError[] {
    const own = (task.result?.errors ?? []).map((error, index, all) =>
      this.describe(error, whereCaseFailed(task, error, index, all.length), task),
    );
    if (own.length > 0 || task.result?.state === 'pass') return own;
    // beforeAll failed in an enclosing suite: vitest marks the cases as skipped, though they were never asked to be.
    for (let suite = task.suite ?? task.file; suite !== undefined; suite = parentOf(suite)) {
      if (suite.result?.hooks?.['beforeAll'] === 'run' && task.mode !== 'todo') {
        return (suite.result.errors ?? []).slice(0, 1).map((error) => this.describe(error, 'setup', task));
      }
    }
    return own;
  }

  /** Whether `--testNamePattern` kept a case out: it was not observed, rather than skipped. */
  private leftOut(task: Task): boolean {
    if (this.namePattern === undefined || task.mode !== 'skip') return false;
    this.namePattern.lastIndex = 0;
    return !this.namePattern.test(titles(task).join(' '));
  }

  private nameOf(task: Task): string {
    return [this.fileOf(task), ...titles(task)].join(' > ');
  }

  private fileOf(task: Task): string {
    const path = (task.filepath === undefined ? task.file?.filepath : task.filepath) ?? '';
    return relativeTo(this.cwd, path) ?? path;
  }

  private write(line: ReportLine): void {
    if (this.fd !== undefined) writeSync(this.fd, `${JSON.stringify(line)}\n`);
  }
}

const isCase = (task: Task): boolean => task.type === 'test' || task.type === 'custom';

/** The enclosing suite; a suite at the top of a file has none but the file. */
function parentOf(suite: Task): Task | undefined {
  return suite.filepath === undefined ? (suite.suite ?? suite.file) : undefined;
}

function titles(task: Task): string[] {
  const names: string[] = [];
  for (let at: Task | undefined = task; at !== undefined && at.filepath === undefined; at = at.suite)
    names.unshift(at.name);
  return names;
}

function* allTasks(task: Task): Generator<Task> {
  yield task;
  for (const child of task.tasks ?? []) yield* allTasks(child);
}

/** A hook that began and never passed is the one that failed (`result.hooks` in vitest's runner). */
function whereSuiteFailed(suite: Task): 'suite' | 'load' | 'setup' | 'teardown' {
  const hooks = suite.result?.hooks ?? {};
  if (hooks['beforeAll'] === 'run') return 'setup';
  if (hooks['afterAll'] === 'run') return 'teardown';
  return suite.filepath === undefined ? 'suite' : 'load';
}

function whereCaseFailed(task: Task, error: unknown, index: number, count: number): FailureWhere {
  const hooks = task.result?.hooks ?? {};
  const stack = String((error as { stack?: unknown } | null)?.stack ?? '');
  if (/\b(?:callCleanupHooks|callTestHooks|callFixtureCleanup\w*)\b/.test(stack)) return 'teardown';
  if (/\bresolveFixtureFunction\b/.test(stack)) return 'setup';
  const last = index === count - 1;
  if (hooks['afterEach'] === 'run' && last) return 'teardown';
  if (hooks['beforeEach'] === 'run') return 'setup';
  return 'body';
}

function outcomeOfErrors(errors: readonly ReportedError[]): Outcome {
  const [first] = errors;
  if (first === undefined) return 'errored';
  if (first.kind === 'timeout') return 'timed-out';
  return first.where === 'body' && (first.kind === 'assertion' || first.kind === 'no-error-assertion')
    ? 'failed'
    : 'errored';
}

function outcomeOf(task: Task, errors: readonly ReportedError[]): Outcome {
  const state = task.result?.state ?? task.mode;
  if (state === 'pass') return 'passed';
  if (errors.length > 0) return outcomeOfErrors(errors);
  if (state === 'skip' || state === 'todo') return 'skipped';
  return state === 'fail' ? 'errored' : 'aborted';
}
