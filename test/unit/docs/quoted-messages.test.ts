import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, GLOBAL_OPTIONS } from '../../../src/commands/specs.ts';
import { loadParser } from '../../../src/syntax/load-parser.ts';
import { type ParsedText, type SyntaxNode, visit } from '../../../src/syntax/syntax-tree.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = ['docs/troubleshooting.md', 'docs/operations.md'];

/** Lines of the blocks ```` ```message ````: what a person sees, word for word, with `…` or an example for what differs. */
function quotedMessages(page: string): string[] {
  const blocks = [...read(page).matchAll(/^ *```message\n([\s\S]*?)^ *```$/gm)].map(([, block]) => block ?? '');
  return blocks.flatMap((block) =>
    block
      .split('\n')
      .map((line) => line.trim().replace(/^(?:error|warning|note|next): /, ''))
      .filter((line) => line !== ''),
  );
}

const letters = (text: string): number => text.replace(/[^A-Za-z]/g, '').length;

/** A text of the source; what stands for its `${…}` is captured. */
interface SourceText {
  readonly pattern: RegExp;
  /** Letters of its own. */
  readonly own: number;
}

/** Texts with fewer letters of their own are anybody's. */
const LEAST_OWN = 4;
/** So much of a message must be the source's own words, those of what it holds included; the rest are values. */
const LEAST_SHARE = 0.6;

function sourceText(source: ParsedText, node: SyntaxNode): SourceText | undefined {
  const parts: string[] = [];
  let at = node.start + 1;
  for (const child of node.children.filter(({ type }) => type === 'template_substitution')) {
    parts.push(source.text.slice(at, child.start));
    at = child.end;
  }
  parts.push(source.text.slice(at, node.end - 1));
  const said = parts.map((part) => part.replace(/\\(.)/g, '$1'));
  const own = letters(said.join(''));
  if (own < LEAST_OWN) return undefined;
  const escaped = said.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return { pattern: new RegExp(`^${escaped.join('(.+?)')}$`, 's'), own };
}

const texts: SourceText[] = [];
const known = new Map<string, number>();

/** How many letters of a text are the source's own: those of the text that it is, and of the texts that this one holds. */
function covered(text: string, depth = 0): number {
  const before = known.get(text);
  if (before !== undefined) return before;
  // `${url}: ${why}` has no words of its own, and holds some.
  const split = text.startsWith('…: ') ? text.slice(3) : undefined;
  let most = split === undefined ? 0 : covered(split, depth);
  for (const { pattern, own } of texts) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const held = depth > 3 ? [] : match.slice(1).filter((part) => letters(part) >= LEAST_OWN && part !== text);
    most = Math.max(
      most,
      held.reduce((sum, part) => sum + covered(part, depth + 1), own),
    );
  }
  known.set(text, most);
  return most;
}

const isSaid = (message: string): boolean => covered(message) >= LEAST_SHARE * letters(message);

beforeAll(async () => {
  const parse = await loadParser('typescript');
  for (const file of readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const source = parse(read(join('src', file)));
    if (source === undefined) throw new Error(`src/${file} cannot be parsed`);
    visit(source.root, (node) => {
      const text = /^(?:string|template_string)$/.test(node.type) ? sourceText(source, node) : undefined;
      if (text !== undefined) texts.push(text);
      return true;
    });
  }
});

describe.each(PAGES)('%s', (page) => {
  it('quotes only what the program says', () => {
    expect(quotedMessages(page).filter((message) => !isSaid(message))).toEqual([]);
  });

  it('names only commands and options that there are', () => {
    const text = read(page);
    const commands = new Set(COMMANDS.map(({ name }) => name));
    const options = new Set(
      [...GLOBAL_OPTIONS, ...COMMANDS.flatMap((command) => command.options)].flatMap(
        ([flags]) => flags.match(/--[a-z-]+/g) ?? [],
      ),
    );
    const lines = text.split('\n').filter((line) => /redfirst [a-z]/.test(line));
    const named = lines.flatMap((line) => [...line.matchAll(/(?<![\w/.-])redfirst ([a-z]+)([^`|#;&]*)/g)]);
    const calls = named.filter(([whole]) => text.includes(`\`${whole}`) || text.includes(`\n${whole}`));
    expect(calls.length).toBeGreaterThan(5);
    for (const [whole, command = '', rest = ''] of calls) {
      expect(commands, whole).toContain(command);
      for (const option of rest.match(/--[a-z-]+/g) ?? []) expect(options, whole).toContain(option);
    }
  });

  it('links only to what there is', () => {
    const links = [...read(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '');
    const own = links.filter((link) => !/^https?:/.test(link));
    expect(own.length).toBeGreaterThan(0);
    for (const link of own) expect(() => read(join('docs', link)), link).not.toThrow();
  });
});

describe('what holds the documents to the source', () => {
  it('has texts to go by, and messages to hold to them', () => {
    expect(texts.length).toBeGreaterThan(1000);
    expect(quotedMessages('docs/troubleshooting.md').length).toBeGreaterThan(50);
  });

  it('finds most words that are changed in a message', () => {
    const changed = quotedMessages('docs/troubleshooting.md').flatMap((message) =>
      [...message.matchAll(/[A-Za-z]{5,}/g)].map(
        ({ 0: word, index }) => `${message.slice(0, index)}qqqqqq${message.slice(index + word.length)}`,
      ),
    );
    expect(changed.filter(isSaid).length).toBeLessThan(changed.length / 4);
  });
});
