import {
  childOf,
  findNode,
  literalText,
  namedChildren,
  type ParsedText,
  type SyntaxNode,
  textOf,
  tokensOf,
} from './syntax-tree.ts';
import { openRoot, openUnit, type Unit } from './unit.ts';

/** Methods and functions that unittest and pytest call by themselves around every case. */
const HOOK =
  /^(?:setUp|tearDown|setUpClass|tearDownClass|asyncSetUp|asyncTearDown|setUpModule|tearDownModule|(?:setup|teardown)(?:_(?:method|class|module|function))?)$/;
/** Variables that pytest reads by itself. */
const MARK = /^(?:pytestmark|pytest_plugins)$/;

/**
 * Takes a Python test file, or a `conftest.py`, apart: test functions and methods with what parametrizes them, classes, fixtures (by
 * name, and those that apply by themselves), hooks, and everything else that has a name.
 * @param title the file's name, the same on both sides of a change
 */
export function pythonUnits(file: string, source: ParsedText, title: string): Unit {
  const root = openRoot(source, file, title);
  for (const node of source.root.children) addNode(root, node);
  return root;
}

/** What says nothing about any case. */
const HOLES = new Set(['comment', 'import_statement', 'import_from_statement', 'future_import_statement']);

function addNode(parent: Unit, node: SyntaxNode): void {
  const { source } = parent;
  const definition = node.type === 'decorated_definition' ? childOf(node, 'definition') : node;
  const nameNode = childOf(definition, 'name');
  const name = nameNode === undefined ? '' : textOf(source, nameNode);
  if (HOLES.has(node.type)) parent.holes.add(node);
  else if (definition?.type === 'class_definition') {
    const scope = openUnit('scope', parent, node, {
      title: name,
      literal: name,
      names: [name],
      pattern: [name],
      ...(nameNode && { titleNode: nameNode }),
    });
    for (const child of namedChildren(childOf(definition, 'body'))) addNode(scope, child);
  } else if (definition?.type === 'function_definition') addFunction(parent, node, definition, name);
  else if (node.type === 'expression_statement' && namedChildren(node)[0]?.type === 'assignment') {
    const assignment = namedChildren(node)[0];
    const left = childOf(assignment, 'left');
    const names = left === undefined ? [] : (textOf(source, left).match(/\w+/g) ?? []);
    const always = names.some((one) => MARK.test(one));
    const unit = openUnit('declaration', parent, node, {
      title: names.join(' '),
      names: memberNames(parent, names),
      always,
    });
    const value = childOf(assignment, 'right');
    if (value !== undefined) addItems(unit, value);
  } else if (/^(?:if|try|with|for|while)_statement$/.test(node.type) && findNode(node, isDefinition) !== undefined) {
    // Cases that exist under a condition only: the condition is their set-up.
    const scope = openUnit('scope', parent, node, { title: node.type });
    const blocks = (at: SyntaxNode): void => {
      for (const child of at.children) {
        if (child.type === 'block') for (const inner of namedChildren(child)) addNode(scope, inner);
        else blocks(child);
      }
    };
    blocks(node);
  } else if (node.named && !isDocstring(node)) openUnit('statement', parent, node);
}

function isDefinition(node: SyntaxNode): boolean {
  return node.type === 'function_definition' || node.type === 'class_definition';
}

function isDocstring(node: SyntaxNode): boolean {
  return node.type === 'expression_statement' && namedChildren(node)[0]?.type === 'string';
}

/** A class's members are reached through `self` or an instance, by `.name`. */
function memberNames(parent: Unit, names: readonly string[]): string[] {
  return parent.kind === 'root' ? [...names] : names.flatMap((name) => [name, `.${name}`]);
}

function decoratorsOf(node: SyntaxNode): readonly SyntaxNode[] {
  return node.children.filter(({ type }) => type === 'decorator');
}

function addFunction(parent: Unit, node: SyntaxNode, definition: SyntaxNode, name: string): void {
  const { source } = parent;
  const fixture = decoratorsOf(node).find((one) => /^@\s*(?:\w+\.)*fixture\b/.test(textOf(source, one)));
  const names = memberNames(parent, [name]);
  if (fixture !== undefined) {
    const called = keyword(source, fixture, 'name');
    const always = tokensOf(source, fixture).join('').includes('autouse=True');
    openUnit('declaration', parent, node, {
      title: name,
      names: [...names, `fixture:${literalText(source, called) ?? name}`],
      always,
    });
  } else if (HOOK.test(name)) openUnit('declaration', parent, node, { title: name, names, always: true });
  else if (/^test/.test(name)) {
    const tables = decoratorsOf(node).filter((one) => /\bparametrize\b/.test(textOf(source, one)));
    const titleNode = childOf(definition, 'name');
    const unit = openUnit('case', parent, node, {
      title: name,
      pattern: tables.length === 0 ? [name] : [`${name}[`, ']'],
      ...(tables.length === 0 ? { literal: name } : {}),
      ...(titleNode && { titleNode }),
    });
    for (const table of tables) {
      const given = findNode(table, ({ type }) => type === 'argument_list');
      for (const argument of namedChildren(given)) addItems(unit, argument);
    }
  } else openUnit('declaration', parent, node, { title: name, names });
}

/** The value of a keyword argument anywhere in a decorator. */
function keyword(source: ParsedText, decorator: SyntaxNode, name: string): SyntaxNode | undefined {
  const found = findNode(decorator, (node) => {
    const key = node.type === 'keyword_argument' ? childOf(node, 'name') : undefined;
    return key !== undefined && textOf(source, key) === name;
  });
  return childOf(found, 'value');
}

function addItems(unit: Unit, node: SyntaxNode): void {
  if (node.type !== 'list' && node.type !== 'tuple') return;
  if (
    unit.kind !== 'case' &&
    !namedChildren(node).some(({ type }) => type === 'tuple' || type === 'list' || type === 'call')
  )
    return;
  for (const item of namedChildren(node)) openUnit('element', unit, item);
}
