import { stripVTControlCharacters } from 'node:util';
import { readChunks } from '../read-chunks.ts';

/** One test of one package, as `go test -json` tells it. A name that runs again (`-count`, `-cpu`) is a test again. */
export interface GoTest {
  readonly name: string;
  state: 'running' | 'pass' | 'fail' | 'skip';
  elapsedSeconds: number;
  hasSubtests: boolean;
  /** How often this name ran before. */
  readonly run: number;
}

export interface GoPackage {
  readonly name: string;
  /** In the order in which they were started. */
  readonly tests: GoTest[];
  /** The latest test of each name. */
  readonly byName: Map<string, GoTest>;
  state: 'running' | 'pass' | 'fail' | 'skip';
  /** `FailedBuild` of Go 1.24 and later: import path of what did not build. */
  failedBuild: string | undefined;
  /** Where in the stream its events lie. `from` is 0 where its beginning was not told. */
  from: number;
  to: number;
}

/** A Go test that runs a ginkgo suite, by what ginkgo prints first. */
export interface GinkgoHost {
  readonly test: string;
  /** Absolute folder of the package, as ginkgo prints it; empty where it does not. */
  readonly suitePath: string;
  readonly seeds: Set<number>;
}

export interface GoStream {
  readonly packages: Map<string, GoPackage>;
  /** `build-output` of Go 1.24 and later, by import path; bounded. */
  readonly builds: Map<string, string>;
  /** By package. */
  readonly hosts: Map<string, GinkgoHost[]>;
  /** Lines that are no JSON, from older versions and from what prints past `go test`; bounded. */
  readonly plain: string[];
  events: number;
  /** The last line had no end, or the last event ended no package, which nothing but the end of one can be. */
  cut: boolean;
}

/** One event of test2json. @see https://pkg.go.dev/cmd/test2json */
export interface GoEvent {
  readonly Action?: string;
  readonly Package?: string;
  readonly Test?: string;
  readonly Output?: string;
  readonly OutputType?: string;
  readonly Elapsed?: number;
  readonly ImportPath?: string;
  readonly FailedBuild?: string;
}

/** `build-fail` ends a stream in which nothing else could be started. */
const ENDS = new Set(['pass', 'fail', 'skip', 'build-fail']);

const NEWLINE = 0x0a;
const BRACE = 0x7b;
const QUOTE = 0x22;
/** A longer line is no event. */
export const LINE_LIMIT = 8 * 1024 * 1024;
const PLAIN_KEPT = 512 * 1024;
const BUILD_KEPT = 4 * 1024 * 1024;
/** Stands where build output was cut: what it would have said is not known, so that it is no list of missing names. */
export const CUT_HERE = 'redfirst: the output of the build is longer than what is read\n';

/**
 * Whether a line is an `output` event of a test binary, told from a few bytes: test2json writes Time, Action, Package, Test,
 * Output in that order. Most lines of a stream are the output of tests that pass, which nobody needs.
 */
export function isOutput(bytes: Buffer, start: number): boolean {
  let at = start + 11;
  if (bytes[start + 2] === 0x54 /* T of Time */) {
    at = start + 29;
    const last = at + 24;
    while (at < last && bytes[at] !== QUOTE) at++;
    // `","Action":"`
    at += 12;
    if (bytes[at - 1] !== QUOTE || bytes[at - 9] !== 0x41) return false;
  } else if (bytes[start + 2] !== 0x41 || bytes[start + 10] !== QUOTE) return false;
  return bytes[at] === 0x6f && bytes[at + 1] === 0x75 && bytes[at + 2] === 0x74 && bytes[at + 3] === 0x70;
}

/**
 * Reads a stream once and keeps which tests ran and how they ended; never holds more than a line of it.
 * @param ginkgo whether to look for what ginkgo prints, which takes about as long again.
 */
export async function scanGoStream(path: string, ginkgo = false): Promise<GoStream> {
  const stream: GoStream = {
    packages: new Map(),
    builds: new Map(),
    hosts: new Map(),
    plain: [],
    events: 0,
    cut: false,
  };
  const sizes = { plain: 0 };
  let offset = 0;
  let rest: Buffer | undefined;
  for await (const chunk of readChunks(path)) {
    const bytes: Buffer = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    const base = offset - (rest?.length ?? 0);
    let start = 0;
    const marks = (ginkgo ? MARKS : []).map((mark) => ({ mark, at: bytes.indexOf(mark) }));
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      for (const one of marks) {
        if (one.at === -1 || one.at >= end) continue;
        addMark(stream, bytes.toString('utf8', start, end));
        one.at = bytes.indexOf(one.mark, end);
      }
      if (bytes[start] !== BRACE) keepPlain(stream, bytes.toString('utf8', start, end), sizes);
      else if (isOutput(bytes, start)) {
        stream.events++;
        stream.cut = true;
      } else addLine(stream, bytes.toString('utf8', start, end), base + start, base + end + 1, sizes);
      start = end + 1;
    }
    rest = start === bytes.length ? undefined : Buffer.from(bytes.subarray(start));
    if (rest !== undefined && rest.length > LINE_LIMIT) rest = rest.subarray(0, 64);
    offset += chunk.length;
  }
  if (rest !== undefined) {
    // What follows the last newline: plain text may end without one, an event never does.
    if (rest[0] === BRACE) stream.cut = true;
    else keepPlain(stream, rest.toString('utf8'), sizes);
  }
  return stream;
}

/** What ginkgo's own reporter prints first, whatever becomes of the suite; the last is its succinct form. */
const MARKS = ['"Output":"Running Suite: ', '"Output":"Random Seed: ', ' specs'].map((mark) => Buffer.from(mark));
const MARKED = {
  suite: /^Running Suite: [\s\S]* - (\/[^\n]*)\n/,
  seed: /^Random Seed: (-?\d+)/,
  succinct: /^\[(-?\d+)\] [^\n]* - \d+\/\d+ specs\b/,
};

function addMark(stream: GoStream, text: string): void {
  const event = parseEvent(text);
  if (event?.Package === undefined || event.Test === undefined || event.Action !== 'output') return;
  const output = stripVTControlCharacters(event.Output ?? '');
  const running = output.startsWith('Running Suite: ');
  const seed = (MARKED.seed.exec(output) ?? MARKED.succinct.exec(output))?.[1];
  if (!running && seed === undefined) return;
  const hosts = stream.hosts.get(event.Package) ?? [];
  stream.hosts.set(event.Package, hosts);
  let host = hosts.find(({ test }) => test === event.Test);
  if (host === undefined) {
    // A seed alone, without the line before it, is another program's.
    if (!running && MARKED.seed.test(output)) return;
    host = { test: event.Test, suitePath: MARKED.suite.exec(output)?.[1]?.trim() ?? '', seeds: new Set() };
    hosts.push(host);
  }
  if (seed !== undefined && host.seeds.size < 8) host.seeds.add(Number(seed));
}

function addLine(stream: GoStream, text: string, from: number, to: number, sizes: { plain: number }): void {
  const event = parseEvent(text);
  if (event === undefined) {
    keepPlain(stream, text, sizes);
    return;
  }
  stream.events++;
  stream.cut = event.Test !== undefined || !ENDS.has(event.Action ?? '');
  addEvent(stream, event, from, to);
}

/** A line as an event; undefined where it is none. */
export function parseEvent(text: string): GoEvent | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    if (typeof value !== 'object' || value === null || typeof value['Action'] !== 'string') return undefined;
    for (const name of ['Package', 'Test', 'Output', 'OutputType', 'ImportPath', 'FailedBuild']) {
      if (value[name] !== undefined && typeof value[name] !== 'string') return undefined;
    }
    return value as GoEvent;
  } catch {
    return undefined;
  }
}

function keepPlain(stream: GoStream, text: string, sizes: { plain: number }): void {
  const failed = /^FAIL\t(\S+) \[(?:build|setup) failed\]\s*$/.exec(text);
  if (failed !== null) packageOf(stream, failed[1] ?? '', 0).state = 'fail';
  if (sizes.plain > PLAIN_KEPT) return;
  sizes.plain += text.length + 1;
  stream.plain.push(text.slice(0, PLAIN_KEPT));
  if (sizes.plain > PLAIN_KEPT) stream.plain.push(CUT_HERE.trimEnd());
}

function packageOf(stream: GoStream, name: string, to: number): GoPackage {
  let found = stream.packages.get(name);
  if (found === undefined) {
    found = { name, tests: [], byName: new Map(), state: 'running', failedBuild: undefined, from: 0, to };
    stream.packages.set(name, found);
  }
  if (to > found.to) found.to = to;
  return found;
}

function addEvent(stream: GoStream, event: GoEvent, from: number, to: number): void {
  if (event.ImportPath !== undefined && event.Package === undefined) {
    const before = stream.builds.get(event.ImportPath) ?? '';
    if (before.endsWith(CUT_HERE)) return;
    const more = before.length < BUILD_KEPT ? (event.Output ?? '') : `\n${CUT_HERE}`;
    stream.builds.set(event.ImportPath, before + more);
    return;
  }
  if (event.Package === undefined) return;
  const known = stream.packages.has(event.Package);
  const found = packageOf(stream, event.Package, to);
  if (!known && event.Action === 'start') found.from = from;
  if (event.Test !== undefined) addTestEvent(found, event, event.Test);
  else if (event.Action === 'pass' || event.Action === 'fail' || event.Action === 'skip') {
    found.state = event.Action;
    found.failedBuild = event.FailedBuild ?? found.failedBuild;
  }
}

function addTestEvent(found: GoPackage, event: GoEvent, name: string): void {
  let test = found.byName.get(name);
  const { Action: action } = event;
  if (test === undefined || (action === 'run' && test.state !== 'running')) {
    test = {
      name,
      state: 'running',
      elapsedSeconds: 0,
      hasSubtests: false,
      run: test === undefined ? 0 : test.run + 1,
    };
    found.tests.push(test);
    found.byName.set(name, test);
    markParent(found, name);
  }
  if (action !== 'pass' && action !== 'fail' && action !== 'skip') return;
  test.state = action;
  test.elapsedSeconds = typeof event.Elapsed === 'number' ? event.Elapsed : 0;
}

/** A subtest's name may hold slashes of its own, so the nearest name that is a test is its parent. */
function markParent(found: GoPackage, name: string): void {
  for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
    const parent = found.byName.get(name.slice(0, at));
    if (parent !== undefined) {
      parent.hasSubtests = true;
      return;
    }
  }
}
