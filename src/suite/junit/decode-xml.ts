import { Utf8Decoder } from '../decode-utf8.ts';

/** Reads XML bytes as text: by byte order mark, by the XML declaration, else as UTF-8; what does not decode is refused. */
export interface XmlDecoder {
  decode(bytes: Buffer): string;
  end(): string;
}

/**
 * Chooses the decoder from the first bytes of a document (XML 1.0, appendix F).
 * @returns the decoder, or the reason why there is none.
 */
export function decoderFor(head: Buffer): XmlDecoder | { readonly refused: string } {
  const [a, b, c] = head;
  if (a === 0xff && b === 0xfe) return textDecoder('utf-16le');
  if (a === 0xfe && b === 0xff) return textDecoder('utf-16be');
  if (a === 0x3c && b === 0x00) return textDecoder('utf-16le');
  if (a === 0x00 && b === 0x3c) return textDecoder('utf-16be');
  const marked = a === 0xef && b === 0xbb && c === 0xbf;
  const declared = /^(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(
    head.toString('latin1', 0, 256),
  )?.[1];
  if (marked || declared === undefined) return textDecoder('utf-8');
  if (/^(?:utf-?16|ucs-?2|iso-10646-ucs-2)/i.test(declared))
    return { refused: `it says that it is ${declared} and is not` };
  return textDecoder(declared);
}

function textDecoder(label: string): XmlDecoder | { readonly refused: string } {
  if (/^utf-?8$/i.test(label)) return new Utf8Decoder(true);
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(label, { fatal: true });
  } catch {
    return { refused: `its encoding ${label} is not known` };
  }
  return {
    decode: (bytes) => decoder.decode(bytes, { stream: true }),
    end: () => decoder.decode(),
  };
}
