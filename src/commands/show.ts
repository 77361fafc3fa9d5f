import type { Sha256 } from '../domain/brand.ts';
import { EXIT, type ExitCode, type Failure } from '../domain/failure.ts';
import { foldRuns, type RunRecord } from '../domain/run-record.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { viewRun } from '../export/evidence-view.ts';
import { renderVerdictTable } from '../ui/terminal-text.ts';
import { type CommandInput, type CommandMain, textOption } from './command.ts';
import { openRecovered } from './open-evidence.ts';

/** `redfirst show [RUN]`: one run in full, or one stored artifact. */
export const main: CommandMain = async (input) => {
  const opened = await openRecovered(input);
  if (!opened.ok) {
    input.out.failure(opened.failure);
    return opened.failure.exit;
  }
  const store = opened.value;
  const runs = foldRuns(store.events());
  try {
    const artifact = textOption(input, 'artifact');
    if (artifact !== undefined) return await printArtifact(input, store, runs, artifact);
    const run = findRun(runs, input.operands[0]);
    if (run === undefined)
      return refuse(input, `no run ${input.operands[0] ?? ''} is recorded`, 'list the runs with `redfirst status`');
    const view = viewRun(run.run, store.events({ run: run.run }), store);
    if (view === undefined) throw new Error(`run ${run.run} has no start`);
    const all = input.options['all'] === true;
    input.out.print(renderVerdictTable(view, { all, colour: input.out.colour }));
    const cases = [...store.verdicts(run.run)].filter(({ role }) => all || role !== 'untouched');
    input.out.document({ ...run, cases, observations: [...store.observations(run.run)] });
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

async function printArtifact(
  input: CommandInput,
  store: EvidenceStore,
  runs: readonly RunRecord[],
  prefix: string,
): Promise<ExitCode> {
  const known = new Set(
    runs.flatMap(({ started, suites }) => [
      started.scenario.sha256,
      ...suites.flatMap(({ attempts }) => attempts.flatMap(({ artifacts }) => artifacts.map(({ sha256 }) => sha256))),
    ]),
  );
  const found = [...known].filter((sha256) => sha256.startsWith(prefix));
  if (prefix.length < 6 || found.length !== 1) {
    return refuse(
      input,
      `${found.length} artifacts begin with ${prefix}`,
      'copy at least 6 digits from `redfirst show RUN`',
    );
  }
  for await (const chunk of store.readArtifact(found[0] as Sha256)) process.stdout.write(chunk);
  return EXIT.holds;
}

function refuse(input: CommandInput, what: string, next: string): ExitCode {
  const failure: Failure = { reason: 'not-found', what, next, exit: EXIT.usage };
  input.out.failure(failure);
  return failure.exit;
}
