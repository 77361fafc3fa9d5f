import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Where a package's files lie, as far as that is known. */
export interface GoPlaces {
  /** Absolute; empty where the run was only recorded and its tree is not at hand. */
  readonly worktree: string;
  /** Of the worktree's go.mod; empty where there is none. */
  readonly modulePath: string;
  /** Import path of the package. */
  readonly importPath: string;
  /** Folder of the package relative to the worktree; undefined where it is not known. */
  readonly packageFolder: string | undefined;
  /** Absolute path that the repository had where the run was recorded; undefined where nothing tells it. */
  readonly recordedRoot?: string;
}

/**
 * A source file as Go prints it (absolute, or below an import path with `-trimpath`) relative to the repository; undefined for
 * the standard library, dependencies and vendored code, and where nothing tells.
 */
export function repositoryFile(path: string, places: GoPlaces): string | undefined {
  if (/(?:^|\/)vendor\/|@v?\d/.test(path) || path === '') return undefined;
  const file = isAbsolute(path) ? belowRoot(path, places) : belowImportPath(path, places);
  return file === undefined || file === '' || file.startsWith('../') ? undefined : file;
}

function belowRoot(path: string, { worktree, recordedRoot }: GoPlaces): string | undefined {
  for (const root of [worktree, recordedRoot ?? '']) {
    if (root !== '' && path.startsWith(`${root}/`)) return path.slice(root.length + 1);
  }
  return undefined;
}

function belowImportPath(path: string, places: GoPlaces): string | undefined {
  const { importPath, packageFolder, modulePath, worktree } = places;
  if (packageFolder !== undefined && path.startsWith(`${importPath}/`) && !path.includes('/', importPath.length + 1)) {
    return joinPath(packageFolder, path.slice(importPath.length + 1));
  }
  if (modulePath !== '' && path.startsWith(`${modulePath}/`)) return path.slice(modulePath.length + 1);
  const guessed = packageFolder === undefined ? undefined : besidePackage(path, importPath, packageFolder);
  return guessed !== undefined && worktree !== '' && !existsSync(join(worktree, guessed)) ? undefined : guessed;
}

/**
 * A file of the package's own module, without its go.mod: what import path and folder do not have in common at their ends is
 * the module's path and its folder. Where the folder ends with the whole import path (a staging tree), the module is taken to
 * be the import path's first two parts.
 */
function besidePackage(path: string, importPath: string, folder: string): string | undefined {
  const imported = importPath.split('/');
  const parts = folder === '' ? [] : folder.split('/');
  const common = commonEnd(imported, parts);
  if (common === 0 && folder !== '') return undefined;
  const module = imported.slice(0, imported.length - common).join('/');
  const moduleFolder = parts.slice(0, parts.length - common).join('/');
  if (module === '') {
    const first = imported.slice(0, 2).join('/');
    return imported.length > 2 && path.startsWith(`${first}/`) ? joinPath(moduleFolder, path) : undefined;
  }
  if (!path.startsWith(`${module}/`)) return undefined;
  const rest = path.slice(module.length + 1);
  // Inside a folder of the repository, only what begins like the package itself surely belongs to its module.
  if (moduleFolder !== '' && !rest.startsWith(`${imported[imported.length - common] ?? ''}/`)) return undefined;
  return joinPath(moduleFolder, rest);
}

/** How many parts two paths have in common at their ends. */
export function commonEnd(one: readonly string[], other: readonly string[]): number {
  let count = 0;
  while (count < one.length && count < other.length && one[one.length - 1 - count] === other[other.length - 1 - count])
    count++;
  return count;
}

const joinPath = (folder: string, rest: string): string => (folder === '' ? rest : `${folder}/${rest}`);

/** The root that an absolute package folder had where it was recorded: what is left of it without the folder's end. */
export function recordedRoot(absolute: string, folder: string): string | undefined {
  if (folder === '') return absolute;
  return absolute.endsWith(`/${folder}`) ? absolute.slice(0, -folder.length - 1) : undefined;
}
