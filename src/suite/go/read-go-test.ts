import type { Observation, ObservedFailure, Outcome } from '../../domain/observation.ts';
import { readHead } from '../read-chunks.ts';
import { emptyReport, inspectReport, readSafely, truncated } from '../report-file.ts';
import { boundMessage } from '../reporters/report-line.ts';
import type { ReadReport, RunnerResult } from '../runner.ts';
import { judgeBuild, outputOfPackage, splitBuildOutput } from './build-failure.ts';
import { collectOutputs, type PackageOutputs } from './collect-outputs.ts';
import { packageFolder, readModulePath } from './module-path.ts';
import { type GoPackage, type GoStream, type GoTest, scanGoStream } from './scan-stream.ts';
import { failureOfOutput, findPanic, type GoPlaces, logRecords, type Panic } from './test-output.ts';

const STDERR_READ = 512 * 1024;

/**
 * Reads a `go test -json` stream, Go 1.19 to 1.27. One pass finds how tests ended, a second one reads what those printed that
 * did not pass. Builds that failed before Go 1.24 are explained by stderr.
 */
export async function readGoTest(result: RunnerResult): Promise<ReadReport> {
  const bad = await inspectReport(result);
  if (bad !== undefined && (bad.status !== 'truncated' || result.end.cause !== 'exited')) return emptyReport(bad);
  return readSafely(() => readInspected(result));
}

async function readInspected(result: RunnerResult): Promise<ReadReport> {
  const stream = await scanGoStream(result.reportPath);
  const stderr = await readHead(result.stderrPath, STDERR_READ);
  if (stream.events === 0 && stream.packages.size === 0) return nothingRan(result, stream, stderr);
  const outputs = await collectOutputs(result.reportPath, stream.packages.values());
  const modulePath = await readModulePath(result.worktree);
  const observations: Observation[] = [];
  const suiteFailures: { what: string; where: 'suite' | 'load' }[] = [];
  for (const found of stream.packages.values()) {
    const places: GoPlaces = {
      worktree: result.worktree,
      modulePath,
      packageFolder: packageFolder(found.name, modulePath, result.spec.select.files),
    };
    const read = readPackage(found, outputs.get(found.name), stream, stderr, places);
    for (const one of read.cases) observations.push({ suite: result.spec.suite, attempt: result.attempt, ...one });
    if (read.suiteFailure !== undefined) suiteFailures.push(read.suiteFailure);
  }
  const failed = [...stream.packages.values()].some(({ state }) => state === 'fail');
  const expectedExit =
    failed || observations.some(({ outcome }) => outcome !== 'passed' && outcome !== 'skipped') ? 'nonzero' : 'zero';
  return { status: statusOf(stream, result), observations, expectedExit, suiteFailures };
}

/** `go test` itself refused: no module, a bad flag, a pattern that matches nothing. */
function nothingRan(result: RunnerResult, stream: GoStream, stderr: string): ReadReport {
  const said = [...stream.plain, ...stderr.split('\n')].map((line) => line.trim()).find((line) => line !== '');
  if (
    stream.plain.length > 0 &&
    said !== undefined &&
    !/^go: |^no Go files|^pattern |^matched no packages/.test(said)
  ) {
    return emptyReport({
      status: 'unreadable',
      detail: `no line of the stream is an event of go test: ${said.slice(0, 200)}`,
    });
  }
  return emptyReport(
    truncated(
      result.end,
      said === undefined ? 'the stream is empty' : `the stream holds no event; go test said: ${said.slice(0, 300)}`,
    ),
  );
}

function statusOf(stream: GoStream, { end, spec }: RunnerResult): ReadReport['status'] {
  if (stream.cut) return truncated(end, 'the stream breaks off inside an event');
  const open = [...stream.packages.values()].filter(({ state }) => state === 'running').map(({ name }) => name);
  if (open.length > 0) return truncated(end, `the stream has no end for ${open.slice(0, 5).join(', ')}`);
  if (end.cause !== 'exited') return truncated(end, 'go test was ended before it was done');
  // Every package that was asked for by name must be there; patterns may stand for any number.
  const named = new Set(
    spec.select.files.filter((file) => !file.includes('...') && !file.endsWith('.go')).map(cleanFolder),
  );
  if (stream.packages.size < named.size) {
    return truncated(end, `${named.size} packages were asked for, the stream tells of ${stream.packages.size}`);
  }
  return { status: 'complete' };
}

const cleanFolder = (file: string): string => file.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '') || '.';

type Case = Omit<Observation, 'suite' | 'attempt'>;

interface PackageReading {
  readonly cases: readonly Case[];
  readonly suiteFailure?: { readonly what: string; readonly where: 'suite' | 'load' };
}

function readPackage(
  found: GoPackage,
  outputs: PackageOutputs | undefined,
  stream: GoStream,
  stderr: string,
  places: GoPlaces,
): PackageReading {
  const own = outputs?.own.text ?? '';
  if (found.tests.length === 0) return readWithoutTests(found, own, stream, stderr, places);
  const unfinished = found.tests.filter(({ state }) => state === 'running');
  const panic = unfinished.length > 0 || found.state === 'fail' ? panicOfPackage(found, outputs, places) : undefined;
  const cases = found.tests.flatMap((test) => readTest(found, test, outputs, panic, places));
  const explained = cases.some(({ outcome }) => outcome !== 'passed' && outcome !== 'skipped');
  if (found.state !== 'fail' || explained) return { cases };
  const what = panic?.panic.failure.message ?? lastLine(own);
  return {
    cases,
    suiteFailure: {
      what: boundMessage(`${found.name}: failed although none of its tests did: ${what}`),
      where: 'suite',
    },
  };
}

/** A package that failed before its first test: it did not build, or its initialisation ended it. */
function readWithoutTests(
  found: GoPackage,
  own: string,
  stream: GoStream,
  stderr: string,
  places: GoPlaces,
): PackageReading {
  if (found.state !== 'fail') return { cases: [] };
  const notBuilt = found.failedBuild !== undefined || /^FAIL\t\S+ \[(?:build|setup) failed\]/m.test(own) || own === '';
  if (notBuilt) {
    const blocks = splitBuildOutput(`${stream.plain.join('\n')}\n${stderr}`);
    const told = found.failedBuild === undefined ? undefined : stream.builds.get(found.failedBuild);
    const failure = judgeBuild(told ?? outputOfPackage(found.name, blocks), found.failedBuild);
    return { cases: [{ name: `${found.name} [build]`, outcome: 'errored', where: 'load', failure, durationUs: 0 }] };
  }
  const panic = findPanic(own, places);
  const what = panic?.failure.message ?? lastLine(own);
  return {
    cases: [],
    suiteFailure: { what: boundMessage(`${found.name}: ended before its first test: ${what}`), where: 'load' },
  };
}

interface AttributedPanic {
  readonly panic: Panic;
  /** Names of the tests that it is blamed on. */
  readonly tests: ReadonlySet<string>;
}

/**
 * test2json gives a panic to the test that printed last; the frames tell whose it is. A goroutine that outlived its test names
 * a function of that test, so a test that is over can be blamed as well.
 */
function panicOfPackage(
  found: GoPackage,
  outputs: PackageOutputs | undefined,
  places: GoPlaces,
): AttributedPanic | undefined {
  const candidates: [string, string][] = [...(outputs?.tests ?? [])].map(([name, output]) => [name, output.text]);
  candidates.push(['', outputs?.own.text ?? '']);
  for (const [printedBy, text] of candidates) {
    const panic = findPanic(text, places);
    if (panic === undefined) continue;
    const running = found.tests
      .filter((test) => test.state === 'running' && !hasRunningSubtest(found, test))
      .map(({ name }) => name);
    if (panic.timedOut) return { panic, tests: new Set(running) };
    const root = panic.functions
      .map((name) => /\.(Test[^.(/]*|Example[^.(/]*|Fuzz[^.(/]*)/.exec(name)?.[1])
      .find((name) => name !== undefined);
    const printer = found.byName.get(printedBy);
    if (printer?.state === 'fail') return { panic, tests: new Set([printedBy]) };
    const inside = running.filter((name) => root !== undefined && (name === root || name.startsWith(`${root}/`)));
    return {
      panic,
      tests: new Set(
        inside.length > 0 ? inside.slice(0, 1) : root === undefined && printedBy !== '' ? [printedBy] : [],
      ),
    };
  }
  return undefined;
}

function hasRunningSubtest(found: GoPackage, test: GoTest): boolean {
  return (
    test.hasSubtests && found.tests.some((other) => other.state === 'running' && other.name.startsWith(`${test.name}/`))
  );
}

function readTest(
  found: GoPackage,
  test: GoTest,
  outputs: PackageOutputs | undefined,
  panic: AttributedPanic | undefined,
  places: GoPlaces,
): Case[] {
  const name = `${found.name}.${test.name}`.toWellFormed();
  const us = Math.round(test.elapsedSeconds * 1_000_000);
  const durationUs = Number.isSafeInteger(us) && us > 0 ? us : 0;
  const make = (outcome: Outcome, failure?: ObservedFailure): Case[] => [
    { name, outcome, where: 'body', ...(failure === undefined ? {} : { failure }), durationUs },
  ];
  if (test.state === 'pass') return make('passed');
  if (test.state === 'skip') return make('skipped');
  if (panic?.tests.has(test.name)) return make(panic.panic.timedOut ? 'timed-out' : 'errored', panic.panic.failure);
  if (test.state === 'running') return hasRunningSubtest(found, test) ? [] : make('aborted');
  const output = outputs?.tests.get(test.name);
  if (output === undefined) return make('failed', { kind: 'assertion', type: 'testing', message: '' });
  // A parent that only its subtests fail has no failure of its own.
  const marked = output.errors !== '';
  if (test.hasSubtests && !marked && logRecords(output.text).length === 0 && subtestFailed(found, test)) return [];
  const failure = failureOfOutput(output, places);
  return make(failure.kind === 'error' ? 'errored' : 'failed', failure);
}

function subtestFailed(found: GoPackage, test: GoTest): boolean {
  return found.tests.some(
    (other) => other.name.startsWith(`${test.name}/`) && other.state !== 'pass' && other.state !== 'skip',
  );
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^FAIL\b|^PASS$/.test(line));
  return lines.at(-1)?.trim() ?? 'it does not say why';
}
