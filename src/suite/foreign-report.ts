import { isAbsolute, join, relative } from 'node:path';
import { RE2JS } from 're2js';
import type { Observation } from '../domain/observation.ts';
import type { BadStatus } from './report-file.ts';
import type { RunnerResult } from './runner.ts';

/**
 * Whether a report without a token of ours is another suite's: none of its cases is one that the scenario selects, or all
 * files that it names lie outside what was selected.
 */
export function findForeign(
  observations: readonly Observation[],
  { spec, worktree }: RunnerResult,
): BadStatus | undefined {
  if (observations.length === 0) return undefined;
  const { cases, files } = spec.select;
  if (cases !== undefined && !anyMatches(observations, cases)) {
    const first = observations[0]?.name ?? '';
    return {
      status: 'foreign',
      detail: `none of its ${observations.length} cases matches ${cases}; the first is ${JSON.stringify(first.slice(0, 200))}`,
    };
  }
  const selected = files.some((file) => /[*?[\]{}]|\.\.\./.test(file))
    ? []
    : files.map((file) => relative(worktree, join(worktree, file)));
  let named = 0;
  for (const { file } of observations) {
    if (file === undefined) continue;
    named++;
    if (isInside(file, worktree, selected)) return undefined;
  }
  if (named === 0) return undefined;
  const first = observations.find(({ file }) => file !== undefined)?.file ?? '';
  return {
    status: 'foreign',
    detail: `all files that it names lie outside what was selected, such as ${JSON.stringify(first.slice(0, 200))}`,
  };
}

function anyMatches(observations: readonly Observation[], pattern: string): boolean {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch {
    // The configuration's own check says so; here it judges nothing.
    return true;
  }
  return observations.some(({ name }) => compiled.matcher(name).find());
}

function isInside(file: string, worktree: string, selected: readonly string[]): boolean {
  const path = isAbsolute(file) ? relative(worktree, file) : relative(worktree, join(worktree, file));
  if (path === '..' || path.startsWith('../')) return false;
  return selected.length === 0 || selected.some((one) => one === '' || isSelected(path, one));
}

/** A runner may be started in a folder of its own and name files from there, so that a tail of either path may be missing. */
function isSelected(path: string, one: string): boolean {
  if (path === one || path.startsWith(`${one}/`) || path.endsWith(`/${one}`) || path.includes(`/${one}/`)) return true;
  const parts = path.split('/');
  return parts.some((_, count) => one.endsWith(`/${parts.slice(0, count + 1).join('/')}`));
}
