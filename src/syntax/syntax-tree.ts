import type { Language } from './language.ts';

/** A node of a syntax tree, copied out of WebAssembly's memory. Lines count from 1, offsets in UTF-16 units. */
export interface SyntaxNode {
  readonly type: string;
  readonly named: boolean;
  /** The grammar's name for its place in the parent: `name`, `body`, `arguments`. */
  readonly field: string | undefined;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly endLine: number;
  readonly parent: SyntaxNode | undefined;
  readonly children: readonly SyntaxNode[];
}

export interface ParsedText {
  readonly language: Language;
  readonly text: string;
  readonly root: SyntaxNode;
  /** Something in it is no syntax of that language, as far as the grammar knows. */
  readonly broken: boolean;
}

export function textOf(source: ParsedText, node: SyntaxNode): string {
  return source.text.slice(node.start, node.end);
}

export function childOf(node: SyntaxNode | undefined, field: string): SyntaxNode | undefined {
  return node?.children.find((child) => child.field === field);
}

/** Children that say something: no punctuation, no comments. */
export function namedChildren(node: SyntaxNode | undefined): readonly SyntaxNode[] {
  return node?.children.filter((child) => child.named && child.type !== 'comment') ?? [];
}

/** The node and all below it, parents first; `enter` answers whether to go on below a node. */
export function visit(node: SyntaxNode, enter: (node: SyntaxNode) => boolean): void {
  if (!enter(node)) return;
  for (const child of node.children) visit(child, enter);
}

/** The first node below (or the node itself) that `wanted` accepts, parents first. */
export function findNode(node: SyntaxNode, wanted: (node: SyntaxNode) => boolean): SyntaxNode | undefined {
  if (wanted(node)) return node;
  for (const child of node.children) {
    const found = findNode(child, wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Literals whose blanks mean something: one token each, whatever stands in them. */
const WHOLE = new Set([
  'interpreted_string_literal',
  'raw_string_literal',
  'rune_literal',
  'string',
  'template_string',
  'regex',
  'jsx_text',
]);
/** Comments that a tool obeys are no comments. */
const DIRECTIVE =
  /^(?:\/\/go:(?:build|embed|linkname)\b|\/\/ ?\+build |\/\/export |\/\/\/ *<reference)|@vitest-|@jest-|@ts-|@jsx|coding[:=]/;

/** Whether a comment means something: a directive, or what stands in an example of Go, whose output is compared with it. */
export function isDirective(source: ParsedText, comment: SyntaxNode): boolean {
  if (DIRECTIVE.test(textOf(source, comment))) return true;
  if (source.language !== 'go') return false;
  for (let at = comment.parent; at !== undefined; at = at.parent)
    if (at.type === 'function_declaration') return textOf(source, childOf(at, 'name') ?? at).startsWith('Example');
  return false;
}

/**
 * The tokens of a node without comments and layout. Left out: `holes` and what is in them, commas and line ends (a list that
 * is laid out in several lines has one more of each). Python's blocks keep their bounds, as indentation means something there.
 */
export function tokensOf(source: ParsedText, node: SyntaxNode, holes: ReadonlySet<SyntaxNode> = new Set()): string[] {
  const tokens: string[] = [];
  const blocks = source.language === 'python';
  const add = (at: SyntaxNode) => {
    if (holes.has(at)) return;
    if (at.type === 'comment') {
      if (isDirective(source, at)) tokens.push(textOf(source, at).trim());
      return;
    }
    if (at.children.length === 0 || WHOLE.has(at.type)) {
      const text = textOf(source, at).trim();
      if (text !== '' && text !== ',' && text !== ';') tokens.push(text);
      return;
    }
    const bounded = blocks && at.type === 'block';
    if (bounded) tokens.push('{');
    for (const child of at.children) add(child);
    if (bounded) tokens.push('}');
  };
  add(node);
  return tokens;
}

/** What a literal string says; undefined for anything computed. Escapes are read only as far as names of tests use them. */
export function literalText(source: ParsedText, node: SyntaxNode | undefined): string | undefined {
  if (node === undefined) return undefined;
  const text = textOf(source, node);
  switch (node.type) {
    case 'interpreted_string_literal':
    case 'string':
      if (source.language === 'python' && !/^['"]/.test(text)) return undefined;
      return readEscapes(text.replace(/^("""|'''|"|')(.*)\1$/s, '$2'));
    case 'raw_string_literal':
      return text.slice(1, -1);
    case 'template_string':
      return node.children.some((child) => child.type === 'template_substitution')
        ? undefined
        : readEscapes(text.slice(1, -1));
    case 'parenthesized_expression':
      return literalText(source, namedChildren(node)[0]);
    case 'binary_expression':
    case 'binary_operator': {
      if (!node.children.some((child) => child.type === '+')) return undefined;
      const [left, right] = [literalText(source, childOf(node, 'left')), literalText(source, childOf(node, 'right'))];
      return left === undefined || right === undefined ? undefined : left + right;
    }
    default:
      return undefined;
  }
}

function readEscapes(text: string): string {
  return text.replace(/\\(?:u\{?([0-9a-fA-F]{4,6})\}?|x([0-9a-fA-F]{2})|(.))/gs, (all, long, short, other) => {
    if (other !== undefined) return { n: '\n', t: '\t', r: '\r', '\n': '' }[other as string] ?? other;
    const point = Number.parseInt(long ?? short, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : all;
  });
}
