import { hasFailed, type ReportStatus } from '../../domain/observation.ts';
import { describeEnd, type ProcessEnd } from '../../domain/process-end.ts';
import type { SuiteName } from '../../domain/vocabulary.ts';
import { type GinkgoSuite, readGinkgoReport } from '../ginkgo/parse-report.ts';
import { readSuite, type SuiteReading } from '../ginkgo/read-suite.ts';
import { type BadStatus, emptyReport, readSafely } from '../report-file.ts';
import type { ReadReport } from '../runner.ts';
import { readModulePath } from './module-path.ts';
import { isFailing, observationOf, type PackageFacts, readGoStream } from './read-go-stream.ts';
import type { Case } from './read-package.ts';
import { commonEnd, type GoPlaces, recordedRoot } from './source-path.ts';

/** What a run of `go test -json` left behind, just now or recorded long ago. */
export interface GoRunFiles {
  /** Path of the stream; empty where only ginkgo's report is at hand. */
  readonly gotest: string;
  /** Paths of ginkgo's JSON reports; a path that is not there is a report that was never written. */
  readonly ginkgo?: string | readonly string[];
  /** Path of what was written to stderr, where it was kept. */
  readonly stderr?: string;
  /** The package's folder relative to the repository, where the run tested one package. */
  readonly folder?: string;
  /** Absolute; absent or empty where the run was only recorded and its tree is not at hand. */
  readonly worktree?: string;
  /** Of go.mod; read from the worktree unless named. */
  readonly modulePath?: string;
  readonly suite: SuiteName;
  readonly attempt: number;
  readonly end: ProcessEnd;
  /** Whether the test binary has ginkgo's flags, so that a report of ginkgo should be there where its suite ran. */
  readonly expectGinkgo?: boolean;
  /** Milliseconds since the epoch; an older stream is stale. */
  readonly startedAtMs?: number;
  /** Folders, files or patterns that were asked for; each folder must be in the stream. */
  readonly selected?: readonly string[];
}

/** A package of a run, for whoever wants to run some of its cases alone. */
export interface GoRunPackage {
  readonly importPath: string;
  /** Relative to the repository; undefined where it is not known. */
  readonly folder: string | undefined;
  /** Go tests that run a ginkgo suite. */
  readonly hosts: readonly string[];
  /** What the ginkgo suites call themselves: their names stand before every case's where `-ginkgo.focus` compares. */
  readonly descriptions: readonly string[];
}

export interface GoRunReport extends ReadReport {
  readonly packages: readonly GoRunPackage[];
  /** Why the exit code may differ from what the cases say: focus in the sources. */
  readonly exitNote?: string;
}

/**
 * Reads what a run of `go test -json` left behind, with ginkgo's own report for the packages whose tests run a ginkgo suite.
 * `go test` shows such a suite as one test, which is no case where ginkgo's report tells of its cases; plain tests beside it
 * show only in the stream. Never throws for bad input.
 */
export async function readGoRun(run: GoRunFiles): Promise<GoRunReport> {
  let packages: readonly GoRunPackage[] = [];
  let exitNote: string | undefined;
  const report = await readSafely(async () => {
    const read = await readBoth(run);
    ({ packages, exitNote } = read);
    return read.report;
  });
  return { ...report, packages, ...(exitNote === undefined ? {} : { exitNote }) };
}

interface BothRead {
  readonly report: ReadReport;
  readonly packages: readonly GoRunPackage[];
  readonly exitNote: string | undefined;
}

async function readBoth(run: GoRunFiles): Promise<BothRead> {
  const worktree = run.worktree ?? '';
  const modulePath = run.modulePath ?? (worktree === '' ? '' : await readModulePath(worktree));
  const { suites, bad } = await readReports(run);
  if (run.gotest === '') return readAlone(run, suites, bad, { worktree, modulePath });
  const { report: go, packages } = await readGoStream({
    gotest: run.gotest,
    stderr: run.stderr ?? '',
    worktree,
    modulePath,
    suite: run.suite,
    attempt: run.attempt,
    end: run.end,
    startedAtMs: run.startedAtMs ?? 0,
    selected: run.selected ?? [],
    ...(run.folder === undefined ? {} : { folder: run.folder }),
    ginkgo: true,
  });
  const { owned, foreign } = assign(suites, packages);
  const merged = await Promise.all(packages.map((facts) => mergePackage(facts, owned.get(facts) ?? [], run)));
  const observations = merged.flatMap(({ cases }) => cases.map((one) => observationOf(one, run)));
  const suiteFailures = merged.flatMap(({ failures }) => failures);
  const contradictions = merged.map(({ contradiction }) => contradiction).filter((one) => one !== undefined);
  const missing = merged.map((one) => one.missing).filter((one) => one !== undefined);
  const status = firstBad([
    go.status,
    // A report that is not there is missed by the package that should have written it.
    bad?.status === 'missing' ? undefined : bad,
    contradictions[0] === undefined ? undefined : { status: 'unreadable', detail: contradictions[0] },
    missing[0] === undefined ? undefined : { status: 'missing', detail: `${missing[0]} (${describeEnd(run.end)})` },
    foreign === undefined ? undefined : { status: 'foreign', detail: foreign },
  ]);
  const failing = suiteFailures.length > 0 || merged.some((one) => one.failing);
  return {
    report: { status, observations, expectedExit: failing ? 'nonzero' : 'zero', suiteFailures },
    packages: merged.map(({ known }) => known),
    exitNote: noteFocus(merged.filter(({ focused }) => focused).map(({ known }) => known.importPath)),
  };
}

const noteFocus = (packages: readonly string[]): string | undefined =>
  packages.length === 0
    ? undefined
    : `${packages.join(', ')}: only focused cases ran (FIt, FDescribe and the like stand in the sources), for which ginkgo ends with a failure`;

const firstBad = (all: readonly (ReportStatus | undefined)[]): ReportStatus =>
  all.find((one) => one !== undefined && one.status !== 'complete') ?? { status: 'complete' };

async function readReports(run: GoRunFiles): Promise<{ suites: GinkgoSuite[]; bad: BadStatus | undefined }> {
  const paths = run.ginkgo === undefined ? [] : typeof run.ginkgo === 'string' ? [run.ginkgo] : run.ginkgo;
  const suites: GinkgoSuite[] = [];
  let bad: BadStatus | undefined;
  for (const path of paths) {
    const parsed = await readGinkgoReport(path);
    if (parsed.ok) suites.push(...parsed.suites);
    else if (bad === undefined || bad.status === 'missing') bad = parsed.status;
  }
  return { suites, bad };
}

/** Finds the package of each suite: by what ginkgo printed in the stream, by folder, or by how the paths end. */
function assign(
  suites: readonly GinkgoSuite[],
  packages: readonly PackageFacts[],
): { owned: Map<PackageFacts, GinkgoSuite[]>; foreign: string | undefined } {
  const owned = new Map<PackageFacts, GinkgoSuite[]>();
  let foreign: string | undefined;
  for (const suite of suites) {
    const owner = ownerOf(suite, packages);
    const seeds = owner?.hosts.flatMap((host) => [...host.seeds]) ?? [];
    if (owner === undefined) {
      foreign ??= `ginkgo's report is of ${suite.path}, of which the stream does not tell`;
    } else if (suite.seed !== undefined && seeds.length > 0 && !seeds.includes(suite.seed)) {
      foreign ??= `ginkgo's report is of another run of ${owner.found.name}: its seed is ${suite.seed}, the stream's is ${seeds.join(', ')}`;
    } else if (owner.found.tests.length === 0) {
      foreign ??= `ginkgo's report is of ${suite.path}, whose tests did not run`;
    } else owned.set(owner, [...(owned.get(owner) ?? []), suite]);
  }
  return { owned, foreign };
}

function ownerOf(suite: GinkgoSuite, packages: readonly PackageFacts[]): PackageFacts | undefined {
  const printed = packages.filter(({ hosts }) => hosts.some(({ suitePath }) => suitePath === suite.path));
  if (printed.length === 1) return printed[0];
  const parts = suite.path.split('/').filter((part) => part !== '');
  const scored = packages
    .map((facts) => {
      const { worktree, packageFolder } = facts.places;
      const exact = worktree !== '' && packageFolder !== undefined && suite.path === `${worktree}/${packageFolder}`;
      return { facts, score: exact ? 1000 : commonEnd(facts.found.name.split('/'), parts) };
    })
    .sort((a, b) => b.score - a.score);
  const [best, second] = scored;
  if (best === undefined || best.score === second?.score) return undefined;
  // Ginkgo's word in the stream names other folders: this report is not of any of them.
  if (best.facts.hosts.some(({ suitePath }) => suitePath !== '')) return undefined;
  return best.score > 0 || (packages.length === 1 && best.facts.hosts.length > 0) ? best.facts : undefined;
}

interface MergedPackage {
  readonly cases: readonly Case[];
  readonly failures: readonly { readonly what: string; readonly where: 'suite' | 'load' }[];
  readonly contradiction: string | undefined;
  /** Why ginkgo's report should be there and is not. */
  readonly missing: string | undefined;
  readonly failing: boolean;
  readonly focused: boolean;
  readonly known: GoRunPackage;
}

async function mergePackage(
  { found, places, hosts, reading }: PackageFacts,
  suites: readonly GinkgoSuite[],
  run: GoRunFiles,
): Promise<MergedPackage> {
  const read = await Promise.all(suites.map((suite) => readSuite(suite, found.name, placesOfSuite(suite, places))));
  const ginkgoCases = read.flatMap(({ cases }) => cases);
  // Without ginkgo's words in the stream, the only test of the package is the one that runs the suite.
  const top = new Set(found.tests.map(({ name }) => name.split('/', 1)[0] ?? name));
  const unnamed = suites.length > 0 && hosts.length === 0 && top.size === 1;
  const goCases = unnamed ? [] : reading.cases;
  const focused = read.some((one) => one.focused);
  const ginkgoFailures = read.flatMap(({ suiteFailures }) => suiteFailures);
  const failedCases = goCases.some(isFailing) || ginkgoCases.some(({ outcome }) => hasFailed(outcome));
  // The stream's own "failed although none of its tests did" is settled by what ginkgo tells.
  const settled = suites.length > 0 && (failedCases || ginkgoFailures.length > 0 || focused);
  const goFailures = reading.suiteFailures.filter(({ where }) => where === 'load' || !settled);
  const missing = suites.length > 0 ? undefined : whyMissing({ found, places, hosts, reading }, run);
  const failures =
    missing === undefined ? [...ginkgoFailures, ...goFailures] : goFailures.filter(({ where }) => where === 'load');
  const alone = hostFailure(found, hosts, suites, failedCases || ginkgoFailures.length > 0 || focused);
  return {
    cases: [...ginkgoCases, ...goCases],
    failures: alone === undefined ? failures : [...failures, { what: alone, where: 'suite' }],
    contradiction: read.find((one) => one.contradiction !== undefined)?.contradiction,
    missing,
    failing: failedCases || (found.state === 'fail' && !(focused && !failedCases && ginkgoFailures.length === 0)),
    focused,
    known: {
      importPath: found.name,
      folder: places.packageFolder,
      hosts: hosts.map(({ test }) => test),
      descriptions: suites.map(({ description }) => description),
    },
  };
}

/** The test that runs the suite failed although the suite did not: a race, or an assertion of its own. */
function hostFailure(
  found: PackageFacts['found'],
  hosts: PackageFacts['hosts'],
  suites: readonly GinkgoSuite[],
  explained: boolean,
): string | undefined {
  if (suites.length === 0 || explained) return undefined;
  const failed = hosts.find(({ test }) => found.byName.get(test)?.state === 'fail');
  if (failed === undefined) return undefined;
  return `${found.name}.${failed.test} failed although every case of the suite that it runs passed`;
}

function placesOfSuite({ path }: GinkgoSuite, places: GoPlaces): GoPlaces {
  if (places.recordedRoot !== undefined || places.packageFolder === undefined) return places;
  const root = recordedRoot(path, places.packageFolder);
  return root === undefined ? places : { ...places, recordedRoot: root };
}

/** Why a package that runs a ginkgo suite has no report of it; undefined where none is expected. */
function whyMissing({ found, hosts, reading }: PackageFacts, run: GoRunFiles): string | undefined {
  const unfinished = found.tests.some(({ state }) => state === 'running');
  const loaded = !reading.suiteFailures.some(({ where }) => where === 'load');
  if (hosts.length === 0) {
    if (run.expectGinkgo !== true || !unfinished || !loaded) return undefined;
    return `${found.name}: ginkgo wrote no report: ${reading.brokenBy ?? 'a test never ended'}`;
  }
  if (reading.brokenBy !== undefined) return `${found.name}: ginkgo wrote no report: ${reading.brokenBy}`;
  return run.ginkgo === undefined
    ? `${found.name}: its tests run a ginkgo suite, whose own report is not at hand; go test shows the suite as one test`
    : `${found.name}: ginkgo's suite ran, and its report is not there; was -ginkgo.json-report given?`;
}

/** Ginkgo's report without a stream: all cases are there, and what ran beside the suites is not. */
async function readAlone(
  run: GoRunFiles,
  suites: readonly GinkgoSuite[],
  bad: BadStatus | undefined,
  { worktree, modulePath }: { readonly worktree: string; readonly modulePath: string },
): Promise<BothRead> {
  if (suites.length === 0) {
    const status = bad ?? { status: 'missing' as const, detail: 'there is no report' };
    const detail = `${status.detail} (${describeEnd(run.end)})`;
    return { report: emptyReport({ ...status, detail }), packages: [], exitNote: undefined };
  }
  const read: SuiteReading[] = [];
  const packages: GoRunPackage[] = [];
  for (const suite of suites) {
    const folder =
      run.folder ??
      (worktree !== '' && suite.path.startsWith(`${worktree}/`) ? suite.path.slice(worktree.length + 1) : undefined);
    const importPath =
      modulePath !== '' && folder !== undefined
        ? [modulePath, folder].filter((part) => part !== '' && part !== '.').join('/')
        : suite.description;
    const places = { worktree, modulePath, importPath, packageFolder: folder };
    read.push(await readSuite(suite, importPath, placesOfSuite(suite, places)));
    packages.push({ importPath, folder, hosts: [], descriptions: [suite.description] });
  }
  const cases = read.flatMap((one) => one.cases);
  const suiteFailures = read.flatMap((one) => one.suiteFailures);
  const contradiction = read.find((one) => one.contradiction !== undefined)?.contradiction;
  const failing = suiteFailures.length > 0 || cases.some(({ outcome }) => hasFailed(outcome));
  const report: ReadReport = {
    status: firstBad([
      bad,
      contradiction === undefined ? undefined : { status: 'unreadable', detail: contradiction },
      run.end.cause === 'exited'
        ? undefined
        : { status: 'truncated', detail: `the suite was ended before it was done (${describeEnd(run.end)})` },
    ]),
    observations: cases.map((one) => observationOf(one, run)),
    expectedExit: failing ? 'nonzero' : cases.length > 0 ? 'zero' : 'any',
    suiteFailures,
  };
  const focused = packages.filter((_, index) => read[index]?.focused === true).map(({ importPath }) => importPath);
  return { report, packages, exitNote: noteFocus(focused) };
}
