import type { ParsedText } from './syntax-tree.ts';
import { enclosing, ownTokens, type Unit, unitsOf } from './unit.ts';

/** All units of one target's test files on one side, and how names lead from one to another. */
export interface TouchModel {
  readonly roots: readonly Unit[];
  /** Files that were given and could not be read: only lines say anything about them. */
  readonly unread: readonly string[];
  /** Units that a unit's name `name` may mean. */
  resolve(from: Unit, name: string): readonly Unit[];
  /** What tells a unit from all others: kind, titles from the outermost on, and its own text. */
  signature(unit: Unit): string;
  readonly signatures: ReadonlyMap<string, number>;
}

export interface ModelFile {
  readonly path: string;
  readonly source: ParsedText;
  readonly root: Unit;
}

/**
 * @param visible files whose top-level names a file sees besides its own (in Go all of the package)
 */
export function buildModel(
  files: readonly ModelFile[],
  unread: readonly string[],
  visible: (from: Unit, name: string) => readonly Unit[],
): TouchModel {
  const declared = new Map<Unit, Map<string, Unit[]>>();
  for (const { root } of files) {
    for (const unit of unitsOf(root)) {
      for (const name of unit.names) {
        // A closure's or a type's name is known where it is declared: in the enclosing unit.
        const holder = unit.parent ?? unit;
        const names = declared.get(holder) ?? new Map<string, Unit[]>();
        declared.set(holder, names);
        names.set(name, [...(names.get(name) ?? []), unit]);
      }
    }
  }
  const resolve = (from: Unit, name: string): readonly Unit[] => {
    for (const holder of enclosing(from)) {
      const found = declared.get(holder)?.get(name);
      if (found !== undefined && holder.kind !== 'root') return found;
      // What an enclosing unit binds by itself (a parameter, a loop's variable) hides everything further out.
      if (found === undefined && holder.binds.has(name)) return [];
    }
    return visible(from, name);
  };
  const known = new Map<Unit, string>();
  const signature = (unit: Unit): string => {
    let text = known.get(unit);
    if (text === undefined) {
      const titles = [...enclosing(unit)].map(({ title }) => title).reverse();
      text = [unit.kind, ...titles, unit.title, ownTokens(unit)].join('\u0002');
      known.set(unit, text);
    }
    return text;
  };
  const signatures = new Map<string, number>();
  for (const { root } of files)
    for (const unit of unitsOf(root))
      if (unit !== root) signatures.set(signature(unit), (signatures.get(signature(unit)) ?? 0) + 1);
  return { roots: files.map(({ root }) => root), unread, resolve, signature, signatures };
}

/** Top-level names of files, each with all units that have it. */
export function topLevelNames(roots: readonly Unit[]): Map<string, Unit[]> {
  const names = new Map<string, Unit[]>();
  for (const root of roots)
    for (const unit of root.children)
      for (const name of unit.names) names.set(name, [...(names.get(name) ?? []), unit]);
  return names;
}

/** What decides whether a case is touched: which units to look at besides itself, and how to choose among a list's items. */
export interface CaseText {
  /** The case's own unit, and others that it is made of (containers that the report places). */
  readonly units: readonly Unit[];
  /** Whether an item of a list, or a call of a function that registers cases, is what this case is made from. */
  readonly made: (unit: Unit) => boolean;
  /** Everything inside these counts too (a test whose subtest cannot be found in the text). */
  readonly whole: boolean;
}

/**
 * Every unit that the case depends on: itself and what is inside it, set-up and headings of all that encloses it, list items
 * that it is made from, and what any of these reaches by name.
 */
export function reachedUnits(model: TouchModel, text: CaseText): Set<Unit> {
  const reached = new Set<Unit>();
  const follow = (unit: Unit) => {
    for (const name of unit.uses) for (const found of model.resolve(unit, name)) addWhole(found, text.whole);
  };
  const addOwn = (unit: Unit) => {
    if (reached.has(unit)) return;
    reached.add(unit);
    follow(unit);
  };
  const addWhole = (unit: Unit, cases: boolean) => {
    if (reached.has(unit)) return;
    addOwn(unit);
    addItems(unit);
    for (const child of unit.children)
      if (child.kind !== 'element' && (cases || child.kind !== 'case')) addWhole(child, cases);
  };
  /** Of a list's items those that the case is made from; all where none or more than one list would tell. */
  const addItems = (unit: Unit) => {
    const items = unit.children.filter((child) => child.kind === 'element');
    const chosen = items.filter(text.made);
    for (const item of chosen.length > 0 && !text.whole ? chosen : items) addWhole(item, true);
  };
  const addAround = (unit: Unit) => {
    addOwn(unit);
    addItems(unit);
    const calls = unit.children.filter((child) => child.registers.length > 0);
    for (const child of unit.children) {
      if (child.always || (child.kind === 'statement' && child.registers.length === 0)) addWhole(child, true);
      else if (calls.includes(child) && text.made(child)) addWhole(child, true);
    }
  };
  for (const unit of text.units) {
    if (unit.kind === 'case') addWhole(unit, true);
    else addAround(unit);
    for (const around of enclosing(unit)) addAround(around);
  }
  return reached;
}
