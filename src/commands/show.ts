import { isUtf8 } from 'node:buffer';
import type { Sha256 } from '../domain/brand.ts';
import type { ArtifactRef } from '../domain/event.ts';
import { EXIT, type ExitCode, type Failure } from '../domain/failure.ts';
import { foldRuns, type RunRecord } from '../domain/run-record.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { viewRun } from '../export/evidence-view.ts';
import { type ImportedEvent, renderImported } from '../ui/imported-text.ts';
import { alignColumns, showable } from '../ui/terminal-escape.ts';
import { renderVerdictTable } from '../ui/terminal-text.ts';
import { type CommandInput, type CommandMain, textOption } from './command.ts';
import { importsIn } from './imports-in.ts';
import { likelyCausesOf } from './likely-causes.ts';
import { nothingRecorded, openRecovered } from './open-evidence.ts';

export const LIST_RUNS = 'list the features with `redfirst status`, and every run with `redfirst status --json`';

/** `redfirst show [RUN]`: one run in full, or one stored artifact. */
export const main: CommandMain = async (input) => {
  const opened = await openRecovered(input);
  if (!opened.ok) {
    input.out.failure(opened.failure);
    return opened.failure.exit;
  }
  const store = opened.value;
  const runs = foldRuns(store.events());
  const imports = importsIn(store.events({ types: ['report-imported'] }));
  try {
    const artifact = textOption(input, 'artifact');
    const imported = findImport(imports, input.operands[0]);
    if (artifact === undefined && imported !== undefined && findRun(runs, input.operands[0]) === undefined) {
      input.out.print(`${renderImported(imported)}\n${renderImportedArtifacts(imported)}`);
      input.out.document({ imported: imported.body });
      return EXIT.holds;
    }
    if (runs.length === 0 && imports.length === 0) {
      const failure = nothingRecorded(`the evidence store at ${store.directory} holds no run`);
      input.out.failure(failure);
      return failure.exit;
    }
    if (artifact !== undefined) return await printArtifact(input, store, artifact, artifactsOf(runs, imports));
    const run = findRun(runs, input.operands[0]);
    if (run === undefined) return refuse(input, describeUnknown(runs, input.operands[0] ?? ''), LIST_RUNS);
    const view = viewRun(run.run, store.events({ run: run.run }), store);
    if (view === undefined) throw new Error(`run ${run.run} has no start`);
    const all = input.options['all'] === true;
    const likelyCauses = await likelyCausesOf(store, run);
    for (const { suite, attempt, causes } of likelyCauses) {
      input.out.print(`likely cause, ${suite} attempt ${attempt}: ${showable(causes[0] ?? '')}`);
      for (const cause of causes.slice(1)) input.out.print(`  then: ${showable(cause)}`);
    }
    if (likelyCauses.length > 0) input.out.print('');
    input.out.print(renderVerdictTable(view, { all, colour: input.out.colour }));
    input.out.print(`\n${renderArtifacts(run)}`);
    const cases = [...store.verdicts(run.run)].filter(({ role }) => all || role !== 'untouched');
    input.out.document({ ...run, likelyCauses, cases, observations: [...store.observations(run.run)] });
    return EXIT.holds;
  } finally {
    store.close();
  }
};

/** A run by its id or a unique beginning of it; a feature's newest run; the newest of all. */
export function findRun(runs: readonly RunRecord[], named: string | undefined): RunRecord | undefined {
  if (named === undefined) return runs.at(-1);
  const ofFeature = runs.filter(({ started }) => started.feature === named).at(-1);
  const begun = runs.filter(({ run }) => run.startsWith(named));
  return runs.find(({ run }) => run === named) ?? ofFeature ?? (begun.length === 1 ? begun[0] : undefined);
}

/** An import by its id or a unique beginning of it, or a feature's newest; the newest of all where none is named. */
function findImport(imports: readonly ImportedEvent[], named: string | undefined): ImportedEvent | undefined {
  if (named === undefined) return imports.at(-1);
  const begun = imports.filter(({ body }) => body.id.startsWith(named));
  const ofFeature = imports.filter(({ body }) => body.feature === named).at(-1);
  return imports.find(({ body }) => body.id === named) ?? ofFeature ?? (begun.length === 1 ? begun[0] : undefined);
}

/** Why `findRun` found none: nothing is named so, or several begin so. */
export function describeUnknown(runs: readonly RunRecord[], named: string): string {
  const begun = runs.filter(({ run }) => run.startsWith(named));
  return begun.length > 1
    ? `${begun.length} runs begin with ${JSON.stringify(named)}`
    : `no run and no feature ${JSON.stringify(named)} is recorded`;
}

/** One line for each stored artifact of a run, with what `--artifact` takes. */
function renderArtifacts({ started, suites, gateSteps }: RunRecord): string {
  const row = (where: string, { name, sha256, bytes }: ArtifactRef): string[] => [
    '',
    where,
    showable(name),
    `${bytes} bytes`,
    sha256.slice(0, 16),
  ];
  const rows = [
    row('', started.scenario),
    ...suites.flatMap(({ suite, attempts }) =>
      attempts.flatMap(({ attempt, artifacts }) => artifacts.map((one) => row(`${suite} ${attempt}`, one))),
    ),
    ...gateSteps.flatMap((step) =>
      step.suites.flatMap(({ suite, artifacts }) => artifacts.map((one) => row(`${suite} ${step.step}`, one))),
    ),
  ];
  return ['artifacts (redfirst show --artifact SHA256)', ...alignColumns(rows)].join('\n');
}

function renderImportedArtifacts({ body }: ImportedEvent): string {
  const rows = body.reports.map(({ file, artifact }) => [
    '',
    showable(file),
    `${artifact.bytes} bytes`,
    artifact.sha256.slice(0, 16),
  ]);
  return ['artifacts (redfirst show --artifact SHA256)', ...alignColumns(rows)].join('\n');
}

function artifactsOf(runs: readonly RunRecord[], imports: readonly ImportedEvent[]): ReadonlySet<Sha256> {
  return new Set([
    ...imports.flatMap(({ body }) => body.reports.map(({ artifact }) => artifact.sha256)),
    ...runs.flatMap(({ started, suites, gateSteps }) => [
      started.scenario.sha256,
      ...gateSteps.flatMap((step) => step.suites.flatMap(({ artifacts }) => artifacts.map(({ sha256 }) => sha256))),
      ...suites.flatMap(({ attempts }) => attempts.flatMap(({ artifacts }) => artifacts.map(({ sha256 }) => sha256))),
    ]),
  ]);
}

async function printArtifact(
  input: CommandInput,
  store: EvidenceStore,
  prefix: string,
  known: ReadonlySet<Sha256>,
): Promise<ExitCode> {
  const found = [...known].filter((sha256) => sha256.startsWith(prefix));
  if (prefix.length < 6 || found.length !== 1) {
    const counted = found.length === 0 ? 'no artifact begins' : `${found.length} artifacts begin`;
    const what =
      prefix.length < 6 ? `${JSON.stringify(prefix)} is too short` : `${counted} with ${JSON.stringify(prefix)}`;
    return refuse(input, what, 'copy at least 6 digits from `redfirst show RUN`');
  }
  const [sha256] = found as [Sha256];
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.readArtifact(sha256)) {
    if (input.out.json) chunks.push(chunk);
    else process.stdout.write(chunk);
  }
  const content = Buffer.concat(chunks);
  const text = isUtf8(content) ? { text: content.toString('utf8') } : { base64: content.toString('base64') };
  input.out.document({ sha256, bytes: content.length, ...text });
  return EXIT.holds;
}

function refuse(input: CommandInput, what: string, next: string): ExitCode {
  const failure: Failure = { reason: 'not-found', what, next, exit: EXIT.usage };
  input.out.failure(failure);
  return failure.exit;
}
