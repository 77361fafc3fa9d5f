import { hasFailed, type Observation, type ReportStatus } from '../../domain/observation.ts';
import type { ProcessEnd } from '../../domain/process-end.ts';
import type { SuiteName } from '../../domain/vocabulary.ts';
import { readHead } from '../read-chunks.ts';
import { emptyReport, inspectReport, truncated } from '../report-file.ts';
import type { ReadReport } from '../runner.ts';
import { collectOutputs } from './collect-outputs.ts';
import { packageFolder } from './module-path.ts';
import { type PackageReading, readPackage } from './read-package.ts';
import { CUT_HERE, type GinkgoHost, type GoPackage, type GoStream, scanGoStream } from './scan-stream.ts';
import { commonEnd, type GoPlaces, recordedRoot } from './source-path.ts';
import { findTestFunctions } from './test-sources.ts';

/** A stream with what is known of the run that wrote it. */
export interface GoInput {
  /** Path of the stream. */
  readonly gotest: string;
  /** Path of what the run wrote to stderr; empty where that was not kept. */
  readonly stderr: string;
  /** Absolute; empty where the tree is not at hand. */
  readonly worktree: string;
  /** Empty where it is not known. */
  readonly modulePath: string;
  readonly suite: SuiteName;
  readonly attempt: number;
  readonly end: ProcessEnd;
  /** Milliseconds since the epoch; an older stream is stale. */
  readonly startedAtMs: number;
  /** Folders, files or patterns that were asked for. */
  readonly selected: readonly string[];
  /** Folder of the only package, relative to the repository. */
  readonly folder?: string;
  /** Whether tests that run a ginkgo suite are read from ginkgo's own report, and are no cases here. */
  readonly ginkgo?: boolean;
}

/** One package of a stream, with what its tests did. */
export interface PackageFacts {
  readonly found: GoPackage;
  readonly places: GoPlaces;
  readonly hosts: readonly GinkgoHost[];
  readonly reading: PackageReading;
}

export interface GoStreamReading {
  readonly report: ReadReport;
  readonly packages: readonly PackageFacts[];
}

const STDERR_READ = 512 * 1024;

/**
 * Reads a stream of `go test -json`. One pass finds how tests ended, a second one reads what those printed that did not pass.
 * Builds that failed before Go 1.24 are explained by stderr. Throws what reading a file can throw.
 */
export async function readGoStream(input: GoInput): Promise<GoStreamReading> {
  const { end } = input;
  const bad = await inspectReport({ reportPath: input.gotest, end, startedAtMs: input.startedAtMs });
  if (bad !== undefined && (bad.status !== 'truncated' || end.cause !== 'exited')) {
    return { report: emptyReport(bad), packages: [] };
  }
  const stream = await scanGoStream(input.gotest, input.ginkgo === true);
  const head = input.stderr === '' ? '' : await readHead(input.stderr, STDERR_READ);
  const stderr = head.length < STDERR_READ ? head : `${head}\n${CUT_HERE}`;
  if (stream.events === 0 && stream.packages.size === 0) {
    return { report: nothingRan(input, stream, stderr), packages: [] };
  }
  const outputs = await collectOutputs(input.gotest, stream.packages.values());
  const packages: PackageFacts[] = [];
  for (const found of stream.packages.values()) {
    const hosts = stream.hosts.get(found.name) ?? [];
    const places = placesOf(found, hosts, input, stream.packages.size === 1);
    const { worktree } = input;
    const functions =
      worktree === '' || places.packageFolder === undefined || found.tests.length === 0
        ? new Map()
        : await findTestFunctions(worktree, places.packageFolder);
    const hosted = new Set(input.ginkgo === true ? hosts.map(({ test }) => test) : []);
    const reading = readPackage({
      found,
      outputs: outputs.get(found.name),
      stream,
      stderr,
      places,
      functions,
      hosts: hosted,
    });
    packages.push({ found, places, hosts, reading });
  }
  const observations = packages.flatMap(({ reading }) => reading.cases.map((one) => observationOf(one, input)));
  const report: ReadReport = {
    status: statusOf(stream, input),
    observations,
    expectedExit:
      [...stream.packages.values()].some(({ state }) => state === 'fail') || observations.some(isFailing)
        ? 'nonzero'
        : 'zero',
    suiteFailures: packages.flatMap(({ reading }) => reading.suiteFailures),
  };
  return { report, packages };
}

export const observationOf = (
  one: Omit<Observation, 'suite' | 'attempt'>,
  { suite, attempt }: Pick<GoInput, 'suite' | 'attempt'>,
): Observation => ({ suite, attempt, ...one });

/** A case that makes the whole run fail, now or in one of its repetitions. */
export const isFailing = ({ outcome, retries }: Omit<Observation, 'suite' | 'attempt'>): boolean =>
  hasFailed(outcome) || (retries?.some(hasFailed) ?? false);

function placesOf(
  { name }: GoPackage,
  hosts: readonly GinkgoHost[],
  { worktree, modulePath, selected, folder }: GoInput,
  only: boolean,
): GoPlaces {
  const asked = folder === undefined ? selected : [folder, ...selected];
  const clean = folder?.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  const suitePath = hosts.find((host) => host.suitePath !== '')?.suitePath;
  const packageFolder_ =
    only && clean !== undefined
      ? clean === '.'
        ? ''
        : clean
      : (packageFolder(name, modulePath, asked) ?? folderOfPath(name, suitePath));
  const root =
    suitePath === undefined || packageFolder_ === undefined ? undefined : recordedRoot(suitePath, packageFolder_);
  return {
    worktree,
    modulePath,
    importPath: name,
    packageFolder: packageFolder_,
    ...(root === undefined ? {} : { recordedRoot: root }),
  };
}

/** What an import path and the folder that ginkgo printed have in common at their ends. */
function folderOfPath(name: string, suitePath: string | undefined): string | undefined {
  if (suitePath === undefined) return undefined;
  const parts = suitePath.split('/');
  const common = commonEnd(name.split('/'), parts);
  return common === 0 ? undefined : parts.slice(parts.length - common).join('/');
}

/** `go test` itself refused: no module, a bad flag, a pattern that matches nothing. */
function nothingRan({ end }: GoInput, stream: GoStream, stderr: string): ReadReport {
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
      end,
      said === undefined ? 'the stream is empty' : `the stream holds no event; go test said: ${said.slice(0, 300)}`,
    ),
  );
}

function statusOf(stream: GoStream, { end, selected }: GoInput): ReportStatus {
  if (stream.cut) return truncated(end, 'the stream breaks off inside an event');
  const open = [...stream.packages.values()].filter(({ state }) => state === 'running').map(({ name }) => name);
  if (open.length > 0) return truncated(end, `the stream has no end for ${open.slice(0, 5).join(', ')}`);
  if (end.cause !== 'exited') return truncated(end, 'go test was ended before it was done');
  // Every package that was asked for by name must be there; patterns may stand for any number.
  const named = new Set(selected.filter((file) => !file.includes('...') && !file.endsWith('.go')).map(cleanFolder));
  if (stream.packages.size < named.size) {
    return truncated(end, `${named.size} packages were asked for, the stream tells of ${stream.packages.size}`);
  }
  return { status: 'complete' };
}

const cleanFolder = (file: string): string => file.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '') || '.';
