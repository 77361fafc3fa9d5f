import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Observation, ObservedFailure } from '../../domain/observation.ts';
import { describeEnd, type ProcessEnd } from '../../domain/process-end.ts';
import { runProcess } from '../../process/run-process.ts';
import { type GinkgoSuite, readGinkgoReport } from '../ginkgo/parse-report.ts';
import { readSuite } from '../ginkgo/read-suite.ts';
import { readLines } from '../read-chunks.ts';
import { GINKGO_FOLDER, GINKGO_SYMBOL } from './ginkgo-exec.ts';
import { readModulePath } from './module-path.ts';
import { readGoStream } from './read-go-stream.ts';
import { parseEvent } from './scan-stream.ts';
import { findTestFunctions } from './test-sources.ts';

export interface ListGoRequest {
  /** Absolute. */
  readonly worktree: string;
  /** Folders or patterns, as `go test` takes them. */
  readonly packages: readonly string[];
  /** The whole environment of the go command. */
  readonly env: Readonly<Record<string, string>>;
  /** argv prefix that go is started through. */
  readonly wrapper?: readonly string[];
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** A case as it would run; nothing of it ran. */
export type ListedCase = Pick<Observation, 'name' | 'file' | 'place' | 'containers' | 'labels' | 'unit'>;

export interface ListedPackage {
  readonly importPath: string;
  /** Relative to the repository; undefined where it is not known. */
  readonly folder: string | undefined;
  /** Whether the test binary has ginkgo's flags. */
  readonly ginkgo: boolean;
  /** Go tests that run a ginkgo suite; they are no cases themselves. */
  readonly hosts: readonly string[];
  readonly cases: readonly ListedCase[];
  /** Why its cases are not known, or not all: it does not build, it does not start, its suite was not found. */
  readonly problem?: { readonly what: string; readonly failure?: ObservedFailure };
}

export interface GoListing {
  readonly end: ProcessEnd;
  readonly packages: readonly ListedPackage[];
  /** Why nothing or not everything could be listed: go refused, or was ended. */
  readonly problem?: string;
}

/**
 * Runs for each test binary: names its tests, and where it has ginkgo's flags lets the tests that run a suite do so dry. Which
 * tests those are is read from the sources, because any other test would really run: a test function that calls RunSpecs, or
 * hands its t to a helper that is called after suites or specs.
 */
const LIST_SCRIPT = `
"$@" || exit $?
grep -qF ${GINKGO_SYMBOL} "$1" || exit 0
hosts=$(awk '
  /^func Test[A-Za-z0-9_]*\\(/ { name = $2; sub(/\\(.*/, "", name) }
  name != "" && (/RunSpecs[A-Za-z]*\\(/ || /(Suite|Specs|Ginkgo)[A-Za-z]*\\([ \\t]*t[ \\t]*[,)]/) { print name; name = "" }
  /^}/ { name = "" }
' *_test.go 2>/dev/null | sort -u)
report="$${GINKGO_FOLDER}/$(pwd | cksum | tr " " -).json"
echo "redfirst-ginkgo: $report"
for host in $hosts; do echo "redfirst-host: $host"; done
[ -n "$hosts" ] || exit 0
"$1" -test.run="^($(echo $hosts | tr " " "|"))$" -test.timeout=5m -ginkgo.dry-run -ginkgo.seed=1 \\
  "-ginkgo.json-report=$report" >"$report.log" 2>&1 || echo "redfirst-dry-run: $?"
exit 0
`;

/**
 * Lists the cases of Go packages without running them: `go test -list`, and a dry run of each ginkgo suite. The packages are
 * compiled, and what a test does before it calls RunSpecs really happens. Never throws for what the packages do.
 */
export async function listGoCases(request: ListGoRequest): Promise<GoListing> {
  const folder = await mkdtemp(join(tmpdir(), 'redfirst-list-'));
  try {
    return await listInto(folder, request);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function listInto(folder: string, request: ListGoRequest): Promise<GoListing> {
  const { worktree, packages, wrapper = [], env, deadlineMs, signal } = request;
  const place = (name: string): string => join(folder, name);
  await writeFile(place('list.sh'), LIST_SCRIPT);
  const { end } = await runProcess({
    argv: [
      ...wrapper,
      'go',
      'test',
      '-json',
      '-vet=off',
      '-gcflags=-e',
      '-count=1',
      '-list=.',
      `-exec=sh "${place('list.sh')}"`,
      ...packages,
    ],
    cwd: worktree,
    env: { ...env, [GINKGO_FOLDER]: folder },
    deadlineMs,
    ...(signal === undefined ? {} : { signal }),
    stdoutPath: place('stdout'),
    stderrPath: place('stderr'),
  });
  const { report, packages: facts } = await readGoStream({
    gotest: place('stdout'),
    stderr: place('stderr'),
    worktree,
    modulePath: await readModulePath(worktree),
    suite: 'unit',
    attempt: 1,
    end,
    startedAtMs: 0,
    selected: packages,
  });
  const suites = await readSuites(folder);
  const printed = await readListing(place('stdout'));
  const listed = await Promise.all(
    facts.map(async ({ found, places, reading }): Promise<ListedPackage> => {
      const lines = printed.get(found.name) ?? [];
      const hosts = valuesOf(lines, 'redfirst-host');
      const [reportPath] = valuesOf(lines, 'redfirst-ginkgo');
      const own = suites.filter(({ path }) => path === reportPath).map(({ suite }) => suite);
      const known = { importPath: found.name, folder: places.packageFolder, ginkgo: reportPath !== undefined, hosts };
      const build = reading.cases.find(({ where }) => where === 'load')?.failure;
      if (build !== undefined) return { ...known, cases: [], problem: { what: 'does not build', failure: build } };
      const failed = reading.suiteFailures[0];
      if (failed !== undefined) return { ...known, cases: [], problem: { what: failed.what } };
      const functions =
        places.packageFolder === undefined ? new Map() : await findTestFunctions(worktree, places.packageFolder);
      const tests = lines.filter((line) => /^(?:Test|Example|Fuzz)\S*$/.test(line) && !hosts.includes(line));
      const plain = tests.map((test): ListedCase => {
        const at = functions.get(test);
        return { name: `${found.name}.${test}`, ...(at === undefined ? {} : { file: at.file, place: at }) };
      });
      const specs = await Promise.all(own.map((suite) => readSuite(suite, found.name, places)));
      const cases = [...specs.flatMap((one) => one.cases.map(listedCase)), ...plain];
      const what = problemOf(lines, known.ginkgo, own.length);
      return { ...known, cases, ...(what === undefined ? {} : { problem: { what } }) };
    }),
  );
  const problem =
    report.status.status === 'complete'
      ? undefined
      : end.cause === 'exited'
        ? report.status.detail
        : `go test -list ended early: ${describeEnd(end)}`;
  const sorted = listed.sort((a, b) => (a.importPath < b.importPath ? -1 : a.importPath > b.importPath ? 1 : 0));
  return { end, packages: sorted, ...(problem === undefined ? {} : { problem }) };
}

function problemOf(lines: readonly string[], ginkgo: boolean, suites: number): string | undefined {
  const [code] = valuesOf(lines, 'redfirst-dry-run');
  if (suites > 0 || !ginkgo) return undefined;
  if (code !== undefined) return `its ginkgo suite does not start: exit code ${code}`;
  return 'it uses ginkgo, and no test of it is seen to call RunSpecs: cases of a suite are not listed';
}

const listedCase = ({ name, file, place, containers, labels, unit }: ListedCase): ListedCase => ({
  name,
  ...(file === undefined ? {} : { file }),
  ...(place === undefined ? {} : { place }),
  ...(containers === undefined ? {} : { containers }),
  ...(labels === undefined ? {} : { labels }),
  ...(unit === undefined ? {} : { unit }),
});

const valuesOf = (lines: readonly string[], word: string): string[] =>
  lines.filter((line) => line.startsWith(`${word}: `)).map((line) => line.slice(word.length + 2));

interface ReadSuite {
  readonly path: string;
  readonly suite: GinkgoSuite;
}

async function readSuites(folder: string): Promise<ReadSuite[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const read = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const parsed = await readGinkgoReport(path);
      return parsed.ok ? parsed.suites.map((suite) => ({ path, suite })) : [];
    }),
  );
  return read.flat();
}

/** What each package printed outside any test, line by line. */
async function readListing(path: string): Promise<Map<string, string[]>> {
  const printed = new Map<string, string[]>();
  for await (const { lines } of readLines(path)) {
    for (const line of lines) {
      const event = line.startsWith('{') ? parseEvent(line) : undefined;
      if (event?.Package === undefined || event.Action !== 'output' || event.Test !== undefined) continue;
      const known = printed.get(event.Package);
      const text = (event.Output ?? '').trimEnd();
      if (known === undefined) printed.set(event.Package, [text]);
      else known.push(text);
    }
  }
  return printed;
}
