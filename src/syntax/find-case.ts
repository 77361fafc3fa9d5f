import type { Observation } from '../domain/observation.ts';
import { matchFile } from './match-file.ts';
import { literalText, visit } from './syntax-tree.ts';
import type { CaseText, TouchModel } from './touch-model.ts';
import { enclosing, type Unit, unitsOf } from './unit.ts';

/** The file that a case was observed in, and the text that it is made of; undefined where it cannot be found. */
export interface FoundCase {
  readonly file: string;
  readonly text?: CaseText;
}

const literals = new WeakMap<Unit, readonly string[]>();

/** All literal texts in a unit. */
function literalsOf(unit: Unit): readonly string[] {
  let found = literals.get(unit);
  if (found === undefined) {
    const texts: string[] = [];
    visit(unit.node, (node) => {
      const text = literalText(unit.source, node);
      if (text !== undefined && text !== '') texts.push(text);
      return text === undefined;
    });
    literals.set(unit, texts);
    found = texts;
  }
  return found;
}

/** A fit for names that contain a literal, by its length; the whole last part of the name fits best of all. */
export function fitTo(name: string, last: string, rewrite: (text: string) => string = (text) => text) {
  return (unit: Unit): number => {
    let best = 0;
    for (const literal of literalsOf(unit)) {
      const text = rewrite(literal);
      if (text === last) return Number.MAX_SAFE_INTEGER;
      if (text.length > 1 && name.includes(text)) best = Math.max(best, text.length);
    }
    return best;
  };
}

/** The innermost unit that begins at the line; else the innermost case around it. */
export function unitAt(root: Unit, line: number): Unit | undefined {
  let at: Unit | undefined;
  let around: Unit | undefined;
  for (const unit of unitsOf(root)) {
    if (unit.kind !== 'case' && unit.kind !== 'scope') continue;
    if (unit.node.line === line && (at === undefined || unit.kind === 'case')) at = unit;
    if (unit.node.line <= line && line <= unit.node.endLine && unit.kind === 'case') around = unit;
  }
  return at ?? around;
}

/** Finds a case by the places that its report gives. */
export function findByPlace(model: TouchModel, target: string, observation: Observation): FoundCase | undefined {
  const { place, name } = observation;
  if (place === undefined) return undefined;
  const paths = [...model.roots.map(({ file }) => file), ...model.unread];
  const at = (where: { readonly file: string; readonly line: number }) => {
    const file = matchFile(paths, where.file, target);
    const root = model.roots.find((one) => one.file === file);
    return { file, unit: root && unitAt(root, where.line) };
  };
  const own = at(place);
  if (own.file === undefined) return undefined;
  if (own.unit === undefined) return { file: own.file };
  const containers = (observation.containers ?? []).flatMap((container) => at(container).unit ?? []);
  const last = name.split(/ (?:>|\|) /).at(-1) ?? name;
  return { file: own.file, text: { units: [own.unit, ...containers], fit: fitTo(name, last), whole: false } };
}

/** Finds a case by the literal titles that lead to it: `titles` from the outermost on. */
export function findByTitles(roots: readonly Unit[], titles: readonly string[], name: string): FoundCase | undefined {
  const wanted = titles.join('\n');
  const last = titles.at(-1) ?? '';
  const loose: Unit[] = [];
  for (const root of roots) {
    for (const unit of unitsOf(root)) {
      if (unit.kind !== 'case') continue;
      const path = [unit, ...enclosing(unit)].filter(({ titleNode }) => titleNode !== undefined).reverse();
      if (path.map(({ literal }) => literal ?? '\u0000').join('\n') === wanted)
        return { file: root.file, text: { units: [unit], fit: fitTo(name, last), whole: false } };
      const fits =
        path.length === titles.length && path.every(({ literal }, i) => literal === undefined || literal === titles[i]);
      if (fits) loose.push(unit);
    }
  }
  const first = loose[0];
  if (first === undefined) return undefined;
  return { file: first.file, text: { units: loose, fit: fitTo(name, last), whole: false } };
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
  if (spec.length > 1) return findByTitles(model.roots, spec.slice(1).join(' :: ').split(' > '), observation.name);
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
