import { beforeEach, describe, expect, test } from 'vitest';
import { sideOf, type TouchIndex } from '../../../src/domain/change.ts';
import type { CornerName } from '../../../src/domain/vocabulary.ts';
import { touchIndexFromLines } from '../../../src/syntax/touch-lines.ts';
import { NO_SHARED_DATA } from '../../adapters/shared-data.ts';
import { observedAt, personsTouch, type Replay, readReplays } from './replays.ts';

const CORNERS: readonly CornerName[] = ['B', 'R', 'S', 'H', 'X'];
const replays = readReplays();

/** Where our word for a case is another than the person's. */
function disagreements(replay: Replay, index: TouchIndex): string[] {
  const differ: string[] = [];
  for (const target of replay.packages) {
    const atBase = new Set(observedAt(replay, 'B', target).map(({ name }) => name));
    for (const corner of CORNERS) {
      const person = personsTouch(replay, corner, target);
      if (replay.personFound.byPackage[target]?.[corner] === undefined) continue;
      for (const observation of observedAt(replay, corner, target)) {
        const touched = index.touches(sideOf(corner), target, observation);
        const ours = !touched ? 'untouched' : atBase.has(observation.name) || corner === 'X' ? 'changed' : 'new';
        const theirs = (person.get(observation.name) ?? 'untouched').replace(/^.*-changed$/, 'changed');
        if (observation.place !== undefined && ours !== theirs)
          differ.push(`${corner} ${observation.name}: ${ours}, not ${theirs}`);
      }
    }
  }
  return differ;
}

const VOLUMES = 'VirtualMachine | One valid VirtualMachine controller given | Live update features | Volumes';
/**
 * At X the person's word compares places in the old text with line ranges of the new one. These are theirs alone; the first is
 * the deleted case that the person's own note speaks of.
 */
const PERSON_MISTAKEN: Readonly<Record<string, readonly string[]>> = {
  '17770': [
    'X Validating VMICreate Admitter | with Secure Execution LaunchSecurity | should reject when the feature gate is disabled: changed, not untouched',
  ],
  '18143': [
    `X ${VOLUMES} | should return an error | when the destination DV doesn't exist: changed, not untouched`,
    `X ${VOLUMES} | should return an error | when the destination DV exist but the PVC: changed, not untouched`,
    'X Volume Migration | ValidateVolumes | should validate the migrated volumes | without any migrated volumes: changed, not untouched',
  ],
  '18374': [
    'X Validating network binding combinations | network interface has only binding method: untouched, not changed',
  ],
};

describe('touch by lines alone, on recorded changes', () => {
  beforeEach((ctx) => ctx.skip(replays.length === 0, NO_SHARED_DATA));

  test.each(replays.map((replay) => [replay.pr, replay] as const))('%s: as the person said', (_, replay) => {
    const seen = replay.packages.flatMap((target) =>
      CORNERS.flatMap((corner) =>
        observedAt(replay, corner, target).map((observation) => ({ side: sideOf(corner), target, observation })),
      ),
    );
    expect(disagreements(replay, touchIndexFromLines(replay.touchedTestLines, seen))).toEqual(
      PERSON_MISTAKEN[replay.pr] ?? [],
    );
  });

  test('17770: the case whose line another one took is a rename of it', () => {
    const replay = replays.find(({ pr }) => pr === '17770') as Replay;
    const [target = ''] = replay.packages;
    const fresh = observedAt(replay, 'H', target).filter(({ name }) => name.endsWith('LaunchSecurity | should accept'));
    const names = new Set(observedAt(replay, 'H', target).map(({ name }) => name));
    const gone = observedAt(replay, 'B', target).filter(({ name }) => !names.has(name));
    const index = touchIndexFromLines(replay.touchedTestLines, []);
    expect(gone.map(({ name }) => name.split(' | ').at(-1))).toEqual([
      'should accept when the feature gate is enabled',
      'should reject when the feature gate is disabled',
    ]);
    expect(fresh.map((one) => index.renamedFrom(target, one, gone)?.name.split(' | ').at(-1))).toEqual([
      'should accept when the feature gate is enabled',
    ]);
  });

  test('16517: of plain Go tests the new one is touched, and no other', () => {
    const replay = replays.find(({ pr }) => pr === '16517') as Replay;
    const [target = ''] = replay.packages;
    const seen = (['B', 'R', 'H'] as const).flatMap((corner) =>
      observedAt(replay, corner, target).map((observation) => ({ side: sideOf(corner), target, observation })),
    );
    const index = touchIndexFromLines(replay.touchedTestLines, seen);
    const touched = observedAt(replay, 'R', target).filter((one) => index.touches('new', target, one));
    expect(touched.map(({ name }) => name)).toEqual(['TestInfofVerbosity']);
  });
});
