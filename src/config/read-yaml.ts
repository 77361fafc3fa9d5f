import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
} from 'yaml';
import type { Place } from '../domain/failure.ts';
import { type Mistake, showValue } from './mistake.ts';

/** Configuration is written by people; nothing they write by hand comes near these. */
export const MAX_FILE_BYTES = 1024 * 1024;
const MAX_ALIASES = 50;
const MAX_DEPTH = 40;
const SPLIT_HINT = 'make it smaller: configuration is read by people too';
const DEPTH_HINT = `at most ${MAX_DEPTH} levels are read`;
/** Words and marks; the library needs seconds for each megabyte of nothing but marks. */
const MAX_LEXEMES = 100_000;
const MAX_SYNTAX_MISTAKES = 50;
/** A longer line is not carried in a place; its number and column are. */
const MAX_LINE_SHOWN = 1000;

export type YamlPath = readonly PropertyKey[];

/** A YAML file as plain values, and the way back from a path in them to a place in the file. */
export interface YamlFile {
  readonly file: string;
  /** Maps, lists, text, numbers, truth values, null; undefined when the file could not be read as YAML at all. */
  readonly value: unknown;
  readonly mistakes: readonly Mistake[];
  /** Place of the value at `path` or of its key; of the nearest ancestor that stands in the file where it is missing. */
  place(path: YamlPath, at?: 'key' | 'value'): Place;
  /** The value at `path` as it is spelled in the file, for scalars. */
  source(path: YamlPath): string | undefined;
}

/**
 * Reads YAML 1.2 (core schema) without ever throwing. Beyond YAML's own rules these are mistakes: repeated keys, merge keys,
 * tags of other schemas, more than 50 aliases, an alias inside itself, nesting deeper than 40, more than 1 MiB, and text that
 * cannot be stored or handed to a process (NUL, lone surrogates).
 */
export function readYaml(file: string, text: string): YamlFile {
  const places = new Places(file, text);
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
    return unreadable(places, [places.mistake(0, 'the file is larger than 1 MiB', SPLIT_HINT)]);
  }
  const composed = compose(text);
  if ('refused' in composed)
    return unreadable(places, [places.mistake(composed.offset, composed.refused, composed.next)]);
  const { document } = composed;
  const syntax = [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_MISTAKES);
  if (syntax.length > 0) {
    return unreadable(
      places,
      syntax.map((error) => places.mistake(error.pos[0], `not YAML: ${firstLine(error.message)}`)),
    );
  }
  const yaml = document.directives.yaml;
  if (yaml.explicit && yaml.version !== '1.2') {
    return unreadable(places, [
      places.mistake(0, `YAML ${yaml.version} is not read here`, 'remove the %YAML directive; YAML 1.2 is meant'),
    ]);
  }
  const walk = new Walk(places);
  const value = walk.value(document.contents, 0);
  return {
    file,
    value,
    mistakes: walk.mistakes,
    place: (path, at = 'value') => places.at(walk.offset(document.contents, path, at)),
    source: (path) => {
      const node = walk.find(document.contents, path);
      return isScalar(node) ? node.source : undefined;
    },
  };
}

/** Ends the token stream from inside; never leaves this file. */
class TooMuch extends Error {
  readonly refusal: Refusal;
  constructor(refused: string, offset: number, next: string) {
    super(refused);
    this.refusal = { refused, offset, next };
  }
}

interface Refusal {
  readonly refused: string;
  readonly offset: number;
  readonly next?: string;
}

/**
 * As the library's `parseDocument`, with one difference: nesting is bounded while tokens are made. The library composes by
 * recursion, and a file of brackets brings it to the end of the stack, where V8 may abort the whole process.
 */
function compose(text: string): { readonly document: Document.Parsed } | Refusal {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    prettyErrors: false,
    // Compared pair by pair in the library, which takes hours for a hostile file: repeated keys are found below.
    uniqueKeys: false,
    logLevel: 'silent',
  });
  let document: Document.Parsed | undefined;
  try {
    for (const one of composer.compose(boundedTokens(text), true, text.length)) {
      if (document !== undefined) {
        return {
          refused: 'a second document starts in this file',
          offset: one.range[0],
          next: 'keep one document a file',
        };
      }
      document = one as Document.Parsed;
    }
  } catch (error) {
    if (error instanceof TooMuch) return error.refusal;
    return { refused: `not YAML: ${firstLine(String(error))}`, offset: 0 };
  }
  return document === undefined ? { refused: 'not YAML', offset: 0 } : { document };
}

function* boundedTokens(text: string): Generator<CST.Token, void> {
  const parser = new Parser();
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    // A level of a block takes two places on the parser's stack, a map and the value it waits for.
    if (parser.stack.length > 2 * MAX_DEPTH + 2) throw new TooMuch('nested too deeply', parser.offset, DEPTH_HINT);
    if (++lexemes > MAX_LEXEMES) throw new TooMuch('the file holds too much', parser.offset, SPLIT_HINT);
  }
  yield* parser.end();
}

function unreadable(places: Places, mistakes: readonly Mistake[]): YamlFile {
  return { file: places.file, value: undefined, mistakes, place: () => places.at(0), source: () => undefined };
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

/** Offsets to lines and columns. */
class Places {
  readonly file: string;
  readonly #lines: readonly string[];
  readonly #counter = new LineCounter();
  readonly #end: number;

  constructor(file: string, text: string) {
    this.file = file;
    this.#lines = text.split('\n');
    // A mistake at the end of the file belongs to the last thing written, not to the blank lines after it.
    this.#end = text.trimEnd().length;
    let offset = 0;
    for (const line of this.#lines) {
      this.#counter.addNewLine(offset);
      offset += line.length + 1;
    }
  }

  at(offset: number): Place {
    const { line, col } = this.#counter.linePos(Math.max(0, Math.min(offset, this.#end)));
    const text = (this.#lines[line - 1] ?? '').replace(/\r$/, '');
    return { file: this.file, line, column: col, ...(text.length <= MAX_LINE_SHOWN && { text }) };
  }

  mistake(offset: number, what: string, next?: string): Mistake {
    return { severity: 'error', what, where: this.at(offset), ...(next !== undefined && { next }) };
  }
}

/** One pass from nodes to plain values; remembers what every alias stands for. */
class Walk {
  readonly mistakes: Mistake[] = [];
  readonly #places: Places;
  readonly #anchors = new Map<string, { readonly node: Node; readonly value: unknown }>();
  readonly #targets = new Map<Node, Node>();
  #aliases = 0;

  constructor(places: Places) {
    this.#places = places;
  }

  value(node: unknown, depth: number): unknown {
    if (!isNode(node)) return null;
    if (depth > MAX_DEPTH) return this.#refuse(node, 'nested too deeply', DEPTH_HINT);
    if (isAlias(node)) return this.#alias(node, node.source);
    const value = isMap(node)
      ? this.#map(node.items, depth)
      : isSeq(node)
        ? node.items.map((item) => this.value(item, depth + 1))
        : isScalar(node)
          ? this.#scalar(node, node.value)
          : null;
    const anchor = (isScalar(node) || isCollection(node)) && node.anchor;
    if (anchor) this.#anchors.set(anchor, { node, value });
    return value;
  }

  #alias(node: Node, name: string): unknown {
    this.#aliases++;
    if (this.#aliases === MAX_ALIASES + 1)
      this.#refuse(node, `more than ${MAX_ALIASES} aliases`, 'write the values out');
    if (this.#aliases > MAX_ALIASES) return null;
    const target = this.#anchors.get(name);
    if (target === undefined) return this.#refuse(node, `the alias *${name} stands inside or before what it names`);
    this.#targets.set(node, target.node);
    return target.value;
  }

  #map(pairs: readonly { key: unknown; value: unknown }[], depth: number): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    for (const { key, value } of pairs) {
      const name = this.#keyText(key);
      const plain = this.value(value, depth + 1);
      if (name === undefined) continue;
      if (name === '<<') this.#refuse(key, 'merge keys (<<) are not read here', 'write the values out');
      else if (name === '__proto__') this.#refuse(key, 'the key "__proto__" is not allowed');
      else if (Object.hasOwn(record, name))
        this.#refuse(key, `the key ${showValue(name)} stands here twice`, 'keep one of them');
      else record[name] = plain;
    }
    return record;
  }

  #keyText(key: unknown): string | undefined {
    if (isAlias(key)) {
      this.#refuse(key, 'an alias cannot be a key here', 'write the key out');
      return undefined;
    }
    const value = isScalar(key) ? this.#scalar(key, key.value) : undefined;
    return value === undefined || value === null ? '' : String(value);
  }

  #scalar(node: Node, value: unknown): unknown {
    if (typeof value !== 'string') return typeof value === 'number' || typeof value === 'boolean' ? value : null;
    if (value.includes('\0')) return this.#refuse(node, 'text with a NUL character');
    if (!value.isWellFormed()) return this.#refuse(node, 'text with half a surrogate pair');
    return value;
  }

  #refuse(node: unknown, what: string, next?: string): null {
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    this.mistakes.push(this.#places.mistake(offset, what, next));
    return null;
  }

  #resolve(node: unknown): unknown {
    return isNode(node) ? (this.#targets.get(node) ?? node) : node;
  }

  /** The node at exactly `path`. */
  find(root: unknown, path: YamlPath): unknown {
    let node = this.#resolve(root);
    for (const step of path) node = this.#resolve(this.#child(node, step).value);
    return node;
  }

  #child(node: unknown, step: PropertyKey): { key?: unknown; value?: unknown } {
    if (isMap(node)) return node.items.find((item) => isScalar(item.key) && String(item.key.value) === step) ?? {};
    if (isSeq(node) && typeof step === 'number') return { value: node.items[step] };
    return {};
  }

  /** Offset of the value or key at `path`; of the nearest ancestor's key where it is missing. */
  offset(root: unknown, path: YamlPath, at: 'key' | 'value'): number {
    let offset = startOf(root) ?? 0;
    let node = this.#resolve(root);
    for (const [index, step] of path.entries()) {
      const { key, value } = this.#child(node, step);
      const keyOffset = startOf(key);
      const next = this.#resolve(value);
      if (keyOffset === undefined && !isNode(next)) return offset;
      const last = index === path.length - 1;
      const valueOffset = isNode(next) && !isEmptyScalar(next) ? startOf(next) : undefined;
      // For an ancestor of something missing the key says more than the value, whose start is the next line.
      offset = (last && at === 'value' ? (valueOffset ?? keyOffset) : (keyOffset ?? valueOffset)) ?? offset;
      node = next;
    }
    return offset;
  }
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function isEmptyScalar(node: Node): boolean {
  return isScalar(node) && node.range !== null && node.range !== undefined && node.range[0] === node.range[1];
}
