import { join } from 'node:path';
import { readHead } from '../read-chunks.ts';

/** The module path in the worktree's go.mod; empty where there is none. */
export async function readModulePath(worktree: string): Promise<string> {
  const text = await readHead(join(worktree, 'go.mod'), 64 * 1024);
  return /^module\s+"?([^\s"]+)"?/m.exec(text)?.[1] ?? '';
}

/**
 * Folder of a package relative to the worktree: by the module path, or by the selected folder that the import path ends with
 * (another module of the same repository). Undefined where neither tells.
 */
export function packageFolder(name: string, modulePath: string, selected: readonly string[]): string | undefined {
  if (modulePath !== '' && name === modulePath) return '';
  if (modulePath !== '' && name.startsWith(`${modulePath}/`)) return name.slice(modulePath.length + 1);
  return selected
    .map((file) => file.replace(/^(?:\.\/)+/, '').replace(/\/+$/, ''))
    .find((folder) => folder !== '' && folder !== '.' && (name.endsWith(`/${folder}`) || folder.endsWith(`/${name}`)));
}
