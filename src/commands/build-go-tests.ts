import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommitId } from '../domain/brand.ts';
import { ok, type Result } from '../domain/failure.ts';
import type { Observation } from '../domain/observation.ts';
import type { SetupStep } from '../domain/scenario.ts';
import type { Repository } from '../git/open-repository.ts';
import { prepareWorktree, setupOutputs } from '../git/prepare-worktree.ts';
import { gitEnvironment } from '../git/run-git.ts';
import { acquireWorktree, defaultCacheDirs } from '../git/worktree-pool.ts';
import { askGo, type GoTool } from '../suite/go/go-tool.ts';
import { locatePackages } from '../suite/go/locate-packages.ts';
import { readGoRun } from '../suite/go/read-go-run.ts';
import { buildGoTests, explainFailedBuild, type GoSite } from '../suite/go/run-go-package.ts';

export interface GoBuildRequest {
  readonly repo: Repository;
  readonly commit: CommitId;
  /** Folders of packages, relative to the repository. */
  readonly folders: readonly string[];
  readonly setup: readonly SetupStep[];
  /** Marks the processes, so that what is left behind can be found. */
  readonly token: string;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
}

/** What did not build: one observation a package, none where everything builds. */
export interface GoBuildAnswer {
  readonly unbuilt: readonly Observation[];
  /** Packages that Go does not know, and why. */
  readonly unknown: readonly string[];
}

const BUILD_DEADLINE_MS = 3_600_000;

/** Builds the tests of some packages at a commit, in a pooled worktree, and runs none of them. */
export async function buildTestsAt(request: GoBuildRequest, known: { go?: GoTool }): Promise<Result<GoBuildAnswer>> {
  const { repo, commit, setup, token, signal, progress } = request;
  const { poolDir, setupDir } = defaultCacheDirs(process.env);
  progress(`building the tests at ${commit.slice(0, 10)}`);
  const worktree = await acquireWorktree(repo, { poolDir, commit, keepPaths: setupOutputs(setup) });
  if (!worktree.ok) return worktree;
  const { path, release } = worktree.value;
  const folder = mkdtempSync(join(tmpdir(), 'redfirst-stub-'));
  try {
    const env = { ...gitEnvironment(), REDFIRST_TOKEN: token };
    const ready = await prepareWorktree(repo, { path, commit }, setup, { cacheDir: setupDir, env, signal, progress });
    if (!ready.ok) return ready;
    const asked = known.go === undefined ? await askGo(process.env, path, signal) : ok(known.go);
    if (!asked.ok) return asked;
    known.go = asked.value;
    const site: GoSite = {
      go: asked.value,
      worktree: path,
      folder,
      env: {},
      token,
      deadlineMs: BUILD_DEADLINE_MS,
      buildDeadlineMs: BUILD_DEADLINE_MS,
      signal,
    };
    return ok(await buildAll(site, request.folders));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await release();
  }
}

async function buildAll(site: GoSite, folders: readonly string[]): Promise<GoBuildAnswer> {
  for (const name of ['home', 'tmp']) mkdirSync(join(site.folder, name), { recursive: true });
  const located = await locatePackages(site.go, site.worktree, folders, join(site.folder, 'home'), site.signal);
  const build = await buildGoTests(site, located.places);
  const unbuilt: Observation[] = [];
  const unknown = [...located.unknown].map(([folder, why]) => `${folder}: ${why}`);
  for (const { path, place } of build.binaries) {
    if (path !== undefined) continue;
    const ran = await explainFailedBuild(site, place, 1);
    const { observations } = await readGoRun({
      gotest: ran.streamPath,
      stderr: ran.stderrPath,
      worktree: site.worktree,
      folder: place.folder === '.' ? '' : place.folder,
      suite: 'unit',
      attempt: 1,
      end: ran.end,
      startedAtMs: ran.startedAtMs,
    });
    const failed = observations.filter(({ where }) => where === 'load');
    unbuilt.push(...failed);
    if (failed.length === 0) unknown.push(`${place.folder}: it does not build, and Go does not say why`);
  }
  return { unbuilt, unknown };
}
