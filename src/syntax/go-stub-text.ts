import type { Declaration } from './declarations.ts';
import { emptyBody } from './go-zero.ts';
import { childOf, namedChildren, type ParsedText, type SyntaxNode, textOf, tokensOf, visit } from './syntax-tree.ts';

/** H's signature with the parameters' names of B: the body that stays knows them by these. */
export function keepNames(one: Declaration, was: Declaration): string {
  const { source } = one;
  const body = childOf(one.node, 'body');
  const oldNames = parameterNames(was.source, was.node).map((node) => textOf(was.source, node));
  const newNames = parameterNames(source, one.node);
  let text = source.text.slice(one.node.start, body?.start ?? one.node.end).trimEnd();
  for (const [index, node] of [...newNames.entries()].reverse()) {
    const name = oldNames[index];
    const at = node.start - one.node.start;
    if (name !== undefined) text = text.slice(0, at) + name + text.slice(at + node.end - node.start);
  }
  return text;
}

export interface Parameter {
  readonly name: string;
  readonly type: SyntaxNode | undefined;
  /** The type as a field's shape shows it. */
  readonly text: string;
}

export function parametersOf(one: Declaration): Parameter[] {
  return namedChildren(childOf(one.node, 'parameters')).flatMap((parameter) => {
    const type = childOf(parameter, 'type');
    const text = type === undefined ? '' : tokensOf(one.source, type).join(' ');
    const names = parameter.children.filter((child) => child.field === 'name').map((name) => textOf(one.source, name));
    return (names.length === 0 ? [''] : names).map((name) => ({ name, type, text }));
  });
}

/** Names of the fields that a function gives a parameter to, in literals. */
export function fieldsGiven(one: Declaration, parameter: string): string[] {
  const found: string[] = [];
  visit(one.node, (node) => {
    const [key, value] = [childOf(node, 'key'), childOf(node, 'value')];
    if (
      node.type === 'keyed_element' &&
      key !== undefined &&
      value !== undefined &&
      textOf(one.source, value) === parameter
    )
      found.push(textOf(one.source, key));
    return true;
  });
  return found;
}

function parameterNames(source: ParsedText, node: SyntaxNode): SyntaxNode[] {
  return [childOf(node, 'receiver'), childOf(node, 'parameters')].flatMap((list) =>
    namedChildren(list).flatMap((parameter) =>
      parameter.children.filter((child) => child.field === 'name' && textOf(source, child) !== ''),
    ),
  );
}

/** Whether a variable's type stands in the text: a call's result does not. */
export function isTyped(one: Declaration): boolean {
  const [value] = namedChildren(childOf(one.node, 'value'));
  return childOf(one.node, 'type') !== undefined || inferred(one.source, value) !== undefined;
}

/** Type or empty value of a variable without a type, by what it is given; undefined where only the compiler knows. */
export function inferred(source: ParsedText, value: SyntaxNode | undefined): string | undefined {
  if (value === undefined) return undefined;
  const type = childOf(value, 'type');
  if (value.type === 'composite_literal' && type !== undefined) return ` = ${textOf(source, type)}{}`;
  const body = childOf(value, 'body');
  if (value.type === 'func_literal') {
    const head = source.text.slice(value.start, body?.start ?? value.end);
    return ` = ${head}${emptyBody(source, childOf(value, 'result'), body).text}`;
  }
  if (/literal|^(?:true|false)$/.test(value.type)) return ` = ${textOf(source, value)}`;
  return /^(?:errors\.New|fmt\.Errorf)\(/.test(textOf(source, value)) ? ' error' : undefined;
}

/** What stands above everything else: build constraints and the package's name. */
export function headOf(source: ParsedText): string {
  const lines: string[] = [];
  for (const node of source.root.children) {
    const text = textOf(source, node);
    if (node.type === 'comment' && /^\/\/(?:go:build| ?\+build)/.test(text)) lines.push(text, '');
    if (node.type === 'package_clause') {
      lines.push(text.trim(), '');
      break;
    }
  }
  return lines.join('\n');
}
