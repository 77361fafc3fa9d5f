import { dirname, join } from 'node:path/posix';
import type { ReadFile } from '../git/tree-files.ts';
import type { ChangeRunner, RoledPath } from '../plan/plan-corners.ts';

type Answer = ChangeRunner | { readonly not: string } | undefined;

/**
 * Which runner each touched test file of TypeScript, JavaScript or Python is for: its own imports say so, else the package.json
 * around it. Undefined for what is no test file (a helper, a fixture).
 */
export async function createScriptRunners(
  readHead: ReadFile,
  readBase: ReadFile,
  paths: readonly RoledPath[],
  files: readonly string[],
): Promise<(path: string) => Answer> {
  const answers = new Map<string, Answer>();
  for (const { path, role, status } of paths) {
    if (role !== 'tests') continue;
    if (isPythonTest(path)) answers.set(path, 'pytest');
    if (!isScriptTest(path)) continue;
    const text = await (status === 'deleted' ? readBase : readHead)(path);
    answers.set(path, runnerOfText(text ?? '') ?? (await runnerOfManifest(readHead, path, files)));
  }
  return (path) => answers.get(path);
}

function isPythonTest(path: string): boolean {
  return /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/.test(path);
}

function isScriptTest(path: string): boolean {
  if (!/\.[mc]?[jt]sx?$/.test(path) || /\.d\.[mc]?ts$/.test(path)) return false;
  return /[.-](?:test|spec)\.[mc]?[jt]sx?$/.test(path) || /(?:^|\/)(?:__tests__|tests?)\/(?:.*\/)?[^/]+$/.test(path);
}

function runnerOfText(text: string): Answer {
  if (/(?:from|import|require\()\s*['"]vitest['"]/.test(text)) return 'vitest';
  if (/(?:from|import|require\()\s*['"]node:test['"]/.test(text)) return 'node-test';
  const other = /(?:from|require\()\s*['"](@playwright\/test|@jest\/globals|mocha|ava|tape|tap|uvu|bun:test)['"]/.exec(
    text,
  )?.[1];
  return other === undefined ? undefined : { not: `it is written for ${other}, which pr cannot run yet` };
}

/** A test without an import of its runner: what the nearest package.json depends on. A helper in a test folder is no test. */
async function runnerOfManifest(read: ReadFile, path: string, files: readonly string[]): Promise<Answer> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const manifest = folder === '.' ? 'package.json' : join(folder, 'package.json');
    const text = files.includes(manifest) ? await read(manifest) : undefined;
    if (text !== undefined) {
      const named = /[.-](?:test|spec)\.[mc]?[jt]sx?$/.test(path);
      if (/"vitest"\s*:/.test(text)) return named ? 'vitest' : undefined;
      const other = ['jest', 'mocha', 'ava', 'tape', 'tap', 'jasmine', 'karma'].find((name) =>
        text.includes(`"${name}":`),
      );
      if (other !== undefined)
        return named || other !== 'jest'
          ? { not: `this package tests with ${other}, which pr cannot run yet` }
          : undefined;
      if (/node\s+(?:\S+\s+)*--test\b/.test(text)) return named ? 'node-test' : undefined;
    }
    if (folder === '.') return undefined;
  }
}
