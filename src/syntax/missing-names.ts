import type { MissingName, SourceLine } from '../domain/observation.ts';
import { type Declaration, declaredNames, type SourceFile } from './declarations.ts';
import { folderOf, isTestFile, languageOf } from './language.ts';
import { loadParser } from './load-parser.ts';
import { childOf, namedChildren, textOf, visit } from './syntax-tree.ts';

/** A file that R..H changes; a text is absent where the file is. */
export interface ChangedSource {
  readonly path: string;
  readonly oldText?: string;
  readonly newText?: string;
}

/** What the change does about a missing name (P07). */
export interface MissingAnswer {
  readonly missing: MissingName;
  readonly answer: 'defined' | 'signature-changed' | 'not-defined';
  /** Where H declares it. */
  readonly place?: SourceLine;
}

/** `pkg.Type.member` → its last part and the part before it. */
function partsOf(name: string): { last: string; owner: string | undefined } {
  const parts = name
    .replace(/\(.*$/s, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/^[*&]+/, '')
    .split('.');
  return { last: parts.at(-1) ?? name, owner: parts.at(-2) };
}

/**
 * Whether the changed files define what the tests miss. A name counts as defined when H declares it and R does not (a member in
 * the type that is named, or in any, as types embed one another), as changed when both do and what a caller depends on
 * differs. Test files do not count. By names alone: the package of a name is not compared, since importers call it as they like.
 */
export async function definesMissing(
  missing: readonly MissingName[],
  changed: readonly ChangedSource[],
): Promise<MissingAnswer[]> {
  const sources = changed.filter(({ path }) => !isTestFile(path));
  const before = await declaredNames(
    sources.flatMap(({ path, oldText: text }) => (text === undefined ? [] : [{ path, text }])),
  );
  const after = await declaredNames(
    sources.flatMap(({ path, newText: text }) => (text === undefined ? [] : [{ path, text }])),
  );
  return missing.map((one) => {
    if (one.kind === 'package' || one.kind === 'command') return definesFile(one, sources);
    const { last } = partsOf(one.name);
    const owner = partsOf(one.demandedBy ?? one.owner ?? '').last || partsOf(one.name).owner;
    const old = before.filter(({ name }) => name === last);
    const fresh = after.filter(({ name }) => name === last);
    const member = one.kind === 'member' || owner !== undefined;
    const best = (found: readonly Declaration[]) =>
      (member ? found.find((candidate) => candidate.owner === owner) : undefined) ?? found[0];
    const added = best(fresh.filter((now) => !old.some((was) => was.owner === now.owner && was.kind === now.kind)));
    if (added !== undefined) return { missing: one, answer: 'defined', place: added.place };
    const changedShape = best(
      fresh.filter((now) =>
        old.some((was) => was.owner === now.owner && was.kind === now.kind && was.shape !== now.shape),
      ),
    );
    // An interface that demands it no more fits again.
    const dropped = before.find(
      (was) =>
        one.demandedBy !== undefined &&
        was.name === last &&
        was.owner === owner &&
        !fresh.some((now) => now.owner === owner) &&
        after.some((now) => now.name === owner && now.kind === 'type'),
    );
    if (dropped !== undefined) return { missing: one, answer: 'signature-changed', place: dropped.place };
    if (changedShape === undefined) return { missing: one, answer: 'not-defined' };
    return { missing: one, answer: 'signature-changed', place: changedShape.place };
  });
}

/** A package or a module is defined by a file that the change adds in it, a command by an added file of its name. */
function definesFile(missing: MissingName, sources: readonly ChangedSource[]): MissingAnswer {
  const wanted = missing.name.replace(/^[./]+/, '').replace(/\.[cm]?[jt]sx?$/, '');
  const dotted = wanted.replaceAll('.', '/');
  const added = sources.find(({ path, oldText, newText }) => {
    if (newText === undefined || oldText !== undefined) return false;
    const bare = path.replace(/(?:\/(?:index|__init__))?\.\w+$/, '');
    const places = languageOf(path) === 'go' ? [folderOf(path)] : [bare, path];
    return places.some((place) =>
      [wanted, dotted].some((name) => name === place || name.endsWith(`/${place}`) || place.endsWith(`/${name}`)),
    );
  });
  if (added === undefined) return { missing, answer: 'not-defined' };
  return { missing, answer: 'defined', place: { file: added.path, line: 1 } };
}

/**
 * Those of the missing names that the tests themselves should have declared: the name, the type that a member or method is
 * missing from, or the function that is called wrongly, stands in the test files. Then the test is at fault, and nothing
 * that the change could define. Of a type that lacks what an interface demands, both have to be the tests' own: where the
 * interface is not, the change may make it fit.
 */
export async function declaredInTests(
  missing: readonly MissingName[],
  testFiles: readonly SourceFile[],
): Promise<ReadonlySet<string>> {
  // What a test imports in Python is declared where it comes from.
  const declared = (await declaredNames(testFiles)).filter(({ node }) => node.type !== 'import_from_statement');
  const { locals, imports } = await namesInside(testFiles);
  const packages = new Set(declared.map((one) => one.package));
  const own = new Set<string>();
  const top = (wanted: string | undefined) => declared.some((one) => one.name === wanted && one.owner === undefined);
  /** A type as the compiler prints it: types of other packages with the package before them. */
  const isOwnType = (printed: string) => {
    const { last, owner: of } = partsOf(printed);
    return top(last) && (of === undefined || packages.has(of));
  };
  for (const { name, kind, owner: type, demandedBy } of missing) {
    if (kind === 'package' || kind === 'command') continue;
    const { last, owner } = partsOf(name);
    let found: boolean;
    if (demandedBy !== undefined) found = isOwnType(demandedBy) && isOwnType(type ?? owner ?? '');
    else if (type !== undefined) found = isOwnType(type);
    else if (owner === undefined) found = top(last) || (kind === 'signature' && locals.has(last));
    else if (imports.has(owner)) found = false;
    else
      found =
        top(owner) || (kind === 'signature' && declared.some((one) => one.name === last && one.owner !== undefined));
    if (found) own.add(name);
  }
  return own;
}

/** Names that are declared inside functions, and names that files import packages by. */
async function namesInside(files: readonly SourceFile[]): Promise<{ locals: Set<string>; imports: Set<string> }> {
  const locals = new Set<string>();
  const imports = new Set<string>();
  for (const { path, text } of files) {
    if (languageOf(path) !== 'go') continue;
    const source = (await loadParser('go'))(text);
    if (source === undefined) continue;
    visit(source.root, (node) => {
      if (node.type === 'short_var_declaration')
        for (const name of namedChildren(childOf(node, 'left'))) locals.add(textOf(source, name));
      if (node.type === 'var_spec' || node.type === 'type_spec')
        for (const name of node.children) if (name.field === 'name') locals.add(textOf(source, name));
      if (node.type === 'import_spec') {
        const name = childOf(node, 'name');
        const path = childOf(node, 'path');
        const base =
          path === undefined
            ? ''
            : textOf(source, path)
                .replace(/^["`]|["`]$/g, '')
                .replace(/\/v\d+$/, '');
        imports.add(name === undefined ? (base.split('/').at(-1) ?? '') : textOf(source, name));
      }
      return true;
    });
  }
  return { locals, imports };
}
