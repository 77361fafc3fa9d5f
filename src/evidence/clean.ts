import type { Redactor } from './redaction.ts';

/** Well-formed UTF-16 (RFC 8785 has no form for a lone surrogate), and without the values of secrets where a redactor is given. */
export function cleanText(text: string, redactor?: Redactor): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return redactor === undefined ? wellFormed : redactor.redactSecrets(wellFormed);
}

/**
 * Members that say *which* thing an event is about. They are ids and digests of our own making, or names from the
 * scenario in the repository; a secret that happens to be such a word must not tear the record apart.
 */
const IDENTITIES: ReadonlySet<string> = new Set([
  'type',
  'run',
  'redRun',
  'greenRun',
  'feature',
  'suite',
  'runner',
  'recorder',
  'phase',
  'corner',
  'code',
  'sha256',
  'hash',
  'root',
  'commit',
  'tree',
  'from',
  'testDigest',
  'profileDigest',
  'patchId',
  'token',
]); // prettier-ignore

/** A copy of a JSON value whose strings are well-formed and redacted by all rules; identities are only made well-formed. */
export function cleanValue(value: unknown, redactor: Redactor, key = ''): unknown {
  if (typeof value === 'string') {
    const clean = cleanText(value);
    return IDENTITIES.has(key) ? clean : redactor.redactText(clean);
  }
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, redactor, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [cleanText(name), cleanValue(member, redactor, name)]),
  );
}
