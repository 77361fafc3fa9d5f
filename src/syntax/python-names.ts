import { childOf, literalText, namedChildren, type SyntaxNode, textOf, visit } from './syntax-tree.ts';
import type { Unit } from './unit.ts';

/**
 * Finds what a unit's own text refers to and does not bind itself: names, attributes as `.name`, and fixtures as `fixture:name` (what
 * a function names as parameters, and what `usefixtures` does). Names assigned anywhere in a function are its own, as Python has it.
 */
export function collectPythonNames(unit: Unit): void {
  const { source, holes, uses, binds } = unit;
  const scopes: Set<string>[] = [];
  const names = (node: SyntaxNode | undefined): string[] => {
    const found: string[] = [];
    if (node === undefined) return found;
    visit(node, (at) => {
      if (at.type === 'identifier') found.push(textOf(source, at));
      return !/^(?:attribute|subscript|call)$/.test(at.type) && at.field !== 'value' && at.field !== 'type';
    });
    return found;
  };
  const parametersOf = (node: SyntaxNode): string[] =>
    namedChildren(childOf(node, 'parameters')).flatMap((one) => names(childOf(one, 'name') ?? one));
  const assignedIn = (body: SyntaxNode): string[] => {
    const found: string[] = [];
    visit(body, (at) => {
      if (/^(?:assignment|augmented_assignment|for_statement|for_in_clause)$/.test(at.type))
        found.push(...names(childOf(at, 'left')));
      if (at.type === 'as_pattern_target') found.push(...names(at));
      if (at.type === 'named_expression' || isDefinition(at)) found.push(...names(childOf(at, 'name')));
      return at === body || !isDefinition(at);
    });
    return found;
  };
  // Parameters of a test or a fixture are fixtures, but for those that it is parametrized with.
  const asksForFixtures = unit.kind === 'case' || unit.names.some((name) => name.startsWith('fixture:'));
  const given = new Set(
    [...textOf(source, unit.node).matchAll(/\bparametrize\(\s*(\[[^\]]*\]|\([^)]*\)|"[^"]*"|'[^']*')/g)].flatMap(
      ([, argument]) => argument?.match(/\w+/g) ?? [],
    ),
  );
  const walk = (node: SyntaxNode): void => {
    if (holes.has(node)) return;
    switch (node.type) {
      case 'function_definition':
      case 'lambda': {
        const parameters = parametersOf(node);
        if (asksForFixtures && node.type === 'function_definition' && (node === unit.node || node.parent === unit.node))
          for (const name of parameters) if (!given.has(name)) uses.add(`fixture:${name}`);
        const body = childOf(node, 'body');
        const scope = new Set([...parameters, ...(body === undefined ? [] : assignedIn(body))]);
        for (const name of scope) binds.add(name);
        // Defaults and annotations are read outside.
        for (const child of node.children) if (child.field !== 'body' && child.field !== 'name') walkOutside(child);
        scopes.push(scope);
        if (body !== undefined) walk(body);
        scopes.pop();
        return;
      }
      case 'class_definition':
        for (const child of node.children) if (child.field !== 'name') walk(child);
        return;
      case 'identifier': {
        const name = textOf(source, node);
        if (!scopes.some((scope) => scope.has(name))) uses.add(name);
        return;
      }
      case 'attribute': {
        const object = childOf(node, 'object');
        const attribute = childOf(node, 'attribute');
        if (object !== undefined) walk(object);
        if (attribute !== undefined) uses.add(`.${textOf(source, attribute)}`);
        return;
      }
      case 'keyword_argument': {
        const value = childOf(node, 'value');
        if (value !== undefined) walk(value);
        return;
      }
      case 'call':
        if (/\busefixtures$/.test(textOf(source, childOf(node, 'function') ?? node)))
          for (const argument of namedChildren(childOf(node, 'arguments'))) {
            const name = literalText(source, argument);
            if (name !== undefined) uses.add(`fixture:${name}`);
          }
        for (const child of node.children) walk(child);
        return;
      default:
        for (const child of node.children) walk(child);
    }
  };
  const walkOutside = (parameters: SyntaxNode) => {
    for (const child of parameters.type === 'parameters' || parameters.type === 'lambda_parameters'
      ? namedChildren(parameters)
      : [parameters])
      for (const part of [childOf(child, 'value'), childOf(child, 'type')]) if (part !== undefined) walk(part);
  };
  walk(unit.node);
  for (const name of unit.names) binds.delete(name);
}

function isDefinition(node: SyntaxNode): boolean {
  return node.type === 'function_definition' || node.type === 'class_definition' || node.type === 'lambda';
}
