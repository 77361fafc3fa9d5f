import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptFacts } from '../../classify/attempt-problem.ts';
import { ok, type Result } from '../../domain/failure.ts';
import type { ProcessEnd } from '../../domain/process-end.ts';
import type { TargetPlan } from '../../plan/plan-corners.ts';
import { askGo, type GoTool } from '../../suite/go/go-tool.ts';
import { type GoPackagePlace, hasGoTests, locatePackages, modulesAround } from '../../suite/go/locate-packages.ts';
import { readGoRun } from '../../suite/go/read-go-run.ts';
import {
  buildGoTests,
  explainFailedBuild,
  type GoBinary,
  type GoRun,
  type GoSite,
  runGoPackage,
} from '../../suite/go/run-go-package.ts';
import { readHead } from '../../suite/read-chunks.ts';
import { type CornerSite, HEALTHY, type SiteAttempt, type SiteRequest } from './corner-site.ts';

/** What is found out of Go once and serves every corner. */
export interface GoMemory {
  go?: GoTool;
  /** Where packages were found, as long as the module files are these. */
  located?: { readonly key: string; readonly places: Map<string, GoPackagePlace> };
}

/** Building may compile a whole project from nothing; it is cold once. */
const BUILD_DEADLINE_MS = 3_600_000;

/**
 * Opens a corner for Go: finds the packages and builds their test binaries. What cannot be found or built is no failure of
 * this function: its target's first run says so.
 */
export async function openGoSite(request: SiteRequest, known: GoMemory): Promise<Result<CornerSite>> {
  const { worktree, folder, targets, signal } = request;
  for (const name of ['home', 'tmp']) mkdirSync(join(folder, name), { recursive: true });
  if (known.go === undefined) {
    const asked = await askGo(
      request.caller,
      existsSync(join(worktree, 'go.mod')) ? worktree : join(worktree, firstFolder(targets)),
      signal,
    );
    if (!asked.ok) return asked;
    known.go = asked.value;
  }
  const site: GoSite = {
    go: known.go,
    worktree,
    folder,
    env: { REDFIRST_CORNER: request.corner },
    token: request.token,
    deadlineMs: request.timeoutMs,
    buildDeadlineMs: BUILD_DEADLINE_MS,
    signal,
  };
  const present = targets.map(({ target }) => target).filter((target) => hasGoTests(worktree, target));
  const located = await locate(site, present, known);
  const build = await buildGoTests(site, located.places);
  const binaries = new Map(build.binaries.map((binary) => [binary.place.folder, binary]));
  const suiteTests = new Map<string, readonly string[]>();
  const commands: (readonly string[])[] = [...build.argv];

  const run = async (plan: TargetPlan, attempt: SiteAttempt): Promise<AttemptFacts> => {
    const { target } = plan;
    if (!present.includes(target)) return nothingThere(attempt);
    const binary = binaries.get(target);
    if (binary === undefined) {
      const why = located.unknown.get(target) ?? 'it was not built';
      return build.end.cause === 'exited' ? notFound(attempt, why) : unbuilt(attempt, build.end);
    }
    const ran =
      binary.path === undefined
        ? await explainFailedBuild(site, binary.place, attempt.attempt)
        : await runGoPackage({ ...site, env: { ...site.env, ...plan.spec?.env } }, binary, {
            ...attempt,
            suiteTests: suiteTests.get(target) ?? [],
          });
    commands.push(ran.argv);
    const read = await readRun(site, binary, ran, attempt);
    if (attempt.only === undefined) suiteTests.set(target, read.hosts);
    // Go could build it after all, or never tried: then nobody ran anything, which is not the same as no tests.
    if (binary.path === undefined && builtAfterAll(ran)) return notFound(attempt, await saidByBuild(site));
    return read.facts;
  };
  return ok({ commands, buildMs: build.durationMs, run });
}

/** Import paths stay as they are from corner to corner, as long as the module files do. */
async function locate(site: GoSite, folders: readonly string[], known: GoMemory): ReturnType<typeof locatePackages> {
  const modules = folders
    .flatMap((folder) => modulesAround(site.worktree, folder))
    .flatMap((root) => ['go.mod', 'go.work'].map((name) => join(site.worktree, root, name)));
  const key = [...new Set(modules)]
    .map((path) => (existsSync(path) ? `${path}\n${readFileSync(path, 'utf8')}` : path))
    .join('\n');
  if (known.located?.key !== key) known.located = { key, places: new Map() };
  const { places } = known.located;
  const asked = folders.filter((folder) => !places.has(folder));
  if (asked.length === 0) return { places: folders.flatMap((folder) => places.get(folder) ?? []), unknown: new Map() };
  const found = await locatePackages(site.go, site.worktree, asked, join(site.folder, 'home'), site.signal);
  for (const place of found.places) places.set(place.folder, place);
  return { places: folders.flatMap((folder) => places.get(folder) ?? []), unknown: found.unknown };
}

async function readRun(
  site: GoSite,
  { place }: GoBinary,
  ran: GoRun,
  attempt: SiteAttempt,
): Promise<{ readonly facts: AttemptFacts; readonly hosts: readonly string[] }> {
  const report = await readGoRun({
    gotest: ran.streamPath,
    stderr: ran.stderrPath,
    ...(ran.ginkgoPath === undefined ? {} : { ginkgo: ran.ginkgoPath }),
    expectGinkgo: ran.ginkgoPath !== undefined,
    worktree: site.worktree,
    folder: place.folder === '.' ? '' : place.folder,
    suite: 'unit',
    attempt: attempt.attempt,
    end: ran.end,
    startedAtMs: ran.startedAtMs,
  });
  const { status, observations, expectedExit, suiteFailures } = report;
  // What was not to run alone is not part of that attempt.
  const wanted = attempt.only === undefined ? undefined : new Set(attempt.only);
  const facts = {
    ...shared(attempt),
    end: ran.end,
    report: status,
    expectedExit,
    suiteFailures,
    observations: wanted === undefined ? observations : observations.filter(({ name }) => wanted.has(name)),
  };
  return { facts, hosts: report.packages.flatMap(({ hosts }) => hosts) };
}

function builtAfterAll({ end, streamPath }: GoRun): boolean {
  const built = end.cause === 'exited' && end.code === 0;
  return built && !readFileSync(streamPath, 'utf8').includes('[no test files]');
}

/** What the build of all packages said, where Go explains a single one no further. */
async function saidByBuild({ folder }: GoSite): Promise<string> {
  const said = (await readHead(join(folder, 'build-0.err'), 2000)).trim().split('\n').slice(0, 3).join(' ');
  return `its test binary was not built${said === '' ? '' : `: ${said}`}`;
}

function shared(attempt: SiteAttempt): Pick<AttemptFacts, 'attempt' | 'order' | 'only' | 'health' | 'dirtied'> {
  const { only } = attempt;
  const about = { attempt: attempt.attempt, order: attempt.order, health: HEALTHY, dirtied: [] };
  return only === undefined ? about : { ...about, only };
}

/** The package holds no test file at this corner: there is nothing to run, and that is an answer. */
export function nothingThere(attempt: SiteAttempt): AttemptFacts {
  return {
    ...shared(attempt),
    end: { cause: 'exited', code: 0 },
    report: { status: 'complete' },
    expectedExit: 'any',
    suiteFailures: [],
    observations: [],
  };
}

function notFound(attempt: SiteAttempt, why: string): AttemptFacts {
  const what = `Go does not find the package: ${why}`;
  return {
    ...nothingThere(attempt),
    end: { cause: 'exited', code: 1 },
    expectedExit: 'nonzero',
    suiteFailures: [{ what, where: 'load' }],
  };
}

/** The build itself was stopped: nobody knows what it would have said. */
function unbuilt(attempt: SiteAttempt, end: ProcessEnd): AttemptFacts {
  return { ...nothingThere(attempt), end };
}

function firstFolder(targets: readonly TargetPlan[]): string {
  return targets[0]?.target ?? '.';
}
