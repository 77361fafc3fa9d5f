import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceLine } from '../../domain/observation.ts';
import { readHead } from '../read-chunks.ts';

const FILE_READ = 4 * 1024 * 1024;
const TEST = /^func ((?:Test|Example|Fuzz|Benchmark)\w*)\(/;

/**
 * Where a package's test functions begin, by name; empty where its folder cannot be read.
 * @param folder relative to the repository.
 */
export async function findTestFunctions(worktree: string, folder: string): Promise<Map<string, SourceLine>> {
  const found = new Map<string, SourceLine>();
  let names: string[];
  try {
    names = (await readdir(join(worktree, folder))).filter((name) => name.endsWith('_test.go')).sort();
  } catch {
    return found;
  }
  for (const name of names) {
    const file = folder === '' ? name : `${folder}/${name}`;
    const lines = (await readHead(join(worktree, file), FILE_READ)).split('\n');
    for (const [index, line] of lines.entries()) {
      const test = line.startsWith('func ') ? TEST.exec(line)?.[1] : undefined;
      if (test !== undefined && !found.has(test)) found.set(test, { file, line: index + 1 });
    }
  }
  return found;
}
