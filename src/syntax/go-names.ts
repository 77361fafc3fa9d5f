import { childOf, namedChildren, type SyntaxNode, textOf } from './syntax-tree.ts';
import type { Unit } from './unit.ts';

/** Nodes that open a scope for names in Go. */
const SCOPES = new Set([
  'function_declaration',
  'method_declaration',
  'func_literal',
  'block',
  'if_statement',
  'for_statement',
  'expression_switch_statement',
  'type_switch_statement',
  'select_statement',
  'expression_case',
  'default_case',
  'type_case',
  'communication_case',
]);

/**
 * Finds what a unit's own text refers to and does not bind itself: `uses` (identifiers and types by name, methods and fields
 * as `.name`), and what it binds for the units inside it: `binds`.
 */
export function collectGoNames(unit: Unit): void {
  const { source, holes, uses, binds } = unit;
  const scopes: Set<string>[] = [new Set()];
  const bind = (node: SyntaxNode) => {
    const name = textOf(source, node);
    scopes.at(-1)?.add(name);
    binds.add(name);
  };
  const use = (name: string) => {
    if (!scopes.some((scope) => scope.has(name))) uses.add(name);
  };
  const walkAll = (nodes: readonly SyntaxNode[]) => {
    for (const node of nodes) walk(node);
  };
  const bindLeft = (node: SyntaxNode) => {
    const left = childOf(node, 'left');
    if (node.children.some((child) => child.type === ':=')) {
      for (const name of namedChildren(left)) if (name.type === 'identifier') bind(name);
    } else if (left !== undefined) walk(left);
  };
  const walk = (node: SyntaxNode): void => {
    if (holes.has(node)) return;
    if (SCOPES.has(node.type)) {
      scopes.push(new Set());
      // A method's or function's own name is a declaration, not a use.
      walkAll(node.children.filter((child) => child.field !== 'name'));
      scopes.pop();
      return;
    }
    switch (node.type) {
      case 'identifier':
      case 'type_identifier':
        use(textOf(source, node));
        return;
      case 'field_identifier':
        uses.add(`.${textOf(source, node)}`);
        return;
      case 'short_var_declaration':
      case 'range_clause': {
        const right = childOf(node, 'right');
        if (right !== undefined) walk(right);
        bindLeft(node);
        return;
      }
      case 'parameter_declaration':
      case 'variadic_parameter_declaration':
      case 'type_parameter_declaration':
      case 'var_spec':
      case 'const_spec':
      case 'type_spec':
        walkAll(node.children.filter((child) => child.field !== 'name'));
        for (const child of node.children) if (child.field === 'name') bind(child);
        return;
      default:
        walkAll(node.children);
    }
  };
  // The unit's own names (a declaration's, a function's) bind nothing inside it: it may call itself.
  walk(unit.node);
  for (const name of unit.names) binds.delete(name);
}
