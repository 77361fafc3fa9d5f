import { dirname } from 'node:path/posix';
import type { CommitId } from '../domain/brand.ts';
import { EXIT, fail, ok, type Result } from '../domain/failure.ts';
import type { MissingName } from '../domain/observation.ts';
import { foldRuns } from '../domain/run-record.ts';
import type { SetupStep } from '../domain/scenario.ts';
import type { PathRole } from '../domain/vocabulary.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { composeCorner } from '../git/change-corners.ts';
import { changedPaths } from '../git/changed-paths.ts';
import { openRepository, type Repository } from '../git/open-repository.ts';
import { roleOf } from '../git/path-roles.ts';
import { listFolder, readBlobs } from '../git/read-blobs.ts';
import { resolveChange } from '../git/resolve-change.ts';
import { readFileInWorkTree } from '../git/tree-files.ts';
import { findChangeRoles } from './change-roles.ts';
import type { CommandInput } from './command.ts';
import { distinctMissing } from './gather-names.ts';
import { loadFeature } from './load-at.ts';
import { openForReading } from './open-evidence.ts';
import { openProject, type Project } from './open-project.ts';
import { prepareCorner } from './prepare-corner.ts';
import { variablesOf } from './profile-variables.ts';
import { readChangedPaths } from './read-change.ts';

/** What a stub is proposed for. */
export interface StubTask {
  readonly repo: Repository;
  readonly red: CommitId;
  readonly head: CommitId;
  /** Folders of the Go packages whose tests the change touches. */
  readonly folders: readonly string[];
  readonly setup: readonly SetupStep[];
  /** What the newest recorded red run of these tests misses; none where nothing is recorded. */
  readonly recorded: readonly MissingName[];
  readonly roleOf: (path: string) => PathRole | 'unclassified';
}

/**
 * A feature's R and H where the operand names a scenario; else the change that it names, whose R is B with its tests.
 * @returns `not-found` where the change touches no Go test.
 */
export async function findStubTask(input: CommandInput): Promise<Result<StubTask>> {
  const [named] = input.operands;
  const task =
    named !== undefined && (await isFeature(input, named)) ? await ofFeature(input, named) : await ofChange(input);
  if (!task.ok || task.value.folders.length > 0) return task;
  return fail({
    reason: 'not-found',
    what: 'the change touches no test file of Go',
    next: 'Stubs are proposed for Go alone; write one by hand and give it to `red --stub` or `pr --stub`.',
    exit: EXIT.unproven,
  });
}

async function isFeature(input: CommandInput, named: string): Promise<boolean> {
  if (!/^[a-z][a-z0-9-]*$/.test(named)) return false;
  const opened = await openProject(input.cwd);
  return (
    opened.ok && (await loadFeature(readFileInWorkTree(opened.value.repo), named, variablesOf(opened.value.repo))).ok
  );
}

async function ofFeature(input: CommandInput, feature: string): Promise<Result<StubTask>> {
  const project = await openProject(input.cwd);
  if (!project.ok) return project;
  const store = openForReading(input);
  try {
    return await readFeature(project.value, store.ok ? store.value : undefined, input, feature);
  } finally {
    if (store.ok) store.value.close();
  }
}

async function readFeature(
  project: Project,
  store: EvidenceStore | undefined,
  input: CommandInput,
  feature: string,
): Promise<Result<StubTask>> {
  const runs = store === undefined ? [] : foldRuns(store.events());
  const prepared = await prepareCorner(project, feature, 'green', input, runs, 'judge');
  if (!prepared.ok) return prepared;
  const { commits, files, testDigest } = prepared.value;
  const { repo } = project;
  const run = runs
    .filter(({ started }) => started.feature === feature && started.testDigest === testDigest)
    .filter(({ started }) => started.phase === 'red' && started.corner.corner === 'R')
    .at(-1);
  const changes = await changedPaths(repo, commits.base, commits.red);
  if (!changes.ok) return changes;
  const role = (path: string) => roleOf(files.roles, path);
  const tests = changes.value.filter(({ path, status }) => status !== 'deleted' && role(path) === 'tests');
  return ok({
    repo,
    red: commits.red,
    head: commits.head ?? commits.red,
    folders: goFolders(tests.map(({ path }) => path)),
    setup: files.scenario.setup,
    recorded: run === undefined || store === undefined ? [] : distinctMissing([...store.observations(run.run)]),
    roleOf: role,
  });
}

async function ofChange(input: CommandInput): Promise<Result<StubTask>> {
  const opened = await openRepository(input.cwd);
  if (!opened.ok) return opened;
  const repo = opened.value;
  const configured = await findChangeRoles(readFileInWorkTree(repo), []);
  if (!configured.ok) return configured;
  const change = await resolveChange(repo, input.operands[0], configured.value.base);
  if (!change.ok) return change;
  const { base, head } = change.value;
  const listed = await listFolder(repo, head, '.', true);
  if (!listed.ok) return listed;
  const files = listed.value.map(({ path }) => path);
  const roles = await findChangeRoles(readFileInWorkTree(repo), files);
  if (!roles.ok) return roles;
  const paths = await readChangedPaths(repo, change.value, roles.value);
  if (!paths.ok) return paths;
  const tests = paths.value.filter(({ role }) => role === 'tests');
  const red = await composeCorner(
    repo,
    'R',
    { onto: base, pathsFrom: head },
    tests.map((one) => one.change),
  );
  if (!red.ok) return red;
  const present = tests.filter(({ status }) => status !== 'deleted').map(({ path }) => path);
  // As in `pr`, what no rule names is taken for implementation.
  const role = (path: string): PathRole => {
    const found = roles.value.roleOf(path);
    return found === 'unclassified' ? 'implementation' : found;
  };
  return ok({ repo, red: red.value.commit, head, folders: goFolders(present), setup: [], recorded: [], roleOf: role });
}

function goFolders(paths: readonly string[]): string[] {
  return [...new Set(paths.filter((path) => path.endsWith('_test.go')).map((path) => dirname(path)))].sort();
}

interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** Go files that R..H adds or changes, at H, and the same paths at R. */
export async function readHeadSources(
  repo: Repository,
  red: CommitId,
  head: CommitId,
): Promise<Result<{ readonly head: readonly SourceText[]; readonly base: readonly SourceText[] }>> {
  const changes = await changedPaths(repo, red, head);
  if (!changes.ok) return changes;
  const go = changes.value.filter(({ path, newBlob }) => path.endsWith('.go') && newBlob !== '');
  const texts = await readBlobs(
    repo,
    go.flatMap(({ oldBlob, newBlob }) => [oldBlob, newBlob]),
  );
  if (!texts.ok) return texts;
  const side = (blobOf: (change: (typeof go)[number]) => string): SourceText[] =>
    go.flatMap((change) => {
      const text = texts.value.get(blobOf(change));
      return text === undefined ? [] : [{ path: change.path, text }];
    });
  return ok({ head: side(({ newBlob }) => newBlob), base: side(({ oldBlob }) => oldBlob) });
}
