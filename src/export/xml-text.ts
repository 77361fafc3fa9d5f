/** Everything outside XML 1.0's `Char` production (https://www.w3.org/TR/xml/#charsets); with `u`, lone surrogates too. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/**
 * Makes text fit for XML 1.0: what may not stand there (control characters, lone surrogates, U+FFFE, U+FFFF) is written
 * as `\u001b`, so that it is seen and not lost. junit-report-builder 5 drops such characters silently, and before a lone
 * low surrogate the innocent neighbour with it.
 */
export function visibleXml(text: string): string {
  return text.replace(FORBIDDEN, visible);
}

/** Line ends as a parser reads them: `\r\n` is one `\n`; a lone `\r`, which a parser would read as `\n`, is written visibly. */
export function plainLineEnds(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/\r/g, visible);
}

/**
 * Text for a CDATA section that junit-report-builder writes. The builder (xmlbuilder 15) splits only the *first* `]]>`, so
 * that the second one would end the section and what follows would be read as markup: the others are split here.
 */
export function cdataText(text: string): string {
  const plain = plainLineEnds(visibleXml(text));
  const first = plain.indexOf(']]>');
  if (first < 0) return plain;
  const rest = first + ']]>'.length;
  return plain.slice(0, rest) + plain.slice(rest).replaceAll(']]>', ']]]]><![CDATA[>');
}

/** One line: line ends and tabs are written as `\n`, `\r`, `\t`. */
export function oneLine(text: string): string {
  return text.replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t');
}

/**
 * Cuts text to `limit` UTF-16 units, never inside a surrogate pair, and says how much is missing and where it is.
 *
 * @param whole where the whole text can be found, e.g. `artifact sha256:…`
 */
export function bounded(text: string, limit: number, whole: string): string {
  if (text.length <= limit) return text;
  const cut = isHighSurrogate(text.charCodeAt(limit - 1)) ? limit - 1 : limit;
  return `${text.slice(0, cut)}… (${text.length - cut} more characters${whole && `; whole in ${whole}`})`;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function visible(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
