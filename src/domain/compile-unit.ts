import type { MissingName, ObservedFailure } from './observation.ts';

/*
 * What fails to build or to load is observed as a case of its own: `import/path [build]` of Go, `FILE [load]` of the others. Its
 * cases have names only once it builds.
 */

/** The package or file that a case stands for which could not be built or loaded; undefined for a case that ran. */
export function compileUnit(name: string): string | undefined {
  return / \[(?:build|load)\]$/.test(name) ? name.replace(/ \[(?:build|load)\]$/, '') : undefined;
}

/** Whether a case (by its full name) lies in that package or file: `unit.Test…`, `unit :: …`, `unit > …`, `unit::…`. */
export function liesInUnit(unit: string, name: string): boolean {
  if (!name.startsWith(unit)) return false;
  const rest = name.slice(unit.length);
  return /^(?:\.(?:Test|Example|Fuzz|Benchmark)|\.\w+$| :: | > |::)/.test(rest);
}

/** The names that a compile failure misses, with kind and place where the reader told them. */
export function missingOf(failure: ObservedFailure | undefined): readonly MissingName[] {
  if (failure?.kind !== 'compile') return [];
  if (failure.missing !== undefined && failure.missing.length > 0) return failure.missing;
  const at = failure.location === undefined ? {} : { file: failure.location.file, line: failure.location.line };
  return (failure.missingNames ?? []).map((name) => ({
    name,
    kind: looksLikeModule(name) ? 'package' : 'symbol',
    ...at,
  }));
}

/** A path or a module's file, as loaders of JavaScript name what they cannot find. */
function looksLikeModule(name: string): boolean {
  return name.includes('/') || /\.[cm]?[jt]sx?$/.test(name);
}
