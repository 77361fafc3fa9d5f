import { languageOf } from './language.ts';
import { loadParser } from './load-parser.ts';
import { isDirective, type ParsedText, type SyntaxNode, textOf } from './syntax-tree.ts';

/**
 * Whether two texts differ in comments and layout alone (P06): blanks, line ends, a comma behind the last item, the kind of quotes, the
 * order of Go's imports. Directives count. What is no syntax, or too large, is the same only where it is equal.
 * @param path tells the language
 */
export async function sameButFormatting(path: string, oldText: string, newText: string): Promise<boolean> {
  if (oldText === newText) return true;
  const language = languageOf(path);
  if (language === undefined) return false;
  const parse = await loadParser(language);
  const [before, after] = [parse(oldText), parse(newText)];
  if (before === undefined || after === undefined || before.broken || after.broken) return false;
  // Comments above `import "C"` are C.
  if (language === 'go' && /^\s*(?:import\s+)?"C"$/m.test(oldText + newText)) return false;
  const [left, right] = [structureOf(before), structureOf(after)];
  return left.length === right.length && left.every((part, index) => part === right[index]);
}

/** The tree in brackets, without what may differ. */
function structureOf(source: ParsedText): string[] {
  const parts: string[] = [];
  const imports: string[] = [];
  const add = (node: SyntaxNode, next: SyntaxNode | undefined): void => {
    const text = textOf(source, node);
    if (node.type === 'comment') {
      if (isDirective(source, node)) parts.push(text.trim());
    } else if (source.language === 'go' && node.type === 'import_declaration') {
      collectImports(source, node, imports);
    } else if (isString(node)) {
      parts.push(plainQuotes(text));
    } else if (node.children.length === 0) {
      const trailing = text === ',' && next !== undefined && /^[)\]}]$/.test(next.type) && mayTrail(node);
      if (text.trim() !== '' && text !== ';' && !trailing) parts.push(text);
    } else {
      parts.push(`(${node.field ?? ''}:${node.type}`);
      const shown = node.children.filter((child) => child.type !== 'comment' && textOf(source, child).trim() !== '');
      for (const child of node.children) add(child, shown[shown.indexOf(child) + 1]);
      parts.push(')');
    }
  };
  add(source.root, undefined);
  return [...parts, ...imports.sort()];
}

function collectImports(source: ParsedText, node: SyntaxNode, imports: string[]): void {
  if (node.type === 'import_spec') imports.push(textOf(source, node).replace(/\s+/g, ' '));
  for (const child of node.children) collectImports(source, child, imports);
}

function isString(node: SyntaxNode): boolean {
  return /^(?:string|template_string|interpreted_string_literal|raw_string_literal|jsx_text)$/.test(node.type);
}

function plainQuotes(text: string): string {
  const inner = /^'((?:[^'"\\\n])*)'$/.exec(text)?.[1];
  return inner === undefined ? text : `"${inner}"`;
}

/** In a tuple of one, and in an index, Python's comma means something. */
function mayTrail(comma: SyntaxNode): boolean {
  const around = comma.parent;
  if (around?.type === 'tuple')
    return around.children.filter(({ named, type }) => named && type !== 'comment').length > 1;
  return around?.type !== 'subscript';
}
