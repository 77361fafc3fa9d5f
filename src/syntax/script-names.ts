import { boundNames } from './script-units.ts';
import { childOf, namedChildren, type SyntaxNode, textOf } from './syntax-tree.ts';
import type { Unit } from './unit.ts';

const FUNCTION =
  /^(?:arrow_function|function_expression|function_declaration|generator_function|generator_function_declaration|method_definition)$/;
const BLOCK = /^(?:statement_block|program|for_statement|for_in_statement|catch_clause|switch_body|class_body)$/;
const DECLARATION = /^(?:lexical_declaration|variable_declaration)$/;

/**
 * Finds what a unit's own text refers to and does not bind itself (`uses`; members as `.name`), and what it binds for the units
 * inside it (`binds`). A block's names are known in all of it, as JavaScript has them.
 */
export function collectScriptNames(unit: Unit): void {
  const { source, holes, uses, binds } = unit;
  const scopes: Set<string>[] = [];
  const bind = (scope: Set<string>, names: readonly string[]) => {
    for (const name of names) {
      scope.add(name);
      binds.add(name);
    }
  };
  const declaredIn = (node: SyntaxNode): string[] =>
    namedChildren(node).flatMap((child) => {
      if (holes.has(child)) return [];
      if (DECLARATION.test(child.type))
        return namedChildren(child).flatMap((one) => boundNames(source, childOf(one, 'name')));
      if (/^(?:function|generator_function|class)_declaration$/.test(child.type))
        return boundNames(source, childOf(child, 'name'));
      return [];
    });
  const walk = (node: SyntaxNode): void => {
    if (holes.has(node)) return;
    if (FUNCTION.test(node.type) || BLOCK.test(node.type)) {
      const scope = new Set<string>();
      scopes.push(scope);
      if (FUNCTION.test(node.type)) {
        for (const parameter of namedChildren(childOf(node, 'parameters')))
          bind(scope, boundNames(source, childOf(parameter, 'pattern') ?? parameter));
        bind(scope, boundNames(source, childOf(node, 'parameter')));
      } else {
        bind(scope, declaredIn(node));
        if (node.type === 'for_in_statement' && childOf(node, 'kind') !== undefined)
          bind(scope, boundNames(source, childOf(node, 'left')));
        if (node.type === 'catch_clause') bind(scope, boundNames(source, childOf(node, 'parameter')));
      }
      for (const child of node.children) walk(child);
      scopes.pop();
      return;
    }
    switch (node.type) {
      case 'identifier':
      case 'type_identifier':
      case 'shorthand_property_identifier': {
        const name = textOf(source, node);
        if (!scopes.some((scope) => scope.has(name))) uses.add(name);
        return;
      }
      case 'property_identifier':
        uses.add(`.${textOf(source, node)}`);
        return;
      default:
        for (const child of node.children) walk(child);
    }
  };
  walk(unit.node);
  for (const name of unit.names) binds.delete(name);
}
