import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { AttemptFacts } from '../classify/attempt-problem.ts';
import type { TargetFacts } from '../classify/classify-change.ts';
import type { CornerFile, RecordedRun, TouchedFile } from '../config/judge-schema.ts';
import { loadCorner, loadTouched } from '../config/load.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { CornerName } from '../domain/vocabulary.ts';
import { readRecorded } from '../suite/read-recorded.ts';

/** A runner that was asked about and whose corner is known. Paths are relative to `folder`. */
export interface RecordedCorner {
  readonly corner: CornerName;
  readonly folder: string;
  readonly packages: CornerFile['packages'];
}

/** Reads `--corner R=FILE`. */
export async function loadRecordedCorner(
  cwd: string,
  corner: CornerName,
  path: string,
): Promise<Result<RecordedCorner>> {
  const file = resolve(cwd, path);
  const loaded = await loadCorner(readText, file);
  return loaded.ok ? ok({ corner, folder: dirname(file), packages: loaded.value.value.packages }) : loaded;
}

/** Reads `--touched FILE`; a file with more in it may hold the lines under `touchedTestLines`. */
export async function loadTouchedLines(cwd: string, path: string): Promise<Result<TouchedFile>> {
  const loaded = await loadTouched(async (name) => innerLines(await readText(name)), resolve(cwd, path));
  return loaded.ok ? ok(loaded.value.value) : loaded;
}

function innerLines(text: string | undefined): string | undefined {
  if (text === undefined || !text.includes('"touchedTestLines"')) return text;
  try {
    const value = JSON.parse(text) as { touchedTestLines?: unknown };
    return value.touchedTestLines === undefined ? text : JSON.stringify(value.touchedTestLines, null, 1);
  } catch {
    return text;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Reads everything that was recorded, corner by corner, and joins it by package. */
export async function gatherTargets(corners: readonly RecordedCorner[]): Promise<Result<TargetFacts[]>> {
  const targets = new Map<string, Partial<Record<CornerName, AttemptFacts[]>>>();
  const temporary = await mkdtemp(join(tmpdir(), 'redfirst-judge-'));
  try {
    for (const { corner, folder, packages } of corners) {
      for (const [target, recorded] of Object.entries(packages)) {
        const attempts: AttemptFacts[] = [];
        if (recorded === null) attempts.push(ABSENT);
        for (const [index, run] of (Array.isArray(recorded) ? recorded : [recorded ?? []].flat()).entries()) {
          const read = await readAttempt(run, index + 1, folder, target, temporary);
          if (!read.ok) return read;
          attempts.push(read.value);
        }
        targets.set(target, { ...targets.get(target), [corner]: attempts });
      }
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return ok([...targets].map(([target, found]) => ({ target, corners: found })));
}

async function readAttempt(
  run: RecordedRun,
  attempt: number,
  folder: string,
  target: string,
  temporary: string,
): Promise<Result<AttemptFacts>> {
  const isGo = run.runner === 'go' || run.runner === 'ginkgo';
  const needed = isGo ? run.gotest : run.report;
  if (needed === undefined) return fail(nothingToRead(run.runner, target));
  const plain = (name: string): Promise<string> => unzipped(resolve(folder, name), temporary);
  const end = { cause: 'exited', code: run.exit } as const;
  const report = await readRecorded({
    runner: run.runner,
    ...(isGo ? { gotest: await plain(needed) } : { report: await plain(needed) }),
    ...(run.ginkgo === undefined || run.ginkgo === null ? {} : { ginkgo: await plain(run.ginkgo) }),
    end,
    attempt,
    ...(target === WHOLE ? {} : { folder: target }),
  });
  return ok({
    ...ABSENT,
    attempt,
    order: run.order,
    ...(run.only === undefined ? {} : { only: run.only }),
    end,
    report: report.status,
    expectedExit: report.expectedExit,
    ...(report.exitNote === undefined ? {} : { exitNote: report.exitNote }),
    suiteFailures: report.suiteFailures,
    observations: report.observations,
  });
}

const HEALTHY = { healthy: true } as const;

/** A package that is not there at a corner: a report with nothing in it, which is an answer too. */
const ABSENT: AttemptFacts = {
  attempt: 1,
  order: 'declared',
  end: { cause: 'exited', code: 0 },
  report: { status: 'complete' },
  expectedExit: 'any',
  suiteFailures: [],
  // Nobody watched an environment: what is judged is what the files say.
  health: { before: HEALTHY, during: HEALTHY, after: HEALTHY },
  dirtied: [],
  observations: [],
};

/** The target of output that belongs to no named package. */
export const WHOLE = '.';

/** The same file without its gzip, in a folder of ours; itself where it is none, or is not there. */
async function unzipped(path: string, temporary: string): Promise<string> {
  const magic = Buffer.alloc(2);
  try {
    const file = await open(path, 'r');
    try {
      await file.read(magic, 0, 2, 0);
    } finally {
      await file.close();
    }
    if (magic[0] !== 0x1f || magic[1] !== 0x8b) return path;
  } catch {
    return path;
  }
  const copy = join(temporary, `${++copies}`);
  try {
    await pipeline(createReadStream(path), createGunzip(), createWriteStream(copy));
  } catch {
    // A cut archive: what came out of it is a cut report, and its reader says so.
  }
  return copy;
}
let copies = 0;

function nothingToRead(runner: string, target: string): Failure {
  const option = runner === 'go' || runner === 'ginkgo' ? 'gotest' : 'report';
  return {
    reason: 'usage',
    what: `${target === WHOLE ? '' : `${target}: `}runner ${runner} needs \`${option}\`, and there is none`,
    next: `name the file that holds ${option === 'gotest' ? 'the stream of `go test -json`' : 'its report'}`,
    exit: EXIT.usage,
  };
}
