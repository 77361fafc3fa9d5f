import type { SourceLine } from '../domain/observation.ts';
import { type Language, languageOf } from './language.ts';
import { loadParser } from './load-parser.ts';
import { childOf, namedChildren, type ParsedText, type SyntaxNode, textOf, tokensOf, visit } from './syntax-tree.ts';

export type DeclarationKind = 'function' | 'method' | 'type' | 'member' | 'constant' | 'variable';

/** A name that a file declares for others: at its top level, or as a member of something that is. */
export interface Declaration {
  readonly name: string;
  readonly kind: DeclarationKind;
  /** The type, class or interface that it belongs to. */
  readonly owner?: string;
  /** Go's package clause. */
  readonly package?: string;
  readonly place: SourceLine;
  /** What a caller depends on: parameters, results, types; not bodies and values. */
  readonly shape: string;
  readonly node: SyntaxNode;
  readonly source: ParsedText;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What the files declare, in their order; files in no language that is read, or unreadable ones, declare nothing. */
export async function declaredNames(files: readonly SourceFile[]): Promise<Declaration[]> {
  const found: Declaration[] = [];
  for (const { path, text } of files) {
    const language = languageOf(path);
    if (language === undefined) continue;
    const source = (await loadParser(language))(text);
    if (source !== undefined) found.push(...declarationsOf(path, source));
  }
  return found;
}

/** What one parsed file declares. */
export function declarationsOf(path: string, source: ParsedText): Declaration[] {
  const found: Declaration[] = [];
  const clause = source.root.children.find(({ type }) => type === 'package_clause');
  const name = clause === undefined ? undefined : textOf(source, namedChildren(clause)[0] ?? clause);
  const declare: Declare = (nameNode, kind, shape, node, owner) => {
    found.push({
      name: typeof nameNode === 'string' ? nameNode : textOf(source, nameNode).replace(/^['"#](.*?)['"]?$/, '$1'),
      kind,
      shape: shape.map((part) => (part === undefined ? '' : tokensOf(source, part).join(' '))).join(' | '),
      place: { file: path, line: node.line },
      node,
      source,
      ...(owner === undefined ? {} : { owner }),
      ...(name === undefined ? {} : { package: name }),
    });
  };
  for (const node of source.root.children) READERS[source.language](source, node, declare);
  return found;
}

type Declare = (
  name: SyntaxNode | string,
  kind: DeclarationKind,
  shape: readonly (SyntaxNode | undefined)[],
  node: SyntaxNode,
  owner?: string,
) => void;
type Reader = (source: ParsedText, node: SyntaxNode, declare: Declare) => void;

/** The type that a Go method belongs to. */
export function receiverOf(source: ParsedText, method: SyntaxNode): string {
  const text = textOf(source, childOf(method, 'receiver') ?? method);
  return /(\w+)\s*(?:\[[^\]]*\])?\s*\)$/.exec(text)?.[1] ?? '';
}

const readGo: Reader = (source, node, declare) => {
  const name = childOf(node, 'name');
  const signature = ['type_parameters', 'parameters', 'result'].map((field) => childOf(node, field));
  if (node.type === 'function_declaration' && name !== undefined) declare(name, 'function', signature, node);
  if (node.type === 'method_declaration' && name !== undefined)
    declare(name, 'method', [childOf(node, 'receiver'), ...signature], node, receiverOf(source, node));
  if (!/^(?:const|var|type)_declaration$/.test(node.type)) return;
  for (const spec of namedChildren(node).flatMap((child) =>
    child.type.endsWith('_list') ? namedChildren(child) : child,
  )) {
    const names = spec.children.filter((child) => child.field === 'name');
    const kind = node.type === 'const_declaration' ? 'constant' : node.type === 'var_declaration' ? 'variable' : 'type';
    for (const one of names) declare(one, kind, kind === 'type' ? [spec] : [childOf(spec, 'type')], spec);
    const type = childOf(spec, 'type');
    const owner = names[0];
    if (kind === 'type' && type !== undefined && owner !== undefined)
      readGoMembers(source, type, textOf(source, owner), declare);
  }
};

function readGoMembers(source: ParsedText, type: SyntaxNode, owner: string, declare: Declare): void {
  const fields = type.type === 'struct_type' ? namedChildren(namedChildren(type)[0]) : namedChildren(type);
  for (const field of fields) {
    const names = field.children.filter((child) => child.field === 'name');
    if (field.type === 'field_declaration') {
      const fieldType = childOf(field, 'type');
      for (const name of names) declare(name, 'member', [fieldType], field, owner);
      // An embedded type is a field of its own name.
      if (names.length === 0 && fieldType !== undefined)
        declare(/\w+(?=(?:\[.*\])?$)/s.exec(textOf(source, fieldType))?.[0] ?? '', 'member', [fieldType], field, owner);
    }
    if (field.type === 'method_elem')
      for (const name of names)
        declare(name, 'member', [childOf(field, 'parameters'), childOf(field, 'result')], field, owner);
  }
}

const readScript: Reader = (source, node, declare) => {
  if (node.type === 'export_statement') {
    for (const child of namedChildren(node)) {
      if (child.type === 'export_clause') {
        for (const one of namedChildren(child))
          declare(childOf(one, 'alias') ?? childOf(one, 'name') ?? one, 'variable', [], one);
      } else readScript(source, child, declare);
    }
    if (node.children.some(({ type }) => type === 'default')) declare('default', 'variable', [], node);
    return;
  }
  const name = childOf(node, 'name');
  switch (node.type) {
    case 'function_declaration':
    case 'generator_function_declaration':
    case 'function_signature':
      if (name !== undefined)
        declare(name, 'function', [childOf(node, 'parameters'), childOf(node, 'return_type')], node);
      return;
    case 'class_declaration':
    case 'abstract_class_declaration':
    case 'interface_declaration':
    case 'type_alias_declaration':
    case 'enum_declaration':
      if (name === undefined) return;
      declare(name, 'type', [], node);
      for (const member of namedChildren(childOf(node, 'body') ?? childOf(node, 'value'))) {
        const own =
          childOf(member, 'name') ??
          childOf(member, 'property') ??
          (member.type === 'property_identifier' ? member : undefined);
        const method = childOf(member, 'parameters');
        const shape = [method ?? childOf(member, 'type'), childOf(member, 'return_type')];
        if (own !== undefined)
          declare(own, method === undefined ? 'member' : 'method', shape, member, textOf(source, name));
      }
      return;
    case 'lexical_declaration':
    case 'variable_declaration':
      for (const one of namedChildren(node)) readScriptVariable(one, declare);
      return;
    case 'ambient_declaration':
      for (const child of namedChildren(node)) readScript(source, child, declare);
      return;
    case 'expression_statement': {
      const target = /^(?:module\.)?exports(?:\.(\w+))?\s*=[^=]/.exec(textOf(source, node));
      if (target !== null) declare(target[1] ?? 'default', 'variable', [], node);
      return;
    }
    default:
  }
};

function readScriptVariable(declarator: SyntaxNode, declare: Declare): void {
  const name = childOf(declarator, 'name');
  const value = childOf(declarator, 'value');
  if (name === undefined) return;
  const shape = [childOf(declarator, 'type'), childOf(value, 'parameters')];
  if (name.type === 'identifier') declare(name, 'variable', shape, declarator);
  else
    visit(name, (node) => {
      if (/^(?:shorthand_property_identifier_pattern|identifier)$/.test(node.type))
        declare(node, 'variable', [], declarator);
      return true;
    });
}

const readPython: Reader = (source, node, declare) => {
  readPythonIn(source, node, declare, undefined);
};

function readPythonIn(source: ParsedText, node: SyntaxNode, declare: Declare, owner: string | undefined): void {
  const name = childOf(node, 'name');
  switch (node.type) {
    case 'decorated_definition': {
      const inner = childOf(node, 'definition');
      if (inner !== undefined) readPythonIn(source, inner, declare, owner);
      return;
    }
    case 'function_definition': {
      const shape = [childOf(node, 'parameters'), childOf(node, 'return_type')];
      if (name !== undefined) declare(name, owner === undefined ? 'function' : 'method', shape, node, owner);
      if (owner === undefined) return;
      visit(node, (at) => {
        const left = at.type === 'assignment' ? childOf(at, 'left') : undefined;
        const attribute =
          left?.type === 'attribute' && /^self\./.test(textOf(source, left)) ? childOf(left, 'attribute') : undefined;
        if (attribute !== undefined) declare(attribute, 'member', [], at, owner);
        return true;
      });
      return;
    }
    case 'class_definition':
      if (name === undefined) return;
      declare(name, 'type', [childOf(node, 'superclasses')], node);
      for (const child of namedChildren(childOf(node, 'body')))
        readPythonIn(source, child, declare, textOf(source, name));
      return;
    case 'import_from_statement':
      for (const child of node.children)
        if (child.field === 'name')
          declare(childOf(child, 'alias') ?? namedChildren(child).at(-1) ?? child, 'variable', [], node, owner);
      return;
    case 'expression_statement':
      for (const child of namedChildren(node)) {
        const left = child.type === 'assignment' ? childOf(child, 'left') : undefined;
        if (left?.type === 'identifier')
          declare(left, owner === undefined ? 'variable' : 'member', [childOf(child, 'type')], child, owner);
        else
          for (const one of namedChildren(left))
            if (one.type === 'identifier') declare(one, 'variable', [], child, owner);
      }
      return;
    case 'if_statement':
    case 'try_statement':
    case 'block':
    case 'else_clause':
    case 'elif_clause':
    case 'except_clause':
      for (const child of namedChildren(node)) readPythonIn(source, child, declare, owner);
      return;
    default:
  }
}

const READERS: Readonly<Record<Language, Reader>> = {
  go: readGo,
  typescript: readScript,
  tsx: readScript,
  javascript: readScript,
  python: readPython,
};
