import type { Problem } from './problem.ts';

/** What a variable of a profile stands for on this machine; undefined where nobody set it. */
export type LookUp = (name: string) => string | undefined;

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;
/** A text that is one variable and nothing else. */
const ALONE = /^\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\}$/;

export interface Expanded {
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

/**
 * Puts the machine's own values into a profile: `${NAME}` and `${NAME:-default}`, as a shell has them, so that one profile serves where a
 * registry can be reached and where images and manifests lie on the disk. A field that is one variable and comes out empty is absent; an
 * entry of a list that is one variable becomes as many entries as it has words. `$` elsewhere means itself.
 */
export function expandVariables(value: unknown, lookUp: LookUp): Expanded {
  const problems: Problem[] = [];
  const text = (written: string, path: readonly PropertyKey[]): string =>
    written.replace(VARIABLE, (_, name: string, fallback: string | undefined) => {
      const found = lookUp(name);
      if (found !== undefined && found !== '') return found;
      if (fallback !== undefined) return fallback;
      problems.push({
        path: [...path],
        at: 'value',
        severity: 'error',
        what: `the variable ${name} has no value on this machine`,
        next: `set it in the environment, in local.env beside the profile (${name}=…), or write a default: \${${name}:-…}`,
      });
      return '';
    });
  const walk = (node: unknown, path: readonly PropertyKey[]): unknown => {
    if (typeof node === 'string') return text(node, path);
    if (Array.isArray(node)) {
      return node.flatMap((entry: unknown, index) => {
        if (typeof entry !== 'string' || !ALONE.test(entry)) return [walk(entry, [...path, index])];
        return text(entry, [...path, index])
          .split(/\s+/)
          .filter(Boolean);
      });
    }
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node).flatMap(([key, entry]: [string, unknown]) => {
      const expanded = walk(entry, [...path, key]);
      return expanded === '' && typeof entry === 'string' && ALONE.test(entry) ? [] : [[key, expanded] as const];
    });
    return Object.fromEntries(entries);
  };
  return { value: walk(value, []), problems };
}

/**
 * Reads a file of `NAME=value` lines: blank lines and lines that begin with `#` are passed over, quotes around a value are taken off. Anything
 * else is passed over too, since a machine's own file must not keep a profile from being read that does not need it.
 */
export function readVariables(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line);
    if (match === null) continue;
    const value = (match[2] as string).trim();
    found.set(match[1] as string, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
  return found;
}
