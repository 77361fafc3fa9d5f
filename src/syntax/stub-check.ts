import type { Finding } from '../domain/failure.ts';
import { type Declaration, declarationsOf } from './declarations.ts';
import { isTestFile, languageOf } from './language.ts';
import { loadParser } from './load-parser.ts';
import {
  childOf,
  findNode,
  namedChildren,
  type ParsedText,
  type SyntaxNode,
  textOf,
  tokensOf,
  visit,
} from './syntax-tree.ts';

/** What a stub does to one file; a text is absent where the file is. */
export interface StubChange {
  readonly path: string;
  readonly oldText?: string;
  readonly newText?: string;
}

const GENERATED = /^(?:\/\/|#|\/\*).*\bCode generated .*DO NOT EDIT\b/m;
/** Files that say what is built from what, and documents: neither does anything in a test. */
const SUPPORT = /(?:^|\/)(?:BUILD(?:\.bazel)?|go\.(?:mod|sum|work)|[^/]+\.(?:bzl|md|txt|rst))$/;

/**
 * Checks that a stub only declares: types, constants, and functions that return empty values or what they are given. Refused are
 * calls, conditions, loops and writes, bodies of functions that are there already, things taken away, and tests. Generated
 * files may do what they like.
 * @returns nothing where the stub is one
 */
export async function checkStub(changes: readonly StubChange[]): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const change of changes) {
    if (change.oldText === change.newText || SUPPORT.test(change.path)) continue;
    if (isTestFile(change.path)) found.push(refusal(change.path, 1, 'a test is changed'));
    else if (change.newText === undefined) found.push(refusal(change.path, 1, 'a file is taken away'));
    else if (!GENERATED.test(change.newText.slice(0, 4096))) found.push(...(await checkFile(change, change.newText)));
  }
  return found;
}

function refusal(file: string, line: number, what: string): Finding {
  return { severity: 'error', what, where: { file, line } };
}

async function checkFile({ path, oldText }: StubChange, newText: string): Promise<Finding[]> {
  const language = languageOf(path);
  const refuse = (line: number, what: string) => refusal(path, line, what);
  if (language === undefined)
    return [refuse(1, 'no source file that can be read: generated files say so in their first lines')];
  const parse = await loadParser(language);
  const [now, old] = [parse(newText), oldText === undefined ? undefined : parse(oldText)];
  if (now === undefined || now.broken) return [refuse(1, 'it cannot be read as source')];
  if (oldText !== undefined && (old === undefined || old.broken))
    return [refuse(1, 'its old text cannot be read as source')];
  const before = old === undefined ? [] : declarationsOf(path, old);
  const after = declarationsOf(path, now);
  const found: Finding[] = [];
  for (const was of before)
    if (!after.some((one) => sameName(one, was))) found.push(refuse(1, `${nameOf(was)} is taken away`));
  for (const one of after) {
    const was = before.find((candidate) => sameName(one, candidate));
    const at = was === undefined ? checkNew(one) : checkChanged(one, was);
    if (at !== undefined) found.push(refuse(at.line, at.what));
  }
  found.push(...checkLoose(now, old).map(({ line, what }) => refuse(line, what)));
  return found.sort((a, b) => (a.where?.line ?? 0) - (b.where?.line ?? 0));
}

type Problem = { readonly line: number; readonly what: string } | undefined;

const nameOf = ({ owner, name }: Declaration) => (owner === undefined ? name : `${owner}.${name}`);

function sameName(left: Declaration, right: Declaration): boolean {
  return left.name === right.name && left.owner === right.owner && left.kind === right.kind;
}

const tokens = (source: ParsedText, node: SyntaxNode | undefined) =>
  node === undefined ? '' : tokensOf(source, node).join(' ');
const partOf = ({ node }: Declaration) => childOf(node, 'body') ?? childOf(node, 'value') ?? childOf(node, 'right');

function checkChanged(one: Declaration, was: Declaration): Problem {
  // A type's members are declarations of their own.
  if (one.kind === 'type') return undefined;
  const [now, before] = [partOf(one), partOf(was)];
  if (tokens(one.source, now) === tokens(was.source, before)) {
    const field = one.kind === 'member' && now === undefined && isFixedField(one, was);
    const same = tokens(one.source, one.node) === tokens(was.source, was.node);
    return field && !same ? { line: one.place.line, what: `${nameOf(one)} is changed` } : undefined;
  }
  return {
    line: one.place.line,
    what: `${nameOf(one)} is there already, and its ${now?.field === 'body' ? 'body' : 'value'} is changed`,
  };
}

/**
 * A field that a stub may not change: what a tag writes and reads, and what an embedded type brings along, is behaviour. The type
 * of any other may follow a signature, as far as the code that is there compiles.
 */
function isFixedField(one: Declaration, was: Declaration): boolean {
  if (one.node.type !== 'field_declaration') return false;
  return [one, was].some(({ node }) => childOf(node, 'tag') !== undefined || childOf(node, 'name') === undefined);
}

function checkNew(one: Declaration): Problem {
  const part = partOf(one);
  if (part === undefined || one.kind === 'type') return undefined;
  const culprit = part.field === 'body' ? findDoing(one.source, part) : findBehaviour(one.source, part);
  return culprit && { line: culprit.line, what: `${nameOf(one)} does something: ${excerpt(one.source, culprit)}` };
}

function excerpt(source: ParsedText, node: SyntaxNode): string {
  const text = textOf(source, node).split('\n')[0] ?? '';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Statements that do nothing but return. */
const QUIET =
  /^(?:statement_list|block|statement_block|return_statement|pass_statement|empty_statement|comment|class_body)$/;

/** The first statement of a body that does anything; a body may be a bare expression (an arrow function). */
function findDoing(source: ParsedText, body: SyntaxNode): SyntaxNode | undefined {
  if (/^(?:block|statement_block|statement_list)$/.test(body.type)) {
    for (const child of namedChildren(body)) {
      const found = findDoing(source, child);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (body.type === 'return_statement')
    return namedChildren(body)
      .map((child) => findBehaviour(source, child) ?? findReckoning(child))
      .find(Boolean);
  if (body.type === 'expression_statement' && /^(?:string|ellipsis)$/.test(namedChildren(body)[0]?.type ?? ''))
    return undefined;
  if (QUIET.test(body.type)) return undefined;
  return body.named &&
    /(?:expression|literal|identifier|array|object|number|string|true|false|null|undefined)$/.test(body.type) &&
    !body.type.includes('statement')
    ? (findBehaviour(source, body) ?? findReckoning(body))
    : body;
}

/** An operation on what a function is given: `n + n` is all that many a function does. Addresses and constants are none. */
function findReckoning(node: SyntaxNode): SyntaxNode | undefined {
  return findNode(
    node,
    (at) =>
      /^(?:binary|unary|not|comparison|boolean)_(?:expression|operator)$/.test(at.type) &&
      !isAddress(at) &&
      findNode(at, ({ type }) => type === 'identifier') !== undefined,
  );
}

/** `&T{}` and `*new(T)` of Go. */
function isAddress({ type, children }: SyntaxNode): boolean {
  return type === 'unary_expression' && children.some((child) => child.type === '&' || child.type === '*');
}

/** Expressions whose value is there without doing anything. */
const INERT =
  /^(?:expression_list|.*literal(?:_content)?|literal_value|literal_element|keyed_element|composite_literal|identifier|.*_identifier|selector_expression|member_expression|attribute|parenthesized_expression|nil|null|none|undefined|iota|true|false|number|integer|float|string|string_\w+|template_string|escape_sequence|array|object|pair|list|tuple|dictionary|set|as_expression|satisfies_expression|shorthand_property_identifier|.*_type|type_arguments|type_annotation|ellipsis|func_literal|arrow_function|function_expression|lambda|binary_expression|binary_operator|unary_expression|unary_operator|concatenated_string)$/;

/** The first expression that would do something: a call, an assignment, a wait. `new` and `make` of Go make empty values. */
function findBehaviour(source: ParsedText, node: SyntaxNode): SyntaxNode | undefined {
  if (node.type === 'call_expression' && /^(?:new|make)$/.test(textOf(source, childOf(node, 'function') ?? node)))
    return undefined;
  if (/^(?:func_literal|arrow_function|function_expression|lambda)$/.test(node.type)) {
    const body = childOf(node, 'body');
    return body && findDoing(source, body);
  }
  if (node.named && !INERT.test(node.type) && node.type !== 'comment') return node;
  if (node.type === 'unary_expression' && node.children.some(({ type }) => type === '<-')) return node;
  for (const child of node.children) {
    // Types are no values; operators of unnamed kinds do nothing by themselves.
    const found = child.field === 'type' ? undefined : findBehaviour(source, child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Statements beside all declarations: they run when the file is loaded. */
function checkLoose(now: ParsedText, old: ParsedText | undefined): { line: number; what: string }[] {
  const known = new Set(old === undefined ? [] : [...looseOf(old), ...hiddenOf(old)].map((node) => tokens(old, node)));
  return [...looseOf(now), ...hiddenOf(now)]
    .filter((node) => !known.has(tokens(now, node)))
    .map((node) => ({ line: node.line, what: `it does something when it is loaded: ${excerpt(now, node)}` }));
}

/** Decorators that only say what a definition is. */
const PLAIN_DECORATOR =
  /^@(?:property|staticmethod|classmethod|\w+\.setter|(?:abc\.)?abstractmethod|(?:typing\.)?(?:overload|final)|(?:dataclasses\.)?dataclass(?:\(.*\))?)$/s;

/** What runs although it stands in a declaration's head: decorators, and parameters' default values. */
function hiddenOf(source: ParsedText): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  visit(source.root, (node) => {
    if (node.type === 'decorator' && !PLAIN_DECORATOR.test(textOf(source, node))) found.push(node);
    const value = /parameter$/.test(node.type) ? childOf(node, 'value') : undefined;
    const culprit = value && findBehaviour(source, value);
    if (culprit !== undefined) found.push(culprit);
    return true;
  });
  return found;
}

function looseOf(source: ParsedText): SyntaxNode[] {
  return source.root.children.filter((node) => {
    if (!node.named || node.type === 'comment') return false;
    if (source.language === 'go')
      return (
        (node.type === 'function_declaration' && textOf(source, childOf(node, 'name') ?? node) === 'init') ||
        (node.type === 'var_declaration' && /^var\s+_\s*=/.test(textOf(source, node)))
      );
    if (/^(?:import|future_import|export)/.test(node.type) || /(?:declaration|definition|signature)$/.test(node.type))
      return false;
    const inner = namedChildren(node)[0];
    if (node.type === 'expression_statement' && /^(?:assignment|string)$/.test(inner?.type ?? '')) return false;
    return true;
  });
}
