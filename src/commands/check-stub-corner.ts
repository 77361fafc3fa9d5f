import type { CommitId } from '../domain/brand.ts';
import { EXIT, type Failure, type Finding, ok, type Result } from '../domain/failure.ts';
import type { PathRole } from '../domain/vocabulary.ts';
import { type ChangedPath, changedPaths } from '../git/changed-paths.ts';
import type { Repository } from '../git/open-repository.ts';
import { roleOf } from '../git/path-roles.ts';
import { readBlobs } from '../git/read-blobs.ts';
import type { PreparedCorner } from './prepare-corner.ts';

type RoleOfPath = (path: string) => PathRole | 'unclassified';

/**
 * Why a corner S must not run: its stub touches tests, or does more than declare.
 * @returns undefined for every other corner, and for a stub that only declares.
 */
export async function checkStubCorner(
  repo: Repository,
  { corner, commits, files }: PreparedCorner,
): Promise<Failure | undefined> {
  if (corner.corner !== 'S') return undefined;
  const found = await findStubProblems(repo, (path) => roleOf(files.roles, path), commits.red, corner.commit);
  if (!found.ok) return found.failure;
  const [first] = found.value;
  if (first === undefined) return undefined;
  return {
    reason: 'boundary-violated',
    what: `the stub does more than declare: ${describeProblem(first)}`,
    next: 'A stub only adds what the tests miss: types, fields, constants, signatures, bodies that return nothing or zero values. Behaviour comes after S; `redfirst stub FEATURE` proposes one for Go.',
    exit: EXIT.doesNotHold,
    ...(first.where === undefined ? {} : { where: first.where }),
    details: found.value,
  };
}

/** `calc/calc.go:7: Double does something: n * 2`. */
export function describeProblem({ what, where }: Finding): string {
  if (where === undefined) return what;
  return `${where.file}${where.line === undefined ? '' : `:${where.line}`}: ${what}`;
}

/** What of R..S is no declaration, with file and line; empty for a stub. Documents do not count. */
export async function findStubProblems(
  repo: Repository,
  roleOfPath: RoleOfPath,
  red: CommitId,
  stub: CommitId,
): Promise<Result<readonly Finding[]>> {
  const changes = await changedPaths(repo, red, stub);
  if (!changes.ok) return changes;
  const counted = changes.value.filter(({ path }) => roleOfPath(path) !== 'neutral');
  const problems = counted.flatMap((change) => problemOfPath(roleOfPath, change));
  const judged = counted.filter((change) => problemOfPath(roleOfPath, change).length === 0);
  if (judged.length === 0) return ok(problems);
  const texts = await readBlobs(
    repo,
    judged.flatMap(({ oldBlob, newBlob }) => [oldBlob, newBlob]),
  );
  if (!texts.ok) return texts;
  const { checkStub } = await import('../syntax/stub-check.ts');
  const found = await checkStub(
    judged.map(({ path, oldBlob, newBlob }) => {
      const oldText = texts.value.get(oldBlob);
      const newText = texts.value.get(newBlob) ?? '';
      const claimed = roleOfPath(path) === 'generated' ? newText : withoutMark(newText);
      return { path, ...(oldText === undefined ? {} : { oldText }), newText: claimed };
    }),
  );
  return ok([...problems, ...found]);
}

/** Anybody can write that a file is generated; what the scenario does not call so is read like any other. */
function withoutMark(text: string): string {
  return text.replaceAll('DO NOT EDIT', 'do not edit');
}

/** What is wrong with the path itself, whatever it holds. */
function problemOfPath(roleOfPath: RoleOfPath, { path, status, newMode, oldMode }: ChangedPath): Finding[] {
  const role = roleOfPath(path);
  const problem = (what: string): Finding[] => [{ severity: 'error', what, where: { file: path } }];
  if (role === 'tests') return problem('it has the role tests, and a stub leaves the tests of R as they are');
  if (role === 'unclassified') return problem('it has no role; name it under `paths`');
  if (status === 'deleted') return problem('it is deleted, and a stub only adds');
  if (!newMode.startsWith('100') || (status !== 'added' && newMode !== oldMode))
    return problem('its mode changes, or it is no regular file');
  return [];
}
