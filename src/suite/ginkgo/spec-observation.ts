import { stripVTControlCharacters } from 'node:util';
import type {
  FailureKind,
  FailureWhere,
  Observation,
  ObservedFailure,
  Outcome,
  SourceLine,
} from '../../domain/observation.ts';
import { type GoPlaces, repositoryFile } from '../go/source-path.ts';
import { moduleFrames } from '../go/test-output.ts';
import { boundMessage } from '../reporters/report-line.ts';
import type { CodeLocation, GinkgoFailure, GinkgoSpec } from './parse-report.ts';

/** What is known of the suite that a spec belongs to. */
export interface SpecContext {
  /** Import path of the package, or what stands for it. */
  readonly prefix: string;
  readonly places: GoPlaces;
  /** Lines of each file where some node begins, ascending: a node ends before the next one of its file. */
  readonly nodeLines: ReadonlyMap<string, readonly number[]>;
}

export type Case = Omit<Observation, 'suite' | 'attempt'>;

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  passed: 'passed',
  failed: 'failed',
  panicked: 'errored',
  timedout: 'timed-out',
  interrupted: 'aborted',
  aborted: 'aborted',
  skipped: 'skipped',
  pending: 'skipped',
};

/** A state that ginkgo does not know is never counted in favour. */
export const outcomeOf = (state: string): Outcome =>
  Object.hasOwn(OUTCOMES, state) ? (OUTCOMES[state] ?? 'aborted') : 'aborted';

/** `import/path :: container > container > leaf`; texts that are empty are left out. */
export function nameOfSpec(prefix: string, { containers, text }: Pick<GinkgoSpec, 'containers' | 'text'>): string {
  const texts = [...containers.map((container) => container.text), text].filter((one) => one !== '');
  return `${prefix} :: ${texts.join(' > ')}`.toWellFormed();
}

/** What one spec did. Where it failed is told by the node that failed, never by the line that the message names. */
export function observeSpec(spec: GinkgoSpec, context: SpecContext): Case {
  const { places } = context;
  const outcome = outcomeOf(spec.state);
  const failure = spec.failure === undefined ? undefined : describeFailure(spec.failure, spec.state, spec, context);
  const additional = spec.additional.map((one) => ({
    ...describeFailure(one, one.state, spec, context),
    where: whereOf(one),
  }));
  const file = repositoryFile(spec.location.file, places);
  const place = sourceLine(spec.location, places);
  const containers = spec.containers.map(({ location }) => sourceLine(location, places));
  const retries = retriesOf(spec, outcome);
  return {
    name: nameOfSpec(context.prefix, spec),
    ...(file === undefined ? {} : { file }),
    outcome,
    where: spec.failure === undefined || outcome === 'skipped' ? 'body' : whereOf(spec.failure),
    ...(failure === undefined ? {} : { failure }),
    ...(additional.length === 0 ? {} : { additional }),
    durationUs: Math.round(spec.runTimeNs / 1000),
    ...(retries.length < 2 ? {} : { retries }),
    ...(place === undefined ? {} : { place }),
    ...(containers.every((one) => one !== undefined) ? { containers } : {}),
    ...(spec.labels.length === 0 ? {} : { labels: spec.labels }),
  };
}

/** A node's line; a file outside the repository keeps the name that Go gives it. */
export function sourceLine({ file, line }: CodeLocation, places: GoPlaces): SourceLine | undefined {
  if (file === '' || line === 0) return undefined;
  return { file: repositoryFile(file, places) ?? file, line };
}

const SETUP = new Set(['BeforeEach', 'JustBeforeEach', 'BeforeAll', 'ReportBeforeEach']);
const TEARDOWN = new Set(['AfterEach', 'JustAfterEach', 'AfterAll', 'ReportAfterEach']);

/** Where the node that failed stands. A node of a type that nobody knows is taken for a set-up: it never counts as red. */
export function whereOf({ nodeType, context }: Pick<GinkgoFailure, 'nodeType' | 'context'>): FailureWhere {
  if (nodeType === 'It' || (nodeType === '' && context === 'leaf-node')) return 'body';
  if (TEARDOWN.has(nodeType) || /^DeferCleanup(?: \((?:Each|All)\))?$/.test(nodeType)) return 'teardown';
  if (SETUP.has(nodeType)) return 'setup';
  return nodeType.includes('Suite') ? 'suite' : 'setup';
}

/** Failures of earlier attempts carry their number; an attempt without a failure of its own passed (MustPassRepeatedly). */
function retriesOf(spec: GinkgoSpec, outcome: Outcome): Outcome[] {
  const { attempts } = spec;
  if (attempts < 2) return [];
  const shown = Math.min(attempts, RETRIES_KEPT);
  const earlier = new Map<number, Outcome>();
  for (const { message, state } of spec.additional) {
    const attempt = Number(/^Failure recorded during attempt (\d+):/.exec(message)?.[1] ?? 0);
    if (attempt > 0 && !earlier.has(attempt)) earlier.set(attempt, outcomeOf(state));
  }
  const repeated = spec.maxMustPassRepeatedly > 0;
  const before = Array.from(
    { length: shown - 1 },
    // A flaky spec runs again only because it failed.
    (_, index): Outcome => earlier.get(index + 1) ?? (repeated ? 'passed' : 'failed'),
  );
  return [...before, outcome];
}
const RETRIES_KEPT = 1000;

function describeFailure(
  failure: GinkgoFailure,
  state: string,
  spec: GinkgoSpec,
  context: SpecContext,
): ObservedFailure {
  const { places } = context;
  const said = stripVTControlCharacters(failure.message).trim();
  if (state === 'panicked' || failure.panic !== '') return describePanic(failure, said, spec, context);
  const location = locate(failure, spec, places);
  return {
    kind: kindOf(state, said),
    type: typeOf(state),
    message: boundMessage(said),
    ...(location === undefined ? {} : { location }),
  };
}

function kindOf(state: string, message: string): FailureKind {
  if (state === 'timedout') return 'timeout';
  if (state === 'skipped' || state === 'pending') return 'reported-failure';
  if (state !== 'failed') return 'error';
  return onlyDemandsNoError(message) ? 'no-error-assertion' : 'assertion';
}

const typeOf = (state: string): string => (state === 'failed' ? 'ginkgo' : state);

/**
 * gomega's HaveOccurred and Succeed, `BeNil` on an error, and a function given to Eventually that returned an error: all that
 * was demanded is that there is none. Its own words stand at the beginning of a line, those of a value are indented.
 */
function onlyDemandsNoError(message: string): boolean {
  return (
    /^Unexpected error:\s*$[\s\S]*^occurred\b/m.test(message) ||
    /^Expected success, but got an error:/m.test(message) ||
    /^The function passed to (?:Eventually|Consistently) returned the following error:/m.test(message) ||
    /^Expected\n\s+<\*?[\w./]*[eE]rror\w*(?: \| 0x[0-9a-f]+)?>: [\s\S]*^to be nil\s*$/m.test(message)
  );
}

/** Frames of ginkgo's own, which calls a table's body with what the entry gives it. */
const GINKGO_FILE = /(?:^|\/)github\.com\/onsi\/ginkgo(?:\/v2)?(?:@[^/]*)?\//;

function describePanic(failure: GinkgoFailure, said: string, spec: GinkgoSpec, context: SpecContext): ObservedFailure {
  const message = stripVTControlCharacters(failure.panic).trim();
  const { location } = failure;
  if (location.stack === '' && GINKGO_FILE.test(location.file)) {
    return {
      kind: 'panic',
      type: 'ginkgo',
      message: boundMessage(message === '' ? said : message),
      location: { file: location.file, line: location.line },
      ownBody: false,
    };
  }
  const frames = moduleFrames(location.stack, context.places);
  const first = frames[0];
  return {
    kind: 'panic',
    type: panicType(message),
    message: boundMessage(message === '' ? said : message),
    ...(first === undefined ? {} : { location: first.location, ownBody: isOwnBody(first, spec, context) }),
  };
}

function panicType(message: string): string {
  if (message.startsWith('runtime error: ')) return 'runtime error';
  return /^unexpected call to os\.Exit/.test(message) ? 'os.Exit' : 'panic';
}

/**
 * Whether a frame lies in the spec's own function. Go names only closures, so that lines decide: from where the spec (or, for
 * an entry of a table, the table) begins to where the next node of the file does.
 */
function isOwnBody(
  { name, location }: { readonly name: string; readonly location: SourceLine },
  spec: GinkgoSpec,
  { places, nodeLines }: SpecContext,
): boolean {
  const leaf = sourceLine(spec.location, places);
  if (leaf === undefined || leaf.file !== location.file || !/\.func\d+/.test(name)) return false;
  const lines = nodeLines.get(leaf.file) ?? [];
  if (location.line >= leaf.line) {
    const next = lines.find((line) => line > leaf.line);
    if (next === undefined || location.line < next) return true;
  }
  // A table's body stands between the table's first line and its first entry.
  const innermost = spec.containers.at(-1);
  const table = innermost === undefined ? undefined : sourceLine(innermost.location, places);
  if (table === undefined || table.file !== leaf.file || location.line < table.line) return false;
  const first = lines.find((line) => line > table.line);
  return first !== undefined && location.line < first && first <= leaf.line;
}

/** A failure's useful line: in the test's own files where the stack shows one, otherwise where the assertion said it was. */
function locate({ location, nodeLocation }: GinkgoFailure, spec: GinkgoSpec, places: GoPlaces): SourceLine | undefined {
  const at = repositoryFile(location.file, places);
  if (at?.endsWith('_test.go') && location.line > 0) return { file: at, line: location.line };
  const test = moduleFrames(location.stack, places).find((frame) => frame.location.file.endsWith('_test.go'));
  if (test !== undefined) return test.location;
  if (at !== undefined && location.line > 0) return { file: at, line: location.line };
  for (const node of [nodeLocation, spec.location]) {
    const file = repositoryFile(node.file, places);
    if (file !== undefined && node.line > 0) return { file, line: node.line };
  }
  return undefined;
}
