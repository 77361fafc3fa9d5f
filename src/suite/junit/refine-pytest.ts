import type { FailureWhere, MissingName, Observation, ObservedFailure } from '../../domain/observation.ts';
import type { JunitSuite } from './parse-junit.ts';

/** pytest names its suite so, unless told otherwise, and writes neither class nor phase where others do. */
export function isPytestSuite({ name, claimed }: JunitSuite): boolean {
  return name === 'pytest' && claimed['hostname'] !== undefined && claimed['errors'] !== undefined;
}

/**
 * Reads what pytest's own JUnit says between the lines, from the case at `from` on: the file and the class from the class name
 * (or the file attribute of family `xunit1`), the phase from the message of an `<error>`, exception and place from the last line
 * of the traceback. An error in the teardown of a case stands there as a case of its own and becomes a further failure.
 * @returns what kept files from being collected though no name is missing.
 */
export function refinePytest(observations: Observation[], from: number): string[] {
  const own = observations.splice(from);
  for (const observation of own) {
    const refined = refine(observation);
    const before = observations.length > from ? observations[observations.length - 1] : undefined;
    if (before !== undefined && before.name === refined.name && refined.where === 'teardown') {
      observations[observations.length - 1] = joinTeardown(before, refined);
    } else observations.push(refined);
  }
  return observations
    .slice(from)
    .filter(({ where, outcome, failure }) => where === 'load' && outcome !== 'skipped' && failure?.kind !== 'compile')
    .map(({ file, name, failure }) => `${file ?? name}: ${lastSaid(failure?.message ?? '')}`);
}

const lastSaid = (message: string): string => /.*$/.exec(message.trimEnd())?.[0].replace(/^E +/, '') ?? '';

function joinTeardown(before: Observation, after: Observation): Observation {
  const { failure } = after;
  if (failure === undefined || before.failure === undefined)
    return { ...after, durationUs: before.durationUs + after.durationUs };
  const additional = [...(before.additional ?? []), { ...failure, where: 'teardown' as const }];
  return { ...before, additional, durationUs: before.durationUs + after.durationUs };
}

function refine(observation: Observation): Observation {
  const { failure } = observation;
  const phase = /^(?:failed on (setup|teardown) with |collection failure)/.exec(failure?.message ?? '');
  // A file that skips itself has no case, and no class name either.
  const skippedFile = observation.outcome === 'skipped' && /^[\w.]*(?:\btest_\w+|_tests?)$/.test(observation.name);
  const where: FailureWhere =
    phase?.[1] === 'setup' || phase?.[1] === 'teardown' ? phase[1] : phase !== null || skippedFile ? 'load' : 'body';
  const named = nameOf(observation, where === 'load');
  if (failure === undefined) return { ...observation, ...named, where };
  const told = failureOf(failure, where, named.file);
  const asserted = told.kind === 'assertion' || told.kind === 'reported-failure';
  const outcome = told.kind === 'timeout' ? 'timed-out' : asserted && where === 'body' ? 'failed' : 'errored';
  return { ...observation, ...named, outcome, where, failure: told };
}

/** `tests.test_x.TestClass > test_y` is `tests/test_x.py > TestClass > test_y`, where the name of a test's file can be told. */
function nameOf({ name, file }: Observation, atLoad: boolean): { name: string; file?: string } {
  const at = name.indexOf(' > ');
  const dotted = atLoad ? name : at === -1 ? '' : name.slice(0, at);
  const title = atLoad ? '' : name.slice(at === -1 ? 0 : at + 3);
  const parts = dotted.split('.');
  const told = file?.replace(/\.py$/, '').split('/').length;
  const count = told ?? parts.findIndex((part) => /^test_|_tests?$/.test(part)) + 1;
  if (dotted === '' || count < 1 || count > parts.length) return file === undefined ? { name } : { name, file };
  const path = file ?? `${parts.slice(0, count).join('/')}.py`;
  if (atLoad) return { name: `${path} [load]`, file: path };
  return { name: [path, ...parts.slice(count), title].join(' > '), file: path };
}

const ASSERTIONS = new Set(['AssertionError', 'Failed', 'DocTestFailure']);

function failureOf(failure: ObservedFailure, where: FailureWhere, own: string | undefined): ObservedFailure {
  const { message } = failure;
  if (message.startsWith('[XPASS(strict)]')) return { ...failure, kind: 'reported-failure', type: 'XPASS' };
  // What is cut has lost its end. Only asserts of tests are rewritten, so that one of those is known by its first line.
  if (/ more characters\]$/.test(message)) {
    const asserted = where === 'body' && /^(?:(?:AssertionError: )?assert |Failed: )/.test(message);
    return { ...failure, kind: asserted ? 'assertion' : failure.kind, type: asserted ? 'AssertionError' : '' };
  }
  const raised = raisedIn(message, where);
  if (raised === undefined) return { ...failure, kind: where === 'body' ? failure.kind : 'error' };
  const { type, text, file, line } = raised;
  const inTest = file !== undefined && isTestFile(file, own);
  const missing = inTest ? missingIn(type, text, file, line) : [];
  const timeout = type === 'Failed' && /^Timeout (?:\(>|>)[\d.]+s/.test(text);
  const kind =
    missing.length > 0 ? 'compile' : timeout ? 'timeout' : ASSERTIONS.has(type) && inTest ? 'assertion' : 'error';
  return {
    kind,
    type,
    message,
    ...(file === undefined || line === undefined ? {} : { location: { file, line } }),
    ...(missing.length === 0 ? {} : { missingNames: missing.map(({ name }) => name), missing }),
  };
}

interface Raised {
  readonly type: string;
  readonly text: string;
  readonly file?: string;
  readonly line?: number;
}

/** A traceback ends with `file:line: Type`; one of a collection has `E   Type: text` and frames `file:line: in name` before it. */
function raisedIn(message: string, where: FailureWhere): Raised | undefined {
  const said = [...message.matchAll(/^E {3,}((?:\w+\.)*(\w+))(?:: (.*))?$/gm)].at(-1);
  const frames = [...message.matchAll(/^([^\s:<][^:\n]*):(\d{1,9}): (?:in \S+|((?:\w+\.)*\w+)?)$/gm)].filter(
    ([, path]) => !/(?:^|\/)(?:site-packages|dist-packages|lib\/python\d[^/]*)\//.test(path ?? ''),
  );
  const last = frames.at(-1);
  const ended =
    where === 'load' ? undefined : [...message.matchAll(/^[^\s:][^:\n]*:\d{1,9}: ((?:\w+\.)*\w+)$/gm)].at(-1)?.[1];
  const type = (ended ?? said?.[2])?.split('.').at(-1);
  if (type === undefined) return undefined;
  const [first = ''] = message.split('\n');
  const text = said?.[2] === type ? (said[3] ?? '') : first.replace(/^(?:\w+\.)*\w+: /, '');
  return {
    type,
    text,
    ...(last === undefined ? {} : { file: (last[1] ?? '').replace(/^(?:\.\/)+/, ''), line: Number(last[2]) }),
  };
}

function isTestFile(file: string, own: string | undefined): boolean {
  return (
    file === own ||
    /(?:^|\/)(?:tests?|testing)\//.test(file) ||
    /(?:^|\/)(?:conftest|test_[^/]*|[^/]*_tests?)\.py$/.test(file)
  );
}

/** Only what needs no look at the objects themselves: a report does not say whose attribute is missing. */
function missingIn(type: string, text: string, file: string, line: number | undefined): MissingName[] {
  if (/partially initialized module|circular import/.test(text)) return [];
  const place = { file, ...(line === undefined ? {} : { line }) };
  const named = (found: RegExpExecArray | null, kind: MissingName['kind']): MissingName[] =>
    found?.[1] === undefined ? [] : [{ name: found[1], kind, ...place }];
  if (type === 'ModuleNotFoundError') return named(/^No module named '([^']+)'/.exec(text), 'package');
  if (type === 'ImportError') return named(/^cannot import name '([^']+)' from '/.exec(text), 'symbol');
  if (type === 'AttributeError') return named(/^module '[^']+' has no attribute '([^']+)'/.exec(text), 'symbol');
  return [];
}
