import type { RunnerName } from '../domain/vocabulary.ts';

/** What stands once in a report for every case that has ended. */
const MARKS: Readonly<Record<RunnerName, readonly string[]>> = {
  vitest: ['{"case":'],
  'node-test': ['{"case":'],
  'go-test': ['"Action":"pass"', '"Action":"fail"', '"Action":"skip"'],
  // ginkgo prints a bullet for each of its own cases.
  ginkgo: ['"Action":"pass"', '"Action":"fail"', '"Action":"skip"', '•'],
  pytest: ['{"case":'],
  command: ['<testcase', '\nok ', '\nnot ok '],
};

/**
 * How many cases ended in what was newly appended to a report (or to stdout, for go-test). Cheap and for progress only: a mark
 * that two chunks share is not counted, and packages of Go count as cases.
 */
export function countFinishedCases(runner: RunnerName, chunk: Buffer): number {
  let count = 0;
  for (const mark of MARKS[runner]) {
    for (let at = chunk.indexOf(mark); at !== -1; at = chunk.indexOf(mark, at + mark.length)) count++;
  }
  return count;
}
