import { stripVTControlCharacters } from 'node:util';
import {
  hasFailed,
  type Observation,
  type ObservedFailure,
  type Outcome,
  type SourceLine,
} from '../../domain/observation.ts';
import { boundMessage } from '../reporters/report-line.ts';
import { judgeBuild, outputOfPackage, splitBuildOutput } from './build-failure.ts';
import type { PackageOutputs } from './collect-outputs.ts';
import type { GoPackage, GoStream, GoTest } from './scan-stream.ts';
import type { GoPlaces } from './source-path.ts';
import { failureOfOutput, findPanic, logRecords, type Panic } from './test-output.ts';

export type Case = Omit<Observation, 'suite' | 'attempt'>;

export interface SuiteFailure {
  readonly what: string;
  readonly where: 'suite' | 'load';
}

export interface PackageReading {
  readonly cases: readonly Case[];
  readonly suiteFailures: readonly SuiteFailure[];
  /** What ended the package before its tests were done, for a person. */
  readonly brokenBy?: string;
}

/** What is known of a package when its tests are read. */
export interface PackageInput {
  readonly found: GoPackage;
  readonly outputs: PackageOutputs | undefined;
  readonly stream: GoStream;
  readonly stderr: string;
  readonly places: GoPlaces;
  /** Where its test functions begin, by name. */
  readonly functions: ReadonlyMap<string, SourceLine>;
  /** Tests that only run a ginkgo suite: their cases stand in ginkgo's own report. */
  readonly hosts: ReadonlySet<string>;
}

/** How the tests of one package ended, as `go test -json` tells it. */
export function readPackage(input: PackageInput): PackageReading {
  const { found, outputs, hosts } = input;
  if (found.tests.length === 0) return readWithoutTests(input);
  const unfinished = found.tests.filter(({ state }) => state === 'running');
  const panic = unfinished.length > 0 || found.state === 'fail' ? panicOfPackage(input) : undefined;
  const brokenBy = unfinished.length === 0 ? undefined : whatBroke(input, panic?.panic);
  const tree = unfinished
    .map(({ name }) => treeFailure(outputs?.tests.get(name)?.text ?? ''))
    .find((one) => one !== '');
  if (tree !== undefined && found.state === 'fail') {
    return { cases: [], suiteFailures: [{ what: boundMessage(`${found.name}: ${tree}`), where: 'load' }] };
  }
  const shown = found.tests.filter(
    ({ name }) => !isHosted(name, hosts) || (panic?.panic.timedOut && panic.tests.has(name)),
  );
  const cases = foldRepeats(shown.flatMap((test) => readTest(input, test, panic)));
  const explained = cases.some(({ outcome }) => hasFailed(outcome));
  const broken = brokenBy === undefined ? {} : { brokenBy };
  if (found.state !== 'fail' || explained) return { cases, suiteFailures: [], ...broken };
  const what = panic?.panic.failure.message ?? lastLine(outputs?.own.text ?? '');
  return {
    cases,
    suiteFailures: [
      { what: boundMessage(`${found.name}: failed although none of its tests did: ${what}`), where: 'suite' },
    ],
    ...broken,
  };
}

const isHosted = (name: string, hosts: ReadonlySet<string>): boolean =>
  hosts.size > 0 && [...hosts].some((host) => name === host || name.startsWith(`${host}/`));

function whatBroke({ found }: PackageInput, panic: Panic | undefined): string | undefined {
  if (panic?.timedOut === true) return panic.failure.message.split('\n')[0]?.replace(/^panic: /, '');
  const message = stripVTControlCharacters(panic?.failure.message ?? '').split('\n')[0];
  if (message !== undefined && message !== '') return `a goroutine ended the process: ${message.slice(0, 300)}`;
  return found.state === 'fail' ? 'the process ended before its tests did, such as by os.Exit' : undefined;
}

/** ginkgo refuses a suite before it runs: an assertion or panic in a container's body, a wrong nesting, a wrong decorator. */
function treeFailure(output: string): string {
  if (!output.includes('onsi.github.io/ginkgo') && !output.includes('Ginkgo detected')) return '';
  const text = stripVTControlCharacters(output);
  if (/^Running Suite: |^panic: /m.test(text)) return '';
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\s*(?:=== |--- )/.test(line));
  return `ended before its first case, while ginkgo built the suite: ${lines.join('\n').trim()}`;
}

/** A package that failed before its first test: it did not build, or its initialisation ended it. */
function readWithoutTests({ found, outputs, stream, stderr, places }: PackageInput): PackageReading {
  if (found.state !== 'fail') return { cases: [], suiteFailures: [] };
  const own = outputs?.own.text ?? '';
  const notBuilt = found.failedBuild !== undefined || /^FAIL\t\S+ \[(?:build|setup) failed\]/m.test(own) || own === '';
  if (notBuilt) {
    const blocks = splitBuildOutput(`${stream.plain.join('\n')}\n${stderr}`);
    const told = found.failedBuild === undefined ? undefined : stream.builds.get(found.failedBuild);
    const failure = judgeBuild(told ?? outputOfPackage(found.name, blocks), found.failedBuild);
    const built: Case = { name: `${found.name} [build]`, outcome: 'errored', where: 'load', failure, durationUs: 0 };
    return { cases: [built], suiteFailures: [] };
  }
  const panic = findPanic(own, places);
  const what = panic?.failure.message ?? lastLine(own);
  return {
    cases: [],
    suiteFailures: [{ what: boundMessage(`${found.name}: ended before its first test: ${what}`), where: 'load' }],
  };
}

interface AttributedPanic {
  readonly panic: Panic;
  /** Names of the tests that it is blamed on. */
  readonly tests: ReadonlySet<string>;
}

/** The test function that a frame lies in, itself or one of its closures. */
const testOfFrame = (name: string): string | undefined =>
  /\.((?:Test|Example|Fuzz|Benchmark)[^.(/]*)(?:\.|$)/.exec(name)?.[1];

/**
 * test2json gives a panic to the test that printed last; the frames tell whose it is. A goroutine that outlived its test names
 * a function of that test, so a test that is over can be blamed as well.
 */
function panicOfPackage({ found, outputs, places }: PackageInput): AttributedPanic | undefined {
  const candidates: [string, string][] = [...(outputs?.tests ?? [])].map(([name, output]) => [name, output.text]);
  candidates.push(['', outputs?.own.text ?? '']);
  for (const [printedBy, text] of candidates) {
    const panic = findPanic(text, places);
    if (panic === undefined) continue;
    const running = found.tests
      .filter((test) => test.state === 'running' && !hasRunningSubtest(found, test))
      .map(({ name }) => name);
    if (panic.timedOut) return { panic, tests: new Set(running) };
    const root = panic.frames.map(({ name }) => testOfFrame(name)).find((name) => name !== undefined);
    const printer = found.byName.get(printedBy);
    if (printer?.state === 'fail') return { panic, tests: new Set([printedBy]) };
    const inside = running.filter((name) => root !== undefined && rootOf(name) === root);
    return {
      panic,
      tests: new Set(
        inside.length > 0 ? inside.slice(0, 1) : root === undefined && printedBy !== '' ? [printedBy] : [],
      ),
    };
  }
  return undefined;
}

const rootOf = (name: string): string => name.split('/', 1)[0] ?? name;

function hasRunningSubtest(found: GoPackage, test: GoTest): boolean {
  return (
    test.hasSubtests && found.tests.some((other) => other.state === 'running' && other.name.startsWith(`${test.name}/`))
  );
}

function readTest(input: PackageInput, test: GoTest, panic: AttributedPanic | undefined): Case[] {
  const { found, outputs, places, functions } = input;
  const name = `${found.name}.${test.name}`.toWellFormed();
  const us = Math.round(test.elapsedSeconds * 1_000_000);
  const durationUs = Number.isSafeInteger(us) && us > 0 ? us : 0;
  const root = rootOf(test.name);
  const place = functions.get(root);
  const make = (outcome: Outcome, failure?: ObservedFailure, seen?: string): Case[] => {
    const file = place?.file ?? seen;
    return [
      {
        name,
        ...(file === undefined ? {} : { file }),
        outcome,
        where: 'body',
        ...(failure === undefined ? {} : { failure }),
        durationUs,
        // A subtest's own line is not told.
        ...(place === undefined || root !== test.name ? {} : { place }),
      },
    ];
  };
  if (test.state === 'pass') return make('passed');
  if (test.state === 'skip') return make('skipped');
  if (panic?.tests.has(test.name)) {
    if (panic.panic.timedOut) return make('timed-out', panic.panic.failure);
    const { frames, failure } = panic.panic;
    const [first] = frames;
    const ownBody = first === undefined ? {} : { ownBody: testOfFrame(first.name) === root };
    return make(
      'errored',
      { ...failure, ...ownBody },
      frames.find((frame) => testOfFrame(frame.name) === root)?.location.file,
    );
  }
  if (test.state === 'running') return hasRunningSubtest(found, test) ? [] : make('aborted');
  const output = outputs?.tests.get(test.name)?.ofRun(test.run, (found.byName.get(test.name)?.run ?? 0) + 1);
  if (output === undefined) return make('failed', { kind: 'assertion', type: 'testing', message: '' });
  // A parent that only its subtests fail has no failure of its own.
  const marked = output.errors !== '';
  if (test.hasSubtests && !marked && logRecords(output.text).length === 0 && subtestFailed(found, test)) return [];
  const failure = failureOfOutput(output, places);
  const at = failure.location?.file;
  // Without the sources, a test file of the package that the failure names is the best guess at the test's own.
  const seen = at?.endsWith('_test.go') ? at : undefined;
  return make(failure.kind === 'error' ? 'errored' : 'failed', failure, places.worktree === '' ? seen : undefined);
}

function subtestFailed(found: GoPackage, test: GoTest): boolean {
  return found.tests.some(
    (other) => other.name.startsWith(`${test.name}/`) && other.state !== 'pass' && other.state !== 'skip',
  );
}

/**
 * A name that ran again did so through `-count` or `-cpu` (within one run Go makes names unique): one case, whose repetitions
 * are shown like a runner's own retries. What it did last is its outcome, and every earlier failure is kept beside it.
 */
function foldRepeats(cases: readonly Case[]): Case[] {
  const byName = new Map<string, Case[]>();
  for (const one of cases) {
    const same = byName.get(one.name);
    if (same === undefined) byName.set(one.name, [one]);
    else same.push(one);
  }
  return [...byName.values()].map((runs) => {
    const last = runs[runs.length - 1] as Case;
    if (runs.length === 1) return last;
    const earlier = runs
      .slice(0, -1)
      .flatMap(({ failure, where }) => (failure === undefined ? [] : [{ ...failure, where }]))
      .slice(0, EARLIER_KEPT);
    return {
      ...last,
      ...(earlier.length === 0 ? {} : { additional: earlier }),
      durationUs: runs.reduce((sum, { durationUs }) => sum + durationUs, 0),
      retries: runs.map(({ outcome }) => outcome),
    };
  });
}
const EARLIER_KEPT = 20;

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^FAIL\b|^PASS$/.test(line));
  return lines.at(-1)?.trim() ?? 'it does not say why';
}
