import type { TextSide } from '../../../src/domain/change.ts';
import type { Observation } from '../../../src/domain/observation.ts';
import { buildTouchIndex, type ReachIndex } from '../../../src/syntax/touch-index.ts';

export function observed(name: string, more: Partial<Observation> = {}): Observation {
  return { suite: 'unit', attempt: 1, name, outcome: 'passed', where: 'body', durationUs: 0, ...more };
}

/** Line of the first place that holds the text, from 1. */
export function lineOf(text: string, snippet: string): number {
  const at = text.indexOf(snippet);
  if (at < 0) throw new Error(`no ${snippet} in the text`);
  return text.slice(0, at).split('\n').length;
}

export interface Pair {
  readonly path: string;
  readonly old?: string;
  readonly new?: string;
}

/** An index over changed files, and over others that stay as they are. */
export function indexOf(
  files: readonly Pair[],
  others: readonly { path: string; text: string }[] = [],
): Promise<ReachIndex> {
  return buildTouchIndex({
    files: files.map((file) => ({
      path: file.path,
      ...(file.old === undefined ? {} : { oldText: file.old }),
      ...(file.new === undefined ? {} : { newText: file.new }),
    })),
    others,
  });
}

/** Answers, for the case that begins where `snippet` stands, how the change reaches it on both sides: `new/old`. */
export async function reaches(
  path: string,
  old: string,
  now: string,
  snippets: readonly string[],
  target: string,
): Promise<string[]> {
  const index = await indexOf([{ path, old, new: now }]);
  const one = (side: TextSide, text: string, snippet: string) =>
    text.includes(snippet)
      ? index.reach(side, target, observed(snippet, { place: { file: path, line: lineOf(text, snippet) } }))
      : 'absent';
  return snippets.map((snippet) => `${snippet}: ${one('new', now, snippet)}/${one('old', old, snippet)}`);
}
