import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LISTED_CUTS, StreamRedactor } from '../../../src/evidence/redact-stream.ts';
import { type Cut, Redactor, redactText } from '../../../src/evidence/redaction.ts';

/** What stands in the code of this test must not look like a secret to scanners of repositories. */
const begin = (kind: string): string => `-----BEGIN ${kind}PRIVATE ${'KEY'}-----`;
const end = (kind: string): string => `-----END ${kind}PRIVATE ${'KEY'}-----`;
const key = (kind: string): string => `${begin(kind)}\nMIIEpAIBAAKCAQEA\nabc+/=\n${end(kind)}`;

describe('rules', () => {
  it.each([
    ['a private key', `x ${key('RSA ')} y`, 'x [redacted:private-key] y'],
    [
      'a private key with a log’s prefixes',
      `I0101 ${key('').replaceAll('\n', '\nI0101 12:00 main.go:3] ')} y`,
      'I0101 [redacted:private-key] y',
    ],
    ['a private key in JSON', `{"key":"${key('EC ').replaceAll('\n', '\\n')}"}`, '{"key":"[redacted:private-key]"}'],
    ['a private key that is cut short', `${begin('')}\nMIIE\nabc`, '[redacted:private-key]'],
    ['two private keys', `${key('')}, ${key('OPENSSH ')}.`, '[redacted:private-key], [redacted:private-key].'],
    [
      'an Authorization header',
      'GET /\r\nAuthorization: Basic dXNlcjpwYXNz\r\nAccept: */*',
      'GET /\r\nAuthorization: [redacted:authorization]\r\nAccept: */*',
    ],
    [
      'an Authorization header in JSON',
      '{"authorization": "Digest abc, x=1", "a": 1}',
      '{"authorization": "[redacted:authorization]", "a": 1}',
    ],
    [
      'a bearer token',
      `curl -H 'X: bearer abcdefgh.ijklmnop-qrst_uv' -v`,
      `curl -H 'X: bearer [redacted:bearer-token]' -v`,
    ],
    [
      'a kubeconfig',
      'user:\n    client-key-data: LS0tLS1CRUdJTiBSU0E=\n    token: eyJhbGciOiJSUzI1NiJ9.e30.x\n',
      'user:\n    client-key-data: [redacted:kubeconfig-key]\n    token: [redacted:token]\n',
    ],
    [
      'a token in JSON in a string',
      '"{\\"id-token\\":\\"abcdefghijklmnopqrst\\"}"',
      '"{\\"id-token\\":\\"[redacted:token]\\"}"',
    ],
    [
      'AWS keys',
      `id ${'AKIA'}IOSFODNN7EXAMPLE aws_secret_access_key = ${'wJalrXUtnFEMI/K7MDENG/'}bPxRfiCYEXAMPLEKEY`,
      'id [redacted:aws-access-key-id] aws_secret_access_key = [redacted:aws-secret-key]',
    ],
  ])('cut %s', (_, text, kept) => {
    expect(redactText(text)).toBe(kept);
    expect(redactText(kept)).toBe(kept);
  });

  it.each([
    'SyntaxError: Unexpected token: }',
    'expected token: "abc" to equal "abd"',
    'bearer authentication is not configured',
    'the private key is missing',
    'XAKIAIOSFODNN7EXAMPLEX',
    'naïve 😀 token',
  ])('leave evidence alone: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });
});

describe('secrets by value', () => {
  it('are cut as they are, JSON-escaped, percent-encoded and in base64', () => {
    const value = 'pä"ss w/rd';
    const forms = [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      Buffer.from(value).toString('base64'),
    ];
    expect(redactText(forms.join(' | '), [{ name: 'PW', value }])).toBe(
      forms.map(() => '[redacted:secret:PW]').join(' | '),
    );
  });

  it('are cut as a message shows them, in JSON and twice so, and as XML writers escape them', () => {
    const value = `s"e\\c<r>e&t'`;
    const redactor = new Redactor([{ name: 'S', value }]);
    const shown = inspect({ value });
    const inXml = (quote: string, apostrophe: string): string =>
      value
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', quote)
        .replaceAll("'", apostrophe);
    const forms = [
      shown,
      JSON.stringify(shown),
      JSON.stringify({ message: JSON.stringify(value) }),
      `<failure>${inXml('"', "'")}</failure>`,
      `<failure message="${inXml('&quot;', '&apos;')}"/>`,
      `<failure message="${inXml('&quot;', '&#39;')}"/>`,
      JSON.stringify(`<failure message="${inXml('&quot;', '&#x27;')}"/>`),
    ];
    for (const text of forms) expect(redactor.redactText(text)).toContain('[redacted:secret:S]');
    for (const text of forms) expect(redactor.redactText(text)).not.toMatch(/c(?:<|&lt;)r/);
  });

  it('that are shorter than six characters are words, and stay', () => {
    expect(
      redactText('abcde abcdef', [
        { name: 'A', value: 'abcde' },
        { name: 'B', value: 'abcdef' },
      ]),
    ).toBe('abcde [redacted:secret:B]');
  });

  it('that overlap leave nothing of either', () => {
    const secrets = [
      { name: 'A', value: 'abcdefgh' },
      { name: 'B', value: 'efghijkl' },
    ];
    expect(redactText('>abcdefghijkl<', secrets)).toBe('>[redacted:secret:A]<');
  });
});

function stream(redactor: Redactor, chunks: readonly Buffer[]): { text: string; cuts: Cut[] } {
  const redaction = new StreamRedactor(redactor);
  const parts = chunks.map((chunk) => redaction.push(chunk));
  parts.push(redaction.end());
  return { text: Buffer.concat(parts).toString('latin1'), cuts: redaction.cuts() };
}

function slices(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

describe('streams', () => {
  it('record rule, byte offset and length of every cut', () => {
    const { text, cuts } = stream(new Redactor([{ name: 'PW', value: 'geheim' }]), [
      Buffer.from('é geheim\nAuthorization: x y\n'),
    ]);
    expect(Buffer.from(text, 'latin1').toString()).toBe(
      'é [redacted:secret:PW]\nAuthorization: [redacted:authorization]\n',
    );
    expect(cuts).toEqual([
      { rule: 'secret:PW', offset: 3, bytes: 6 },
      { rule: 'authorization', offset: 25, bytes: 3 },
    ]);
  });

  it('cut a secret wherever the chunks part', () => {
    const secret = 'a-secret-of-some-length';
    const redactor = new Redactor([{ name: 'S', value: secret }]);
    // As much in front as makes the redactor work several times, and so part at every byte of the secrets.
    for (let shift = 0; shift < 60; shift++) {
      const filler = '.'.repeat(262_144 - 65_536 - 30 + shift);
      const bytes = Buffer.from(
        `${filler}${secret} ${filler}${key('RSA ')}${filler} token: abcdefghijklmnopqrstuvwxyz ${filler}`,
      );
      const { text, cuts } = stream(redactor, slices(bytes, 65_536 + 7));
      expect(text).toBe(
        `${filler}[redacted:secret:S] ${filler}[redacted:private-key]${filler} token: [redacted:token] ${filler}`,
      );
      for (const { offset, bytes: length } of cuts)
        expect(bytes.toString('latin1', offset, offset + length)).toMatch(
          /^(a-secret-of-some-length|-----BEGIN[\s\S]*KEY-----|abcdefghijklmnopqrstuvwxyz)$/,
        );
    }
  });

  it('cut a token that is longer than what is held in memory', () => {
    const token = 'A'.repeat(3_000_000);
    const { text, cuts } = stream(
      new Redactor(),
      slices(Buffer.from(`x Authorization: ${token}\ny token: ${token} z`), 100_000),
    );
    expect(text).toBe('x Authorization: [redacted:authorization]\ny token: [redacted:token] z');
    expect(cuts).toEqual([
      { rule: 'authorization', offset: 17, bytes: 3_000_000 },
      { rule: 'token', offset: 3_000_027, bytes: 3_000_000 },
    ]);
  });

  it('cut a secret that is longer than the look-ahead', () => {
    const value = Array.from({ length: 30_000 }, (_, i) => i.toString(36)).join('-');
    const { text } = stream(
      new Redactor([{ name: 'BIG', value }]),
      slices(Buffer.from(`${'.'.repeat(700_000)}${value}${'.'.repeat(700_000)}`), 50_000),
    );
    expect(text).toBe(`${'.'.repeat(700_000)}[redacted:secret:BIG]${'.'.repeat(700_000)}`);
  });

  it('list a thousand cuts and sum up the rest, which are cut all the same', () => {
    const { text, cuts } = stream(new Redactor([{ name: 'S', value: 'secret' }]), [
      Buffer.from('secret,'.repeat(1500)),
    ]);
    expect(text).toBe('[redacted:secret:S],'.repeat(1500));
    expect(cuts).toHaveLength(LISTED_CUTS + 1);
    expect(cuts.at(-1)).toEqual({ rule: '500 further cuts', offset: 7000, bytes: 3000 });
  });

  it('give the same as a text at once, however they are parted (property)', () => {
    const redactor = new Redactor([{ name: 'S', value: 'geheim' }]);
    const piece = fc.constantFrom(
      'geheim',
      'geh',
      'eim',
      'token: ',
      'abcdefghijklmnopqrstuvwxyz',
      'bearer ',
      begin(''),
      end(''),
      'authorization: ',
      '\n',
      ' ',
      '"',
      '\u00ff',
      'x'.repeat(70_000),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1000, max: 200_000 }), (pieces, size) => {
        const bytes = Buffer.from(pieces.join(''));
        expect(stream(redactor, slices(bytes, size)).text).toBe(stream(redactor, [bytes]).text);
      }),
      { numRuns: 60 },
    );
  });

  it('leave other bytes exactly as they are (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (bytes) => {
        expect(
          Buffer.from(stream(new Redactor(), [Buffer.from(bytes)]).text, 'latin1').equals(Buffer.from(bytes)),
        ).toBe(true);
      }),
    );
  });

  it('do not grow slow on beginnings of keys without an end', () => {
    const bytes = Buffer.from(`${begin('')} !\n`.repeat(20_000));
    const { text, cuts } = stream(new Redactor(), slices(bytes, 65_536));
    expect(text).toBe('[redacted:private-key]!\n'.repeat(20_000));
    expect(cuts).toHaveLength(LISTED_CUTS + 1);
  });
});
