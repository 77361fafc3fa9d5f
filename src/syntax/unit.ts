import { type ParsedText, type SyntaxNode, tokensOf } from './syntax-tree.ts';
import type { TitlePattern } from './title-pattern.ts';

/**
 * What a test file is made of, in any language.
 * `root`: a file. `scope`: what encloses cases (a container, a table, a loop, a function that registers cases).
 * `case`: what a runner reports by itself. `statement`: a scope's set-up. `declaration`: what is reached by its name.
 * `element`: one item of a list that cases are made from.
 */
export type UnitKind = 'root' | 'scope' | 'case' | 'statement' | 'declaration' | 'element';

export interface Unit {
  readonly kind: UnitKind;
  readonly source: ParsedText;
  readonly file: string;
  readonly node: SyntaxNode;
  readonly parent: Unit | undefined;
  readonly children: Unit[];
  /** Tokens of the title, or the name: with the titles of all enclosing units the key that finds its other text. */
  readonly title: string;
  /** The title's own node: a rename leaves the rest alone. */
  readonly titleNode: SyntaxNode | undefined;
  /** The title, where it is a literal: what the runner will call it. */
  readonly literal: string | undefined;
  /** The title as far as it can be read; undefined for what has none. */
  readonly pattern: TitlePattern | undefined;
  /** Names that reach it, `.name` for methods. */
  readonly names: readonly string[];
  /** Functions of ours that this statement calls and that register cases: it is no set-up, but their parameter. */
  readonly registers: readonly string[];
  /** Whether it counts for every case below its parent although nothing names it (fixtures that apply by themselves). */
  readonly always: boolean;
  /** A scope whose body is that of each of its entries. */
  readonly table: boolean;
  /** Parts that are units of their own, or belong to one. */
  readonly holes: Set<SyntaxNode>;
  /** Free names of its own text, and names that it binds for what is below it. Filled when all files are read. */
  readonly uses: Set<string>;
  readonly binds: Set<string>;
}

export type UnitOptions = Partial<
  Pick<Unit, 'title' | 'titleNode' | 'literal' | 'pattern' | 'names' | 'registers' | 'always' | 'table'>
>;

/** Opens a unit inside `parent`, and cuts its node out of the parent's own text. */
export function openUnit(
  kind: UnitKind,
  parent: Unit,
  node: SyntaxNode,
  options: UnitOptions = {},
  source: ParsedText = parent.source,
): Unit {
  const unit = newUnit(kind, source, parent.file, node, parent, options);
  parent.children.push(unit);
  parent.holes.add(node);
  return unit;
}

/** @param title tells files apart whose cases bear the file's name; what a move between files leaves alone has none */
export function openRoot(source: ParsedText, file: string, title = ''): Unit {
  return newUnit('root', source, file, source.root, undefined, { title });
}

function newUnit(
  kind: UnitKind,
  source: ParsedText,
  file: string,
  node: SyntaxNode,
  parent: Unit | undefined,
  options: UnitOptions,
): Unit {
  return {
    kind,
    source,
    file,
    node,
    parent,
    children: [],
    title: options.title ?? '',
    titleNode: options.titleNode,
    literal: options.literal,
    pattern: options.pattern,
    names: options.names ?? [],
    registers: options.registers ?? [],
    always: options.always ?? false,
    table: options.table ?? false,
    holes: new Set(),
    uses: new Set(),
    binds: new Set(),
  };
}

/** Its own text: what is in it and in no other unit. */
export function ownTokens(unit: Unit): string {
  return tokensOf(unit.source, unit.node, unit.holes).join('\u0001');
}

/** The unit and all below it. */
export function* unitsOf(unit: Unit): Generator<Unit> {
  yield unit;
  for (const child of unit.children) yield* unitsOf(child);
}

/** Enclosing units, innermost first, the file's root last. */
export function* enclosing(unit: Unit): Generator<Unit> {
  for (let at = unit.parent; at !== undefined; at = at.parent) yield at;
}
