import {
  childOf,
  literalText,
  namedChildren,
  type ParsedText,
  type SyntaxNode,
  textOf,
  tokensOf,
  visit,
} from './syntax-tree.ts';
import { titlePattern } from './title-pattern.ts';
import { openRoot, openUnit, type Unit, type UnitOptions } from './unit.ts';

/**
 * Takes a test file of vitest, Jest, node:test, mocha or Playwright apart: `describe` and `it`, their variants and tables, hooks, and
 * everything that has a name. The functions are told by their names, as nobody calls them otherwise.
 * @param title the file's name, the same on both sides of a change
 */
export function scriptUnits(file: string, source: ParsedText, title: string): Unit {
  const root = openRoot(source, file, title);
  for (const node of source.root.children) {
    if (!node.named || node.type === 'comment' || node.type === 'import_statement') root.holes.add(node);
    else addStatement(root, node);
  }
  return root;
}

type Registration = { readonly kind: 'case' | 'scope'; readonly table: SyntaxNode | undefined };

const SCOPE = /^(?:describe|suite|context|[fx]describe)$/;
const CASE = /^(?:it|test|specify|[fx]it|xtest|t)$/;
const HOOK =
  /^(?:before|after|beforeEach|afterEach|beforeAll|afterAll|extend|step|use|mock|setTimeout|skipIf|runIf|each|for)$/;

/** The words of a call's function, outermost last: `test.describe.each(table)` is `test describe each`; and its table. */
function calledPath(source: ParsedText, call: SyntaxNode): { words: string[]; table: SyntaxNode | undefined } {
  const words: string[] = [];
  let table: SyntaxNode | undefined;
  let at = childOf(call, 'function');
  while (at !== undefined) {
    if (at.type === 'identifier') {
      words.unshift(textOf(source, at));
      break;
    }
    if (at.type === 'member_expression') {
      const property = childOf(at, 'property');
      if (property !== undefined) words.unshift(textOf(source, property));
      at = childOf(at, 'object');
    } else if (at.type === 'call_expression') {
      table ??= childOf(at, 'arguments');
      at = childOf(at, 'function');
    } else return { words: [], table: undefined };
  }
  return { words, table };
}

function registrationOf(source: ParsedText, call: SyntaxNode): Registration | undefined {
  if (call.type !== 'call_expression') return undefined;
  const given = namedChildren(childOf(call, 'arguments'));
  const { words, table } = calledPath(source, call);
  const [first = '', ...rest] = words;
  // `test.each(table)` alone makes nothing yet; `test.skip()` inside a test has no title.
  if (given.length === 0 || (rest.length > 0 && table === undefined && HOOK.test(rest.at(-1) ?? ''))) return undefined;
  if (SCOPE.test(first) || (CASE.test(first) && rest.includes('describe'))) return { kind: 'scope', table };
  if (first === 't' && !/^(?:test|it)$/.test(rest[0] ?? '')) return undefined;
  if (!CASE.test(first)) return undefined;
  return given.some(isFunction) || literalText(source, given[0]) !== undefined ? { kind: 'case', table } : undefined;
}

function isFunction(node: SyntaxNode): boolean {
  return node.type === 'arrow_function' || node.type === 'function_expression' || node.type === 'generator_function';
}

function registersCases(source: ParsedText, node: SyntaxNode): boolean {
  let found = false;
  visit(node, (at) => {
    found ||= registrationOf(source, at) !== undefined;
    return !found;
  });
  return found;
}

const title = (source: ParsedText, node: SyntaxNode | undefined): string =>
  node === undefined ? '' : tokensOf(source, node).join(' ');

function addStatement(parent: Unit, statement: SyntaxNode): void {
  const { source } = parent;
  const declared = statement.type === 'export_statement' ? (childOf(statement, 'declaration') ?? statement) : statement;
  if (addDeclaration(parent, statement, declared)) return;
  const expression = statement.type === 'expression_statement' ? namedChildren(statement)[0] : statement;
  const call = expression?.type === 'await_expression' ? namedChildren(expression)[0] : expression;
  if (call !== undefined && addRegistration(parent, statement, call)) return;
  if (!registersCases(source, statement)) {
    openUnit('statement', parent, statement);
    return;
  }
  const scope = openUnit('scope', parent, statement, {
    title: `${statement.type} ${title(source, childOf(statement, 'left'))}`,
  });
  addNested(scope, statement);
}

function addDeclaration(parent: Unit, statement: SyntaxNode, declared: SyntaxNode): boolean {
  const { source } = parent;
  const name = childOf(declared, 'name');
  if (
    /^(?:function|generator_function|class|abstract_class|interface|type_alias|enum)_declaration$/.test(declared.type)
  ) {
    const names = name === undefined ? [] : [textOf(source, name)];
    const registers = /function/.test(declared.type) && registersCases(source, declared);
    const unit = openUnit(registers ? 'scope' : 'declaration', parent, statement, { title: names.join(), names });
    const body = childOf(declared, 'body');
    if (registers && body !== undefined) for (const child of namedChildren(body)) addStatement(unit, child);
    return true;
  }
  if (declared.type !== 'lexical_declaration' && declared.type !== 'variable_declaration') return false;
  parent.holes.add(statement);
  for (const declarator of namedChildren(declared)) {
    const names = boundNames(source, childOf(declarator, 'name'));
    const registers = registersCases(source, declarator);
    const unit = openUnit(registers ? 'scope' : 'declaration', parent, declarator, { title: names.join(' '), names });
    const value = childOf(declarator, 'value');
    if (value !== undefined && registers) addNested(unit, value);
    else if (value !== undefined) addItems(unit, value, true);
  }
  return true;
}

/** Names that a pattern binds. */
export function boundNames(source: ParsedText, pattern: SyntaxNode | undefined): string[] {
  const names: string[] = [];
  const walk = (node: SyntaxNode) => {
    if (/^(?:identifier|shorthand_property_identifier_pattern)$/.test(node.type)) names.push(textOf(source, node));
    else
      for (const child of node.children)
        if (child.field !== 'key' && child.field !== 'right' && child.field !== 'type') walk(child);
  };
  if (pattern !== undefined) walk(pattern);
  return names;
}

function addRegistration(parent: Unit, statement: SyntaxNode, call: SyntaxNode): boolean {
  const { source } = parent;
  const registration = registrationOf(source, call);
  if (registration === undefined) return false;
  const given = namedChildren(childOf(call, 'arguments'));
  const literal = literalText(source, given[0]);
  const options: UnitOptions = {
    title: title(source, given[0]),
    pattern: titlePattern(source, given[0], registration.table !== undefined),
    ...(literal === undefined || registration.table !== undefined ? {} : { literal }),
    ...(given[0] === undefined ? {} : { titleNode: given[0] }),
  };
  const unit = openUnit(registration.kind, parent, statement, options);
  if (registration.table !== undefined)
    for (const child of namedChildren(registration.table)) addItems(unit, child, false);
  for (const argument of given.filter(isFunction)) {
    const body = childOf(argument, 'body');
    if (body === undefined) continue;
    if (registration.kind === 'scope' && body.type === 'statement_block') {
      for (const child of namedChildren(body)) addStatement(unit, child);
    } else if (registersCases(source, body)) addNested(unit, body);
  }
  return true;
}

/** Registrations anywhere in a loop, a condition, a callback or a test that registers others. */
function addNested(unit: Unit, node: SyntaxNode): void {
  const expression = node.type === 'expression_statement' ? namedChildren(node)[0] : node;
  const call = expression?.type === 'await_expression' ? namedChildren(expression)[0] : expression;
  if (call?.type === 'call_expression' && addRegistration(unit, node, call)) return;
  if (addItems(unit, node, false)) return;
  if (unit.kind === 'scope' && node.type === 'statement_block' && registersCases(unit.source, node)) {
    for (const child of namedChildren(node)) addStatement(unit, child);
    return;
  }
  for (const child of node.children) addNested(unit, child);
}

/** Items of a list that cases are made from; with `structured`, only of lists of lists and objects. */
function addItems(unit: Unit, node: SyntaxNode, structured: boolean): boolean {
  const list = node.type === 'as_expression' || node.type === 'satisfies_expression' ? namedChildren(node)[0] : node;
  if (list?.type !== 'array') return false;
  const items = namedChildren(list);
  if (structured && !items.some(({ type }) => type === 'array' || type === 'object')) return false;
  for (const item of items) openUnit('element', unit, item);
  return true;
}
