import type { RunId } from './brand.ts';

/** A new run id from a clock reading and four random hex digits. */
export function makeRunId(atMs: number, randomHex: string): RunId {
  const stamp = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '');
  return `r${stamp}-${randomHex.slice(0, 4)}` as RunId;
}
