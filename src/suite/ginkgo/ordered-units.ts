import { join } from 'node:path';
import type { GoPlaces } from '../go/source-path.ts';
import { readHead } from '../read-chunks.ts';
import type { GinkgoSpec } from './parse-report.ts';
import { nameOfSpec, sourceLine } from './spec-observation.ts';

const FILE_READ = 4 * 1024 * 1024;
/** A container's decorators stand between its text and its body. */
const HEADER_LINES = 40;

/**
 * Names the outermost Ordered container around each spec. Ginkgo's report does not say which container is Ordered: the sources
 * do, where they are at hand. Otherwise a node that only Ordered containers have, or a spec skipped because another one
 * failed, shows that there is one, and the outermost container is taken for it: a unit too large runs too much, never too
 * little.
 */
export async function orderedUnits(
  specs: readonly GinkgoSpec[],
  prefix: string,
  places: GoPlaces,
): Promise<ReadonlyMap<GinkgoSpec, string>> {
  const units = new Map<GinkgoSpec, string>();
  const sources = new Map<string, readonly string[]>();
  const headers = new Map<string, boolean>();
  const depths = new Map<GinkgoSpec, number>();
  for (const spec of specs) {
    for (let index = 0; index < spec.containers.length && !depths.has(spec); index++) {
      const key = keyOf(spec, index);
      let ordered = headers.get(key);
      if (ordered === undefined) {
        ordered = await saysOrdered(spec, index, places, sources);
        headers.set(key, ordered);
      }
      if (ordered) depths.set(spec, index);
    }
  }
  const shown = new Set(specs.filter((spec) => !depths.has(spec) && showsOrder(spec)).map((spec) => keyOf(spec, 0)));
  for (const spec of specs) {
    const depth = depths.get(spec) ?? (shown.has(keyOf(spec, 0)) ? 0 : undefined);
    if (depth === undefined) continue;
    units.set(spec, nameOfSpec(prefix, { containers: spec.containers.slice(0, depth + 1), text: '' }));
  }
  return units;
}

function showsOrder({ nodes, state, failure, containers }: GinkgoSpec): boolean {
  if (containers.length === 0) return false;
  return (
    nodes.some(({ type }) => type === 'BeforeAll' || type === 'AfterAll' || type === 'DeferCleanup (All)') ||
    (state === 'skipped' &&
      /^Spec skipped because (?:an earlier spec in an ordered container failed|a BeforeAll node failed)/.test(
        failure?.message ?? '',
      ))
  );
}

function keyOf({ containers }: GinkgoSpec, index: number): string {
  const container = containers[index];
  return container === undefined ? '' : `${container.location.file}:${container.location.line}:${container.text}`;
}

async function saysOrdered(
  { containers }: GinkgoSpec,
  index: number,
  places: GoPlaces,
  sources: Map<string, readonly string[]>,
): Promise<boolean> {
  const container = containers[index];
  const at = container === undefined ? undefined : sourceLine(container.location, places);
  if (at === undefined || places.worktree === '' || at.file.startsWith('/')) return false;
  let lines = sources.get(at.file);
  if (lines === undefined) {
    lines = (await readHead(join(places.worktree, at.file), FILE_READ)).split('\n');
    sources.set(at.file, lines);
  }
  const header = lines.slice(at.line - 1, at.line - 1 + HEADER_LINES).join('\n');
  // Texts may speak of order; decorators are identifiers outside of them.
  const code = header.replace(/"(?:[^"\\\n]|\\.)*"|`[^`]*`/g, '""').replace(/\/\/[^\n]*/g, '');
  const body = code.search(/\bfunc\s*\(/);
  return /(?:^|[\s,(.])Ordered\b/.test(body === -1 ? (code.split('\n')[0] ?? '') : code.slice(0, body));
}
