import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessEnd } from '../../domain/process-end.ts';
import type { AttemptOrder } from '../../domain/vocabulary.ts';
import { TOKEN_VARIABLE } from '../../process/process-group.ts';
import { runProcess } from '../../process/run-process.ts';
import type { GoTool } from './go-tool.ts';
import { binaryName, type GoPackagePlace } from './locate-packages.ts';
import { isGinkgoCase, onlyTests } from './only-tests.ts';

/** What every step of Go at one corner is given. All paths are absolute. */
export interface GoSite {
  readonly go: GoTool;
  readonly worktree: string;
  /** Private folder: binaries, streams, reports, a home and a place for temporary files. */
  readonly folder: string;
  /** What a test is given beside Go's own settings. */
  readonly env: Readonly<Record<string, string>>;
  /** Its processes carry it, with a name of their own below it, so that whoever sweeps finds what outlives them. */
  readonly token: string;
  /** Of one package's tests, and of one build. */
  readonly deadlineMs: number;
  readonly buildDeadlineMs: number;
  readonly signal: AbortSignal;
}

/** A package's test binary, made once per corner and run as often as is needed. */
export interface GoBinary {
  readonly place: GoPackagePlace;
  /** Undefined where none could be built. */
  readonly path: string | undefined;
  /** Whether ginkgo is linked in: its flags break a binary that does not have them. */
  readonly ginkgo: boolean;
}

export interface GoBuild {
  readonly argv: readonly (readonly string[])[];
  readonly binaries: readonly GoBinary[];
  readonly end: ProcessEnd;
  readonly durationMs: number;
}

/** What one run of a package's tests left behind. */
export interface GoRun {
  readonly place: GoPackagePlace;
  readonly argv: readonly string[];
  readonly order: AttemptOrder;
  readonly streamPath: string;
  readonly stderrPath: string;
  /** Where ginkgo was told to write its report; undefined where the binary has no ginkgo. */
  readonly ginkgoPath: string | undefined;
  readonly end: ProcessEnd;
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/** `go test` gives its own binaries a little time to say what was running; we give them a little more. */
const GRACE_MS = 30_000;

/**
 * Builds the test binaries of all packages: one `go test -c` per module root, so that what they share is loaded and compiled
 * once, as one `go test` of all would. vet is off (its findings would pass for a failed build), and the symbol table is left
 * out as `go test` leaves it out when it keeps no binary.
 */
export async function buildGoTests(site: GoSite, places: readonly GoPackagePlace[]): Promise<GoBuild> {
  const binaries: GoBinary[] = [];
  const argvs: string[][] = [];
  let end: ProcessEnd = { cause: 'exited', code: 0 };
  let durationMs = 0;
  for (const [index, batch] of batches(places, site.go.buildsMany).entries()) {
    const out = join(site.folder, `bin-${index}`);
    mkdirSync(out, { recursive: true });
    const strip = /(?:^|\s)-{1,2}ldflags\b/.test(site.go.env['GOFLAGS'] ?? '') ? [] : ['-ldflags=-s -w'];
    const target = site.go.buildsMany ? `${out}/` : join(out, binaryName((batch[0] as GoPackagePlace).importPath));
    const paths = batch.map(({ importPath }) => importPath);
    const argv = ['go', 'test', '-c', '-vet=off', ...strip, '-o', target, ...paths];
    const ran = await runProcess({
      argv,
      cwd: join(site.worktree, (batch[0] as GoPackagePlace).root),
      env: goEnvironment(site),
      stdoutPath: join(site.folder, `build-${index}.out`),
      stderrPath: join(site.folder, `build-${index}.err`),
      deadlineMs: site.buildDeadlineMs,
      signal: site.signal,
    });
    argvs.push(argv);
    durationMs += ran.durationMs;
    if (ran.end.cause !== 'exited') end = ran.end;
    for (const place of batch) {
      const path = join(out, binaryName(place.importPath));
      const made = existsSync(path);
      binaries.push({ place, path: made ? path : undefined, ginkgo: made && linksGinkgo(path) });
    }
    if (ran.end.cause !== 'exited') break;
  }
  return { argv: argvs, binaries, end, durationMs };
}

/** Packages of one root whose binaries have different names, as `-o FOLDER/` demands; each by itself where Go cannot build several. */
function batches(places: readonly GoPackagePlace[], several: boolean): GoPackagePlace[][] {
  if (!several) return places.map((place) => [place]);
  const all: { root: string; names: Set<string>; places: GoPackagePlace[] }[] = [];
  for (const place of places) {
    const name = binaryName(place.importPath);
    let batch = all.find(({ root, names }) => root === place.root && !names.has(name));
    if (batch === undefined) {
      batch = { root: place.root, names: new Set(), places: [] };
      all.push(batch);
    }
    batch.names.add(name);
    batch.places.push(place);
  }
  return all.map((batch) => batch.places);
}

/**
 * Asks `go test` itself why a package has no binary: only its own stream tells a test file that uses what does not exist from
 * a broken dependency. `-gcflags=-e` lists every error and not the first ten; nothing is run.
 */
export async function explainFailedBuild(site: GoSite, place: GoPackagePlace, attempt: number): Promise<GoRun> {
  const name = `${slug(place.folder)}-${attempt}`;
  const argv = ['go', 'test', '-json', '-vet=off', '-count=1', '-gcflags=-e', '-run=^$', place.importPath];
  const streamPath = join(site.folder, `${name}.gotest.json`);
  const stderrPath = join(site.folder, `${name}.stderr`);
  const ran = await runProcess({
    argv,
    cwd: join(site.worktree, place.root),
    env: goEnvironment(site),
    stdoutPath: streamPath,
    stderrPath,
    deadlineMs: site.buildDeadlineMs,
    signal: site.signal,
  });
  return { place, argv, order: 'declared', streamPath, stderrPath, ginkgoPath: undefined, ...ran };
}

export interface GoRunRequest {
  readonly attempt: number;
  readonly order: AttemptOrder;
  readonly seed: number;
  /** Full names of the cases to run alone; all run where it is absent. */
  readonly only?: readonly string[];
  /** Go tests that start a ginkgo suite: they have to run where one of its cases is to. */
  readonly suiteTests: readonly string[];
}

/**
 * Runs a package's tests from its binary, in its own folder, through Go's own converter: the events are those of
 * `go test -json`, and nothing is linked twice. Ginkgo gets a fixed seed for the declared order, since it would otherwise
 * shuffle its top-level containers differently in every run.
 */
export async function runGoPackage(site: GoSite, binary: GoBinary, request: GoRunRequest): Promise<GoRun> {
  const { place } = binary;
  const name = `${slug(place.folder)}-${request.attempt}`;
  const startsSuite = request.only === undefined || request.only.some((one) => isGinkgoCase(one, place.importPath));
  const ginkgoPath = binary.ginkgo && startsSuite ? join(site.folder, `${name}.ginkgo.json`) : undefined;
  const shuffled = request.order === 'shuffled';
  const token = `${site.token}.${name}`;
  const argv = [
    site.go.test2json,
    '-t',
    '-p',
    place.importPath,
    binary.path as string,
    site.go.marks ? '-test.v=test2json' : '-test.v=true',
    '-test.paniconexit0',
    `-test.timeout=${site.deadlineMs}ms`,
    ...(shuffled ? [`-test.shuffle=${request.seed}`] : []),
    ...(request.only === undefined ? [] : onlyTests(request.only, place.importPath, request.suiteTests)),
    ...(ginkgoPath === undefined
      ? []
      : [
          `-ginkgo.json-report=${ginkgoPath}`,
          `-ginkgo.seed=${shuffled ? request.seed : 1}`,
          ...(shuffled ? ['-ginkgo.randomize-all'] : []),
        ]),
  ];
  const streamPath = join(site.folder, `${name}.gotest.json`);
  const stderrPath = join(site.folder, `${name}.stderr`);
  const ran = await runProcess({
    argv,
    cwd: place.dir,
    env: { ...goEnvironment(site), PWD: place.dir, [TOKEN_VARIABLE]: token },
    stdoutPath: streamPath,
    stderrPath,
    deadlineMs: site.deadlineMs + GRACE_MS,
    signal: site.signal,
  });
  if (ran.end.cause === 'exited') endStream(streamPath, place.importPath, ran.end.code);
  return { place, argv, order: request.order, streamPath, stderrPath, ginkgoPath, ...ran };
}

/**
 * Says how the package ended where its binary died before it could, as `go test` does for the packages that it runs
 * itself: without that a panic would look like a stream that was cut.
 */
function endStream(streamPath: string, importPath: string, exitCode: number): void {
  const size = statSync(streamPath, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return;
  const tail = Buffer.alloc(Math.min(size, 4096));
  const file = openSync(streamPath, 'r+');
  try {
    readSync(file, tail, 0, tail.length, size - tail.length);
    const last = tail.toString('utf8').trimEnd().split('\n').at(-1) ?? '';
    // A last line without its end was really cut.
    if (tail.at(-1) !== 0x0a || (/"Action":"(?:pass|fail|skip)"/.test(last) && !last.includes('"Test":'))) return;
    const ended = { Action: exitCode === 0 ? 'pass' : 'fail', Package: importPath };
    writeSync(file, `${JSON.stringify(ended)}\n`, size);
  } finally {
    closeSync(file);
  }
}

function goEnvironment(site: GoSite): Record<string, string> {
  const home = join(site.folder, 'home');
  const tmp = join(site.folder, 'tmp');
  for (const folder of [home, tmp]) mkdirSync(folder, { recursive: true });
  return {
    ...site.go.env,
    HOME: home,
    TMPDIR: tmp,
    KUBECONFIG: '/dev/null',
    [TOKEN_VARIABLE]: site.token,
    ...site.env,
  };
}

/** The name of a package's files among those of the corner. */
function slug(folder: string): string {
  return folder.replace(/[^A-Za-z0-9.]+/g, '_').slice(-100);
}

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Names of functions stand whole in every Go binary, with its symbols or without: ginkgo's own initialisation among them. */
function linksGinkgo(path: string): boolean {
  const wanted = Buffer.from('github.com/onsi/ginkgo/v2.init');
  const buffer = Buffer.alloc(CHUNK_BYTES + wanted.length);
  const file = openSync(path, 'r');
  try {
    let kept = 0;
    for (;;) {
      const read = readSync(file, buffer, kept, CHUNK_BYTES, null);
      if (read === 0) return false;
      const filled = kept + read;
      if (buffer.subarray(0, filled).includes(wanted)) return true;
      kept = Math.min(wanted.length - 1, filled);
      buffer.copyWithin(0, filled - kept, filled);
    }
  } finally {
    closeSync(file);
  }
}
