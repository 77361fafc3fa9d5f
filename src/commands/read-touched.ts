import { missingOf } from '../domain/compile-unit.ts';
import { ok, type Result } from '../domain/failure.ts';
import type { Observation } from '../domain/observation.ts';
import type { CornerCommits } from '../git/boundary.ts';
import { changedPaths } from '../git/changed-paths.ts';
import type { Repository } from '../git/open-repository.ts';
import { type PathRoles, roleOf } from '../git/path-roles.ts';
import { listFolder, readBlobs, type TreeFile } from '../git/read-blobs.ts';
import { readTouchInput } from './read-change.ts';

/**
 * Which of the cases in touched files B..R touches, by syntax. Undefined where the files alone decide: where B..R changes no
 * test file that was there before, every case of it is new.
 */
export async function readTouched(
  repo: Repository,
  { base, red }: CornerCommits,
  roles: PathRoles,
): Promise<Result<((observation: Observation) => boolean) | undefined>> {
  const changes = await changedPaths(repo, base, red);
  if (!changes.ok) return changes;
  const paths = changes.value.map((change) => ({
    path: change.path,
    status: change.status,
    role: roleOf(roles, change.path),
    change,
  }));
  const { folderOf, languageOf } = await import('../syntax/language.ts');
  const wasThere = paths.some(
    ({ path, role, change }) =>
      role === 'tests' && languageOf(path) !== undefined && (change.oldBlob !== '' || change.renamedFrom !== undefined),
  );
  if (!wasThere) return ok(undefined);
  const change = { label: 'B..R', title: '', base, head: red, notes: [] };
  const from = { roleOf: (path: string) => roleOf(roles, path), from: 'scenario', kubevirt: false };
  const input = await readTouchInput(repo, change, paths, from);
  if (!input.ok) return input;
  const { buildTouchIndex } = await import('../syntax/touch-index.ts');
  const index = await buildTouchIndex(input.value);
  return ok((observation) => {
    const { file } = observation;
    if (file === undefined) return true;
    return index.touches('new', languageOf(file) === 'go' ? folderOf(file) : file, observation);
  });
}

/**
 * Finds, among cases that miss names, those whose tests should have declared the name themselves: then the test is at fault, and
 * nothing that the change could define. In Go a package's test files speak for each other, elsewhere each for itself.
 */
export function testFaultsAt(
  repo: Repository,
  red: CornerCommits['red'],
  roles: PathRoles,
): (observations: readonly Observation[]) => Promise<ReadonlyMap<string, string>> {
  let listed: Promise<readonly TreeFile[]> | undefined;
  return async (observations) => {
    const faults = new Map<string, string>();
    for (const { name, file, failure } of observations) {
      const missing = missingOf(failure);
      if (missing.length === 0) continue;
      const { folderOf, languageOf } = await import('../syntax/language.ts');
      const { matchFile } = await import('../syntax/match-file.ts');
      const { declaredInTests } = await import('../syntax/missing-names.ts');
      listed ??= listTests(repo, red, roles);
      const tests = (await listed).filter(({ path }) => languageOf(path) !== undefined);
      const paths = tests.map(({ path }) => path);
      const used = missing.flatMap((one) => one.file ?? []);
      const places = new Set([...used, ...(used.length === 0 && file !== undefined ? [file] : [])]);
      const found = [...places].flatMap((place) => matchFile(paths, place, folderOf(place)) ?? []);
      const beside = tests.filter(({ path }) =>
        languageOf(path) === 'go'
          ? found.some((one) => languageOf(one) === 'go' && folderOf(one) === folderOf(path))
          : found.includes(path),
      );
      const texts = await readBlobs(
        repo,
        beside.map(({ blob }) => blob),
      );
      if (!texts.ok) continue;
      const sources = beside.map(({ path, blob }) => ({ path, text: texts.value.get(blob) ?? '' }));
      const own = [...(await declaredInTests(missing, sources))].sort();
      if (own.length > 0) faults.set(name, `${own.join(', ')}: declared in the tests themselves, which use it wrongly`);
    }
    return faults;
  };
}

async function listTests(repo: Repository, red: CornerCommits['red'], roles: PathRoles): Promise<readonly TreeFile[]> {
  const files = await listFolder(repo, red, '.', true);
  return files.ok ? files.value.filter(({ path }) => roleOf(roles, path) === 'tests') : [];
}
