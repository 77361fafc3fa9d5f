import type { LineRange, TextSide, TouchedLines, TouchIndex } from '../domain/change.ts';
import { hasFailed, type Observation, type SourceLine } from '../domain/observation.ts';
import { isTestFile, liesIn } from './language.ts';
import { matchFile } from './match-file.ts';

/** A case that was observed with the tests of one side. */
export interface SeenCase {
  readonly side: TextSide;
  readonly target: string;
  readonly observation: Observation;
}

/** A case is cut off from the next one by a blank line and the end of what encloses it. */
const GAP = 2;

/**
 * What a change touches, from line ranges alone, where no sources are at hand (`judge --touched`). A case owns the lines from
 * its own up to the next case or container that any report places, and those between the innermost container and its first
 * case (a table's body, as a rule). Between containers stand set-up and helpers alike, after the last case of a file its
 * helpers: such lines count for cases that fail, as tests that nobody touched pass. A case without a place (a plain Go test) is touched when its target has touched test files and its name is
 * new, or when it fails in a touched range.
 * @param touched by path relative to the repository
 * @param seen every case of every corner: the places of all of them bound each other
 */
export function touchIndexFromLines(
  touched: Readonly<Record<string, TouchedLines>>,
  seen: readonly SeenCase[],
): TouchIndex {
  const lines = new Map<TextSide, Map<string, readonly LineRange[]>>([
    ['new', new Map(Object.entries(touched).map(([path, ranges]) => [path, ranges.new]))],
    ['old', new Map(Object.entries(touched).map(([path, ranges]) => [ranges.oldPath ?? path, ranges.old]))],
  ]);
  const starts = { new: placesOf('new', seen, lines), old: placesOf('old', seen, lines) };
  const names = { new: namesOf('new', seen), old: namesOf('old', seen) };
  const changedNames = { new: new Set<string>(), old: new Set<string>() };
  const rangesOf = (side: TextSide, target: string, file: string) => {
    const byPath = lines.get(side);
    const path = byPath && matchFile(byPath.keys(), file, target);
    return path === undefined ? undefined : { path, ranges: byPath?.get(path) ?? [] };
  };
  const nesting = { new: nestingOf('new', seen), old: nestingOf('old', seen) };
  const failing = new Set(
    seen
      .filter(({ observation }) => hasFailed(observation.outcome))
      .map(({ side, target, observation }) => `${side} ${caseKey(target, observation.name)}`),
  );
  const ownsTouched = (side: TextSide, target: string, observation: Observation): boolean => {
    const fails = failing.has(`${side} ${caseKey(target, observation.name)}`);
    const around = (observation.containers ?? []).filter(
      (container) => fails || !nesting[side].has(lineKey(target, container)),
    );
    return [observation.place, ...around].some((place, index) => {
      const found = place && rangesOf(side, target, place.file);
      if (place === undefined || found === undefined) return false;
      const end = endOf(starts[side].get(found.path) ?? [], place.line, fails);
      return found.ranges.some((range) => overlaps(range, place.line, end, index === 0));
    });
  };
  for (const { side, target, observation } of seen)
    if (observation.place !== undefined && ownsTouched(side, target, observation))
      changedNames[side].add(caseKey(target, observation.name));

  const hasTouchedTests = (target: string) =>
    Object.keys(touched).some((path) => isTestFile(path) && (path === target || liesIn(path, target)));
  const touchesUnplaced = (side: TextSide, target: string, observation: Observation): boolean => {
    if (!hasTouchedTests(target)) return false;
    const other = names[side === 'new' ? 'old' : 'new'].get(target);
    if (other === undefined || !other.has(observation.name)) return true;
    const failures = [observation.failure, ...(observation.additional ?? [])];
    return failures.some((failure) => {
      const found = failure?.location && rangesOf(side, target, failure.location.file);
      const line = failure?.location?.line ?? 0;
      return found?.ranges.some(([first, last]) => first <= line && line <= last) === true;
    });
  };
  const touches = (side: TextSide, target: string, observation: Observation): boolean => {
    if (observation.place === undefined) {
      if (touchesUnplaced(side, target, observation)) return true;
      const below = `${observation.name}/`;
      return seen.some(
        (one) =>
          one.side === side &&
          one.target === target &&
          one.observation.name.startsWith(below) &&
          touchesUnplaced(side, target, one.observation),
      );
    }
    const key = caseKey(target, observation.name);
    // What only loses lines, or only gains them, shows on the other side alone.
    return ownsTouched(side, target, observation) || changedNames.new.has(key) || changedNames.old.has(key);
  };
  return { touches, renamedFrom: (_target, fresh, gone) => sameLine(touched, fresh, gone) };
}

function caseKey(target: string, name: string): string {
  return `${target}\n${name}`;
}

function lineKey(target: string, { file, line }: SourceLine): string {
  return `${target}\n${file}:${line}`;
}

/** Containers that hold other containers. */
function nestingOf(side: TextSide, seen: readonly SeenCase[]): Set<string> {
  return new Set(
    seen
      .filter((one) => one.side === side)
      .flatMap(({ target, observation }) =>
        (observation.containers ?? []).slice(0, -1).map((container) => lineKey(target, container)),
      ),
  );
}

function namesOf(side: TextSide, seen: readonly SeenCase[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const one of seen) {
    if (one.side !== side) continue;
    const known = names.get(one.target) ?? new Set();
    names.set(one.target, known.add(one.observation.name));
  }
  return names;
}

/** Lines at which a case or a container begins, by touched path, in order. */
function placesOf(
  side: TextSide,
  seen: readonly SeenCase[],
  lines: ReadonlyMap<TextSide, ReadonlyMap<string, readonly LineRange[]>>,
): Map<string, number[]> {
  const found = new Map<string, Set<number>>();
  const paths = lines.get(side) ?? new Map<string, readonly LineRange[]>();
  const known = new Map<string, string | undefined>();
  for (const one of seen) {
    if (one.side !== side) continue;
    for (const place of [one.observation.place, ...(one.observation.containers ?? [])]) {
      if (place === undefined) continue;
      const key = caseKey(one.target, place.file);
      if (!known.has(key)) known.set(key, matchFile(paths.keys(), place.file, one.target));
      const path = known.get(key);
      if (path !== undefined) found.set(path, (found.get(path) ?? new Set()).add(place.line));
    }
  }
  return new Map([...found].map(([path, starts]) => [path, [...starts].sort((a, b) => a - b)]));
}

/**
 * The first line behind a case. The last one of a file has no next: it is taken to be as long as the longest before it, unless
 * it fails.
 */
function endOf(starts: readonly number[], line: number, fails: boolean): number {
  const next = starts.find((start) => start > line);
  if (next !== undefined) return next;
  const longest = Math.max(0, ...starts.slice(1).map((start, index) => start - (starts[index] ?? start)));
  return fails || longest === 0 ? Number.POSITIVE_INFINITY : line + longest;
}

/**
 * Whether a touched range overlaps the lines from `start` up to `end` (not included). A range that begins at most a blank line
 * before what comes next adds a neighbour, and changes nothing here.
 */
function overlaps([first, last]: LineRange, start: number, end: number, ownLine: boolean): boolean {
  if (last < start || first >= end) return false;
  if (first <= start && (ownLine || last > start)) return true;
  return !(last >= end && end - first <= GAP);
}

/** A vanished case whose line the change replaced by the fresh one's: all that lines can say about a rename. */
function sameLine(
  touched: Readonly<Record<string, TouchedLines>>,
  fresh: Observation,
  gone: readonly Observation[],
): Observation | undefined {
  const place = fresh.place;
  if (place === undefined) return undefined;
  for (const [path, { new: added, old: removed, oldPath }] of Object.entries(touched)) {
    if (matchFile([path], place.file, '') === undefined) continue;
    const index = added.findIndex(([first]) => first === place.line);
    if (index < 0) continue;
    const matches = gone.filter(
      (one) =>
        one.place !== undefined &&
        matchFile([oldPath ?? path], one.place.file, '') !== undefined &&
        removed.some(
          ([first]) =>
            first === one.place?.line && first - place.line === shiftBefore(first, place.line, added, removed),
        ),
    );
    if (matches.length === 1) return matches[0];
  }
  return undefined;
}

/** How much the change shifts old lines against new ones before these: removed less added. */
function shiftBefore(old: number, fresh: number, added: readonly LineRange[], removed: readonly LineRange[]): number {
  const lines = (ranges: readonly LineRange[], before: number) =>
    ranges.filter(([first]) => first < before).reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return lines(removed, old) - lines(added, fresh);
}
