import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FIXTURE = join(ROOT, 'test/fixtures/fence/src');
const RULES = ['style/noRestrictedImports', 'suspicious/noConsole', 'nursery/noJsRestrictedProperties'];

interface BiomeReport {
  readonly summary: { readonly errors: number };
  readonly diagnostics: readonly {
    readonly category: string;
    readonly severity: string;
    readonly location: { readonly path: string; readonly start: { readonly line: number } };
  }[];
}

const folder = mkdtempSync(join(tmpdir(), 'redfirst-fence-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sourceFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Lints the fixture with the project's own rules, in a tree of the project's shape. */
function lintFixture(): string[] {
  const { vcs: _, files: __, ...config } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
  writeFileSync(join(folder, 'biome.json'), JSON.stringify(config));
  cpSync(FIXTURE, join(folder, 'src'), { recursive: true });
  const only = RULES.map((rule) => `--only=${rule}`);
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
  const run = spawnSync(
    process.execPath,
    [biome, 'lint', '--reporter=json', '--max-diagnostics=none', ...only, 'src'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  const report = JSON.parse(run.stdout) as BiomeReport;
  // --only also shows, as a remark, what the configuration switches off; only errors fail a lint.
  const refused = report.diagnostics.filter(({ severity }) => severity === 'error');
  expect(run.status).toBe(1);
  expect(report.summary.errors).toBe(refused.length);
  return refused
    .map(({ category, location }) => `${location.path}:${location.start.line} ${category.replace('lint/', '')}`)
    .sort();
}

function expectedFindings(): string[] {
  return sourceFiles(FIXTURE)
    .flatMap((file) =>
      readFileSync(join(FIXTURE, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => {
          const rule = / \/\/ fence: (\S+)$/.exec(line)?.[1];
          return rule === undefined ? [] : [`src/${file}:${index + 1} ${rule}`];
        }),
    )
    .sort();
}

describe('the import fence', () => {
  test('refuses every forbidden line of the fixture and no other', () => {
    const expected = expectedFindings();
    expect(lintFixture()).toEqual(expected);
    for (const rule of RULES) expect(expected.some((finding) => finding.endsWith(rule))).toBe(true);
  });

  test('surrounds every folder of src', () => {
    const fenced = readdirSync(FIXTURE, { withFileTypes: true }).map(({ name }) => name);
    const real = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).map(({ name }) => name);
    expect(real.filter((name) => !fenced.includes(name))).toEqual([]);
  });

  test('has no hole where the linter cannot look: computed imports and import types', () => {
    const holes = sourceFiles(join(ROOT, 'src')).flatMap((file) =>
      readFileSync(join(ROOT, 'src', file), 'utf8')
        .split('\n')
        .flatMap((line, index) => {
          const computed = /\bimport\(\s*[^'"\s]/.test(line);
          const importType = /(?:[:=<|&,(]|\bextends|\bas)\s*(?:typeof\s+)?import\(['"][^'"]+['"]\)\.[A-Z]/.test(line);
          return computed || importType ? [`src/${file}:${index + 1}`] : [];
        }),
    );
    expect(holes).toEqual([]);
  });
});
