import type { EventOf, EventType } from '../domain/event.ts';
import { EXIT } from '../domain/failure.ts';
import { foldRuns, type RunRecord } from '../domain/run-record.ts';
import type { SuiteName } from '../domain/vocabulary.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { renderImports } from '../ui/imported-text.ts';
import { renderStatus, type StatusRow } from '../ui/terminal-text.ts';
import type { CommandMain } from './command.ts';
import { importsIn } from './imports-in.ts';
import { nothingRecorded, readRecovered } from './open-evidence.ts';

/** What a status is made of. Attempts and identities are most of a store and say nothing here. */
const TOLD: readonly EventType[] = [
  'run-started',
  'suite-started',
  'suite-judged',
  'run-finished',
  'run-interrupted',
  'report-imported',
];

/** `redfirst status`: features by suites, from the record alone. */
export const main: CommandMain = async (input) => {
  const read = await readRecovered(input, TOLD);
  if (!read.ok) {
    input.out.failure(read.failure);
    return read.failure.exit;
  }
  const { store, events } = read.value;
  const runs = foldRuns(events);
  const rows = statusRows(runs, proofs(store));
  store.close();
  const imports = importsIn(events);
  if (rows.length === 0 && imports.length === 0) {
    const held = runs.length === 0 ? 'no run' : 'drafts alone, which count for nothing';
    const failure = nothingRecorded(`the evidence store at ${store.directory} holds ${held}`);
    input.out.failure(failure);
    return failure.exit;
  }
  if (rows.length > 0) input.out.print(renderStatus(rows, input.out));
  if (imports.length > 0) input.out.print(renderImports(imports));
  input.out.document({
    features: rows,
    runs: runs.map(({ run, started, finished }) => ({
      run,
      feature: started.feature,
      phase: started.phase,
      verdict: finished?.body.verdict,
    })),
    imported: imports.map(({ body }) => body),
  });
  return EXIT.holds;
};

function proofs(store: EvidenceStore): EventOf<'proof-judged'>[] {
  return [...store.events({ types: ['proof-judged'] })].map(({ body }) => body as EventOf<'proof-judged'>);
}

/** One row a feature, sorted by name; drafts do not count. */
export function statusRows(runs: readonly RunRecord[], judged: readonly EventOf<'proof-judged'>[]): StatusRow[] {
  const real = runs.filter(({ started }) => !started.draft);
  const features = [...new Set(real.map(({ started }) => started.feature))].sort();
  return features.map((feature) => {
    const own = real.filter(({ started }) => started.feature === feature);
    const last = own.at(-1) as RunRecord;
    const proof = judged.filter((event) => event.feature === feature).at(-1);
    const current =
      proof?.testDigest === last.started.testDigest &&
      (proof.greenRun === '' || proof.greenRun >= last.run || last.started.phase === 'red');
    const suites = Object.fromEntries(last.started.plan.map(({ suite }) => [suite, suiteState(own, suite)]));
    return {
      feature,
      suites,
      word: proof === undefined ? '' : current ? proof.word : `${proof.word}, stale`,
      lastRun: last.run,
    };
  });
}

/** What the newest runs say of one suite; a pass that a later run of the same tests took back is `regressed`. */
function suiteState(runs: readonly RunRecord[], suite: SuiteName): string {
  const seen = runs.flatMap(({ started, suites, interrupted }) => {
    const record = suites.find((candidate) => candidate.suite === suite);
    if (record?.verdict === undefined) return interrupted === undefined ? [] : [{ started, code: 'interrupted' }];
    return [{ started, code: record.verdict.code as string }];
  });
  const last = seen.at(-1);
  if (last === undefined) return 'not run';
  const passedBefore = seen.some(
    ({ started, code }) => code === 'green/passed' && started.testDigest === last.started.testDigest,
  );
  if (last.code === 'red/valid')
    return seen.some(({ code }) => code === 'green/passed') && !passedBefore ? 'red, green is stale' : 'red';
  if (last.code === 'green/passed') return 'green';
  return last.started.phase === 'green' && passedBefore ? `regressed (${last.code})` : last.code;
}
