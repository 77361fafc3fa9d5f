import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { renderReference } from '../../../src/config/reference.ts';
import { type JsonNode, SCHEMA_FILES, schemaJson, schemaText } from '../../../src/config/schema-json.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const KINDS = ['config', 'scenario', 'profile', 'corner', 'touched'] as const;

/** Committed files that are made from the schemas: `UPDATE_SCHEMA=1 npx vitest run test/unit/config/schema-json.test.ts` writes them. */
function checkCommitted(path: string, text: string): void {
  const file = join(ROOT, path);
  if (process.env['UPDATE_SCHEMA'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(
    readFileSync(file, 'utf8'),
    `${path} is out of date: UPDATE_SCHEMA=1 npx vitest run test/unit/config/schema-json.test.ts`,
  ).toBe(text);
}

function undescribed(node: JsonNode, path: string): string[] {
  const children: [string, JsonNode][] = [
    ...Object.entries(node.properties ?? {}).map(([name, child]): [string, JsonNode] => [`${path}.${name}`, child]),
    ...Object.entries(node.$defs ?? {}).map(([name, child]): [string, JsonNode] => [`#${name}`, child]),
    ...(node.oneOf ?? []).map((child, index): [string, JsonNode] => [`${path}|${index}`, child]),
  ];
  const items = node.items === undefined ? [] : undescribed(node.items, `${path}[]`);
  return [
    ...children.flatMap(([name, child]) => [
      ...(child.description === undefined ? [name] : []),
      ...undescribed(child, name),
    ]),
    ...items,
  ];
}

describe('schemaJson', () => {
  it.each(KINDS)('the committed schema of %s is the one that reads files', (which) => {
    checkCommitted(`schema/${SCHEMA_FILES[which]}`, schemaText(which));
  });

  it.each(KINDS)('describes every field of %s', (which) => {
    expect(undescribed(schemaJson(which), which)).toEqual([]);
  });

  it('refuses unknown keys and demands what has no default', () => {
    const scenario = schemaJson('scenario');
    expect(scenario.additionalProperties).toBe(false);
    expect(scenario.required).toEqual(['apiVersion', 'feature', 'kind', 'problem', 'suites']);
    expect(scenario.$defs?.['suite']?.required).toEqual(['runner']);
  });
});

describe('renderReference', () => {
  it('the committed reference is the one made from the schemas', () => {
    checkCommitted('docs/scenario-reference.md', renderReference());
  });

  it('explains every field of every schema', () => {
    const reference = renderReference();
    const names = new Set<string>();
    const collect = (node: JsonNode): void => {
      for (const [name, child] of Object.entries({ ...node.properties, ...node.$defs })) {
        if (node.properties?.[name] !== undefined) names.add(name);
        collect(child);
      }
      for (const child of [...(node.oneOf ?? []), ...(node.items === undefined ? [] : [node.items])]) collect(child);
    };
    // What `judge` is given is output of programs; docs/judge.md explains it.
    for (const which of ['config', 'scenario', 'profile'] as const) collect(schemaJson(which));
    expect([...names].filter((name) => !reference.includes(`| \`${name}\` |`))).toEqual([]);
    expect(names.size).toBeGreaterThan(50);
  });
});
