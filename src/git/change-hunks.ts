import type { CommitId, TreeId } from '../domain/brand.ts';
import type { LineRange, TouchedLines } from '../domain/change.ts';
import { ok, type Result } from '../domain/failure.ts';
import type { Repository } from './open-repository.ts';
import { decodePath, nulFields, runGit } from './run-git.ts';

/** A change may rewrite generated files of any size; their hunks are not looked at, but git prints them. */
const MOST_BYTES = 512 * 1024 * 1024;

/**
 * The lines that a change touches, per path of the new side (of the old side where a file is deleted): from `git diff -U0`,
 * renames followed from 50 % similarity. Binary files and those of which only the mode changes have no lines.
 *
 * @param wanted which paths to read; the others cost nothing but git's own work.
 */
export async function changeHunks(
  repo: Repository,
  from: CommitId | TreeId,
  to: CommitId | TreeId,
  wanted: (path: string) => boolean,
): Promise<Result<ReadonlyMap<string, TouchedLines>>> {
  const similar = ['-M50%', '-l1000'];
  const listed = await runGit(repo.topLevel, ['diff-tree', '-r', '-z', '--raw', ...similar, from, to]);
  if (!listed.ok) return listed;
  const pairs = readPairs(listed.value.stdout).filter(
    ({ path, oldPath }) => wanted(path) || (oldPath !== undefined && wanted(oldPath)),
  );
  const hunks = new Map<string, TouchedLines>();
  if (pairs.length === 0) return ok(hunks);
  const paths = pairs.flatMap(({ path, oldPath }) => (oldPath === undefined ? [path] : [oldPath, path]));
  const args = ['diff-tree', '-r', '-z', '--patch-with-raw', '-U0', '--no-color', '--no-ext-diff', '--no-textconv'];
  const output = await runGit(
    repo.topLevel,
    [...args, '--diff-algorithm=myers', '--inter-hunk-context=0', ...similar, from, to, '--', ...new Set(paths)],
    { maxBytes: MOST_BYTES },
  );
  if (!output.ok) return output;
  const { stdout } = output.value;
  // The raw entries end where an empty field does; the patches follow, in the same order.
  const end = stdout.indexOf('\0\0');
  const patches = splitPatches(end === -1 ? '' : stdout.toString('latin1', end + 2));
  let at = 0;
  for (const { path, oldPath, patchCount } of readPairs(end === -1 ? stdout : stdout.subarray(0, end + 1))) {
    const own = patches.slice(at, at + patchCount);
    at += patchCount;
    hunks.set(path, { ...readRanges(own.join('')), ...(oldPath === undefined ? {} : { oldPath }) });
  }
  return ok(hunks);
}

interface ChangedPair {
  readonly path: string;
  readonly oldPath?: string;
  /** A file that becomes a link (or the other way round) is printed as a deletion and an addition. */
  readonly patchCount: number;
}

function readPairs(raw: Buffer): ChangedPair[] {
  const fields = nulFields(raw);
  const pairs: ChangedPair[] = [];
  for (let index = 0; index < fields.length; ) {
    const letter = fields[index++]?.toString('latin1').split(' ').at(-1) ?? '';
    const first = decodePath(fields[index++] ?? Buffer.alloc(0)) ?? '';
    const patchCount = letter === 'T' ? 2 : 1;
    if (!letter.startsWith('R')) pairs.push({ path: first, patchCount });
    else pairs.push({ path: decodePath(fields[index++] ?? Buffer.alloc(0)) ?? '', oldPath: first, patchCount });
  }
  return pairs;
}

/** In a patch without context a line that begins with `diff --git ` is always a header. */
function splitPatches(text: string): string[] {
  return text.split(/^(?=diff --git )/m).filter((patch) => patch.startsWith('diff --git '));
}

function readRanges(patch: string): { readonly new: LineRange[]; readonly old: LineRange[] } {
  const ranges = { new: [] as LineRange[], old: [] as LineRange[] };
  for (const [, oldAt, oldCount = '1', newAt, newCount = '1'] of patch.matchAll(
    /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/gm,
  )) {
    const add = (side: LineRange[], at: number, count: number): void => {
      if (count > 0) side.push([at, at + count - 1]);
    };
    add(ranges.old, Number(oldAt), Number(oldCount));
    add(ranges.new, Number(newAt), Number(newCount));
  }
  return ranges;
}
