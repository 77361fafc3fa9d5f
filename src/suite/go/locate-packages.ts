import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path/posix';
import { captureProcess } from '../../process/run-process.ts';
import type { GoTool } from './go-tool.ts';

/** A folder of the repository as Go knows it. */
export interface GoPackagePlace {
  /** Relative to the repository, as the target is called. */
  readonly folder: string;
  /** Folder, relative to the repository, that `go` is started in. */
  readonly root: string;
  readonly importPath: string;
  /** Absolute; where the tests run. */
  readonly dir: string;
}

const DEADLINE_MS = 300_000;

/** Whether a folder of a worktree holds test files of Go at all. */
export function hasGoTests(worktree: string, folder: string): boolean {
  try {
    return readdirSync(join(worktree, folder)).some((name) => name.endsWith('_test.go'));
  } catch {
    return false;
  }
}

/**
 * Finds out under which import path Go knows each folder, and from where: the outermost module or workspace around a folder
 * that knows it wins. A main module that replaces others by folders of the same tree (KubeVirt's `staging/`) can build them
 * from its vendor folder, where their own modules would have to be downloaded.
 *
 * @param home a private folder: Go counts its own use there.
 * @returns the places, and for every other folder what Go said.
 */
export async function locatePackages(
  go: GoTool,
  worktree: string,
  folders: readonly string[],
  home: string,
  signal?: AbortSignal,
): Promise<{ readonly places: readonly GoPackagePlace[]; readonly unknown: ReadonlyMap<string, string> }> {
  const places: GoPackagePlace[] = [];
  const unknown = new Map<string, string>();
  let open = folders.map((folder) => ({ folder, roots: modulesAround(worktree, folder) }));
  for (const { folder, roots } of open) {
    if (roots.length === 0) unknown.set(folder, 'no go.mod lies around it');
  }
  while (open.some(({ roots }) => roots.length > 0)) {
    const root = open.find(({ roots }) => roots.length > 0)?.roots[0] as string;
    const asked = open.filter(({ roots }) => roots[0] === root);
    const listed = await listPackages(
      go,
      worktree,
      root,
      asked.map(({ folder }) => folder),
      home,
      signal,
    );
    for (const { folder } of asked) {
      const found = listed.get(folder);
      if (found?.importPath !== undefined) {
        places.push({ folder, root, importPath: found.importPath, dir: join(worktree, folder) });
        unknown.delete(folder);
      } else if (!unknown.has(folder)) unknown.set(folder, found?.error ?? 'go list does not know it');
    }
    const done = new Set(places.map(({ folder }) => folder));
    open = open
      .filter(({ folder }) => !done.has(folder))
      .map(({ folder, roots }) => ({ folder, roots: roots[0] === root ? roots.slice(1) : roots }));
  }
  return { places, unknown };
}

/** Folders with a go.work or go.mod at and above a folder, outermost first. */
export function modulesAround(worktree: string, folder: string): string[] {
  const found: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    const path = join(worktree, at);
    if (existsSync(join(path, 'go.mod')) || existsSync(join(path, 'go.work'))) found.unshift(at);
    if (at === '.' || at === '' || at === '/') return found;
  }
}

async function listPackages(
  go: GoTool,
  worktree: string,
  root: string,
  folders: readonly string[],
  home: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, { readonly importPath?: string; readonly error?: string }>> {
  const relative = (folder: string): string =>
    root === '.' ? `./${folder}` : folder === root ? '.' : `./${folder.slice(root.length + 1)}`;
  const found = new Map<string, { importPath?: string; error?: string }>();
  const format = '{{.ImportPath}}\t{{.Dir}}\t{{with .Error}}{{.Err}}{{end}}';
  const { end, stdout, stderr } = await captureProcess({
    argv: ['go', 'list', '-e', '-find', '-f', format, '--', ...folders.map(relative)],
    cwd: join(worktree, root),
    env: { ...go.env, HOME: home },
    deadlineMs: DEADLINE_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  for (const entry of stdout.toString('utf8').split('\n')) {
    const [importPath = '', dir = '', error = ''] = entry.split('\t');
    const folder = folders.find((one) => join(worktree, one) === dir);
    if (folder === undefined) continue;
    // Tests alone in a folder, or all files shut out by build tags: Go builds the one and explains the other itself.
    const wrong = error !== '' && !/no (?:non-test )?Go files|build constraints exclude/.test(error);
    const isPath = importPath !== '' && !/^(?:_|\.|command-line-arguments)/.test(importPath);
    found.set(folder, isPath && !wrong ? { importPath } : { error: error || `it has no import path (${importPath})` });
  }
  const said = stderr.trim().split('\n')[0] ?? '';
  if (end.cause !== 'exited' || end.code !== 0 || found.size === 0) {
    for (const folder of folders) {
      if (!found.has(folder)) found.set(folder, { error: said === '' ? 'go list said nothing' : said });
    }
  }
  return found;
}

/** The name that `go test -c -o FOLDER/` gives a package's binary: a version element is no name (Go's DefaultExecName). */
export function binaryName(importPath: string): string {
  const last = basename(importPath);
  const isVersion = /^v(?:[2-9]\d*|1\d+)$/.test(last);
  return `${isVersion && last !== importPath ? basename(dirname(importPath)) : last}.test`;
}
