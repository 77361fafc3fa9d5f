import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { BASE, scenarioText } from '../cli/doubling.ts';
import { createLab } from '../cli/lab.ts';

/** Each where it could be kept: as a whole, in a name, in a message, in pieces, beside marks of other formats. */
const CANARY = 'canary-5d1f"<&>\\zQ-7e2b';
const PLAIN = 'canary-plain-93ab1c';

const LEAKING = `import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
const secrets = [process.env.LEAK_A, process.env.LEAK_B];
for (const secret of secrets) {
  console.log('to stdout ' + secret);
  console.error('to stderr ' + secret);
  writeFileSync(join(process.env.REDFIRST_ARTIFACTS, 'log.txt'), 'x'.repeat(1024 * 1024 - 5) + secret + 'y', { flag: 'a' });
  for (const character of secret) appendFileSync(join(process.env.REDFIRST_ARTIFACTS, 'slow.txt'), character);
  test('doubles ' + secret, () => assert.fail('failed with ' + secret));
  test('compares ' + secret, () => assert.deepEqual({ secret }, {}));
}
test('adds two numbers', () => {});
`;

const lab = createLab({ MY_TOKEN: CANARY, NAMED_IN_CONFIG: PLAIN });
afterAll(() => lab.remove());

it('keeps secrets of its own environment out of the record, its artifacts and its reports', () => {
  lab.commit('base', { ...BASE, 'redfirst.yaml': `${BASE['redfirst.yaml']}redact: [NAMED_IN_CONFIG]\n` });
  lab.git('switch', '--quiet', '--create', 'double');
  const env = `env: ${JSON.stringify({ LEAK_A: CANARY, LEAK_B: PLAIN })}\n`;
  lab.commit('tests', {
    'scenarios/double/scenario.yaml': scenarioText(
      { more: `controls: ['adds']\n${env}wrapper: [env, ${JSON.stringify(`WRAPPED=${CANARY}`)}]\n` },
      { select: '{ files: [tests/contract.test.mjs] }', more: env },
    ),
    'tests/contract.test.mjs': LEAKING,
  });
  const red = lab.redfirst('red', 'double');
  expect(red.stderr).toContain('contract: red/valid: 4 drivers');
  const reports = join(lab.dir, 'reports');
  expect(lab.redfirst('export', 'junit', '--merged', '--out', reports).exit).toBe(0);
  expect(lab.redfirst('verify').exit).toBe(0);

  const files = [...contentsOf(join(lab.repo, '.git', 'redfirst')), ...contentsOf(reports)];
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining([expect.stringMatching(/\.db$/)]));
  expect(files.some(({ text }) => text.includes('to stdout '))).toBe(true);
  expect(files.some(({ text }) => text.includes('x'.repeat(1000)))).toBe(true);
  const found = files
    .filter(({ text }) => /canary|5d1f|zQ-7e2b|93ab1c/.test(text))
    .map(({ path, text }) => ({
      path: path.slice(lab.dir.length),
      around: /.{0,60}(?:canary|5d1f|zQ-7e2b|93ab1c).{0,20}/s.exec(text)?.[0],
    }));
  expect(found).toEqual([]);
});

/** Every file below a folder, artifacts decompressed. */
function contentsOf(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const bytes = readFileSync(path);
      const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
      return { path, text: (isGzip ? gunzipSync(bytes) : bytes).toString('latin1') };
    });
}
