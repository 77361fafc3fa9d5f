/** An entry of the catalogue of codes (`domain/codes.ts`). */
export interface ExplanationText {
  readonly code: string;
  readonly title: string;
  readonly meaning: string;
  readonly example: readonly string[];
  readonly next: string;
  readonly also?: readonly string[];
}

/** Columns that running text is broken at. */
const TEXT_WIDTH = 100;

/** What `redfirst explain CODE` prints, ending in a line end. It imports nothing, because it has to answer at once. */
export function renderExplanation({ code, title, meaning, example, next, also = [] }: ExplanationText): string {
  const lines = [`${code}: ${title}`, '', ...wrapText(meaning, TEXT_WIDTH)];
  lines.push('', 'example', ...example.map((line) => `  ${line}`.trimEnd()));
  lines.push('', ...wrapText(`next: ${next}`, TEXT_WIDTH));
  if (also.length > 0) lines.push('', `see also: ${also.join(', ')}`);
  return `${lines.join('\n')}\n`;
}

/** Breaks text at spaces; a word that is longer than a line stays whole. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
