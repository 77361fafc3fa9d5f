/** A run (text, CDATA, comment, processing instruction) is let through up to about this many characters. */
const RUN_LIMIT = 64 * 1024;
/** A start tag with its attributes; nothing sensible comes near it. */
const TAG_LIMIT = 1024 * 1024;

type Construct = 'text' | 'cdata' | 'comment' | 'pi' | 'tag';

/** What ends a construct, or begins the next one. */
const TERMINATOR: Readonly<Record<Exclude<Construct, 'text' | 'tag'>, string>> = {
  cdata: ']]>',
  comment: '-->',
  pi: '?>',
};
const OPENERS: readonly (readonly [string, Construct | 'doctype'])[] = [
  ['<!--', 'comment'],
  ['<![CDATA[', 'cdata'],
  ['<?', 'pi'],
  ['<!DOCTYPE', 'doctype'],
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/**
 * Takes over-long runs out of a document before its parser sees them, so that a gigabyte of captured output costs no memory.
 * It follows the document only from the parser's last event to the end of each chunk: everywhere else the parser has proven
 * that the run was short.
 */
export class RunElider {
  private construct: Construct = 'text';
  private runLength = 0;
  /** The end of what was looked at, where a terminator may straddle two chunks. */
  private probe = '';
  /** What cannot be told yet (`<!`), kept from the parser until the next chunk. */
  private held = '';
  /** The end of what the parser was given last. */
  private tail = '';
  /** Characters left out of the run that is going on. */
  elided = 0;
  refused: string | undefined;

  /** The part of a chunk that the parser is to see. */
  enter(chunk: string): string {
    const text = this.held + chunk;
    this.held = '';
    return this.runLength > RUN_LIMIT && this.construct !== 'tag' ? this.elide(text) : text;
  }

  /**
   * Follows the document to the end of what the parser was just given.
   * @param lastEvent index in `text` after the parser's last event, or -1 where it told of none.
   * @returns how many characters at the end of `text` to keep back; only called before the parser is given them.
   */
  static heldBack(text: string): number {
    const open = text.lastIndexOf('<');
    if (open === -1 || text.length - open > 8) return 0;
    const tail = text.slice(open);
    return OPENERS.some(([opener]) => opener.length > tail.length && opener.startsWith(tail)) ? tail.length : 0;
  }

  hold(text: string): void {
    this.held = text;
  }

  /** What is still kept back when the document ends. */
  release(): string {
    const { held } = this;
    this.held = '';
    return held;
  }

  follow(text: string, lastEvent: number): void {
    this.tail = text.slice(-16);
    let at = 0;
    if (lastEvent >= 0) {
      this.startRun('text');
      at = lastEvent;
    }
    while (at < text.length && this.refused === undefined) {
      const next = this.construct === 'text' ? this.followText(text, at) : this.followRun(text, at);
      if (next === -1) return;
      at = next;
    }
  }

  private startRun(construct: Construct): void {
    this.construct = construct;
    this.runLength = 0;
    this.probe = '';
    this.elided = 0;
  }

  private followText(text: string, at: number): number {
    const open = text.indexOf('<', at);
    if (open === -1) {
      this.runLength += text.length - at;
      return -1;
    }
    const opener = OPENERS.find(([start]) => text.startsWith(start, open));
    if (opener?.[1] === 'doctype') {
      this.refused = 'it declares a document type; entities are never read';
      return -1;
    }
    // The elided characters of a text belong to the case until its element ends.
    const { elided } = this;
    this.startRun(opener === undefined ? 'tag' : (opener[1] as Construct));
    this.elided = elided;
    return open + (opener === undefined ? 1 : opener[0].length);
  }

  private followRun(text: string, at: number): number {
    const { construct } = this;
    if (construct === 'tag') {
      this.runLength += text.length - at;
      if (this.runLength > TAG_LIMIT) this.refused = `a start tag is longer than ${TAG_LIMIT} characters`;
      return -1;
    }
    const terminator = TERMINATOR[construct as keyof typeof TERMINATOR];
    const window = this.probe + text.slice(at);
    const end = window.indexOf(terminator);
    if (end === -1) {
      this.runLength += text.length - at;
      this.probe = window.slice(-(terminator.length - 1));
      return -1;
    }
    const next = at - this.probe.length + end + terminator.length;
    const { elided } = this;
    this.startRun('text');
    this.elided = elided;
    return next;
  }

  /** Drops text up to what ends the run. */
  private elide(text: string): string {
    const begun = this.elided === 0 ? this.begunEntity(text) : 0;
    const terminator = this.construct === 'text' ? '<' : TERMINATOR[this.construct as keyof typeof TERMINATOR];
    const end = text.indexOf(terminator, begun);
    if (CONTROL.test(end === -1 ? text : text.slice(0, end)))
      this.refused = 'it holds a character that XML does not allow';
    const kept = text.slice(0, begun);
    if (end === -1) {
      // Its end is perhaps the beginning of the terminator: looked at again with the next chunk.
      const from = Math.max(begun, text.length - (terminator.length - 1));
      this.elided += from - begun;
      this.held = text.slice(from);
      return kept;
    }
    this.elided += end - begun;
    this.probe = '';
    // The parser may have seen a hyphen last, which must not join those that end a comment.
    return kept + (this.construct === 'comment' ? ' ' : '') + text.slice(end);
  }

  /** How much of a text belongs to an entity reference whose beginning the parser has seen already. */
  private begunEntity(text: string): number {
    const open = this.tail.lastIndexOf('&');
    if (this.construct !== 'text' || open === -1 || this.tail.includes(';', open)) return 0;
    const close = text.indexOf(';');
    return close >= 0 && close < 16 ? close + 1 : 0;
  }
}
