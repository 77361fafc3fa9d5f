import type { CommitId, TreeId } from '../domain/brand.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { Repository } from './open-repository.ts';
import { decodePath, escapePath, nulFields, runGit } from './run-git.ts';

/** Mode of what is not there. */
export const ABSENT_MODE = '000000';

/** One path that differs between two trees. A rename is two of them: its old end deleted, its new end added. */
export interface ChangedPath {
  readonly path: string;
  readonly status: 'added' | 'deleted' | 'modified' | 'mode-changed' | 'type-changed';
  /** Six octal digits, `000000` where the path does not exist. */
  readonly oldMode: string;
  readonly newMode: string;
  /** Full object names; empty where the path does not exist. */
  readonly oldBlob: string;
  readonly newBlob: string;
  /** On the added end of a rename. */
  readonly renamedFrom?: string;
  /** On the deleted end of a rename. */
  readonly renamedTo?: string;
}

/**
 * What differs from one tree to another, sorted by path, both ends of every rename included. Renames are recognised from 50 %
 * similarity, among at most 1000 candidates; beyond that the two ends are listed all the same, only unconnected.
 *
 * @returns `path-unclassified` when a changed path is not UTF-8: records, reports and globs are text, and a name that is
 *   spelled differently from its bytes could stand for another file. Unchanged paths of that kind do no harm.
 */
export async function changedPaths(
  repo: Repository,
  from: CommitId | TreeId,
  to: CommitId | TreeId,
): Promise<Result<readonly ChangedPath[]>> {
  const args = [
    'diff-tree',
    '-r',
    '-z',
    '--raw',
    '--no-abbrev',
    '-M50%',
    '-l1000',
    '--ignore-submodules=none',
    from,
    to,
  ];
  const output = await runGit(repo.topLevel, args);
  if (!output.ok) return output;
  const fields = nulFields(output.value.stdout);
  const changes: ChangedPath[] = [];
  const unreadable: string[] = [];
  const nextPath = (index: number): string => {
    const bytes = fields[index] ?? Buffer.alloc(0);
    const path = decodePath(bytes);
    if (path === undefined) unreadable.push(escapePath(bytes));
    return path ?? '';
  };
  for (let index = 0; index < fields.length; ) {
    const [oldMode = '', newMode = '', oldId = '', newId = '', letter = ''] = (
      fields[index++]?.toString('latin1') ?? ''
    )
      .replace(/^:/, '')
      .split(' ');
    const before = { oldMode, oldBlob: isNull(oldId) ? '' : oldId };
    const after = { newMode, newBlob: isNull(newId) ? '' : newId };
    const path = nextPath(index++);
    if (letter.startsWith('R')) {
      const target = nextPath(index++);
      changes.push({ path, status: 'deleted', ...before, newMode: ABSENT_MODE, newBlob: '', renamedTo: target });
      changes.push({ path: target, status: 'added', oldMode: ABSENT_MODE, oldBlob: '', ...after, renamedFrom: path });
    } else {
      changes.push({ path, status: statusOf(letter, oldId === newId), ...before, ...after });
    }
  }
  if (unreadable.length > 0) return fail(notUtf8(unreadable));
  return ok(changes.sort((a, b) => comparePaths(a.path, b.path)));
}

/** Order of paths by their UTF-8 bytes, as git sorts them. */
export function comparePaths(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isNull(id: string): boolean {
  return /^0+$/.test(id);
}

function statusOf(letter: string, sameContent: boolean): ChangedPath['status'] {
  if (letter === 'A') return 'added';
  if (letter === 'D') return 'deleted';
  if (letter === 'T') return 'type-changed';
  return sameContent ? 'mode-changed' : 'modified';
}

function notUtf8(paths: readonly string[]): Failure {
  return {
    reason: 'path-unclassified',
    what: `the change holds ${paths.length === 1 ? 'a path' : `${paths.length} paths`} whose name is not UTF-8: ${paths.join(', ')}`,
    next: 'Rename it with `git mv`; redfirst records paths as text.',
    exit: EXIT.usage,
    details: paths.map((path) => ({ severity: 'error', what: `${path} is not UTF-8` })),
  };
}
