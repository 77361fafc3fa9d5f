import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EXIT, type ExitCode, type Failure } from '../domain/failure.ts';
import { foldRuns, type RunRecord } from '../domain/run-record.ts';
import { viewRun } from '../export/evidence-view.ts';
import { type CommandMain, textOption } from './command.ts';
import { nothingRecorded, openRecovered } from './open-evidence.ts';
import { describeUnknown, findRun, LIST_RUNS } from './show.ts';

/** `redfirst export junit [RUN…]`: one folder a run, one file a suite, and with `--merged` one of all; the same store gives the same bytes. */
export const main: CommandMain = async (input) => {
  const refuse = (failure: Failure): ExitCode => {
    input.out.failure(failure);
    return failure.exit;
  };
  const usage = (what: string, next: string): Failure => ({ reason: 'usage', what, next, exit: EXIT.usage });
  const [format, ...named] = input.operands;
  if (format !== 'junit')
    return refuse(usage(`there is no export format ${JSON.stringify(format)}`, 'redfirst export junit'));
  const mode = textOption(input, 'mode') ?? 'verdict';
  if (mode !== 'verdict' && mode !== 'outcome')
    return refuse(usage(`--mode is verdict or outcome, not ${JSON.stringify(mode)}`, 'redfirst export --help'));
  const opened = await openRecovered(input);
  if (!opened.ok) return refuse(opened.failure);
  const store = opened.value;
  const runs = foldRuns(store.events());
  try {
    const chosen = chooseRuns(runs, named);
    if (typeof chosen === 'string')
      return refuse({ ...usage(describeUnknown(runs, chosen), LIST_RUNS), reason: 'not-found' });
    if (chosen.length === 0)
      return refuse(nothingRecorded(`the evidence store at ${store.directory} holds no run but drafts`));
    const out = resolve(input.cwd, textOption(input, 'out') ?? 'redfirst-junit');
    const { exportJunitFiles, exportJunitMerged } = await import('../export/junit.ts');
    hideFromGit(out);
    const written: string[] = [];
    for (const run of chosen) {
      const view = viewRun(run.run, store.events({ run: run.run }), store);
      if (view === undefined) throw new Error(`run ${run.run} has no start`);
      const folder = join(out, `${run.started.feature}-${run.started.phase}-${run.run}`);
      const write = (name: string, xml: string): void => {
        writeWhole(join(folder, name), xml);
        written.push(join(folder, name));
      };
      for (const { name, xml } of exportJunitFiles(view, { mode })) write(name, xml);
      if (input.options['merged'] === true) write('junit.xml', exportJunitMerged(view, { mode }));
    }
    for (const path of written) input.out.print(path);
    input.out.document({ written });
    return EXIT.holds;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return refuse({
      reason: 'export-failed',
      what: `the report could not be written: ${message}`,
      next: 'name another folder with --out',
      exit: EXIT.environment,
    });
  } finally {
    store.close();
  }
};

/** The named runs, each by id or feature (both phases of it); the newest run of every feature and phase when none is named. */
function chooseRuns(runs: readonly RunRecord[], named: readonly string[]): RunRecord[] | string {
  const newest = new Map(
    runs
      .filter(({ started }) => !started.draft)
      .map((run) => [`${run.started.feature}/${run.started.phase}`, run] as const),
  );
  if (named.length === 0) return [...newest.values()];
  const chosen: RunRecord[] = [];
  for (const name of named) {
    const phases = [...newest.values()].filter(({ started }) => started.feature === name);
    const found = phases.length > 0 ? phases : [findRun(runs, name)].filter((run) => run !== undefined);
    if (found.length === 0) return name;
    chosen.push(...found);
  }
  return chosen;
}

/** A folder that is made here is none of the repository's: reports must not make the tree dirty for the next run. */
function hideFromGit(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(folder);
  writeFileSync(join(folder, '.gitignore'), '*\n');
}

/** Makes a folder and those around it. `recursive` of node tries for ever where the file system refuses (as /proc does). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** A viewer must never see half a file. */
function writeWhole(path: string, text: string): void {
  makeFolder(dirname(path));
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}
