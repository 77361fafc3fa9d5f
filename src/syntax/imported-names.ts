import { folderOf } from './language.ts';
import { childOf, literalText, namedChildren, type ParsedText, type SyntaxNode, textOf, visit } from './syntax-tree.ts';

/** What a file calls something by, and where that comes from; `*` is the module itself. */
export interface ImportedName {
  readonly local: string;
  readonly name: string;
  /** Candidates for the module's path without its ending, relative to the repository. */
  readonly module: string;
}

/** Imports of a file that may lead to another file of the repository. */
export function importedNames(path: string, source: ParsedText): ImportedName[] {
  const found: ImportedName[] = [];
  for (const node of source.root.children) {
    if (source.language === 'python') addPython(path, source, node, found);
    else if (node.type === 'import_statement') addScript(path, source, node, found);
  }
  return found;
}

/** A module's path as it stands in imports: without its ending, and without `index` or `__init__`. */
export function moduleOf(path: string): string {
  return path.replace(/\.\w+$/, '').replace(/\/(?:index|__init__)$/, '');
}

function addScript(path: string, source: ParsedText, node: SyntaxNode, found: ImportedName[]): void {
  const from = literalText(source, childOf(node, 'source'));
  if (from === undefined || !from.startsWith('.')) return;
  const module = moduleOf(resolvePath(folderOf(path), from.replace(/\.[cm]?[jt]sx?$/, '.x')));
  const add = (local: SyntaxNode | undefined, name: string) => {
    if (local !== undefined) found.push({ local: textOf(source, local), name, module });
  };
  visit(node, (at) => {
    if (at.type === 'import_specifier') {
      const name = childOf(at, 'name');
      if (name !== undefined) add(childOf(at, 'alias') ?? name, textOf(source, name));
      return false;
    }
    if (at.type === 'namespace_import') add(namedChildren(at)[0], '*');
    if (at.type === 'import_clause')
      add(
        at.children.find(({ type }) => type === 'identifier'),
        'default',
      );
    return at.type !== 'namespace_import';
  });
}

function addPython(path: string, source: ParsedText, node: SyntaxNode, found: ImportedName[]): void {
  if (node.type !== 'import_from_statement' && node.type !== 'import_statement') return;
  const from = childOf(node, 'module_name');
  const prefix = from === undefined ? '' : textOf(source, from);
  for (const one of node.children) {
    if (one.field !== 'name') continue;
    const name = textOf(source, childOf(one, 'name') ?? one);
    const local = textOf(source, childOf(one, 'alias') ?? one);
    if (from === undefined)
      found.push({ local: local.split('.')[0] ?? local, name: '*', module: pythonModule(path, name) });
    else {
      found.push({ local, name, module: pythonModule(path, prefix) });
      // `from . import helpers` imports a module.
      found.push({
        local,
        name: '*',
        module: pythonModule(path, `${prefix}${prefix.endsWith('.') ? '' : '.'}${name}`),
      });
    }
  }
}

function pythonModule(path: string, dotted: string): string {
  const dots = /^\.*/.exec(dotted)?.[0].length ?? 0;
  const rest = dotted.slice(dots).replaceAll('.', '/');
  if (dots === 0) return rest;
  return resolvePath(folderOf(path), `${'../'.repeat(dots - 1)}${rest}`);
}

function resolvePath(folder: string, relative: string): string {
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of relative.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}
