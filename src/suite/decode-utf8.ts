import { isAscii, isUtf8 } from 'node:buffer';

/**
 * Decodes UTF-8 that arrives in chunks, faster than a streaming TextDecoder: a chunk of ASCII, which nearly all are, becomes
 * a one-byte string at once.
 */
export class Utf8Decoder {
  private rest: Buffer | undefined;
  private readonly fatal: boolean;
  private started = false;

  /** @param fatal whether bytes that are no UTF-8 throw a TypeError; otherwise they become U+FFFD. */
  constructor(fatal: boolean) {
    this.fatal = fatal;
  }

  decode(chunk: Buffer): string {
    if (this.rest === undefined && this.started && isAscii(chunk)) return chunk.toString('latin1');
    let bytes = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    if (!this.started && bytes.length >= 3) {
      this.started = true;
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
    }
    const whole = bytes.length - unfinished(bytes);
    this.rest = whole === bytes.length ? undefined : Buffer.from(bytes.subarray(whole));
    return this.text(bytes.subarray(0, whole));
  }

  /** What is left at the end: a character that was cut. */
  end(): string {
    const { rest } = this;
    this.rest = undefined;
    return rest === undefined ? '' : this.text(rest);
  }

  private text(bytes: Buffer): string {
    if (this.fatal && !isUtf8(bytes)) throw new TypeError('not UTF-8');
    return bytes.toString('utf8');
  }
}

/** How many bytes at the end begin a character that is not whole. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}
