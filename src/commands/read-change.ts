import { dirname } from 'node:path/posix';
import { ok, type Result } from '../domain/failure.ts';
import { changeHunks } from '../git/change-hunks.ts';
import { type ChangedPath, changedPaths } from '../git/changed-paths.ts';
import type { Repository } from '../git/open-repository.ts';
import { listFolder, readBlobs } from '../git/read-blobs.ts';
import type { Change } from '../git/resolve-change.ts';
import type { RoledPath } from '../plan/plan-corners.ts';
import type { ChangedTestFile, TouchInput } from '../syntax/touch-index.ts';
import type { ChangeRoles } from './change-roles.ts';

export interface RoledChange extends RoledPath {
  readonly change: ChangedPath;
}

/** What a change does to the tree, path by path, with roles. */
export async function readChangedPaths(
  repo: Repository,
  { base, head }: Change,
  roles: ChangeRoles,
): Promise<Result<readonly RoledChange[]>> {
  const changes = await changedPaths(repo, base, head);
  if (!changes.ok) return changes;
  return ok(
    changes.value.map((change) => ({
      path: change.path,
      status: change.status,
      role: roles.roleOf(change.path),
      change,
    })),
  );
}

/** Texts that say which cases a change touches: its test files on both sides, and the test files that lie beside them at H. */
export async function readTouchInput(
  repo: Repository,
  { base, head }: Change,
  paths: readonly RoledChange[],
  roles: ChangeRoles,
): Promise<Result<TouchInput>> {
  const tests = paths.filter(({ role, path }) => role === 'tests' && isSource(path));
  const wanted = new Set(tests.map(({ path }) => path));
  const hunks = await changeHunks(repo, base, head, (path) => wanted.has(path));
  if (!hunks.ok) return hunks;
  const beside: { path: string; blob: string }[] = [];
  const folders = new Set(tests.map(({ path }) => dirname(path)));
  for (const folder of pythonParents(tests.map(({ path }) => path))) folders.add(folder);
  for (const folder of folders) {
    const files = await listFolder(repo, head, folder);
    if (!files.ok) return files;
    beside.push(
      ...files.value.filter(({ path }) => isSource(path) && !wanted.has(path) && roles.roleOf(path) === 'tests'),
    );
  }
  const changed = tests.map(({ change }) => change);
  const texts = await readBlobs(repo, [
    ...changed.flatMap(({ oldBlob, newBlob }) => [oldBlob, newBlob]),
    ...beside.map(({ blob }) => blob),
  ]);
  if (!texts.ok) return texts;
  const oldOf = new Map(changed.map((one) => [one.path, one.oldBlob]));
  const files = changed.flatMap((one): ChangedTestFile[] => {
    // The other end of a rename speaks for both.
    if (one.renamedTo !== undefined && wanted.has(one.renamedTo)) return [];
    const oldText = texts.value.get(one.oldBlob || (oldOf.get(one.renamedFrom ?? '') ?? ''));
    const newText = texts.value.get(one.newBlob);
    const touched = hunks.value.get(one.path);
    return [
      {
        path: one.path,
        ...(one.renamedFrom === undefined ? {} : { oldPath: one.renamedFrom }),
        ...(oldText === undefined ? {} : { oldText }),
        ...(newText === undefined ? {} : { newText }),
        ...(touched === undefined ? {} : { touched }),
      },
    ];
  });
  const others = beside.flatMap(({ path, blob }) => {
    const text = texts.value.get(blob);
    return text === undefined ? [] : [{ path, text }];
  });
  return ok({ files, others });
}

function isSource(path: string): boolean {
  return /\.(?:go|[mc]?[jt]sx?|py)$/.test(path);
}

/** Folders above a Python test: their conftest.py gives it fixtures. */
function pythonParents(paths: readonly string[]): Set<string> {
  const folders = new Set<string>();
  for (const path of paths.filter((one) => one.endsWith('.py'))) {
    for (let at = dirname(path); !folders.has(at); at = dirname(at)) folders.add(at);
  }
  return folders;
}
