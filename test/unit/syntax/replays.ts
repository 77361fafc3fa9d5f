import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { TouchedLines } from '../../../src/domain/change.ts';
import type { Observation, Outcome } from '../../../src/domain/observation.ts';
import type { CornerName } from '../../../src/domain/vocabulary.ts';

const SHARED =
  process.env['REDFIRST_SHARED_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const FOLDER = join(SHARED, 'kubevirt-replays');

interface PersonCase {
  readonly cls: string;
  readonly text: string;
  readonly leaf: string;
}

export interface Replay {
  readonly pr: string;
  readonly B: string;
  readonly H: string;
  readonly packages: readonly string[];
  readonly runs: Readonly<Record<string, unknown>>;
  readonly touchedTestLines: Readonly<Record<string, TouchedLines>>;
  readonly personFound: {
    readonly byPackage: Readonly<
      Record<
        string,
        Partial<
          Record<
            CornerName,
            {
              readonly failed: readonly PersonCase[];
              readonly newOrChangedButPassed: readonly [string, string, string][];
            }
          >
        >
      >
    >;
  };
}

/** Recorded runs of real changes; empty where they are not at hand. */
export function readReplays(): Replay[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((name) => existsSync(join(FOLDER, name, 'case.json')))
    .map((name) => JSON.parse(readFileSync(join(FOLDER, name, 'case.json'), 'utf8')) as Replay);
}

function readRecorded(replay: Replay, corner: CornerName, target: string, kind: 'ginkgo' | 'gotest'): string {
  const path = join(FOLDER, replay.pr, `${corner}.${target.replaceAll('/', '_')}.${kind}.json.gz`);
  return existsSync(path) ? gunzipSync(readFileSync(path)).toString('utf8') : '';
}

interface Spec {
  readonly ContainerHierarchyTexts: string[] | null;
  readonly ContainerHierarchyLocations: { FileName: string; LineNumber: number }[] | null;
  readonly LeafNodeType: string;
  readonly LeafNodeText: string;
  readonly LeafNodeLocation: { FileName: string; LineNumber: number };
  readonly State: string;
}

const place = (location: { FileName: string; LineNumber: number }) => ({
  file: location.FileName.replace(/^\/src\//, ''),
  line: location.LineNumber,
});

/** As much of an observation as deciding about touch needs; names as the person wrote them. */
function observe(name: string, outcome: Outcome, more: Partial<Observation>): Observation {
  return { suite: 'unit', attempt: 1, name, outcome, where: 'body', durationUs: 0, ...more };
}

/** Every case of a package at a corner: ginkgo's specs, and plain Go tests that are not ginkgo's suite. */
export function observedAt(replay: Replay, corner: CornerName, target: string): Observation[] {
  const report = readRecorded(replay, corner, target, 'ginkgo');
  const suites = report === '' ? [] : (JSON.parse(report) as { SpecReports: Spec[] | null }[]);
  const specs = suites
    .flatMap(({ SpecReports }) => SpecReports ?? [])
    .filter(({ LeafNodeType }) => LeafNodeType === 'It')
    .map((spec) =>
      observe(
        [...(spec.ContainerHierarchyTexts ?? []), spec.LeafNodeText].join(' | '),
        spec.State === 'passed' ? 'passed' : 'failed',
        {
          place: place(spec.LeafNodeLocation),
          containers: (spec.ContainerHierarchyLocations ?? []).map(place),
        },
      ),
    );
  const events = readRecorded(replay, corner, target, 'gotest')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { Action: string; Test?: string; Output?: string });
  const ginkgo = new Set(events.filter(({ Output }) => /^Running Suite: /.test(Output ?? '')).map(({ Test }) => Test));
  const plain = events
    .filter(({ Action, Test }) => Test !== undefined && !ginkgo.has(Test) && (Action === 'pass' || Action === 'fail'))
    .map(({ Action, Test }) => observe(Test as string, Action === 'pass' ? 'passed' : 'failed', {}));
  return [...specs, ...plain];
}

/** The person's word for every case that failed, and for every touched one that passed: by name. */
export function personsTouch(replay: Replay, corner: CornerName, target: string): Map<string, string> {
  const found = replay.personFound.byPackage[target]?.[corner];
  return new Map([
    ...(found?.failed ?? []).map(({ cls, text }) => [text, cls] as const),
    ...(found?.newOrChangedButPassed ?? []).map(([cls, text]) => [text, cls] as const),
  ]);
}
