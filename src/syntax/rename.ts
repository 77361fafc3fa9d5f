import type { Observation } from '../domain/observation.ts';
import type { FoundCase } from './find-case.ts';
import { tokensOf } from './syntax-tree.ts';
import { enclosing, type Unit } from './unit.ts';

interface GoneCase {
  readonly observation: Observation;
  readonly found: FoundCase | undefined;
}

/** Share of a body's lines that may be taken away or added beside a title that only says less, or more. */
const CHANGED_SHARE = 0.2;

/**
 * Which vanished case the fresh one is under another name: one with the same body, best in the same place and with the most
 * words in common; else one in the same container whose title is part of the other's, and whose body has few lines more or
 * fewer and none that differs. Undefined where that is nobody, or where neither text is known.
 */
export function renamedCase(
  fresh: FoundCase | undefined,
  observation: Observation,
  gone: readonly GoneCase[],
): Observation | undefined {
  const unit = fresh?.text?.units[0];
  if (unit === undefined || unit.kind !== 'case') return undefined;
  const body = bodyOf(unit);
  const near = gone.flatMap((one) => {
    const old = one.found?.text?.units[0];
    if (old === undefined || old.kind !== 'case') return [];
    const same = sameTokens(body, bodyOf(old)) && (body.length > 0 || containerOf(unit) === containerOf(old));
    const close = containerOf(unit) === containerOf(old) && titleIsPart(unit, old) && fewLinesDiffer(unit, old);
    return same || close ? [{ ...one, same, score: likeness(observation, one.observation, unit, old) }] : [];
  });
  near.sort((a, b) => Number(b.same) - Number(a.same) || b.score - a.score);
  return near[0]?.observation;
}

/** Everything but the title; without the call's own name, as a pending case may become a real one, but with its decorators. */
function bodyOf(unit: Unit): string[] {
  const holes = new Set(unit.titleNode === undefined ? [] : [unit.titleNode]);
  return tokensOf(unit.source, unit.node, holes);
}

function sameTokens(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((token, index) => token === right[index]);
}

function containerOf(unit: Unit): string {
  return [...enclosing(unit)].map(({ title }) => title).join('\n');
}

function wordsOf(title: string): string[] {
  return title.toLowerCase().match(/\w+/g) ?? [];
}

function titleIsPart(left: Unit, right: Unit): boolean {
  const [a, b] = [new Set(wordsOf(left.title)), new Set(wordsOf(right.title))];
  const [less, more] = a.size < b.size ? [a, b] : [b, a];
  return less.size > 0 && [...less].every((word) => more.has(word));
}

/** Lines of the body without comments and blanks. */
function linesOf(unit: Unit): string[] {
  const lines = new Map<number, string>();
  const text = unit.source.text.slice(unit.node.start, unit.node.end);
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.replace(/\/\/.*$/, '').trim();
    // The first line holds the title.
    if (trimmed !== '' && index > 0) lines.set(index, trimmed);
  }
  return [...lines.values()];
}

function fewLinesDiffer(left: Unit, right: Unit): boolean {
  const [a, b] = [linesOf(left), linesOf(right)];
  const [less, more] = a.length < b.length ? [a, b] : [b, a];
  let at = 0;
  for (const line of more) if (at < less.length && line === less[at]) at += 1;
  const missing = more.length - less.length;
  return less.length > 0 && at === less.length && missing <= Math.max(1, Math.floor(more.length * CHANGED_SHARE));
}

function likeness(fresh: Observation, gone: Observation, unit: Unit, old: Unit): number {
  const words = new Set(wordsOf(gone.name));
  const shared = wordsOf(fresh.name).filter((word) => words.has(word)).length;
  return shared + (containerOf(unit) === containerOf(old) ? 1000 : 0);
}
