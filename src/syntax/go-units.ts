import { argumentsOf, calledName, registersCases, registrationOf } from './go-registrations.ts';
import {
  childOf,
  literalText,
  namedChildren,
  type ParsedText,
  type SyntaxNode,
  textOf,
  tokensOf,
} from './syntax-tree.ts';
import { titlePattern } from './title-pattern.ts';
import { openRoot, openUnit, type Unit } from './unit.ts';

/**
 * Takes a Go test file apart: plain tests with their subtests, ginkgo's containers, tables, entries and cases, whatever encloses
 * them, and everything that has a name.
 * @param functions names of functions that register cases, of all files of the package
 */
export function goUnits(file: string, source: ParsedText, functions: ReadonlySet<string>): Unit {
  const root = openRoot(source, file);
  for (const node of source.root.children) {
    if (!node.named || /^(?:package_clause|import_declaration|comment)$/.test(node.type)) root.holes.add(node);
    else addTopLevel(root, node, functions);
  }
  return root;
}

type Functions = ReadonlySet<string>;

function tokens(source: ParsedText, node: SyntaxNode | undefined): string {
  return node === undefined ? '' : tokensOf(source, node).join(' ');
}

function addTopLevel(root: Unit, node: SyntaxNode, functions: Functions): void {
  const { source } = root;
  if (node.type === 'function_declaration') {
    const titleNode = childOf(node, 'name');
    const name = tokens(source, titleNode);
    if (/^(?:Test|Benchmark|Fuzz|Example)(?![a-z])/.test(name) && name !== 'TestMain') {
      const test = openUnit('case', root, node, {
        title: name,
        literal: name,
        pattern: [name],
        ...(titleNode && { titleNode }),
      });
      splitBody(test, childOf(node, 'body'), functions);
      return;
    }
    addFunction(root, node, name, [name], functions);
  } else if (node.type === 'method_declaration') {
    const name = tokens(source, childOf(node, 'name'));
    const receiver = tokens(source, childOf(node, 'receiver')).match(/\w+(?=(?: \[.*)? \)$)/)?.[0] ?? '';
    addFunction(root, node, `${receiver}.${name}`, [`.${name}`, `${receiver}.*`], functions);
  } else if (!addDeclaration(root, node, functions)) addStatement(root, node, functions);
}

function addFunction(parent: Unit, node: SyntaxNode, title: string, names: string[], functions: Functions): void {
  const body = childOf(node, 'body');
  const registers = body !== undefined && registersCases(parent.source, body, functions);
  const always = title === 'init' || title === 'TestMain';
  const unit = openUnit(registers ? 'scope' : 'declaration', parent, node, { title, names, always });
  if (registers) splitBody(unit, body, functions);
}

/** Variables, constants and types: one unit a specification. Answers whether the node is such a declaration. */
function addDeclaration(parent: Unit, node: SyntaxNode, functions: Functions): boolean {
  const { source } = parent;
  if (node.type === 'short_var_declaration') {
    const names = namedChildren(childOf(node, 'left')).map((name) => textOf(source, name));
    addValue(parent, node, names, namedChildren(childOf(node, 'right')), functions);
    return true;
  }
  if (!/^(?:var|const|type)_declaration$/.test(node.type)) return false;
  parent.holes.add(node);
  if (node.type === 'const_declaration' && tokens(source, node).includes('iota')) {
    const names = namedChildren(node).flatMap((spec) => specNames(source, spec));
    openUnit('declaration', parent, node, { title: names.join(' '), names });
    return true;
  }
  for (const spec of namedChildren(node).flatMap((child) =>
    child.type.endsWith('_list') ? namedChildren(child) : child,
  )) {
    const names = specNames(source, spec);
    const values = namedChildren(childOf(spec, 'value'));
    const unnamed = names.every((name) => name === '_');
    if (!unnamed) addValue(parent, spec, names, values, functions);
    // `var _ Interface = value` checks a type and runs nothing; `var _ = Describe(…)` registers.
    else if (childOf(spec, 'type') !== undefined) openUnit('declaration', parent, spec, { title: '_' });
    else for (const value of values) addStatement(parent, value, functions);
  }
  return true;
}

function specNames(source: ParsedText, spec: SyntaxNode): string[] {
  return spec.children.filter((child) => child.field === 'name').map((name) => textOf(source, name));
}

function addValue(
  parent: Unit,
  node: SyntaxNode,
  names: readonly string[],
  values: readonly SyntaxNode[],
  functions: Functions,
): void {
  const registers = registersCases(parent.source, node, functions);
  const unit = openUnit(registers ? 'scope' : 'declaration', parent, node, { title: names.join(' '), names });
  for (const value of values) {
    if (registers && value.type === 'func_literal') splitBody(unit, childOf(value, 'body'), functions);
    else if (registers) addNested(unit, value, functions, true);
    else addElements(unit, value, false);
  }
}

/** The statements of a function that registers cases, of a container or of a plain test. */
function splitBody(unit: Unit, body: SyntaxNode | undefined, functions: Functions): void {
  const statements = namedChildren(body).flatMap((child) =>
    child.type === 'statement_list' ? namedChildren(child) : child,
  );
  for (const statement of statements) {
    if (unit.kind === 'scope') {
      if (!addDeclaration(unit, statement, functions)) addStatement(unit, statement, functions);
    } else addNested(unit, statement, functions, true);
  }
}

/** A statement of a scope: it registers something, or it is set-up for every case inside the scope. */
function addStatement(parent: Unit, statement: SyntaxNode, functions: Functions): void {
  const { source } = parent;
  const call = statement.type === 'expression_statement' ? namedChildren(statement)[0] : statement;
  if (call?.type === 'call_expression' && addRegistration(parent, statement, call, functions)) return;
  if (!registersCases(source, statement, functions)) {
    openUnit('statement', parent, statement);
    return;
  }
  const callee = call?.type === 'call_expression' ? calledName(source, call)?.name : undefined;
  if (callee !== undefined && functions.has(callee)) {
    const called = openUnit('statement', parent, statement, { title: callee, registers: [callee] });
    if (call !== undefined) addNested(called, call, functions, false);
    return;
  }
  // A loop, a condition, or a call that no name of ginkgo's tells: whatever it is, it encloses cases.
  const scope = openUnit('scope', parent, statement, { title: heading(source, statement) });
  addNested(scope, statement, functions, true);
}

/** What stands before the body of a loop, a condition or a call: the first literal, or the keyword. */
function heading(source: ParsedText, node: SyntaxNode): string {
  const call = node.type === 'expression_statement' ? namedChildren(node)[0] : node;
  if (call?.type === 'call_expression') return tokens(source, argumentsOf(call)[0]);
  const clause = namedChildren(node)[0];
  const left = tokens(source, childOf(clause, 'left'));
  return `${node.type} ${left}`;
}

function addRegistration(parent: Unit, statement: SyntaxNode, call: SyntaxNode, functions: Functions): boolean {
  const { source } = parent;
  const registration = registrationOf(source, call);
  if (registration === undefined) return false;
  const given = argumentsOf(call);
  const title = tokens(source, given[0]);
  const literal = literalText(source, given[0]);
  const named = {
    title,
    pattern: titlePattern(source, given[0]),
    ...(literal === undefined ? {} : { literal }),
    ...(given[0] === undefined ? {} : { titleNode: given[0] }),
  };
  if (registration === 'leaf' || registration === 'entry') {
    openUnit('case', parent, statement, named);
    return true;
  }
  const unit = openUnit(registration === 'subtest' ? 'case' : 'scope', parent, statement, {
    ...named,
    table: registration === 'table',
  });
  for (const argument of given.slice(1)) {
    const body = argument.type === 'func_literal' ? childOf(argument, 'body') : undefined;
    const splits = body !== undefined && registration !== 'table' && registersCases(source, body, functions);
    if (registration === 'subtest') {
      if (splits) for (const nested of namedChildren(body)) addNested(unit, nested, functions, true);
    } else if (body === undefined) addNested(unit, argument, functions, false);
    else if (splits || registration === 'container') splitBody(unit, body, functions);
  }
  return true;
}

/**
 * Looks for registrations, function bodies that register, and lists that cases are made from, anywhere in a node.
 * @param lists whether items of lists count by themselves
 */
function addNested(unit: Unit, node: SyntaxNode, functions: Functions, lists: boolean): void {
  const { source } = unit;
  const statement = node.type === 'expression_statement' ? namedChildren(node)[0] : node;
  if (statement?.type === 'call_expression' && addRegistration(unit, node, statement, functions)) return;
  if (lists && unit.kind !== 'statement' && addElements(unit, node, true)) return;
  if (unit.kind === 'scope' && node.type === 'block' && registersCases(source, node, functions)) {
    splitBody(unit, node, functions);
    return;
  }
  for (const child of node.children) addNested(unit, child, functions, lists);
}

const LIST = new Set(['slice_type', 'array_type', 'implicit_length_array_type', 'map_type']);

/** The items of a list as units of their own. Lists of plain texts only where `plain`: elsewhere they are no tables. */
function addElements(unit: Unit, node: SyntaxNode, plain: boolean): boolean {
  if (node.type !== 'composite_literal' || !LIST.has(childOf(node, 'type')?.type ?? '')) return false;
  const items = namedChildren(childOf(node, 'body'));
  const isItem = (item: SyntaxNode) =>
    namedChildren(item).some((part) => namedChildren(part).some(isStruct) || isStruct(part)) || isStruct(item);
  if (!plain && !items.some(isItem)) return false;
  for (const item of items) {
    const values = namedChildren(item.type === 'keyed_element' ? childOf(item, 'value') : item);
    const call = values[0];
    const entry = call?.type === 'call_expression' ? registrationOf(unit.source, call) : undefined;
    if (entry === 'entry') addRegistration(unit, item, call as SyntaxNode, new Set());
    else openUnit('element', unit, item);
  }
  return true;
}

function isStruct(node: SyntaxNode): boolean {
  return node.type === 'literal_value' || node.type === 'composite_literal' || node.type === 'unary_expression';
}
