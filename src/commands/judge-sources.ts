import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TargetFacts } from '../classify/classify-change.ts';
import type { MissingName } from '../domain/observation.ts';
import { declaredInTests } from '../syntax/missing-names.ts';
import { WHOLE } from './judge-facts.ts';

/**
 * Which missing names the tests themselves declare, or should: read from the test files in `sources`. Undefined where no
 * sources are at hand; then such names stay pending.
 */
export async function readDeclarations(
  sources: string | undefined,
  targets: readonly TargetFacts[],
): Promise<((target: string, missing: MissingName) => boolean) | undefined> {
  if (sources === undefined) return undefined;
  const own = new Map<string, ReadonlySet<string>>();
  for (const { target, corners } of targets) {
    const missing = (corners.R ?? []).flatMap(({ observations }) =>
      observations.flatMap(({ failure }) => failure?.missing ?? []),
    );
    if (missing.length === 0) continue;
    const files = await readTests(join(sources, target === WHOLE ? '' : target));
    own.set(target, await declaredInTests(missing, files));
  }
  return (target, { name }) => own.get(target)?.has(name) === true;
}

async function readTests(folder: string): Promise<{ path: string; text: string }[]> {
  const names = await readdir(folder).catch(() => []);
  const tests = names.filter((name) => /_test\.go$|\.(?:test|spec)\.|^test_.*\.py$|_test\.py$/.test(name));
  return Promise.all(tests.map(async (name) => ({ path: name, text: await readFile(join(folder, name), 'utf8') })));
}
