import { childOf, namedChildren, type ParsedText, type SyntaxNode, textOf, visit } from './syntax-tree.ts';

/** What a call does in a Go test file. */
export type Registration = 'leaf' | 'entry' | 'container' | 'table' | 'subtest';

const LEAF = /^[FPX]?(?:It|Specify)$/;
const CONTAINER = /^[FPX]?(?:Describe|Context|When|DescribeTableSubtree)$/;
const TABLE = /^[FPX]?DescribeTable$/;
const ENTRY = /^[FPX]?Entry$/;

/** The last name of what a call calls, and whether it is called on something other than a package's name. */
export function calledName(source: ParsedText, call: SyntaxNode): { name: string; plain: boolean } | undefined {
  const called = childOf(call, 'function');
  if (called?.type === 'identifier') return { name: textOf(source, called), plain: true };
  if (called?.type !== 'selector_expression') return undefined;
  const field = childOf(called, 'field');
  if (field === undefined) return undefined;
  return { name: textOf(source, field), plain: childOf(called, 'operand')?.type === 'identifier' };
}

/** Arguments of a call, without punctuation and comments. */
export function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  return namedChildren(childOf(call, 'arguments'));
}

/** What a call registers, told by its name and shape alone: ginkgo is nearly always imported with a dot. */
export function registrationOf(source: ParsedText, call: SyntaxNode): Registration | undefined {
  if (call.type !== 'call_expression') return undefined;
  const called = calledName(source, call);
  if (called === undefined || !called.plain) return undefined;
  const given = argumentsOf(call);
  const takesFunction = given.some((argument) => argument.type === 'func_literal');
  if (given.length === 0) return undefined;
  if (LEAF.test(called.name)) return 'leaf';
  if (ENTRY.test(called.name)) return 'entry';
  if (TABLE.test(called.name)) return 'table';
  if (CONTAINER.test(called.name)) return takesFunction ? 'container' : undefined;
  return called.name === 'Run' && isSubtest(source, call, given) ? 'subtest' : undefined;
}

/** `t.Run(name, func(t *testing.T) {…})`; with another function value only on a receiver that is called as tests call it. */
function isSubtest(source: ParsedText, call: SyntaxNode, given: readonly SyntaxNode[]): boolean {
  const operand = childOf(childOf(call, 'function'), 'operand');
  const body = given[1];
  if (operand === undefined || body === undefined || given.length !== 2) return false;
  if (body.type !== 'func_literal') return /^(?:t|b|tt|tb|st|tc)$/.test(textOf(source, operand));
  return /testing\.[TB]\b|\bT\b/.test(textOf(source, childOf(body, 'parameters') ?? body));
}

/** Whether anything in it registers a case, by itself or by calling one of the functions that do. */
export function registersCases(source: ParsedText, node: SyntaxNode, functions: ReadonlySet<string>): boolean {
  let found = false;
  visit(node, (at) => {
    if (found) return false;
    if (at.type === 'call_expression') {
      const called = calledName(source, at);
      found = registrationOf(source, at) !== undefined || (called !== undefined && functions.has(called.name));
    }
    return !found;
  });
  return found;
}

/** Names of the functions (also closures in variables) that register cases, directly or through one another. */
export function registeringFunctions(files: readonly ParsedText[]): Set<string> {
  const calls = new Map<string, Set<string>>();
  const functions = new Set<string>();
  for (const source of files) {
    visit(source.root, (node) => {
      const [name, body] = namedFunction(source, node);
      if (name === undefined || body === undefined || /^Test/.test(name)) return true;
      const called = calls.get(name) ?? new Set();
      calls.set(name, called);
      visit(body, (at) => {
        if (at.type !== 'call_expression') return true;
        if (registrationOf(source, at) !== undefined) functions.add(name);
        const callee = calledName(source, at);
        if (callee !== undefined) called.add(callee.name);
        return true;
      });
      return true;
    });
  }
  for (let before = -1; before !== functions.size; ) {
    before = functions.size;
    for (const [name, called] of calls) if ([...called].some((callee) => functions.has(callee))) functions.add(name);
  }
  return functions;
}

/** Name and body of a function, a method or a closure that a variable is declared with. */
function namedFunction(source: ParsedText, node: SyntaxNode): [string | undefined, SyntaxNode | undefined] {
  if (node.type === 'function_declaration' || node.type === 'method_declaration') {
    const name = childOf(node, 'name');
    return [name && textOf(source, name), childOf(node, 'body')];
  }
  if (node.type !== 'short_var_declaration' && node.type !== 'var_spec') return [undefined, undefined];
  const declared = node.type === 'var_spec';
  const name = declared ? childOf(node, 'name') : namedChildren(childOf(node, 'left'))[0];
  const value = namedChildren(childOf(node, declared ? 'value' : 'right'))[0];
  return [name && textOf(source, name), value?.type === 'func_literal' ? value : undefined];
}
