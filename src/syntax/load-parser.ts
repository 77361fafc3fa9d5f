import type { Language as Grammar, Parser, TreeCursor } from '@vscode/tree-sitter-wasm';
import type { Language } from './language.ts';
import type { ParsedText, SyntaxNode } from './syntax-tree.ts';

/** Longest text that is parsed, in UTF-16 units: the longest test file of Kubernetes has a quarter of it. */
export const TEXT_LIMIT = 2_000_000;
/** Deepest nesting that is read: what walks a tree calls itself once a level. */
const DEPTH_LIMIT = 500;
/** The parser reports about once in a hundred units; one that reports as often as units has lost itself in repairs. */
const LEAST_REPORTS = 20_000;

/** Parses a text; undefined for what is too long, too deep or not parsed in bounded work. Never throws. */
export type ParseText = (text: string) => ParsedText | undefined;

interface Runtime {
  readonly folder: string;
  readonly Parser: typeof Parser;
  readonly Grammar: typeof Grammar;
}

let runtime: Promise<Runtime> | undefined;
const parsers = new Map<Language, Promise<ParseText>>();

async function loadRuntime(): Promise<Runtime> {
  const { default: treeSitter } = await import('@vscode/tree-sitter-wasm');
  let folder = '';
  // The library tells where it lies itself: no other part has to know how packages are found.
  await treeSitter.Parser.init({
    locateFile: (file, from) => {
      folder = from;
      return from + file;
    },
  });
  return { folder, Parser: treeSitter.Parser, Grammar: treeSitter.Language };
}

/**
 * A parser for a language, loaded at the first call and kept: about 0.1 s for the first language. Trees are copied out and
 * freed at once, so nothing grows in WebAssembly's memory. Source: tree-sitter's grammars in `@vscode/tree-sitter-wasm`.
 */
export function loadParser(language: Language): Promise<ParseText> {
  const known = parsers.get(language);
  if (known !== undefined) return known;
  const loading = openParser(language);
  parsers.set(language, loading);
  return loading;
}

async function openParser(language: Language): Promise<ParseText> {
  runtime ??= loadRuntime();
  const { folder, Parser: ParserOf, Grammar: GrammarOf } = await runtime;
  const grammar = await GrammarOf.load(`${folder}tree-sitter-${language}.wasm`);
  const parser = new ParserOf();
  parser.setLanguage(grammar);
  return (text) => parseText(language, parser, text);
}

function parseText(language: Language, parser: Parser, text: string): ParsedText | undefined {
  if (text.length > TEXT_LIMIT) return undefined;
  let reports = 0;
  try {
    const tree = parser.parse(text, null, { progressCallback: () => ++reports > LEAST_REPORTS + text.length });
    if (tree === null) {
      parser.reset();
      return undefined;
    }
    const cursor = tree.walk();
    try {
      const root = copyTree(cursor);
      return root === undefined ? undefined : { language, text, root, broken: tree.rootNode.hasError };
    } finally {
      cursor.delete();
      tree.delete();
    }
  } catch {
    // WebAssembly ran out of memory or stack: this text stays unread, and the next one starts anew.
    parser.reset();
    return undefined;
  }
}

function copyTree(cursor: TreeCursor): SyntaxNode | undefined {
  const copy = (parent: SyntaxNode | undefined): SyntaxNode => ({
    type: cursor.nodeType,
    named: cursor.nodeIsNamed,
    field: cursor.currentFieldName ?? undefined,
    start: cursor.startIndex,
    end: cursor.endIndex,
    line: cursor.startPosition.row + 1,
    endLine: cursor.endPosition.row + 1,
    parent,
    children: [],
  });
  const root = copy(undefined);
  const open: SyntaxNode[] = [root];
  for (;;) {
    if (cursor.gotoFirstChild()) {
      if (open.length >= DEPTH_LIMIT) return undefined;
    } else {
      while (!cursor.gotoNextSibling()) {
        if (open.length <= 1 || !cursor.gotoParent()) return root;
        open.pop();
      }
      open.pop();
    }
    const parent = open.at(-1);
    if (parent === undefined) return root;
    const node = copy(parent);
    (parent.children as SyntaxNode[]).push(node);
    open.push(node);
  }
}
