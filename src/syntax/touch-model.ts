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
  /** Files whose top level is set-up for the cases of this one (in Go all of the package). */
  setupRoots(root: Unit): readonly Unit[];
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
  setupRoots: (root: Unit) => readonly Unit[],
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
      // Set-up that is taken away leaves nothing behind that could differ: what encloses it does.
      const setup = unit.children.filter(isSetup).map((child) => ownTokens(child));
      if (unit.kind === 'root') setup.sort();
      text = [unit.kind, ...titles, unit.title, ownTokens(unit), ...setup].join('\u0002');
      known.set(unit, text);
    }
    return text;
  };
  const signatures = new Map<string, number>();
  for (const { root } of files)
    for (const unit of unitsOf(root)) signatures.set(signature(unit), (signatures.get(signature(unit)) ?? 0) + 1);
  return { roots: files.map(({ root }) => root), unread, resolve, signature, signatures, setupRoots };
}

/** Top-level names of files, each with all units that have it. */
export function topLevelNames(roots: readonly Unit[]): Map<string, Unit[]> {
  const names = new Map<string, Unit[]>();
  for (const root of roots)
    for (const unit of root.children)
      for (const name of unit.names) names.set(name, [...(names.get(name) ?? []), unit]);
  return names;
}

/**
 * How a change reaches a case. `own`: its node, its table's body, its entry or item differs. `shared`: only set-up or a
 * helper that it shares with others does.
 */
export type Reach = 'own' | 'shared' | 'none';

/** A statement that runs for every case of what encloses it. */
function isSetup(unit: Unit): boolean {
  return unit.always || (unit.kind === 'statement' && unit.registers.length === 0);
}

/** What a case is made of. */
export interface CaseText {
  /** The case's own unit, and others that the report places (containers). */
  readonly units: readonly Unit[];
  /** How well an item of a list, or a call of a function that registers cases, fits the case's name; 0: not at all. */
  readonly fit: (unit: Unit) => number;
  /** Everything in these counts (a test whose subtest cannot be found in the text). */
  readonly whole: boolean;
}

/**
 * Every unit that the case depends on: itself and what is inside it, set-up and headings of all that encloses it, list items
 * that it is made from, and what any of these reaches by name; with whether it is the case's own.
 */
export function reachedUnits(model: TouchModel, text: CaseText): Map<Unit, Exclude<Reach, 'none'>> {
  const reached = new Map<Unit, Exclude<Reach, 'none'>>();
  const add = (unit: Unit, own: boolean) => {
    const known = reached.get(unit);
    if (known === undefined || own) reached.set(unit, own ? 'own' : 'shared');
    if (known !== undefined) return;
    for (const name of unit.uses)
      for (const wanted of [name, `${name}.*`])
        for (const found of model.resolve(unit, wanted)) addWhole(found, text.whole || unit.kind === 'case', false);
  };
  const addWhole = (unit: Unit, withCases: boolean, own: boolean) => {
    const known = reached.get(unit);
    if (known === 'own' || (known !== undefined && !own)) return;
    add(unit, own);
    addItems(unit, own);
    for (const child of unit.children)
      if (child.kind !== 'element' && (withCases || child.kind !== 'case')) addWhole(child, withCases, own);
  };
  const addItems = (unit: Unit, own: boolean) => {
    const lists = new Map<unknown, Unit[]>();
    for (const item of unit.children)
      if (item.kind === 'element') lists.set(item.node.parent, [...(lists.get(item.node.parent) ?? []), item]);
    for (const items of lists.values()) {
      const best = text.whole ? items : bestFitting(items, text.fit);
      for (const item of best) addWhole(item, true, own || best.length < items.length);
    }
  };
  const helpers = new Set(text.units.flatMap((unit) => [...enclosing(unit)].flatMap(({ names }) => names)));
  const addAround = (unit: Unit) => {
    add(unit, unit.table);
    addItems(unit, unit.kind === 'case' || (unit.kind === 'scope' && unit.names.length === 0));
    for (const child of unit.children) if (isSetup(child)) addWhole(child, true, false);
    const calls = unit.children.filter(({ registers }) => registers.some((name) => helpers.has(name)));
    for (const call of bestFitting(calls, text.fit)) addWhole(call, true, true);
  };
  for (const unit of text.units) {
    if (unit.kind === 'case') addWhole(unit, true, true);
    else addAround(unit);
    for (const around of enclosing(unit)) {
      if (around.kind === 'root') for (const root of model.setupRoots(around)) addAround(root);
      else addAround(around);
    }
  }
  return reached;
}

/** Those that fit a name best; all where none does. */
function bestFitting(units: readonly Unit[], fit: (unit: Unit) => number): readonly Unit[] {
  const fits = units.map(fit);
  const best = Math.max(0, ...fits);
  return units.filter((_, index) => best === 0 || fits[index] === best);
}

/** Whether, and how, anything that the case depends on has no like on the other side. */
export function reachOf(model: TouchModel, other: TouchModel, text: CaseText): Reach {
  let reach: Reach = 'none';
  for (const [unit, how] of reachedUnits(model, text)) {
    if (reach === how || isEmptyRoot(unit)) continue;
    const signature = model.signature(unit);
    if ((other.signatures.get(signature) ?? 0) >= (model.signatures.get(signature) ?? 0)) continue;
    if (how === 'own') return 'own';
    reach = how;
  }
  return reach;
}

/** A file more or less says nothing by itself. */
function isEmptyRoot(unit: Unit): boolean {
  return unit.kind === 'root' && !unit.children.some(isSetup) && ownTokens(unit) === '';
}
