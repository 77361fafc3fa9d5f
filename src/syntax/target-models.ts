import { collectGoNames } from './go-names.ts';
import { registeringFunctions } from './go-registrations.ts';
import { goUnits } from './go-units.ts';
import { type ImportedName, importedNames, moduleOf } from './imported-names.ts';
import { folderOf } from './language.ts';
import { collectPythonNames } from './python-names.ts';
import { pythonUnits } from './python-units.ts';
import { collectScriptNames } from './script-names.ts';
import { scriptUnits } from './script-units.ts';
import type { ParsedText } from './syntax-tree.ts';
import { buildModel, type ModelFile, type TouchModel, topLevelNames } from './touch-model.ts';
import { enclosing, type Unit, unitsOf } from './unit.ts';

/** A test file of one side. */
export interface SideFile {
  readonly path: string;
  /** Its path on the new side. */
  readonly title: string;
  /** Undefined where it cannot be read. */
  readonly source: ParsedText | undefined;
}

function readable(files: readonly SideFile[]): { path: string; title: string; source: ParsedText }[] {
  return files.flatMap(({ path, title, source }) => (source === undefined ? [] : [{ path, title, source }]));
}

const unreadOf = (files: readonly SideFile[]) =>
  files.filter(({ source }) => source === undefined).map(({ path }) => path);

/** The test files of one Go package: all of them see each other's names. */
export function goModel(given: readonly SideFile[]): TouchModel {
  const sources = readable(given);
  const functions = registeringFunctions(sources.map(({ source }) => source));
  const files = sources.map(
    ({ path, source }): ModelFile => ({ path, source, root: goUnits(path, source, functions) }),
  );
  const roots = files.map(({ root }) => root);
  for (const root of roots) for (const unit of unitsOf(root)) collectGoNames(unit);
  const names = topLevelNames(roots);
  return buildModel(
    files,
    unreadOf(given),
    (_, name) => names.get(name) ?? [],
    () => roots,
  );
}

/** Test files of TypeScript and JavaScript: a file sees its own names and what it imports from another of them. */
export function scriptModel(given: readonly SideFile[]): TouchModel {
  const files = readable(given).map(
    ({ path, source, title }): ModelFile => ({ path, source, root: scriptUnits(path, source, title) }),
  );
  for (const { root } of files) for (const unit of unitsOf(root)) collectScriptNames(unit);
  const modules = new Modules(files, (wanted, module) => wanted === module);
  return buildModel(
    files,
    unreadOf(given),
    (from, name) => modules.resolve(from, name),
    (root) => [root],
  );
}

/** Test files of Python: as above, and fixtures of the `conftest.py` in its folder and those above. */
export function pythonModel(given: readonly SideFile[]): TouchModel {
  const files = readable(given).map(
    ({ path, source, title }): ModelFile => ({ path, source, root: pythonUnits(path, source, title) }),
  );
  for (const { root } of files) for (const unit of unitsOf(root)) collectPythonNames(unit);
  const modules = new Modules(files, (wanted, module) => module === wanted || module.endsWith(`/${wanted}`));
  const conftests = (root: Unit): Unit[] =>
    files
      .filter(({ path }) => /(?:^|\/)conftest\.py$/.test(path) && isBelow(root.file, folderOf(path)))
      .sort((a, b) => b.path.length - a.path.length)
      .map((file) => file.root);
  const members = new Map<string, Unit[]>();
  for (const { root } of files)
    for (const unit of unitsOf(root))
      for (const name of unit.names) if (name.startsWith('.')) members.set(name, [...(members.get(name) ?? []), unit]);
  const resolve = (from: Unit, name: string): readonly Unit[] => {
    const own = modules.resolve(from, name);
    if (own.length > 0) return own;
    if (name.startsWith('.')) return members.get(name) ?? [];
    if (!name.startsWith('fixture:')) return [];
    for (const root of conftests(rootOf(from))) {
      const found = modules.topLevel(root.file, name);
      // A fixture that asks for one of its own name means the next one above.
      if (found.length > 0 && !found.includes(from)) return found;
    }
    return [];
  };
  return buildModel(files, unreadOf(given), resolve, (root) => [...new Set([root, ...conftests(root)])]);
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}

function rootOf(unit: Unit): Unit {
  return [...enclosing(unit)].at(-1) ?? unit;
}

/** Files as modules that import from one another. */
class Modules {
  readonly #names = new Map<string, Map<string, Unit[]>>();
  readonly #imports = new Map<string, readonly ImportedName[]>();
  readonly #matches: (wanted: string, module: string) => boolean;

  constructor(files: readonly ModelFile[], matches: (wanted: string, module: string) => boolean) {
    this.#matches = matches;
    for (const { path, source, root } of files) {
      this.#names.set(path, topLevelNames([root]));
      this.#imports.set(path, importedNames(path, source));
    }
  }

  topLevel(path: string, name: string): readonly Unit[] {
    return this.#names.get(path)?.get(name) ?? [];
  }

  resolve(from: Unit, name: string): readonly Unit[] {
    const own = this.topLevel(from.file, name);
    if (own.length > 0) return own;
    const imports = this.#imports.get(from.file) ?? [];
    if (name.startsWith('.')) {
      const spaces = imports.filter((one) => one.name === '*');
      return spaces.flatMap(({ module }) =>
        this.#filesOf(module).flatMap((path) => this.topLevel(path, name.slice(1))),
      );
    }
    return imports
      .filter(({ local }) => local === name)
      .flatMap((one) => this.#filesOf(one.module).flatMap((path) => this.#exported(path, one.name)));
  }

  #filesOf(module: string): string[] {
    return [...this.#names.keys()].filter((path) => this.#matches(module, moduleOf(path)));
  }

  #exported(path: string, name: string): readonly Unit[] {
    if (name !== 'default') return this.topLevel(path, name);
    const units = [...(this.#names.get(path)?.values() ?? [])].flat();
    return units.filter(
      ({ node }) => node.type === 'export_statement' && node.children.some(({ type }) => type === 'default'),
    );
  }
}
