import { childOf, literalText, namedChildren, type ParsedText, type SyntaxNode, textOf } from './syntax-tree.ts';

/** A name as far as the text tells: the pieces that stand in it, with anything between them. One piece is the whole name. */
export type TitlePattern = readonly string[];

export const ANY_TITLE: TitlePattern = ['', ''];
/** `%d`, `%-5.2v` of printf and of vitest's `each`; `$name` and `$a.b` of `each`. */
const VERB = /%[-+# 0]*\d*(?:\.\d+)?[a-zA-Z#$%]|\$\{?[\w.]+\}?/;

/**
 * What a title's expression becomes, as far as it can be read.
 * @param formatted whether the runner fills in verbs by itself (`it.each`)
 */
export function titlePattern(source: ParsedText, node: SyntaxNode | undefined, formatted = false): TitlePattern {
  if (node === undefined) return ANY_TITLE;
  const literal = literalText(source, node);
  if (literal !== undefined) return formatted ? literal.split(VERB) : [literal];
  if (node.type === 'template_string') {
    const pieces = [''];
    for (const child of namedChildren(node)) {
      if (child.type === 'template_substitution') pieces.push('');
      else pieces.push(`${pieces.pop()}${textOf(source, child)}`);
    }
    return pieces;
  }
  if (node.type === 'binary_expression' && node.children.some(({ type }) => type === '+')) {
    const left = titlePattern(source, childOf(node, 'left'), formatted);
    const right = titlePattern(source, childOf(node, 'right'), formatted);
    return joinPatterns(left, right);
  }
  if (node.type === 'call_expression' && /Sprintf$/.test(textOf(source, childOf(node, 'function') ?? node))) {
    const format = literalText(source, namedChildren(childOf(node, 'arguments'))[0]);
    if (format !== undefined) return format.split(VERB);
  }
  return ANY_TITLE;
}

export function joinPatterns(left: TitlePattern, right: TitlePattern): TitlePattern {
  return [...left.slice(0, -1), `${left.at(-1) ?? ''}${right[0] ?? ''}`, ...right.slice(1)];
}

/** Number of characters that a pattern fixes; what fixes more fits better. */
export function weightOf(pattern: TitlePattern): number {
  return pattern.reduce((sum, piece) => sum + piece.length, 0);
}

/** Whether a name can come from a pattern. Linear: each piece is looked for behind the last one. */
export function fitsPattern(pattern: TitlePattern, name: string): boolean {
  const [first = '', ...rest] = pattern;
  if (rest.length === 0) return name === first;
  const last = rest.pop() ?? '';
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= end;
}
