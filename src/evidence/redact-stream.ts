import { type Cut, type Redactor, replacement } from './redaction.ts';

/** Most cuts that are listed for one artifact; what follows is cut as well and summed up in one last entry. */
export const LISTED_CUTS = 1000;

/** More than any rule looks ahead: a match that starts this far before the end of memory is seen whole. */
const LOOK_AHEAD = 65_536;
/** More than any rule's introduction: kept behind the point of work, so that a cut knows what stands before it. */
const LOOK_BEHIND = 256;

/** Redacts a stream of any length in bounded memory; a secret that straddles chunks is cut like any other. */
export class StreamRedactor {
  readonly #redactor: Redactor;
  readonly #ahead: number;
  #text = '';
  /** Where in `#text` the work goes on; what is before it has been given out. */
  #from = 0;
  /** Byte offset in the original of `#text[0]`. */
  #base = 0;
  #continuing: { readonly rule: string; readonly pattern: RegExp } | undefined;
  readonly #cuts: { rule: string; offset: number; bytes: number }[] = [];
  readonly #unlisted = { count: 0, offset: 0, bytes: 0 };
  #openCut: { bytes: number } | undefined;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
    this.#ahead = LOOK_AHEAD + redactor.longest;
  }

  /** Takes the next bytes and returns what is now certain. */
  push(chunk: Uint8Array): Buffer {
    this.#text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    // Small chunks are gathered: each pass scans the look-ahead anew.
    if (this.#text.length - this.#from < 4 * this.#ahead) return Buffer.alloc(0);
    return this.#work(this.#text.length - this.#ahead, false);
  }

  /** Returns the rest. */
  end(): Buffer {
    return this.#work(this.#text.length, true);
  }

  /** Cuts so far, in order; complete after `end`. */
  cuts(): Cut[] {
    const { count, offset, bytes } = this.#unlisted;
    return count === 0 ? [...this.#cuts] : [...this.#cuts, { rule: `${count} further cuts`, offset, bytes }];
  }

  #work(limit: number, last: boolean): Buffer {
    const text = this.#text;
    const out: string[] = [];
    let at = this.#from;
    if (this.#continuing !== undefined) at = this.#continue(this.#continuing, at);
    if (this.#continuing === undefined) {
      for (const span of this.#redactor.spans(text)) {
        if (span.end <= at) continue;
        if (span.start >= limit) break;
        const start = Math.max(span.start, at);
        out.push(text.slice(at, start), replacement(span.rule));
        this.#note(span.rule, this.#base + start, span.end - start);
        at = span.end;
        if (!last && at === text.length && span.continues !== undefined) {
          this.#continuing = { rule: span.rule, pattern: span.continues };
        }
      }
    }
    if (at < limit) {
      out.push(text.slice(at, limit));
      at = limit;
    }
    const keepFrom = Math.max(0, at - LOOK_BEHIND);
    this.#text = text.slice(keepFrom);
    this.#base += keepFrom;
    this.#from = at - keepFrom;
    return Buffer.from(out.join(''), 'latin1');
  }

  /** Goes on with a cut that had reached the end of memory. */
  #continue({ pattern }: { readonly pattern: RegExp }, at: number): number {
    pattern.lastIndex = at;
    const length = pattern.exec(this.#text)?.[0].length ?? 0;
    if (this.#openCut !== undefined) this.#openCut.bytes += length;
    if (at + length < this.#text.length) this.#continuing = undefined;
    return at + length;
  }

  #note(rule: string, offset: number, bytes: number): void {
    if (this.#cuts.length < LISTED_CUTS) {
      const cut = { rule, offset, bytes };
      this.#cuts.push(cut);
      this.#openCut = cut;
      return;
    }
    if (this.#unlisted.count === 0) this.#unlisted.offset = offset;
    this.#unlisted.count += 1;
    this.#unlisted.bytes += bytes;
    this.#openCut = this.#unlisted;
  }
}
