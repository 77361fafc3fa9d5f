import { FAILURES } from './codes-failures.ts';
import { OBLIGATION_TEXTS } from './codes-obligations.ts';
import { VERDICTS } from './codes-verdicts.ts';
import { ANSWERS, CHANGE_ROLES, GRADES, ROLES, STRENGTHS, WORDS } from './codes-words.ts';
import type { Explanation } from './explanation.ts';

/** An explanation under its full code; `also` names what shares its last word. */
export interface ExplainedCode extends Explanation {
  readonly code: string;
  readonly also: readonly string[];
}

/** The groups of the catalogue, in the order in which they are listed, each with what stands before its codes. */
const GROUPS: readonly {
  readonly heading: string;
  readonly prefix: string;
  readonly codes: Readonly<Record<string, Explanation>>;
}[] = [
  { heading: 'Verdicts', prefix: '', codes: VERDICTS },
  { heading: 'Obligations', prefix: '', codes: OBLIGATION_TEXTS },
  { heading: 'Answers to an obligation', prefix: 'answer/', codes: ANSWERS },
  { heading: 'Words for a proof', prefix: 'word/', codes: WORDS },
  { heading: 'Roles of a case', prefix: 'role/', codes: { ...ROLES, ...CHANGE_ROLES } },
  { heading: 'Strength of a red', prefix: 'strength/', codes: STRENGTHS },
  { heading: 'Evidence grades', prefix: 'grade/', codes: GRADES },
  { heading: 'Failures of a command', prefix: 'failure/', codes: FAILURES },
];

/** Full code → explanation. Codes of several words are written with hyphens: `answer/not-required`, `word/supported-b`. */
const CATALOGUE: ReadonlyMap<string, Explanation> = new Map(
  GROUPS.flatMap(({ prefix, codes }) =>
    Object.entries(codes).map(([code, text]): [string, Explanation] => [fullCode(prefix, code), text]),
  ),
);

function fullCode(prefix: string, code: string): string {
  return prefix + code.replace(/[()]/g, '').replaceAll(' ', '-');
}

/** Every code with its title, by groups, in the order of the catalogue. */
export function listCodes(): { readonly code: string; readonly title: string; readonly group: string }[] {
  return GROUPS.flatMap(({ heading, prefix, codes }) =>
    Object.entries(codes).map(([code, { title }]) => ({ code: fullCode(prefix, code), title, group: heading })),
  );
}

/**
 * Explains a code of any report. Case and the part before the slash do not matter (`P6`, `driver`, `assertion`); where a
 * word means several things, the first group of the catalogue wins and `also` names the others.
 *
 * @returns the explanation, or for an unknown code the nearest ones, best first, at most three
 */
export function explainCode(code: string): ExplainedCode | { readonly suggestions: readonly string[] } {
  const wanted = normalise(code);
  const exact = [...CATALOGUE.keys()].find((known) => normalise(known) === wanted);
  const found = exact ?? [...CATALOGUE.keys()].find((known) => lastWord(known) === wanted);
  const text = found === undefined ? undefined : CATALOGUE.get(found);
  if (found === undefined || text === undefined) return { suggestions: nearest(wanted) };
  const also = [...CATALOGUE.keys()].filter((known) => known !== found && lastWord(known) === lastWord(found));
  return { code: found, ...text, also };
}

function normalise(code: string): string {
  const plain = code
    .trim()
    .toLowerCase()
    .replace(/[()]/g, '')
    .replace(/[\s_]+/g, '-');
  return /^p\d$/.test(plain) ? `p0${plain.slice(1)}` : plain;
}

function lastWord(code: string): string {
  return normalise(code.slice(code.lastIndexOf('/') + 1));
}

/** Longest input that is compared letter by letter. */
const COMPARED = 64;

function nearest(wanted: string): string[] {
  const word = wanted.slice(0, COMPARED);
  return [...CATALOGUE.keys()]
    .map((code) => {
      const contained = word.length >= 3 && normalise(code).includes(word);
      return { code, far: contained ? 0 : Math.min(distance(word, normalise(code)), distance(word, lastWord(code))) };
    })
    .sort((a, b) => a.far - b.far || (a.code < b.code ? -1 : 1))
    .slice(0, 3)
    .map(({ code }) => code);
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substituted, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
  }
  return row[b.length] ?? 0;
}
