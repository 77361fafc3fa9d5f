import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../domain/failure.ts';

const POLL_MS = 20;

/**
 * The complete lines of a serial console that QEMU writes to a file (`-serial file:PATH`), without line ends.
 * A line that the guest has not finished is left out; a file that does not exist yet has none.
 */
export function serialLines(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    return [];
  }
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  lines.pop();
  return lines;
}

/**
 * Waits until a complete line of a serial console matches.
 *
 * @param from index of the first line that counts.
 * @param abandoned asked now and then: a reason to give up early, such as QEMU's end.
 * @returns the line and its index, or in one sentence why there is none.
 */
export async function waitForSerialLine(
  path: string,
  matches: (line: string) => boolean,
  deadlineMs: number,
  { from = 0, abandoned = () => undefined }: { from?: number; abandoned?: () => string | undefined } = {},
): Promise<Result<{ readonly line: string; readonly index: number }, string>> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    // Asked before the look at the file, so that what was written before the end still counts.
    const reason = abandoned();
    const late = performance.now() >= until;
    const lines = serialLines(path);
    const index = lines.findIndex((line, at) => at >= from && matches(line));
    const line = lines[index];
    if (line !== undefined) return ok({ line, index });
    if (reason !== undefined) return fail(reason);
    if (late) {
      const last = lines.at(-1);
      const seen = last === undefined ? 'nothing' : `"${last}" last`;
      return fail(`the guest wrote ${seen}, and not the expected line, in ${deadlineMs} ms`);
    }
    await sleep(POLL_MS);
  }
}
