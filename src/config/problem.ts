import type { Mistake } from './mistake.ts';
import type { YamlFile, YamlPath } from './read-yaml.ts';

/** A mistake that knows its path in the values, and not yet its place in the file. */
export interface Problem {
  readonly path: YamlPath;
  /** Whether the key or the value is wrong. */
  readonly at: 'key' | 'value';
  readonly severity: 'error' | 'warning';
  readonly what: string;
  readonly next?: string;
}

/** Gives a problem its place. */
export function locate(yaml: YamlFile, problem: Problem): Mistake {
  const { severity, what, next } = problem;
  return { severity, what, ...(next !== undefined && { next }), where: yaml.place(problem.path, problem.at) };
}
