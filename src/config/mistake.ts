import type { Finding, Place } from '../domain/failure.ts';

/** A finding about a file that a person wrote; it always has a place. */
export interface Mistake extends Finding {
  readonly where: Place;
}

/** What a person wrote, shown in a message: quoted and bounded, so that nobody's file can paint a terminal. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > 60 ? `${value.slice(0, 60)}…` : value;
    return blankControls(JSON.stringify(cut));
  }
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return `the truth value ${value}`;
  if (Array.isArray(value)) return 'a list';
  if (value === null || value === undefined) return 'nothing';
  return 'a map';
}

/** Replaces control and direction characters one by one, so that columns stay right. */
export function blankControls(text: string): string {
  // Cc without the tab, and the marks that change the direction of text.
  return text.toWellFormed().replace(/[^\P{Cc}\t]|[\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, '\ufffd');
}

/** The one of `known` that a person most likely meant by `written`, if any is near enough (a third of its length). */
export function nearestWord(written: string, known: readonly string[]): string | undefined {
  if (written.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const word of known) {
    const distance = editDistance(written.toLowerCase(), word.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [word, distance];
  }
  const near = Math.max(1, Math.floor(Math.max(written.length, best?.length ?? 0) / 3));
  return bestDistance <= near && bestDistance < written.length ? best : undefined;
}

/** Edit distance with neighbours swapped counted once (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

/** Sorts by position, then by text, and drops repeats. */
export function sortMistakes(mistakes: readonly Mistake[]): Mistake[] {
  const key = (m: Mistake): string => `${m.where.line}:${m.where.column}:${m.what}`;
  const unique = new Map(mistakes.map((mistake) => [key(mistake), mistake]));
  return [...unique.values()].sort(
    (a, b) =>
      (a.where.line ?? 0) - (b.where.line ?? 0) ||
      (a.where.column ?? 0) - (b.where.column ?? 0) ||
      (a.what < b.what ? -1 : 1),
  );
}

const SHOWN_WIDTH = 110;

/**
 * A mistake as a person reads it: `file:line:column: what`, the offending line, a caret under the place, and what is allowed.
 * The form is that of compilers and of google/wireit's diagnostics.
 */
export function renderMistake(finding: Finding): string {
  const { where } = finding;
  const place =
    where === undefined ? '' : `${[where.file, where.line, where.column].filter((x) => x !== undefined).join(':')}: `;
  const severity = finding.severity === 'error' ? '' : `${finding.severity}: `;
  const lines = [`${place}${severity}${finding.what}`];
  if (where?.text !== undefined && where.column !== undefined && where.text.trim() !== '') {
    lines.push(...excerpt(where.text, where.column));
  }
  if (finding.next !== undefined) lines.push(`    ${finding.next}`);
  return blankLines(lines);
}

function blankLines(lines: readonly string[]): string {
  return lines.map(blankControls).join('\n');
}

/** The line and its underline; of a long line the part around the place. */
function excerpt(text: string, column: number): string[] {
  const index = Math.min(column - 1, text.length);
  const from = text.length > SHOWN_WIDTH ? Math.max(0, Math.min(index - 40, text.length - SHOWN_WIDTH)) : 0;
  const shown = text.slice(from, from + SHOWN_WIDTH);
  const indent = shown.slice(0, index - from).replace(/[^\t]/g, ' ');
  const length = Math.max(1, Math.min(tokenLength(text, index), SHOWN_WIDTH - indent.length));
  return [`    ${shown.trimEnd()}`, `    ${indent}^${'~'.repeat(length - 1)}`];
}

/** How many characters the key or value at `index` has, judged from its line alone. */
function tokenLength(text: string, index: number): number {
  const rest = text.slice(index);
  const quoted = /^"(?:[^"\\]|\\.)*"|^'(?:[^']|'')*'/.exec(rest);
  if (quoted) return quoted[0].length;
  if (/^[[{]/.test(rest)) return bracketLength(rest);
  const plain = rest.replace(/:(?:\s.*)?$/, '').replace(/\s#.*$/, '');
  const key = /^[^:]*?(?=:\s)/.exec(plain)?.[0] ?? plain;
  const inFlow = /[[{]/.test(text.slice(0, index));
  return (inFlow ? key.replace(/[,\]}].*$/, '') : key).trimEnd().length;
}

/** Length up to the bracket that closes the first one; of a single character where it closes on another line. */
function bracketLength(rest: string): number {
  let depth = 0;
  for (const [index, character] of [...rest].entries()) {
    if (character === '[' || character === '{') depth++;
    if ((character === ']' || character === '}') && --depth === 0) return index + 1;
  }
  return 1;
}
