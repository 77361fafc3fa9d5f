import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 200;

/**
 * Looks again and again until something is so, and gives what was seen then. That it never becomes so is no assertion: the
 * caller asserts.
 *
 * @param describe says what was seen last, for whoever reads the failure at night
 * @throws after `deadlineMs`
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  isSo: (seen: T) => boolean,
  describe: (seen: T) => string | Promise<string>,
  deadlineMs = 120_000,
): Promise<T> {
  const giveUpAt = performance.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (performance.now() > giveUpAt)
      throw new Error(`waited ${deadlineMs / 1000} s in vain until ${what}; seen last:\n${await describe(seen)}`);
    await sleep(LOOK_EVERY_MS);
  }
}
