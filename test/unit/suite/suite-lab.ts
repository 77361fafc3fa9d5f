import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { ProcessEnd } from '../../../src/domain/process-end.ts';
import type { SuiteSpec } from '../../../src/domain/scenario.ts';
import type { AttemptOrder } from '../../../src/domain/vocabulary.ts';
import { runProcess } from '../../../src/process/run-process.ts';
import type { ReadReport, Runner, RunnerResult } from '../../../src/suite/runner.ts';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
export const FIXTURES = join(ROOT, 'test/fixtures/adapters');
export const TOKEN = 'a-token';

/** A real path, since reporters see one and locations are relative to it. */
export function makeFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'redfirst-suite-')));
}

export function makeSpec(over: Partial<SuiteSpec> = {}): SuiteSpec {
  return {
    suite: 'unit',
    runner: 'command',
    select: { files: [] },
    profile: 'host',
    grade: [],
    contracts: [],
    controls: [],
    roles: [],
    deadlineMs: 60_000,
    evidence: 'C',
    attempts: { red: 1, green: 1 },
    env: {},
    wrapper: [],
    ...over,
  };
}

/** Fixture sources carry `.txt`, so that no tool of this project takes them for its own. */
export function layFixtures(tool: string, into: string, only?: readonly string[]): void {
  const from = join(FIXTURES, tool);
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name)
      .slice(from.length + 1)
      .replace(/\.txt$/, '');
    if (only !== undefined && !only.includes(path)) continue;
    mkdirSync(dirname(join(into, path)), { recursive: true });
    cpSync(join(entry.parentPath, entry.name), join(into, path));
  }
}

/** A node_modules of the worktree's own, so that what a runner writes into it is seen; its packages are this project's. */
export function linkNodeModules(into: string): void {
  mkdirSync(join(into, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!/^\.(?!bin$)/.test(name)) symlinkSync(join(ROOT, 'node_modules', name), join(into, 'node_modules', name));
  }
  writeFileSync(join(into, 'package.json'), '{ "type": "module" }\n');
}

/** Bundles one of our reporters as build.js does; returns its path. */
export async function bundleReporter(name: 'vitest-reporter' | 'node-test-reporter', into: string): Promise<string> {
  const outfile = join(into, 'reporters', `${name}.js`);
  await build({
    entryPoints: [join(ROOT, 'src/suite/reporters', `${name}.ts`)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
    logLevel: 'error',
  });
  writeFileSync(join(into, 'reporters', 'package.json'), '{ "type": "module" }\n');
  return outfile;
}

export interface LiveRun {
  readonly report: ReadReport;
  readonly end: ProcessEnd;
  readonly folder: string;
  readonly argv: readonly string[];
}

/** Runs a suite for real, as the engine does, and reads what it left behind. `logs` lies outside the worktree. */
export async function runLive(
  runner: Runner,
  spec: SuiteSpec,
  worktree: string,
  logs: string,
  how: {
    order?: AttemptOrder;
    seed?: number;
    only?: readonly string[];
    deadlineMs?: number;
    env?: Record<string, string>;
  } = {},
): Promise<LiveRun> {
  const folder = mkdtempSync(join(logs, 'run-'));
  const place = (name: string): string => join(folder, name);
  const { order = 'declared', seed = 1, only } = how;
  const command = runner.command({
    spec,
    worktree,
    reportPath: place('report'),
    order,
    seed,
    ...(only === undefined ? {} : { only }),
  });
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'GOCACHE', 'GOPATH', 'GOFLAGS'].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name] as string]],
    ),
  );
  const { end, startedAtMs } = await runProcess({
    argv: command.argv,
    cwd: worktree,
    env: { ...inherited, ...command.env, ...how.env, REDFIRST_TOKEN: TOKEN },
    deadlineMs: how.deadlineMs ?? 120_000,
    stdoutPath: place('stdout'),
    stderrPath: place('stderr'),
  });
  const report = await runner.read({
    spec,
    attempt: 1,
    worktree,
    reportPath: command.report === 'file' ? place('report') : place('stdout'),
    stderrPath: place('stderr'),
    end,
    startedAtMs,
    token: TOKEN,
  });
  return { report, end, folder, argv: command.argv };
}

/** A result whose report holds `content`. */
export function makeResult(
  folder: string,
  content: string | Uint8Array,
  over: Partial<RunnerResult> = {},
): RunnerResult {
  const reportPath = join(folder, 'report');
  writeFileSync(reportPath, content);
  writeFileSync(join(folder, 'stderr'), '');
  return {
    spec: makeSpec(),
    attempt: 1,
    worktree: folder,
    reportPath,
    stderrPath: join(folder, 'stderr'),
    end: { cause: 'exited', code: 1 },
    startedAtMs: Date.now() - 1000,
    token: TOKEN,
    ...over,
  };
}

/** `outcome where name` of every observation, for tables in tests. */
export function table(report: ReadReport): string[] {
  return report.observations.map(({ outcome, where, name, failure }) =>
    [outcome, where, name, failure?.kind].filter((part) => part !== undefined).join(' | '),
  );
}

export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });
