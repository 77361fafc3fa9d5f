import type { CommitId } from '../domain/brand.ts';
import { ok, type Result } from '../domain/failure.ts';
import type { Repository } from './open-repository.ts';
import { decodePath, nulFields, runGit } from './run-git.ts';

/** A regular file of a commit. */
export interface TreeFile {
  readonly path: string;
  readonly blob: string;
}

/** The regular files directly in a folder of a commit (`.` for the root), or in all below it; none where there is no folder. */
export async function listFolder(
  repo: Repository,
  commit: CommitId,
  folder: string,
  recursive = false,
): Promise<Result<readonly TreeFile[]>> {
  const below = folder === '.' ? [] : ['--', `${folder}/`];
  const args = ['ls-tree', '-z', '--full-tree', ...(recursive ? ['-r'] : []), commit, ...below];
  const listed = await runGit(repo.topLevel, args, { maxBytes: 256 * 1024 * 1024 });
  if (!listed.ok) return listed;
  return ok(
    nulFields(listed.value.stdout).flatMap((field) => {
      const tab = field.indexOf(9);
      const [mode = '', , blob = ''] = field.subarray(0, tab).toString('latin1').split(' ');
      const path = decodePath(field.subarray(tab + 1));
      return mode.startsWith('100') && path !== undefined ? [{ path, blob }] : [];
    }),
  );
}

/** The contents of blobs as UTF-8 text, by object name, in one call of git. What is missing has no entry. */
export async function readBlobs(
  repo: Repository,
  blobs: readonly string[],
): Promise<Result<ReadonlyMap<string, string>>> {
  const texts = new Map<string, string>();
  const wanted = [...new Set(blobs)].filter((blob) => /^[0-9a-f]+$/.test(blob));
  if (wanted.length === 0) return ok(texts);
  const input = `${wanted.join('\n')}\n`;
  const read = await runGit(repo.topLevel, ['cat-file', '--batch'], { input, maxBytes: 512 * 1024 * 1024 });
  if (!read.ok) return read;
  const { stdout } = read.value;
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf(10, at);
    if (end === -1) break;
    const [name = '', kind = '', size = '0'] = stdout.toString('latin1', at, end).split(' ');
    at = end + 1;
    if (kind === 'missing') continue;
    if (kind === 'blob') texts.set(name, stdout.toString('utf8', at, at + Number(size)));
    at += Number(size) + 1;
  }
  return ok(texts);
}
