import { readChunks } from '../read-chunks.ts';
import { type GoPackage, parseEvent } from './scan-stream.ts';
import { KeptOutput } from './test-output.ts';

/** What a package that did not pass printed, by test, and outside any test. */
export interface PackageOutputs {
  readonly own: KeptOutput;
  readonly tests: ReadonlyMap<string, KeptOutput>;
}

/** Reads again the part of a stream where packages lie that did not pass, and keeps what their failing tests printed. */
export async function collectOutputs(path: string, packages: Iterable<GoPackage>): Promise<Map<string, PackageOutputs>> {
  const wanted = new Map<string, { own: KeptOutput; tests: Map<string, KeptOutput> }>();
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const found of packages) {
    const tests = found.tests.filter(({ state }) => state === 'fail' || state === 'running');
    if (found.state !== 'fail' && found.state !== 'running' && tests.length === 0) continue;
    wanted.set(found.name, { own: new KeptOutput(), tests: new Map(tests.map(({ name }) => [name, new KeptOutput()])) });
    from = Math.min(from, found.from);
    // What a package that never ended printed lies after its last known event.
    to = found.state === 'running' ? Number.POSITIVE_INFINITY : Math.max(to, found.to);
  }
  if (wanted.size > 0) await collect(path, from, to, wanted);
  return wanted;
}

async function collect(
  path: string,
  from: number,
  to: number,
  wanted: ReadonlyMap<string, { own: KeptOutput; tests: Map<string, KeptOutput> }>,
): Promise<void> {
  let rest: Buffer | undefined;
  for await (const chunk of readChunks(path, from, to)) {
    const bytes: Buffer = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      if (bytes[start] === 0x7b) add(bytes.toString('utf8', start, end), wanted);
      start = end + 1;
    }
    rest = start === bytes.length ? undefined : Buffer.from(bytes.subarray(start));
    if (rest !== undefined && rest.length > 8 * 1024 * 1024) rest = rest.subarray(0, 64);
  }
}

function add(text: string, wanted: ReadonlyMap<string, { own: KeptOutput; tests: Map<string, KeptOutput> }>): void {
  // Most lines belong to tests that passed: their name is compared before anything is parsed.
  if (!text.includes('"Action":"output"')) return;
  const event = parseEvent(text);
  if (event?.Action !== 'output' || event.Package === undefined) return;
  const found = wanted.get(event.Package);
  if (found === undefined) return;
  const kept = event.Test === undefined ? found.own : found.tests.get(event.Test);
  kept?.add(event.Output ?? '', event.OutputType);
}
