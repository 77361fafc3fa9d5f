import { readFile, stat } from 'node:fs/promises';
import type { BadStatus } from '../report-file.ts';

/** A line of a source file as ginkgo writes it; `stack` is there for failures. */
export interface CodeLocation {
  readonly file: string;
  readonly line: number;
  readonly stack: string;
}

export interface GinkgoFailure {
  readonly message: string;
  readonly location: CodeLocation;
  /** Text of a panic that ginkgo caught; empty where none was. */
  readonly panic: string;
  readonly context: string;
  readonly nodeType: string;
  readonly nodeLocation: CodeLocation;
}

export interface StatedFailure extends GinkgoFailure {
  readonly state: string;
}

/** One spec, or one suite-wide node, of ginkgo v2's JSON report. */
export interface GinkgoSpec {
  readonly containers: readonly { readonly text: string; readonly location: CodeLocation }[];
  readonly labels: readonly string[];
  readonly nodeType: string;
  readonly text: string;
  readonly location: CodeLocation;
  readonly state: string;
  readonly runTimeNs: number;
  readonly attempts: number;
  readonly maxFlakeAttempts: number;
  readonly maxMustPassRepeatedly: number;
  readonly failure: GinkgoFailure | undefined;
  readonly additional: readonly StatedFailure[];
  /** Nodes that ran for it, by type: `BeforeAll` and `AfterAll` stand in Ordered containers alone. */
  readonly nodes: readonly { readonly type: string; readonly location: CodeLocation }[];
}

export interface GinkgoSuite {
  readonly path: string;
  readonly description: string;
  readonly succeeded: boolean;
  readonly programmaticFocus: boolean;
  readonly failureReasons: readonly string[];
  readonly totalSpecs: number;
  readonly specsThatWillRun: number;
  readonly seed: number | undefined;
  readonly dryRun: boolean;
  /** Whether the command line chose among the specs (focus, skip, labels, files). */
  readonly filtered: boolean;
  readonly specs: readonly GinkgoSpec[];
}

export type ParsedReport =
  | { readonly ok: true; readonly suites: readonly GinkgoSuite[] }
  | { readonly ok: false; readonly status: BadStatus };

/** Largest report that is read; it is held whole in memory. */
export const REPORT_LIMIT_BYTES = 256 * 1024 * 1024;

/** Reads ginkgo's JSON report. Throws what reading a file can throw, except that it is not there. */
export async function readGinkgoReport(path: string): Promise<ParsedReport> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return bad('unreadable', "ginkgo's report is no regular file");
    if (found.size > REPORT_LIMIT_BYTES) {
      const mebibytes = Math.round(found.size / 1024 / 1024);
      return bad('unreadable', `ginkgo's report is ${mebibytes} MiB; at most 256 are read`);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return bad('missing', 'ginkgo wrote no report');
    throw error;
  }
  return parseGinkgoReport(await readFile(path, 'utf8'));
}

const bad = (status: BadStatus['status'], detail: string): ParsedReport => ({ ok: false, status: { status, detail } });

/**
 * The suites of a report of ginkgo v2 (`-ginkgo.json-report`), from 2.0 on; what a version does not write is empty.
 * @see https://pkg.go.dev/github.com/onsi/ginkgo/v2/types#Report
 */
export function parseGinkgoReport(text: string): ParsedReport {
  const plain = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  let value: unknown;
  try {
    value = JSON.parse(plain);
  } catch {
    const end = plain.trimEnd();
    if (end === '') return bad('truncated', "ginkgo's report is empty");
    return end.startsWith('[') && !end.endsWith(']')
      ? bad('truncated', "ginkgo's report breaks off")
      : end.startsWith('[') || end.startsWith('{')
        ? bad('truncated', "ginkgo's report is no whole JSON value")
        : bad('unreadable', `ginkgo's report is no JSON: ${end.slice(0, 80)}`);
  }
  if (!Array.isArray(value) || value.length === 0) {
    return bad('unreadable', "ginkgo's report is no list of suites");
  }
  const suites: GinkgoSuite[] = [];
  for (const one of value) {
    const suite = suiteOf(one);
    if (suite === undefined) return bad('unreadable', 'this JSON is no report of ginkgo v2: it holds no suite');
    suites.push(suite);
  }
  return { ok: true, suites };
}

type Json = Readonly<Record<string, unknown>>;
const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] => list(value).filter((one) => typeof one === 'string');
const count = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(Math.floor(value)) && value > 0 ? Math.floor(value) : 0;

const FILTERS = ['FocusStrings', 'SkipStrings', 'FocusFiles', 'SkipFiles', 'LabelFilter', 'SemVerFilter'] as const;

function suiteOf(value: unknown): GinkgoSuite | undefined {
  const suite = record(value);
  const { SpecReports: specs, SuiteSucceeded: succeeded } = suite;
  if (typeof suite['SuitePath'] !== 'string' || typeof succeeded !== 'boolean') return undefined;
  if (specs !== null && specs !== undefined && !Array.isArray(specs)) return undefined;
  const config = record(suite['SuiteConfig']);
  const stats = record(suite['PreRunStats']);
  const suiteLabels = texts(suite['SuiteLabels']);
  const { RandomSeed: seed } = config;
  return {
    path: suite['SuitePath'],
    description: text(suite['SuiteDescription']),
    succeeded,
    programmaticFocus: suite['SuiteHasProgrammaticFocus'] === true,
    failureReasons: texts(suite['SpecialSuiteFailureReasons']),
    totalSpecs: count(stats['TotalSpecs']),
    specsThatWillRun: count(stats['SpecsThatWillRun']),
    seed: typeof seed === 'number' ? seed : undefined,
    dryRun: config['DryRun'] === true,
    filtered: FILTERS.some((name) => text(config[name]) !== '' || list(config[name]).length > 0),
    specs: list(specs).map((one) => specOf(record(one), suiteLabels)),
  };
}

function specOf(spec: Json, suiteLabels: readonly string[]): GinkgoSpec {
  const names = list(spec['ContainerHierarchyTexts']);
  const locations = list(spec['ContainerHierarchyLocations']);
  const containers = names.map((name, index) => ({ text: text(name), location: locationOf(locations[index]) }));
  const labels = [
    ...suiteLabels,
    ...list(spec['ContainerHierarchyLabels']).flatMap(texts),
    ...texts(spec['LeafNodeLabels']),
  ];
  return {
    containers,
    labels: [...new Set(labels)],
    nodeType: text(spec['LeafNodeType']),
    text: text(spec['LeafNodeText']),
    location: locationOf(spec['LeafNodeLocation']),
    state: text(spec['State']),
    runTimeNs: count(spec['RunTime']),
    attempts: count(spec['NumAttempts']),
    maxFlakeAttempts: count(spec['MaxFlakeAttempts']),
    maxMustPassRepeatedly: count(spec['MaxMustPassRepeatedly']),
    failure: failureOf(spec['Failure']),
    additional: [...nestedIn(spec['Failure']), ...list(spec['AdditionalFailures']).flatMap(statedFailures)],
    nodes: list(spec['SpecEvents']).flatMap((one) => {
      const event = record(one);
      const type = text(event['NodeType']);
      return type === '' || text(event['SpecEventType']) !== 'Node'
        ? []
        : [{ type, location: locationOf(event['CodeLocation']) }];
    }),
  };
}

/** What followed a time-out or an interruption inside the same node stands inside its failure. */
function statedFailures(value: unknown): StatedFailure[] {
  const stated = record(value);
  const failure = failureOf(stated['Failure']);
  return failure === undefined ? [] : [{ ...failure, state: text(stated['State']) }, ...nestedIn(stated['Failure'])];
}

const nestedIn = (failure: unknown): StatedFailure[] => {
  const nested = record(failure)['AdditionalFailure'];
  const own = failureOf(record(nested)['Failure']);
  return own === undefined ? [] : [{ ...own, state: text(record(nested)['State']) }];
};

function failureOf(value: unknown): GinkgoFailure | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const failure = record(value);
  return {
    message: text(failure['Message']),
    location: locationOf(failure['Location']),
    panic: text(failure['ForwardedPanic']),
    context: text(failure['FailureNodeContext']),
    nodeType: text(failure['FailureNodeType']),
    nodeLocation: locationOf(failure['FailureNodeLocation']),
  };
}

function locationOf(value: unknown): CodeLocation {
  const location = record(value);
  return {
    file: text(location['FileName']),
    line: count(location['LineNumber']),
    stack: text(location['FullStackTrace']),
  };
}
