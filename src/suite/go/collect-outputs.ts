import { readChunks } from '../read-chunks.ts';
import { type GoPackage, isOutput, LINE_LIMIT, parseEvent } from './scan-stream.ts';
import { KeptOutput } from './test-output.ts';

/** What a package that did not pass printed, by test, and outside any test. */
export interface PackageOutputs {
  readonly own: KeptOutput;
  readonly tests: ReadonlyMap<string, KeptOutput>;
}

/** Reads again the part of a stream where packages lie that did not pass, and keeps what their failing tests printed. */
export async function collectOutputs(
  path: string,
  packages: Iterable<GoPackage>,
): Promise<Map<string, PackageOutputs>> {
  const wanted = new Map<string, { own: KeptOutput; tests: Map<string, KeptOutput> }>();
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const found of packages) {
    const tests = found.tests.filter(({ state }) => state === 'fail' || state === 'running');
    if (found.state !== 'fail' && found.state !== 'running' && tests.length === 0) continue;
    wanted.set(found.name, {
      own: new KeptOutput(),
      tests: new Map(tests.map(({ name }) => [name, new KeptOutput()])),
    });
    from = Math.min(from, found.from);
    // What a package that never ended printed lies after its last known event.
    to = found.state === 'running' ? Number.POSITIVE_INFINITY : Math.max(to, found.to);
  }
  if (wanted.size > 0) await collect(path, from, to, wanted);
  return wanted;
}

type Wanted = ReadonlyMap<string, { own: KeptOutput; tests: Map<string, KeptOutput> }>;

async function collect(path: string, from: number, to: number, wanted: Wanted): Promise<void> {
  const collector = new Collector(wanted);
  let rest: Buffer | undefined;
  for await (const chunk of readChunks(path, from, to)) {
    const bytes: Buffer = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      if (isOutput(bytes, start)) collector.add(bytes, start, end);
      start = end + 1;
    }
    rest = start === bytes.length ? undefined : Buffer.from(bytes.subarray(start));
    if (rest !== undefined && rest.length > LINE_LIMIT) rest = rest.subarray(0, 64);
  }
}

const PACKAGE = Buffer.from('"Package":"');
const OUTPUT = Buffer.from('"Output":"');

/** Neighbouring lines nearly always belong to one test: their names are compared as bytes, and parsed when they change. */
class Collector {
  private readonly wanted: Wanted;
  /** The bytes from `"Package":"` to `"Output":"` of the line before, and where its output went. */
  private prefix: Buffer = Buffer.alloc(0);
  private kept: KeptOutput | undefined;

  constructor(wanted: Wanted) {
    this.wanted = wanted;
  }

  add(bytes: Buffer, start: number, end: number): void {
    const at = bytes.indexOf(PACKAGE, start);
    const { length } = this.prefix;
    if (length > 0 && at !== -1 && at + length <= end && bytes.compare(this.prefix, 0, length, at, at + length) === 0) {
      if (this.kept !== undefined) this.keep(this.kept, bytes, at + length, start, end);
      return;
    }
    const event = parseEvent(bytes.toString('utf8', start, end));
    const found = event?.Package === undefined ? undefined : this.wanted.get(event.Package);
    this.kept = event?.Test === undefined ? found?.own : found?.tests.get(event.Test);
    this.kept?.add(event?.Output ?? '', event?.OutputType);
    const output = at === -1 ? -1 : bytes.indexOf(OUTPUT, at);
    this.prefix =
      output === -1 || output > end ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at, output + OUTPUT.length));
  }

  private keep(kept: KeptOutput, bytes: Buffer, output: number, start: number, end: number): void {
    // Up to Go 1.25 nothing follows the output: its string alone is parsed then.
    const text = bytes.toString('utf8', output - 1, end - 1);
    if (bytes[end - 1] === 0x7d && !text.includes('","')) {
      try {
        kept.add(JSON.parse(text) as string, undefined);
        return;
      } catch {
        // Not as it seemed; the whole line tells.
      }
    }
    const event = parseEvent(bytes.toString('utf8', start, end));
    kept.add(event?.Output ?? '', event?.OutputType);
  }
}
