import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObservedFailure, SourceLine } from '../domain/observation.ts';
import { describeEnd, type ProcessEnd } from '../domain/process-end.ts';
import type { SuiteSpec } from '../domain/scenario.ts';
import { runProcess } from '../process/run-process.ts';
import { type ListedCase, listGoCases } from './go/list-go-cases.ts';
import { pytestCall } from './pytest.ts';
import { readHead } from './read-chunks.ts';
import { readReportLines } from './read-report-lines.ts';
import { reporterPath } from './reporter-path.ts';
import { relativeTo } from './reporters/report-line.ts';

export interface ListRequest {
  readonly spec: SuiteSpec;
  /** Absolute. */
  readonly worktree: string;
  /** The whole environment of the runner. */
  readonly env: Readonly<Record<string, string>>;
  /** Private folder, outside of the worktree: streams and lists land here. */
  readonly folder: string;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  /** pytest's plugin where it is not the one of this build. */
  readonly plugin?: string;
}

/** What a runner says that it would run. Nothing of it ran, though files were loaded. */
export type CaseListing =
  | {
      readonly status: 'listed';
      readonly cases: readonly ListedCase[];
      /** What keeps cases from being listed: files that do not load or build, a selector that names nothing. */
      readonly problems: readonly ListingProblem[];
    }
  /** The runner has no way to say, or did not get to it. */
  | { readonly status: 'cannot-say'; readonly reason: string };

export interface ListingProblem {
  readonly what: string;
  /** With the names that are missing, where that is why. */
  readonly failure?: ObservedFailure;
}

/** Lists the cases of a suite before anything is run, in the declared order. Never throws for what a runner does. */
export async function listCases(request: ListRequest): Promise<CaseListing> {
  switch (request.spec.runner) {
    case 'vitest':
      return listVitest(request);
    case 'pytest':
      return listPytest(request);
    case 'go-test':
    case 'ginkgo':
      return listGo(request);
    case 'node-test':
      return cannotSay('node:test finds its cases only by running them');
    case 'command':
      return cannotSay('redfirst does not know the program that a command runs');
  }
}

const cannotSay = (reason: string): CaseListing => ({ status: 'cannot-say', reason });

async function listGo({ spec, worktree, env, deadlineMs, signal }: ListRequest): Promise<CaseListing> {
  const { packages, problem } = await listGoCases({
    worktree,
    packages: spec.select.files,
    env,
    wrapper: spec.wrapper,
    deadlineMs,
    ...(signal === undefined ? {} : { signal }),
  });
  if (packages.length === 0 && problem !== undefined) return cannotSay(problem);
  const problems: ListingProblem[] = packages.flatMap((one) =>
    one.problem === undefined ? [] : [{ ...one.problem, what: `${one.folder ?? one.importPath}: ${one.problem.what}` }],
  );
  if (problem !== undefined) problems.push({ what: problem });
  return { status: 'listed', cases: packages.flatMap(({ cases }) => cases), problems };
}

async function run(
  { worktree, folder, env, deadlineMs, signal }: ListRequest,
  argv: readonly string[],
  more: Readonly<Record<string, string>>,
): Promise<{ readonly end: ProcessEnd; readonly startedAtMs: number }> {
  return runProcess({
    argv,
    cwd: worktree,
    env: { ...env, ...more },
    deadlineMs,
    stdoutPath: join(folder, 'list.stdout'),
    stderrPath: join(folder, 'list.stderr'),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** @see https://vitest.dev/guide/cli#vitest-list */
async function listVitest(request: ListRequest): Promise<CaseListing> {
  const { spec, worktree, folder } = request;
  const path = join(folder, 'list.json');
  const argv = [...spec.wrapper, 'node_modules/.bin/vitest', 'list', `--json=${path}`, '--includeTaskLocation'];
  const { end } = await run(request, [...argv, ...spec.select.files], { NO_COLOR: '1' });
  const listed = await readList(path);
  const said = (await readHead(join(folder, 'list.stderr'), 4096)).trim();
  if (end.cause === 'spawn-failed') return cannotSay('vitest is not installed in this tree');
  if (listed === undefined)
    return cannotSay(`vitest list ${describeEnd(end)}${said === '' ? '' : `: ${said.slice(0, 2000)}`}`);
  const cases = listed.flatMap((one) => toListed(one, worktree));
  const failed = end.cause !== 'exited' || end.code !== 0;
  const problems = failed ? [{ what: said === '' ? `vitest list ${describeEnd(end)}` : said.slice(0, 2000) }] : [];
  return { status: 'listed', cases, problems };
}

async function readList(path: string): Promise<unknown[] | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function toListed(value: unknown, worktree: string): ListedCase[] {
  const { name, file, location } = (value ?? {}) as { name?: unknown; file?: unknown; location?: { line?: unknown } };
  if (typeof name !== 'string' || typeof file !== 'string') return [];
  const path = relativeTo(worktree, file) ?? file;
  const line = location?.line;
  return [
    { name: `${path} > ${name}`, file: path, ...(typeof line === 'number' ? { place: { file: path, line } } : {}) },
  ];
}

/** @see https://docs.pytest.org/en/stable/how-to/usage.html */
async function listPytest(request: ListRequest): Promise<CaseListing> {
  const { spec, worktree, folder } = request;
  const report = join(folder, 'list.report');
  const token = 'list';
  const { argv, env } = pytestCall(request, request.plugin ?? reporterPath('redfirst_pytest'), report);
  const { end, startedAtMs } = await run(
    request,
    [...argv, '--collect-only', '--quiet', '--continue-on-collection-errors', ...spec.select.files],
    { ...env, REDFIRST_TOKEN: token },
  );
  const cases: ListedCase[] = [];
  const rest = { spec, attempt: 1, worktree, reportPath: report, stderrPath: join(folder, 'list.stderr') };
  const read = await readReportLines({ ...rest, end, startedAtMs, token }, (line) => {
    const listed = toListedLine(line);
    if (listed !== undefined) cases.push(listed);
    return listed !== undefined;
  });
  if (read.status.status !== 'complete') {
    const said = (await readHead(join(folder, 'list.stderr'), 2048)).trim();
    return cannotSay(`pytest --collect-only: ${read.status.detail}${said === '' ? '' : `: ${said}`}`);
  }
  const unbuilt = read.observations.flatMap(({ file, name, failure }) =>
    failure?.kind === 'compile' ? [{ what: `${file ?? name}: ${failure.type}: ${failure.message}`, failure }] : [],
  );
  return { status: 'listed', cases, problems: [...unbuilt, ...read.suiteFailures.map(({ what }) => ({ what }))] };
}

function toListedLine(line: Readonly<Record<string, unknown>>): ListedCase | undefined {
  const { listed, file, place } = line;
  if (typeof listed !== 'string' || typeof file !== 'string') return undefined;
  const at = place as Partial<SourceLine> | undefined;
  const told =
    typeof at?.file === 'string' && typeof at.line === 'number' ? { file: at.file, line: at.line } : undefined;
  return {
    name: listed.toWellFormed(),
    file: file.toWellFormed(),
    ...(told === undefined ? {} : { place: told }),
  };
}
