/** One thing that never enters the record. */
export interface RedactionRule {
  readonly name: string;
  /** Global; group 1 is what introduces the secret and stays, group 2 is what is cut. */
  readonly pattern: RegExp;
  /** Sticky: what still belongs to a cut that reached the end of what was in memory. */
  readonly continues?: RegExp;
}

/** Longest private key that is looked for as one piece; RSA 16384 takes 13 kB in PEM. */
const PEM_BYTES = 32_768;

/** Quotes, and quotes that were escaped because the text is itself inside a string. */
const QUOTES = `[\\\\"']{0,4}`;
const OPENS = `${QUOTES}[ \\t]{0,8}[:=][ \\t]{0,8}${QUOTES}`;

/**
 * Rules for secrets that nobody announced. They look at bytes (latin1), so that offsets are byte offsets, and they ask
 * for long values: `Unexpected token: }` in a test's message is evidence, not a secret.
 */
export const RULES: readonly RedactionRule[] = [
  {
    // The whole key up to its END line, whatever a logger put in front of each line; without END, the base64 that follows.
    name: 'private-key',
    pattern: new RegExp(
      `()(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:(?:(?!-----BEGIN)[\\s\\S]){0,${PEM_BYTES}}?-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|[A-Za-z0-9+/=\\\\\\s]*))`,
      'g',
    ),
    continues: /[A-Za-z0-9+/=\\\s]+/y,
  },
  {
    // RFC 9110, 11.6.2: everything up to the end of the line or of the string that holds the header.
    name: 'authorization',
    pattern: new RegExp(`((?:proxy-)?authorization${OPENS})([^\\r\\n"'\\\\]+)`, 'gi'),
    continues: /[^\r\n"'\\]+/y,
  },
  // RFC 6750, 2.1. Sixteen, so that "bearer authentication" stays readable.
  {
    name: 'bearer-token',
    pattern: /(\bbearer[ \t]{1,8})([A-Za-z0-9._~+/=-]{16,})/gi,
    continues: /[A-Za-z0-9._~+/=-]+/y,
  },
  {
    name: 'kubeconfig-key',
    pattern: new RegExp(`(client-key-data${OPENS})([A-Za-z0-9+/=_-]{16,})`, 'g'),
    continues: /[A-Za-z0-9+/=_-]+/y,
  },
  {
    // `token:` of a kubeconfig, and its relatives `id-token`, `access_token`.
    name: 'token',
    pattern: new RegExp(`(token${QUOTES}[ \\t]{0,8}:[ \\t]{0,8}${QUOTES})([A-Za-z0-9._~+/=-]{16,})`, 'gi'),
    continues: /[A-Za-z0-9._~+/=-]+/y,
  },
  { name: 'aws-access-key-id', pattern: /()(\b(?:AKIA|ASIA)[0-9A-Z]{16}\b)/g },
  {
    name: 'aws-secret-key',
    pattern: new RegExp(`(aws_?(?:secret_?access_?key|session_?token)${OPENS})([A-Za-z0-9+/=]{16,})`, 'gi'),
    continues: /[A-Za-z0-9+/=]+/y,
  },
];

/** A text without any of these words holds nothing that `RULES` cut: one pass instead of seven. */
export const RULE_WORDS = /PRIVATE KEY|authorization|bearer|client-key-data|token|AKIA|ASIA|aws_?secret/i;
