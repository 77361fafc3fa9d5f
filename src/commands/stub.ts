import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommitId } from '../domain/brand.ts';
import { missingOf } from '../domain/compile-unit.ts';
import { EXIT, type ExitCode, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { MissingName } from '../domain/observation.ts';
import { type ComposedStub, composeStub } from '../git/stub-corner.ts';
import { proposeStub } from '../syntax/stub-proposal.ts';
import { buildTestsAt, type GoBuildAnswer } from './build-go-tests.ts';
import { describeProblem, findStubProblems } from './check-stub-corner.ts';
import { type CommandInput, type CommandMain, textOption } from './command.ts';
import { distinctMissing } from './gather-names.ts';
import { findStubTask, readHeadSources, type StubTask } from './stub-task.ts';

/**
 * `redfirst stub [FEATURE | CHANGE]`: a stub for Go from what H declares, as a patch against R. Only a proposal: what counts is
 * what `red --stub` and `pr --stub` see of it.
 */
export const main: CommandMain = async (input) => {
  const told = await propose(input);
  if (told.ok) return told.value;
  input.out.failure(told.failure);
  return told.failure.exit;
};

/** Names that the compiler sees only once others are there; more rounds than this are a proposal that leads nowhere. */
const ROUNDS = 5;

interface Proposed extends ComposedStub {
  readonly missing: readonly MissingName[];
  readonly unresolved: readonly MissingName[];
  readonly files: readonly string[];
  /** Undefined where there is no Go to ask. */
  readonly builds: boolean | undefined;
  /** What still does not build, for a person. */
  readonly why: readonly string[];
}

async function propose(input: CommandInput): Promise<Result<ExitCode>> {
  const task = await findStubTask(input);
  if (!task.ok) return task;
  const progress = (what: string): void => void process.stderr.write(`${what}\n`);
  const build = makeBuilder(task.value, input, progress);
  const atRed = await build(task.value.red);
  if (!atRed.ok) {
    const { recorded } = task.value;
    if (atRed.failure.reason !== 'tool-missing' || recorded.length === 0) return atRed;
    const unbuilt = await proposeUnbuilt(task.value, recorded);
    return unbuilt.ok ? tell(input, task.value, unbuilt.value) : unbuilt;
  }
  const missing = distinctMissing(atRed.value.unbuilt);
  if (atRed.value.unbuilt.length === 0 && atRed.value.unknown.length === 0) {
    input.out.print('the tests build at R as they are: no stub is needed');
    input.out.document({ patch: '', missing: [], unresolved: [], builds: true });
    return ok(EXIT.holds);
  }
  const faulty = atRed.value.unbuilt.filter(({ failure }) => missingOf(failure).length === 0);
  if (missing.length === 0 || faulty.length > 0) return fail(notForStubs(describeBuild(atRed.value)));
  const proposed = await proposeUntilItBuilds(task.value, missing, build);
  if (!proposed.ok) return proposed;
  return tell(input, task.value, proposed.value);
}

type Build = (commit: CommitId) => Promise<Result<GoBuildAnswer>>;

function makeBuilder(task: StubTask, input: CommandInput, progress: (what: string) => void): Build {
  const known = {};
  const token = randomBytes(6).toString('hex');
  const { repo, folders, setup } = task;
  return (commit) => buildTestsAt({ repo, commit, folders, setup, token, signal: input.signal, progress }, known);
}

/** Without Go: what the recorded run misses, declared once. */
async function proposeUnbuilt(
  { repo, red, head }: StubTask,
  missing: readonly MissingName[],
): Promise<Result<Proposed>> {
  const sources = await readHeadSources(repo, red, head);
  if (!sources.ok) return sources;
  const { files, unresolved } = await proposeStub(missing, sources.value.head, sources.value.base);
  if (files.length === 0) return fail(notForStubs(missing.map(describeMissing)));
  const composed = await composeStub(repo, red, files);
  if (!composed.ok) return composed;
  const paths = files.map(({ path }) => path);
  return ok({ ...composed.value, missing, unresolved, files: paths, builds: undefined, why: [] });
}

/** Proposes, builds, and proposes again with what the compiler misses then. */
async function proposeUntilItBuilds(
  { repo, red, head }: StubTask,
  first: readonly MissingName[],
  build: Build,
): Promise<Result<Proposed>> {
  const sources = await readHeadSources(repo, red, head);
  if (!sources.ok) return sources;
  let missing = [...first];
  for (let round = 1; ; round++) {
    const { files, unresolved } = await proposeStub(missing, sources.value.head, sources.value.base);
    if (files.length === 0) return fail(notForStubs(missing.map(describeMissing)));
    const composed = await composeStub(repo, red, files);
    if (!composed.ok) return composed;
    const built = await build(composed.value.commit);
    if (!built.ok) return built;
    const now = distinctMissing(built.value.unbuilt);
    const fresh = now.filter((one) => !missing.some(({ name, kind }) => name === one.name && kind === one.kind));
    const why = describeBuild(built.value);
    if (why.length === 0 || fresh.length === 0 || round === ROUNDS) {
      const paths = files.map(({ path }) => path);
      return ok({ ...composed.value, missing, unresolved, files: paths, builds: why.length === 0, why });
    }
    missing = [...missing, ...fresh];
  }
}

async function tell(input: CommandInput, task: StubTask, proposed: Proposed): Promise<Result<ExitCode>> {
  const { patch, builds, why, unresolved, missing, files } = proposed;
  const problems = await findStubProblems(task.repo, task.roleOf, task.red, proposed.commit);
  if (!problems.ok) return problems;
  const out = textOption(input, 'out');
  const written = out === undefined ? ok(undefined) : writePatch(resolve(input.cwd, out), patch);
  if (!written.ok) return written;
  const said = [
    ...unresolved.map((one) => `not declared: ${describeMissing(one)}: H has nothing of that name to declare`),
    ...problems.value.map((problem) => `more than a declaration: ${describeProblem(problem)}`),
    ...why.map((line) => `does not build: ${line}`),
    builds === undefined
      ? 'there is no Go here to build it with'
      : builds
        ? 'it builds with the tests of R'
        : 'mend it by hand before it is used',
  ];
  if (out === undefined) input.out.print(patch);
  else input.out.print([`${out}: ${files.join(', ')}`, ...said].join('\n'));
  if (out === undefined && !input.out.json) process.stderr.write(`${said.join('\n')}\n`);
  const document = { patch, files, missing, unresolved, builds, why, problems: problems.value, red: task.red };
  input.out.document({ ...document, head: task.head, ...(out === undefined ? {} : { out }) });
  return ok(builds === true && problems.value.length === 0 && unresolved.length === 0 ? EXIT.holds : EXIT.unproven);
}

function writePatch(path: string, patch: string): Result<undefined> {
  try {
    writeFileSync(path, patch);
    return ok(undefined);
  } catch (error) {
    return fail({
      reason: 'export-failed',
      what: `the patch could not be written: ${error instanceof Error ? error.message : String(error)}`,
      next: 'name another file with --out',
      exit: EXIT.environment,
    });
  }
}

function describeBuild({ unbuilt, unknown }: GoBuildAnswer): string[] {
  const lines = unbuilt.flatMap(({ name, failure }) => {
    const missing = missingOf(failure).map(describeMissing);
    return missing.length > 0 ? missing : [`${name}: ${firstError(failure?.message ?? '')}`];
  });
  return [...new Set([...lines, ...unknown])].slice(0, 20);
}

/** The first line of a compiler's output that is no header. */
function firstError(message: string): string {
  return message.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? 'no reason is given';
}

function describeMissing({ name, file, line }: MissingName): string {
  return file === undefined ? name : `${name} (${file}${line === undefined ? '' : `:${line}`})`;
}

function notForStubs(why: readonly string[]): Failure {
  return {
    reason: 'not-found',
    what: `there is nothing that a stub could declare: ${why.slice(0, 3).join('; ')}`,
    next: 'A stub helps where tests miss names that H declares in Go; write one by hand for anything else.',
    exit: EXIT.unproven,
  };
}
