import { childOf, type ParsedText, textOf, visit } from './syntax-tree.ts';

/** An import of a Go file, with the name that the file knows the package by. */
export interface GoImport {
  readonly name: string;
  readonly path: string;
  /** As it stands in the file: `k8sv1 "k8s.io/api/core/v1"`. */
  readonly text: string;
}

export function importsOf(source: ParsedText): GoImport[] {
  const found: GoImport[] = [];
  for (const node of source.root.children) {
    if (node.type !== 'import_declaration') continue;
    visit(node, (at) => {
      if (at.type !== 'import_spec') return true;
      const path = textOf(source, childOf(at, 'path') ?? at).replace(/^["`]|["`]$/g, '');
      const name = childOf(at, 'name');
      found.push({
        name: name === undefined ? guessedName(path) : textOf(source, name),
        path,
        text: textOf(source, at),
      });
      return false;
    });
  }
  return found;
}

/** What a package is called by convention: the path's last part, without a version or the `go-` of a repository's name. */
function guessedName(path: string): string {
  const parts = path.replace(/\/v\d+$/, '').split('/');
  return (parts.at(-1) ?? path).replace(/^go-|\.go$|[.-]go$|\.v\d+$/g, '').replace(/^.*-/, '');
}

/** Names before a dot: among them those that a text uses packages by. */
export function usedQualifiers(text: string): Set<string> {
  return new Set([...text.matchAll(/(?<![\w.])([A-Za-z_]\w*)\./g)].map(([, name]) => name as string));
}

/** An import block, with an empty line behind it; nothing for no imports. */
export function importLines(imports: readonly GoImport[]): string {
  const lines = [...new Set(imports.map(({ text }) => text))].sort();
  return lines.length === 0 ? '' : `import (\n${lines.map((line) => `\t${line}\n`).join('')})\n\n`;
}

/** The text with imports added that it has not, and without those that `old` used and it does not. */
export function withImports(old: string, text: string, had: readonly GoImport[], wanted: readonly GoImport[]): string {
  const [before, used] = [old, text].map((one) => usedQualifiers(one.replace(/^\s*(?:\w+\s+)?"[^"]*"$/gm, '')));
  let result = text;
  for (const one of had) {
    // What nothing seemed to use before either is called otherwise than its path.
    if (!before?.has(one.name) || used?.has(one.name)) continue;
    result = result.replace(new RegExp(`^[ \\t]*(?:import[ \\t]+)?${quote(one.text)}[ \\t]*(?://.*)?\\n`, 'm'), '');
  }
  const missing = wanted.filter(({ name, path }) => !had.some((one) => one.name === name && one.path === path));
  if (missing.length === 0) return result;
  return result.replace(/^package[ \t]+\w+.*$/m, (clause) => `${clause}\n\n${importLines(missing).trimEnd()}`);
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
