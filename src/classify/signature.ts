import { createHash } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import type { ObservedFailure } from '../domain/observation.ts';

/** What differs between two runs of the same failure, and the word that takes its place (design 2, signatures). */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?\b/g, '<time>'],
  [/\b\d{2}:\d{2}:\d{2}(?:[.,]\d+)?\b/g, '<time>'],
  [/\b0x[0-9a-fA-F]{4,}\b/g, '<address>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/(?:\/private)?\/(?:tmp|var\/tmp|var\/folders|dev\/shm)\/[^\s'"`,;:)\]}]*/g, '<tmp>'],
  [/\b(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?(?:ns|µs|us|ms|s|min)\b/g, '<duration>'],
  [/\b\d+(?:\.\d+)? (?:nano|micro|milli)?seconds?\b/g, '<duration>'],
  [/\b(?:127\.0\.0\.1|localhost|\[::1\]):\d{2,5}\b/g, '<local-address>'],
  [/\bpid[ =:]\d+\b/gi, '<pid>'],
];

/** A message without colours and without what varies from run to run; lines keep their order. Red patterns match on this. */
export function normaliseMessage(message: string, worktree = ''): string {
  let text = stripVTControlCharacters(message).replaceAll('\r\n', '\n');
  if (worktree !== '') text = text.replaceAll(worktree, '<worktree>');
  for (const [pattern, word] of VARIABLE) text = text.replace(pattern, word);
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}

/**
 * A failure's signature: kind, type and a digest of its normalised lines in sorted order. Two attempts that
 * failed alike have equal signatures; the empty string stands for no failure.
 */
export function signatureOf(failure: ObservedFailure | undefined, worktree = ''): string {
  if (failure === undefined) return '';
  const lines = normaliseMessage(failure.message, worktree)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort();
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
  return `${failure.kind}/${failure.type === '' ? '-' : failure.type}#${digest}`;
}
