import { writeSync } from 'node:fs';
import { EXIT } from '../domain/failure.ts';

/**
 * Writes to standard output without the stream that Node makes for it at first use, which costs a tenth of Node's own
 * start. What a pipe does not take at once goes through the stream after all.
 */
export function printAtOnce(text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return;
    if (code !== 'EAGAIN') throw error;
    forgiveClosedPipe();
    process.stdout.write(rest);
  }
}

/** A closed pipe (`redfirst show | head`) is no failure of ours. */
export function forgiveClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.holds);
    throw error;
  });
}
