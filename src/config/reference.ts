import { PRESETS } from './presets.ts';
import { type JsonNode, resolveNode, type SchemaName, schemaJson } from './schema-json.ts';

/**
 * The reference of all configuration files as Markdown, made from the schemas that read them, so that it cannot disagree with
 * them. One table for each map.
 */
export function renderReference(): string {
  const parts = [
    '# Configuration reference',
    '<!-- Made from the schemas: UPDATE_SCHEMA=1 npx vitest run test/unit/config/schema-json.test.ts -->',
    [
      'All files are YAML 1.2: `on`, `off`, `yes` and `no` are text. Unknown keys, repeated keys and merge keys (`<<`) are mistakes.',
      'Patterns are RE2 and unanchored. Globs are those of `.gitignore`. Durations are a whole number and `ms`, `s`, `m` or `h`.',
    ].join('\n'),
    ...sections('config', '`redfirst.yaml`'),
    ...sections('scenario', '`scenarios/<feature>/scenario.yaml`'),
    ...sections('profile', '`clusters/<profile>.yaml`'),
    '## Presets of path rules',
    'In order; the last glob that matches gives the role.',
    ...Object.entries(PRESETS).map(([name, rules]) =>
      [`### Preset \`${name}\``, '', '| role | globs |', '|---|---|', ...groupRules(rules)].join('\n'),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Rules that follow each other with the same role share a row. */
function groupRules(rules: readonly { readonly glob: string; readonly role: string }[]): string[] {
  const rows: { role: string; globs: string[] }[] = [];
  for (const { glob, role } of rules) {
    const last = rows.at(-1);
    if (last?.role === role) last.globs.push(glob);
    else rows.push({ role, globs: [glob] });
  }
  return rows.map(({ role, globs }) => `| ${role} | ${globs.map((glob) => `\`${glob}\``).join(' ')} |`);
}

function sections(which: SchemaName, title: string): string[] {
  const root = schemaJson(which);
  const parts = [`## ${title}`, root.description ?? ''];
  for (const one of root.oneOf ?? [root]) {
    const provider = one.properties?.['provider']?.const;
    if (provider !== undefined) parts.push(`### provider \`${String(provider)}\``);
    parts.push(...tables(root, one, '', new Set()));
  }
  return parts;
}

/** The table of a map and, after it, those of the maps inside. A shared definition is shown once. */
function tables(root: JsonNode, node: JsonNode, path: string, shown: Set<string>): string[] {
  const rows = ['| field | type | default | meaning |', '|---|---|---|---|'];
  const inner: string[] = [];
  for (const [name, written] of Object.entries(node.properties ?? {})) {
    const field = resolveNode(root, written);
    const fallback = node.required?.includes(name) ? '**required**' : showDefault(field.default);
    rows.push(`| \`${name}\` | ${showType(root, field)} | ${fallback} | ${cell(field.description ?? '')} |`);
    const below = mapInside(root, written);
    if (below === undefined) continue;
    const at = below.shared ?? `${path === '' ? '' : `${path}.`}${name}${field.type === 'array' ? '[]' : ''}`;
    if (shown.has(at)) continue;
    shown.add(at);
    inner.push(`### ${sectionTitle(below.shared, at)}`, ...tables(root, below.node, at, shown));
  }
  return [rows.join('\n'), ...inner];
}

function sectionTitle(shared: string | undefined, at: string): string {
  if (shared === 'suite') return 'each suite';
  return shared === 'pathRule' ? '`paths[]` (exactly one key)' : `\`${at.replace(/^suite\./, 'suites.<suite>.')}\``;
}

/** The map that a field holds, itself or in a list; `shared` is the name of its definition. */
function mapInside(
  root: JsonNode,
  written: JsonNode,
): { readonly node: JsonNode; readonly shared?: string } | undefined {
  const { items, additionalProperties } = resolveNode(root, written);
  const held = items ?? (typeof additionalProperties === 'object' ? additionalProperties : written);
  const node = resolveNode(root, held);
  if (node.properties === undefined) return undefined;
  const ref = held.$ref ?? held.allOf?.[0]?.$ref;
  return { node, ...(ref !== undefined && { shared: ref.replace('#/$defs/', '') }) };
}

function showType(root: JsonNode, node: JsonNode): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(' ');
  if (node.type === 'array')
    return `list of ${node.items === undefined ? 'anything' : showType(root, resolveNode(root, node.items))}`;
  if (node.type === 'object') return node.properties === undefined ? 'map of text' : 'map';
  if (node.type === 'boolean') return '`true` `false`';
  return node.type === 'integer' ? 'whole number' : 'text';
}

function showDefault(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'boolean') return `\`${value}\``;
  const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return empty ? 'empty' : `\`${cell(JSON.stringify(value))}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
