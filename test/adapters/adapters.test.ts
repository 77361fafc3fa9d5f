import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readCase } from './read-case.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const CASES = readdirSync(HERE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap((tool) => readdirSync(join(HERE, tool.name), { withFileTypes: true }).map((entry) => ({ tool, entry })))
  .filter(({ entry }) => entry.isDirectory())
  .map(({ tool, entry }) => `${tool.name}/${entry.name}`);

test('there are recordings', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(10);
});

test.each(CASES)('%s', async (name) => {
  const golden: unknown = JSON.parse(readFileSync(join(HERE, name, 'observations.json'), 'utf8'));
  expect(await readCase(join(HERE, name))).toEqual(golden);
});
