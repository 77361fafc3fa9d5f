import { describe, expect, it } from 'vitest';
import { type CaseTouch, pairRenames } from '../../../src/classify/pair-renames.ts';
import type { Observation } from '../../../src/domain/observation.ts';
import { passing } from './facts.ts';

/** Pairs fresh names with vanished ones of which `body` says the same; each claims the first such, as an index may. */
function pair(fresh: readonly string[], gone: readonly string[], body: (name: string) => string): string[] {
  const vanished = gone.map((name) => passing(name));
  const renamedFrom = (one: Observation, among: readonly Observation[]) =>
    among.find(({ name }) => body(name) === body(one.name));
  const touches = new Map<string, CaseTouch>(
    fresh.map((name) => {
      const was = renamedFrom(passing(name), vanished);
      return [name, was === undefined ? { touch: 'new' } : { touch: 'renamed', was }];
    }),
  );
  return [...pairRenames(touches, (name) => passing(name), vanished, renamedFrom)].map(
    ([name, { touch, was }]) => `${name}: ${touch}${was === undefined ? '' : ` ${was.name}`}`,
  );
}

describe('cases under another name', () => {
  it('have one successor each: items of a table that only moved keep theirs, and the one put in is new', () => {
    expect(pair(['t[new-5]', 't[b-6]', 't[c-7]'], ['t[b-5]', 't[c-6]'], () => 'same')).toEqual([
      't[new-5]: new',
      't[b-6]: renamed t[b-5]',
      't[c-7]: renamed t[c-6]',
    ]);
  });

  it('are not told by numbers of items, which count along', () => {
    expect(
      pair(
        ['t[new-version5-tags5]', 't[1.0-version6-tags6]', 't[1.0-1000-version7-tags7]'],
        ['t[1.0-version5-tags5]', 't[1.0-1000-version6-tags6]'],
        () => 'same',
      ),
    ).toEqual([
      't[new-version5-tags5]: new',
      't[1.0-version6-tags6]: renamed t[1.0-version5-tags5]',
      't[1.0-1000-version7-tags7]: renamed t[1.0-1000-version6-tags6]',
    ]);
  });

  it('are what the index says where no two claim the same', () => {
    expect(pair(['ax', 'by', 'c'], ['az', 'bz'], (name) => name[0] ?? '')).toEqual([
      'ax: renamed az',
      'by: renamed bz',
      'c: new',
    ]);
  });

  it('are not paired against what the index says of their bodies', () => {
    expect(pair(['a1', 'a2', 'b1'], ['a3', 'b2'], (name) => name[0] ?? '')).toEqual([
      'a1: renamed a3',
      'a2: new',
      'b1: renamed b2',
    ]);
  });
});
