import type { Observation } from '../domain/observation.ts';
import { matchFile } from './match-file.ts';
import { literalText, textOf, visit } from './syntax-tree.ts';
import { ANY_TITLE, fitsPattern, joinPatterns, weightOf } from './title-pattern.ts';
import type { CaseText, TouchModel } from './touch-model.ts';
import { enclosing, type Unit, unitsOf } from './unit.ts';

/** The file that a case was observed in, and the text that it is made of; undefined where it cannot be found. */
export interface FoundCase {
  readonly file: string;
  readonly text?: CaseText;
}

const literals = new WeakMap<Unit, readonly string[]>();
/** What runners print of a table's item beside its texts. Go's subtests are often called by their index, which is none of these. */
const PRINTED = /^(?:number|integer|float|true|false|none|null|undefined)$/;

/** All literals in a unit that may stand in a name. */
function literalsOf(unit: Unit): readonly string[] {
  let found = literals.get(unit);
  if (found === undefined) {
    const texts: string[] = [];
    visit(unit.node, (node) => {
      const text = PRINTED.test(node.type) ? textOf(unit.source, node) : literalText(unit.source, node);
      if (text !== undefined && text !== '') texts.push(text);
      return text === undefined;
    });
    literals.set(unit, texts);
    found = texts;
  }
  return found;
}

/** How well a unit's literals fit a name: by how much of it they are; one that is the whole last part fits best of all. */
export function fitTo(name: string, last: string, rewrite: (text: string) => string = (text) => text) {
  return (unit: Unit): number => {
    let sum = 0;
    for (const literal of literalsOf(unit)) {
      const text = rewrite(literal);
      if (text === last) return Number.MAX_SAFE_INTEGER;
      if (standsIn(name, text)) sum += text.length;
    }
    return sum;
  };
}

/** Short texts must stand by themselves: an `a` is in every name. */
function standsIn(name: string, text: string): boolean {
  for (let at = name.indexOf(text); at >= 0; at = name.indexOf(text, at + 1)) {
    const around = `${name[at - 1] ?? ' '}${name[at + text.length] ?? ' '}`;
    if (text.length > 3 || !/\w/.test(around)) return true;
  }
  return false;
}

interface Lines {
  /** The innermost case that begins at a line, else the innermost scope. */
  readonly begins: ReadonlyMap<number, Unit>;
  /** All cases, enclosing ones first. */
  readonly cases: readonly Unit[];
}

const lines = new WeakMap<Unit, Lines>();

function linesOf(root: Unit): Lines {
  let found = lines.get(root);
  if (found === undefined) {
    const begins = new Map<number, Unit>();
    const cases: Unit[] = [];
    for (const unit of unitsOf(root)) {
      if (unit.kind === 'case') cases.push(unit);
      if (unit.kind === 'case' || (unit.kind === 'scope' && begins.get(unit.node.line)?.kind !== 'case'))
        begins.set(unit.node.line, unit);
    }
    found = { begins, cases };
    lines.set(root, found);
  }
  return found;
}

/** The unit that begins at the line; else the innermost case around it. */
export function unitAt(root: Unit, line: number): Unit | undefined {
  const { begins, cases } = linesOf(root);
  return begins.get(line) ?? cases.findLast(({ node }) => node.line <= line && line <= node.endLine);
}

interface ModelPath {
  readonly file: string | undefined;
  readonly root: Unit | undefined;
}

const paths = new WeakMap<TouchModel, Map<string, ModelPath>>();

/** The model's file that a report means. */
function fileOf(model: TouchModel, path: string, target: string): ModelPath {
  const known = paths.get(model) ?? new Map<string, ModelPath>();
  paths.set(model, known);
  const key = `${target}\n${path}`;
  let found = known.get(key);
  if (found === undefined) {
    const file = matchFile([...model.roots.map((root) => root.file), ...model.unread], path, target);
    found = { file, root: model.roots.find((root) => root.file === file) };
    known.set(key, found);
  }
  return found;
}

/** Finds a case by the places that its report gives. */
export function findByPlace(model: TouchModel, target: string, observation: Observation): FoundCase | undefined {
  const { place } = observation;
  if (place === undefined) return undefined;
  const at = (where: { readonly file: string; readonly line: number }) => {
    const { file, root } = fileOf(model, where.file, target);
    return { file, unit: root && unitAt(root, where.line) };
  };
  const own = at(place);
  if (own.file === undefined) return undefined;
  if (own.unit === undefined) return { file: own.file };
  const containers = (observation.containers ?? []).flatMap((container) => at(container).unit ?? []);
  const fit = fitOfTitles(observation.name);
  return { file: own.file, text: { units: [own.unit, ...containers], fit, whole: false } };
}

/** Finds a case by the titles that lead to it, joined as runners join them; of several those that fix most of the name. */
export function findByTitles(roots: readonly Unit[], name: string, fit: CaseText['fit']): FoundCase | undefined {
  let best: { readonly weight: number; readonly units: Unit[] } = { weight: -1, units: [] };
  for (const root of roots) {
    for (const unit of unitsOf(root)) {
      if (unit.kind !== 'case') continue;
      const patterns = [unit, ...enclosing(unit)]
        .flatMap(({ pattern }) => (pattern === undefined ? [] : [pattern]))
        .reverse();
      const [first = ANY_TITLE, ...rest] = patterns;
      const whole = rest.reduce((path, pattern) => joinPatterns(joinPatterns(path, [' > ']), pattern), first);
      if (!fitsPattern(whole, name)) continue;
      const weight = whole.length === 1 ? Number.MAX_SAFE_INTEGER : weightOf(whole);
      if (weight === best.weight) best.units.push(unit);
      else if (weight > best.weight) best = { weight, units: [unit] };
    }
  }
  const [found] = best.units;
  return found === undefined ? undefined : { file: found.file, text: { units: best.units, fit, whole: false } };
}

/** Finds a case of a runner that names cases by file and titles; pytest's node ids too. */
export function findTitledCase(model: TouchModel, target: string, observation: Observation): FoundCase | undefined {
  const placed = findByPlace(model, target, observation);
  if (placed?.text !== undefined) return placed;
  const titles = observation.name.replaceAll('::', ' > ').split(' > ');
  const file = matchFile(
    model.roots.map((root) => root.file),
    observation.file ?? target,
    target,
  );
  const named = titles[0] === target || titles[0] === observation.file ? titles.slice(1) : titles;
  // vitest 1 has a suite without a name around what stands at the top of a file.
  const name = (named[0] === '' ? named.slice(1) : named).join(' > ');
  const found = findByTitles(
    model.roots.filter((root) => root.file === file),
    name,
    fitOfTitles(name),
  );
  return found ?? placed ?? (file === undefined ? undefined : { file });
}

/** The last title, or what pytest puts in brackets behind it. */
function fitOfTitles(name: string): CaseText['fit'] {
  const last = name.split(/ (?:>|\|) /).at(-1) ?? name;
  const given = /\[(.*)\]$/s.exec(last)?.[1];
  return given === undefined ? fitTo(name, last) : fitTo(given, given);
}

/** How Go writes a subtest's name: blanks become `_`, what cannot be printed is escaped. Source: testing/match.go, rewrite. */
export function goSubtestName(text: string): string {
  return text.replace(/\s/g, '_');
}

/** Finds a plain Go test or a subtest by name; ginkgo's cases, where no place is known, by their titles. */
export function findGoCase(model: TouchModel, target: string, observation: Observation): FoundCase | undefined {
  const placed = findByPlace(model, target, observation);
  if (placed !== undefined) return placed;
  const spec = observation.name.split(' :: ');
  if (spec.length > 1) {
    const titles = spec.slice(1).join(' :: ');
    return findByTitles(model.roots, titles, fitOfTitles(titles));
  }
  const [, full] = /(?:^|\.)((?:Test|Benchmark|Fuzz|Example)(?![a-z]).*)$/.exec(testPart(observation.name)) ?? [];
  const [name, ...parts] = (full ?? observation.name).split('/');
  for (const root of model.roots) {
    const test = root.children.find(({ kind, literal }) => kind === 'case' && literal === name);
    if (test !== undefined) return { file: root.file, text: subtest(model, test, parts) };
  }
  return undefined;
}

/** The name from the package's last path segment on: import paths have dots too. */
function testPart(name: string): string {
  const found = /\.(?:Test|Benchmark|Fuzz|Example)(?![a-z])/.exec(name);
  return found === null ? name : name.slice(found.index + 1);
}

function subtest(model: TouchModel, test: Unit, parts: readonly string[]): CaseText {
  const last = (parts.at(-1) ?? '').replace(/#\d+$/, '');
  const fit = fitTo(parts.join('/'), last, goSubtestName);
  let level: readonly Unit[] = [test];
  for (const part of parts) {
    const wanted = part.replace(/#\d+$/, '');
    const inner = level.flatMap((unit) => subtestsOf(model, unit));
    const named = inner.filter(({ literal }) => literal !== undefined && goSubtestName(literal) === wanted);
    const computed = inner.filter(({ literal }) => literal === undefined);
    level = named.length > 0 ? named : computed;
  }
  if (parts.length === 0 || level.length === 0) return { units: [test], fit: () => 0, whole: true };
  return { units: level, fit, whole: false };
}

/** Subtests that a test, or a function that it calls, registers. */
function subtestsOf(model: TouchModel, test: Unit): Unit[] {
  const seen = new Set<Unit>();
  const found: Unit[] = [];
  const look = (unit: Unit) => {
    if (seen.has(unit)) return;
    seen.add(unit);
    for (const child of unit.children) {
      if (child.kind === 'case') found.push(child);
      else look(child);
    }
    for (const name of unit.uses)
      for (const called of model.resolve(unit, name)) if (called.kind === 'scope') look(called);
  };
  look(test);
  return found;
}
