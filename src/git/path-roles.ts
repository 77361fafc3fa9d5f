import { dirname } from 'node:path/posix';
import ignore from 'ignore';
import type { PathRule } from '../domain/scenario.ts';
import type { PathRole } from '../domain/vocabulary.ts';

/** What decides a path's role: the rules, and the scenario whose folder counts as tests whatever they say. */
export interface PathRoles {
  readonly rules: readonly PathRule[];
  /** Relative to the repository's root, e.g. `scenarios/pause-guest/scenario.yaml`. */
  readonly scenarioPath?: string;
}

type Matches = (path: string) => boolean;

/** By glob: rule lists are rebuilt per scenario, but presets repeat the same globs. */
const matchers = new Map<string, Matches>();
const compiled = new WeakMap<readonly PathRule[], readonly { readonly role: PathRole; readonly matches: Matches }[]>();

function compileGlob(glob: string): Matches {
  const known = matchers.get(glob);
  if (known !== undefined) return known;
  // Git compares paths byte by byte; the package ignores case unless told.
  const matcher = ignore({ ignorecase: false }).add({ pattern: glob });
  const matches: Matches = (path) => matcher.ignores(path);
  matchers.set(glob, matches);
  return matches;
}

/**
 * The role of a path by gitignore globs, each compiled on its own; the last match of the list wins, so a later rule may
 * give back what an earlier one took. A negated glob (`!x`) matches nothing: write a rule with another role.
 *
 * @param path relative to the repository's root, with `/`; anything else is unclassified.
 */
export function classifyPath(rules: readonly PathRule[], path: string): PathRole | 'unclassified' {
  if (!ignore.isPathValid(path)) return 'unclassified';
  let list = compiled.get(rules);
  if (list === undefined) {
    list = rules.map((rule) => ({ role: rule.role, matches: compileGlob(rule.glob) }));
    compiled.set(rules, list);
  }
  for (let index = list.length - 1; index >= 0; index--) {
    const rule = list[index];
    if (rule?.matches(path) === true) return rule.role;
  }
  return 'unclassified';
}

/** As `classifyPath`; the scenario and everything beside it in its folder counts as tests. */
export function roleOf(roles: PathRoles, path: string): PathRole | 'unclassified' {
  const scenario = roles.scenarioPath;
  if (scenario !== undefined) {
    const folder = dirname(scenario);
    // A scenario at the root speaks for itself only: its folder is the whole repository.
    if (path === scenario || (folder !== '.' && path.startsWith(`${folder}/`))) return 'tests';
  }
  return classifyPath(roles.rules, path);
}
