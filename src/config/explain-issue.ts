import type { z } from 'zod';
import { nearestWord, showValue } from './mistake.ts';
import type { Problem } from './problem.ts';
import { PROVIDERS } from './profile-schema.ts';
import type { YamlFile, YamlPath } from './read-yaml.ts';
import { type JsonNode, resolveNode, type SchemaName, schemaJson } from './schema-json.ts';

type Issue = z.core.$ZodIssue;

/** Says what a schema's complaint means to the person who wrote the file, and what they may write instead. */
export function explainIssue(which: SchemaName, yaml: YamlFile, issue: Issue): Problem[] {
  const node = nodeAt(which, yaml.value, issue.path);
  const value = valueAt(yaml.value, issue.path);
  const problem = (what: string, next?: string): Problem[] => [
    { path: issue.path, at: 'value', severity: 'error', what, ...(next !== undefined && { next }) },
  ];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(issue.path, key, Object.keys(node?.properties ?? {})));
    case 'invalid_key': {
      const name = String(issue.path.at(-1));
      const why = issue.issues[0]?.message ?? 'allowed';
      return [{ path: issue.path, at: 'key', severity: 'error', what: `${showValue(name)} is not ${why}` }];
    }
    case 'invalid_type':
      return value === undefined
        ? problem(`${fieldName(issue.path)} is missing`, need(node))
        : problem(
            wrongType(issue.path, issue.expected, value),
            typeHint(issue.expected, value, yaml.source(issue.path), node),
          );
    case 'invalid_value':
      return value === undefined
        ? problem(`${fieldName(issue.path)} is missing`, need(node))
        : problem(
            `${fieldName(issue.path)} cannot be ${showValue(value)}${meant(value, issue.values.map(String))}`,
            allowed(issue.values),
          );
    case 'invalid_union':
      return problem(...wrongProvider(value));
    case 'too_small':
      return problem(tooSmall(issue.path, value, Number(issue.minimum)), examples(node) ?? need(node));
    case 'too_big':
      return problem(
        `${fieldName(issue.path)} is too ${typeof value === 'number' ? 'large' : 'long'}`,
        `at most ${issue.maximum}`,
      );
    default: {
      const next = issue.code === 'custom' ? (issue.params?.['next'] as string | undefined) : undefined;
      return problem(
        `${typeof value === 'object' ? 'this' : showValue(value)} is not ${issue.message}`,
        next ?? examples(node),
      );
    }
  }
}

function unknownKey(path: YamlPath, key: string, known: readonly string[]): Problem {
  return {
    path: [...path, key],
    at: 'key',
    severity: 'error',
    what: `unknown key ${showValue(key)}${meant(key, known)}`,
    ...(known.length > 0 && { next: allowed(known) }),
  };
}

function meant(written: unknown, known: readonly string[]): string {
  const near = typeof written === 'string' ? nearestWord(written, known) : undefined;
  return near === undefined ? '' : `; did you mean "${near}"?`;
}

function allowed(values: readonly unknown[]): string {
  return `allowed: ${values.map(String).join(', ')}`;
}

function examples(node: JsonNode | undefined): string | undefined {
  return node?.examples === undefined ? undefined : `for example: ${node.examples.map(String).join(', ')}`;
}

/** What a missing field is for. */
function need(node: JsonNode | undefined): string | undefined {
  if (node?.const !== undefined) return allowed([node.const]);
  if (node?.enum !== undefined) return allowed(node.enum);
  return node?.description;
}

function wrongType(path: YamlPath, expected: string, value: unknown): string {
  if (value === null) return path.length === 0 ? 'the file is empty' : `${fieldName(path)} has no value`;
  return `${fieldName(path)} must be ${TYPE_NAMES[expected] ?? expected}, not ${showValue(value)}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  number: 'a number',
  int: 'a whole number',
};

function typeHint(
  expected: string,
  value: unknown,
  source: string | undefined,
  node: JsonNode | undefined,
): string | undefined {
  if (value === null) return need(node);
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  if (expected === 'string' && scalar) {
    const text = source ?? String(value);
    const quotesHelp = node?.pattern === undefined || new RegExp(node.pattern).test(text);
    return quotesHelp ? `put it in quotes: "${text}"` : examples(node);
  }
  if (expected === 'array' && (scalar || typeof value === 'string'))
    return `write a list: [${source ?? String(value)}]`;
  return undefined;
}

function tooSmall(path: YamlPath, value: unknown, minimum: number): string {
  return typeof value === 'number' ? `${fieldName(path)} must be at least ${minimum}` : `${fieldName(path)} is empty`;
}

function wrongProvider(value: unknown): [string, string] {
  const next = allowed(PROVIDERS);
  if (value === undefined) return ['"provider" is missing', next];
  return [`"provider" cannot be ${showValue(value)}${meant(value, PROVIDERS)}`, next];
}

/** `"runner"`, `"files[0]"`; the file itself for the empty path. */
function fieldName(path: YamlPath): string {
  if (path.length === 0) return 'the file';
  let name = '';
  for (let index = path.length - 1; index >= 0; index--) {
    const step = path[index];
    if (typeof step === 'number') name = `[${step}]${name}`;
    else return showValue(`${String(step)}${name}`);
  }
  return `"${name}"`;
}

export function valueAt(value: unknown, path: YamlPath): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Record<PropertyKey, unknown>)[step];
  }
  return found;
}

/** The schema's node for `path`; among alternatives the one that the value's provider names. */
function nodeAt(which: SchemaName, value: unknown, path: YamlPath): JsonNode | undefined {
  const root = schemaJson(which);
  const provider = valueAt(value, ['provider']);
  let node: JsonNode | undefined = root.oneOf?.find((one) => one.properties?.['provider']?.const === provider) ?? root;
  for (const step of path) {
    if (node === undefined) return undefined;
    const here: JsonNode = resolveNode(root, node);
    if (typeof step === 'number') node = here.items;
    else
      node =
        here.properties?.[String(step)] ??
        (typeof here.additionalProperties === 'object' ? here.additionalProperties : undefined);
  }
  return node === undefined ? undefined : resolveNode(root, node);
}
