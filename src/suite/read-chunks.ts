import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { Utf8Decoder } from './decode-utf8.ts';

const CHUNK_BYTES = 64 * 1024;
/** Reading a file that was just written waits for nothing, so it is read at once; every so often others get their turn. */
const CHUNKS_A_TURN = 64;

/** Reads a file in chunks of one reused buffer: a chunk is valid until the next is asked for. Throws what `open` and `read` throw. */
export async function* readChunks(path: string, from = 0, to = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let chunks = 0;
    for (let at = from; at < to; ) {
      const bytesRead = readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
      if (++chunks % CHUNKS_A_TURN === 0) await turn();
    }
  } finally {
    closeSync(fd);
  }
}

export interface LineBatch {
  readonly lines: readonly string[];
  /** The last line of the file, where no newline ends it. */
  readonly unended?: string;
}

/** Longest line that is kept; what is longer is cut, so that a file of one endless line costs no memory. */
const LINE_LIMIT = 1024 * 1024;

/** Reads a text file as UTF-8 (what is not becomes U+FFFD), in batches of whole lines without their ends. */
export async function* readLines(path: string): AsyncGenerator<LineBatch> {
  const decoder = new Utf8Decoder(false);
  let rest = '';
  for await (const chunk of readChunks(path)) {
    const lines = (rest + decoder.decode(chunk)).split('\n');
    rest = (lines.pop() ?? '').slice(0, LINE_LIMIT);
    if (lines.length > 0) yield { lines: lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)) };
  }
  rest += decoder.end();
  if (rest !== '') yield { lines: [], unended: rest };
}

/** The beginning of a text file, at most `bytes` of it; empty where it cannot be read. */
export async function readHead(path: string, bytes: number): Promise<string> {
  try {
    const parts: Buffer[] = [];
    for await (const chunk of readChunks(path, 0, bytes)) parts.push(Buffer.from(chunk));
    return Buffer.concat(parts).toString('utf8');
  } catch {
    return '';
  }
}
