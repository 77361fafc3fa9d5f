import { childOf, namedChildren, type ParsedText, type SyntaxNode, textOf } from './syntax-tree.ts';

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
      if (text === 'string') return '""';
      if (text === 'bool') return 'false';
      if (text === 'error' || text === 'any') return 'nil';
      return NUMBER.test(text) ? '0' : `*new(${text})`;
  }
}

/** The body of a stub with this result: returns an empty value for each. */
export function emptyBody(source: ParsedText, result: SyntaxNode | undefined): string {
  if (result === undefined) return '{}';
  const types =
    result.type === 'parameter_list'
      ? namedChildren(result).flatMap((parameter) => {
          const type = childOf(parameter, 'type');
          const names = parameter.children.filter(({ field }) => field === 'name').length;
          return type === undefined ? [] : Array.from({ length: Math.max(1, names) }, () => type);
        })
      : [result];
  return `{\n\treturn ${types.map((type) => zeroValue(source, type)).join(', ')}\n}`;
}
