import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { CommitId, FeatureName } from '../domain/brand.ts';
import type { EventOf, ImportedReport, ReportFormat } from '../domain/event.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { Outcome } from '../domain/observation.ts';
import { makeRunId } from '../domain/run-id.ts';
import { openStore } from '../evidence/open-store.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { runGit } from '../git/run-git.ts';
import { guessFormat, readImported } from '../suite/read-imported.ts';
import type { ReadReport } from '../suite/runner.ts';
import { renderImported } from '../ui/imported-text.ts';
import { type CommandInput, type CommandMain, numberOption, textOption } from './command.ts';
import { locateStore } from './open-evidence.ts';
import { openProject } from './open-project.ts';
import { redactions } from './redactions.ts';

const FORMATS: readonly string[] = ['junit', 'tap', 'go', 'ginkgo', 'vitest', 'pytest'] satisfies ReportFormat[];
/** Exit code that stands for one that is not known. */
const NO_EXIT = -1;

/** `redfirst import FILE…`: records reports of other tools as imported evidence. Nothing of it ever counts as a run. */
export const main: CommandMain = async (input) => {
  const asked = await readQuestion(input);
  if (!asked.ok) return refuse(input, asked.failure);
  const directory = locateStore(input);
  const project = await openProject(input.cwd);
  const redact = redactions(project.ok ? project.value.config : { redact: [] }, process.env);
  const opened = directory.ok ? openStore({ directory: directory.value, tool: input.tool, redact }) : directory;
  if (!opened.ok) return refuse(input, opened.failure);
  const store = opened.value;
  const folder = mkdtempSync(join(tmpdir(), 'redfirst-import-'));
  try {
    const { files, feature, commit, exit, format } = asked.value;
    const reports: ImportedReport[] = [];
    for (const file of files) reports.push(await importOne(store, input.cwd, file, { exit, format, folder }));
    const id = makeRunId(Date.now(), randomBytes(2).toString('hex')).replace(/^r/, 'i');
    const body: EventOf<'report-imported'> = {
      type: 'report-imported',
      v: 1,
      id,
      feature,
      commit,
      reports,
      tool: input.tool,
    };
    const event = store.record(body);
    const { recorder, seq, hash } = store.head();
    input.out.print(renderImported({ atMs: event.atMs, body }));
    input.out.print(`checkpoint ${seq}:${hash}`);
    input.out.document({ imported: body, checkpoint: { recorder, seq, hash } });
    return reports.every(({ report }) => report.status === 'complete') ? EXIT.holds : EXIT.unproven;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    store.close();
  }
};

interface Question {
  readonly files: readonly string[];
  readonly feature: FeatureName | '';
  readonly commit: CommitId | '';
  readonly exit: number;
  readonly format: ReportFormat | undefined;
}

async function readQuestion(input: CommandInput): Promise<Result<Question>> {
  const format = textOption(input, 'format');
  const exit = numberOption(input, 'exit', 0);
  const feature = textOption(input, 'feature') ?? '';
  const revision = textOption(input, 'commit');
  if (input.operands.length === 0) return usage('import needs a file', 'redfirst import junit.xml');
  if (format !== undefined && !FORMATS.includes(format))
    return usage(`${JSON.stringify(format)} is no format`, `allowed: ${FORMATS.join(', ')}`);
  if (Number.isNaN(exit)) return usage('--exit takes a whole number', 'such as --exit 1');
  for (const file of input.operands) {
    const found = statSync(resolve(input.cwd, file), { throwIfNoEntry: false });
    if (found === undefined || !found.isFile())
      return usage(`${JSON.stringify(file)} is no file`, 'nothing was recorded; name the files that a runner wrote');
  }
  const commit = revision === undefined ? ok<CommitId | ''>('') : await resolveCommit(input.cwd, revision);
  if (!commit.ok) return commit;
  return ok({
    files: input.operands,
    feature: feature as FeatureName | '',
    commit: commit.value,
    exit: exit ?? NO_EXIT,
    format: format as ReportFormat | undefined,
  });
}

async function resolveCommit(cwd: string, revision: string): Promise<Result<CommitId | ''>> {
  const found = await runGit(cwd, ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`]);
  return found.ok
    ? ok(found.value.stdout.toString('utf8').trim() as CommitId)
    : usage(`${JSON.stringify(revision)} names no commit here`, 'fetch it first, or leave --commit out');
}

function usage<T>(what: string, next: string): Result<T> {
  return fail<Failure>({ reason: 'usage', what, next, exit: EXIT.usage });
}

function refuse(input: CommandInput, failure: Failure): Failure['exit'] {
  input.out.failure(failure);
  return failure.exit;
}

async function importOne(
  store: EvidenceStore,
  cwd: string,
  file: string,
  {
    exit,
    format,
    folder,
  }: { readonly exit: number; readonly format: ReportFormat | undefined; readonly folder: string },
): Promise<ImportedReport> {
  const path = await unpacked(resolve(cwd, file), folder);
  const known = format ?? (await guessFormat(path));
  const read = await readImported(path, known, exit);
  const artifact = await store.putArtifact(basename(file), { path });
  return { file, format: known, exit, ...summarise(read, exit), artifact };
}

/** A gzipped file is kept as what it holds. One that is cut is kept as far as it goes, and its reader says that it is cut. */
async function unpacked(path: string, folder: string): Promise<string> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0).finally(() => file.close());
  if (bytesRead < 2 || buffer[0] !== 0x1f || buffer[1] !== 0x8b) return path;
  const plain = join(folder, `${randomBytes(4).toString('hex')}.report`);
  await pipeline(createReadStream(path), createGunzip(), createWriteStream(plain)).catch(() => undefined);
  return plain;
}

type Summary = Pick<ImportedReport, 'report' | 'counts' | 'suiteFailures' | 'firstFailure'>;

function summarise({ status, observations, suiteFailures, expectedExit }: ReadReport, exit: number): Summary {
  const counts: Record<Outcome | 'unstable', number> = {
    passed: 0,
    failed: 0,
    errored: 0,
    skipped: 0,
    'timed-out': 0,
    aborted: 0,
    unstable: 0,
  };
  for (const { outcome, retries } of observations) {
    counts[outcome]++;
    if (new Set(retries).size > 1) counts.unstable++;
  }
  const lies =
    exit !== NO_EXIT && ((expectedExit === 'zero' && exit !== 0) || (expectedExit === 'nonzero' && exit === 0));
  const failures = [
    ...suiteFailures.map(({ what }) => what),
    ...(lies ? [`exit code ${exit} contradicts the report`] : []),
  ];
  // The reader says how the runner ended, which nobody knows.
  const report =
    status.status === 'complete' || exit !== NO_EXIT
      ? status
      : { ...status, detail: status.detail.replace(/ \(exit code -1\)$/, '') };
  return { report, counts, suiteFailures: failures.length, firstFailure: (failures[0] ?? '').slice(0, 1000) };
}
