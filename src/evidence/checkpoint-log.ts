import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { EventType } from '../domain/event.ts';
import { codeOfError } from './sqlite.ts';

/** Beside the database: one line `seq:hash` for every event after which a head is told to people. */
export const CHECKPOINT_LOG = 'checkpoints.log';

/** The events after which a line is written. */
export const CHECKPOINTED: readonly EventType[] = ['run-finished', 'run-interrupted', 'proof-judged'];

/** No line is longer: 16 digits, a colon, 64 hex digits, a line feed. */
const LINE_BYTES = 82;

export interface LogLine {
  readonly seq: number;
  readonly hash: string;
}

/**
 * Appends lines and syncs. A torn last line of an earlier crash is ended first, so that it spoils nothing.
 * O_APPEND keeps lines of several processes apart.
 */
export function appendCheckpoints(directory: string, lines: readonly LogLine[]): void {
  if (lines.length === 0) return;
  const fd = openSync(join(directory, CHECKPOINT_LOG), 'a+');
  try {
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    const torn = size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
    writeSync(fd, `${torn ? '\n' : ''}${lines.map(({ seq, hash }) => `${seq}:${hash}\n`).join('')}`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The highest sequence number among the last lines; 0 where there is none. Reads the end of the file only. */
export function lastLogged(directory: string): number {
  let fd: number;
  try {
    fd = openSync(join(directory, CHECKPOINT_LOG), 'r');
  } catch (error) {
    if (codeOfError(error) === 'ENOENT') return 0;
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    const tail = Buffer.alloc(Math.min(size, 64 * LINE_BYTES));
    const read = readSync(fd, tail, 0, tail.length, size - tail.length);
    const { lines } = parseLog(tail.toString('latin1', 0, read));
    return Math.max(0, ...lines.map(({ seq }) => seq));
  } finally {
    closeSync(fd);
  }
}

/** Whole lines, and what is none: a torn line of a crash, or the work of an editor. */
export function parseLog(text: string): { readonly lines: LogLine[]; readonly others: string[] } {
  const lines: LogLine[] = [];
  const others: string[] = [];
  const pieces = text.split('\n');
  const unended = pieces.pop() ?? '';
  for (const piece of pieces) {
    const match = /^([1-9]\d{0,15}):([0-9a-f]{64})$/.exec(piece);
    if (match) lines.push({ seq: Number(match[1]), hash: match[2] as string });
    else others.push(piece);
  }
  if (unended !== '') others.push(unended);
  return { lines, others };
}

/** The whole log; nothing where there is no file. */
export function readLog(directory: string): ReturnType<typeof parseLog> {
  try {
    return parseLog(readFileSync(join(directory, CHECKPOINT_LOG), 'latin1'));
  } catch (error) {
    if (codeOfError(error) === 'ENOENT') return { lines: [], others: [] };
    throw error;
  }
}
