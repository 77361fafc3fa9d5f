import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';

const TAIL_BYTES = 64 * 1024;

/** The last line of a log that tells of an error, else its last line; empty where there is none. */
export function lastWords(path: string): string {
  const lines = readLog(path).trim().split('\n');
  const telling = lines.findLast((line) => /\berr(?:or)?"?[=:]|^Error/.test(line));
  return (telling ?? lines.at(-1) ?? '').trim().slice(0, 1000);
}

/** A whole log; empty where there is none. */
export function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The end of a log, however large that is. */
export async function logTail(path: string): Promise<string> {
  let file: Awaited<ReturnType<typeof open>> | undefined;
  try {
    file = await open(path);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    await file.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8');
  } catch {
    return '';
  } finally {
    await file?.close();
  }
}
