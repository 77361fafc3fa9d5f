const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `500ms`, `3s`, `2m`, `1h`: a whole number and one unit. */
export const DURATION = /^([0-9]{1,9})(ms|s|m|h)$/;

/** Longest deadline that is accepted, 24 hours; timers overflow silently past 24 days. */
const MAX_DURATION_MS = 24 * UNIT_MS.h;

/** Milliseconds of a duration's spelling; undefined when it is none, zero, or longer than 24 hours. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const ms = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  return ms > 0 && ms <= MAX_DURATION_MS ? ms : undefined;
}

/** Milliseconds of a spelling that a schema has let through. @throws for any other. */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new Error(`a duration passed its check and is none: ${text}`);
  return ms;
}
