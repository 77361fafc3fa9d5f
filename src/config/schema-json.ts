import * as z from 'zod';
import { cornerSchema, touchedSchema } from './judge-schema.ts';
import { profileSchema } from './profile-schema.ts';
import { configSchema, scenarioSchema } from './schema.ts';

export type SchemaName = 'config' | 'scenario' | 'profile' | 'corner' | 'touched';

/** The zod schema of each kind of file. */
export const SCHEMAS = {
  config: configSchema,
  scenario: scenarioSchema,
  profile: profileSchema,
  corner: cornerSchema,
  touched: touchedSchema,
} as const;

/** File names under which the schemas are published in `schema/` and in a repository's `.schema/`. */
export const SCHEMA_FILES: Readonly<Record<SchemaName, string>> = {
  config: 'redfirst.schema.json',
  scenario: 'scenario.schema.json',
  profile: 'profile.schema.json',
  corner: 'corner.schema.json',
  touched: 'touched.schema.json',
};

/** A node of a JSON Schema, as far as it is read here. */
export interface JsonNode {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonNode>>;
  readonly required?: readonly string[];
  readonly items?: JsonNode;
  readonly additionalProperties?: boolean | JsonNode;
  readonly oneOf?: readonly JsonNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly pattern?: string;
  readonly $ref?: string;
  readonly allOf?: readonly JsonNode[];
  readonly $defs?: Readonly<Record<string, JsonNode>>;
}

const made = new Map<SchemaName, JsonNode>();

/** JSON Schema (2020-12) of what a person may write, made from the same zod schema that reads the file. */
export function schemaJson(which: SchemaName): JsonNode {
  const known = made.get(which);
  if (known !== undefined) return known;
  const json = z.toJSONSchema(SCHEMAS[which], { io: 'input', target: 'draft-2020-12' }) as JsonNode;
  made.set(which, json);
  return json;
}

/** The text of a published schema file. */
export function schemaText(which: SchemaName): string {
  return `${JSON.stringify(schemaJson(which), null, 2)}\n`;
}

/** The node that a reference stands for; what stands beside the reference (a description) wins. */
export function resolveNode(root: JsonNode, node: JsonNode): JsonNode {
  const ref = node.$ref ?? node.allOf?.[0]?.$ref;
  const target = ref === undefined ? undefined : root.$defs?.[ref.replace('#/$defs/', '')];
  return target === undefined ? node : { ...target, ...node };
}
