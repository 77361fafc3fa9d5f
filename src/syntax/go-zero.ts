import { childOf, namedChildren, type ParsedText, type SyntaxNode, textOf, visit } from './syntax-tree.ts';

const NUMBER = /^(?:u?int(?:8|16|32|64)?|uintptr|float(?:32|64)|byte|rune|complex(?:64|128))$/;

/**
 * An empty value of a Go type, as an expression that does nothing. Not `nil` where an empty value can stand: a test that
 * panics at the stub shows nothing.
 */
export function zeroValue(source: ParsedText, type: SyntaxNode): string {
  const text = textOf(source, type);
  switch (type.type) {
    case 'pointer_type':
      return `new(${text.replace(/^\*\s*/, '')})`;
    case 'slice_type':
    case 'map_type':
      return `${text}{}`;
    case 'channel_type':
      return `make(${text.replace(/^<-\s*chan\b|\bchan\s*<-/, 'chan')})`;
    case 'function_type':
    case 'interface_type':
      return 'nil';
    case 'parenthesized_type':
      return `*new(${text})`;
    default:
      return zeroValueOfName(text) ?? `*new(${text})`;
  }
}

/** Types whose empty value a function's own text may tell better: by name nobody knows what they are. */
const isNamed = (type: SyntaxNode, text: string) =>
  /^(?:type_identifier|qualified_type|generic_type)$/.test(type.type) && zeroValueOfName(text) === undefined;

function zeroValueOfName(text: string): string | undefined {
  if (text === 'string') return '""';
  if (text === 'bool') return 'false';
  if (text === 'error' || text === 'any') return 'nil';
  return NUMBER.test(text) ? '0' : undefined;
}

/** A stub's body, and the nodes of the real one whose types it needs. */
export interface EmptyBody {
  readonly text: string;
  readonly needs: readonly SyntaxNode[];
}

/**
 * The body of a stub with this result: returns an empty value for each. Where the real body returns a function or a literal for
 * a named type, so does the stub, without what is in it.
 */
export function emptyBody(source: ParsedText, result: SyntaxNode | undefined, real?: SyntaxNode): EmptyBody {
  if (result === undefined) return { text: '{}', needs: [] };
  const types =
    result.type === 'parameter_list'
      ? namedChildren(result).flatMap((parameter) => {
          const type = childOf(parameter, 'type');
          const names = parameter.children.filter(({ field }) => field === 'name').length;
          return type === undefined ? [] : Array.from({ length: Math.max(1, names) }, () => type);
        })
      : [result];
  const returned = real === undefined ? [] : returnedLists(real);
  const needs: SyntaxNode[] = [];
  const values = types.map((type, index) => {
    if (!isNamed(type, textOf(source, type))) return zeroValue(source, type);
    for (const list of returned) {
      const value = list.length === types.length ? list[index] : undefined;
      const made = value && emptied(source, value);
      if (made === undefined) continue;
      needs.push(...made.needs);
      return made.text;
    }
    return zeroValue(source, type);
  });
  return { text: `{\n\treturn ${values.join(', ')}\n}`, needs };
}

/** What the return statements of a body return, not those of functions inside it. */
function returnedLists(body: SyntaxNode): SyntaxNode[][] {
  const found: SyntaxNode[][] = [];
  visit(body, (node) => {
    if (node.type === 'return_statement') found.push(namedChildren(node).flatMap((list) => [...namedChildren(list)]));
    return node.type !== 'func_literal';
  });
  return found;
}

function emptied(source: ParsedText, value: SyntaxNode): EmptyBody | undefined {
  if (value.type === 'func_literal') {
    const body = childOf(value, 'body');
    const result = childOf(value, 'result');
    const empty = emptyBody(source, result, body);
    const head = source.text.slice(value.start, body?.start ?? value.end).trimEnd();
    const signature = [childOf(value, 'parameters'), result].filter((node) => node !== undefined);
    return { text: `${head} ${empty.text}`, needs: [...signature, ...empty.needs] };
  }
  const pointer = value.type === 'unary_expression' && value.children[0]?.type === '&';
  const literal = pointer ? childOf(value, 'operand') : value;
  const type = literal?.type === 'composite_literal' ? childOf(literal, 'type') : undefined;
  return type === undefined ? undefined : { text: `${pointer ? '&' : ''}${textOf(source, type)}{}`, needs: [type] };
}
