import { loadConfig } from '../config/load.ts';
import { PRESETS, type PresetName } from '../config/presets.ts';
import { ok, type Result } from '../domain/failure.ts';
import type { PathRule } from '../domain/scenario.ts';
import type { PathRole } from '../domain/vocabulary.ts';
import { classifyPath } from '../git/path-roles.ts';
import type { ReadFile } from '../git/tree-files.ts';

/** How the paths of a change get their roles. */
export interface ChangeRoles {
  readonly roleOf: (path: string) => PathRole | 'unclassified';
  /** `redfirst.yaml`, or the presets that were guessed. */
  readonly from: string;
  readonly kubevirt: boolean;
  /** `base` of redfirst.yaml, where there is one. */
  readonly base?: string;
}

/**
 * Path roles from redfirst.yaml where there is one; else from what lies in the tree: a repository may mix languages, so each
 * path is asked of the preset that its name belongs to, and of the others after that.
 *
 * @param rootFiles paths of the files at H, as far as they tell what kind of repository this is.
 */
export async function findChangeRoles(read: ReadFile, paths: readonly string[]): Promise<Result<ChangeRoles>> {
  if ((await read('redfirst.yaml')) !== undefined) {
    const config = await loadConfig(read);
    if (!config.ok) return config;
    const { paths: rules, base } = config.value.value;
    return ok({
      roleOf: (path) => classifyPath(rules, path),
      from: 'redfirst.yaml',
      kubevirt: isKubevirt(paths),
      base,
    });
  }
  if (isKubevirt(paths)) {
    return ok({ roleOf: (path) => classifyPath(PRESETS.kubevirt, path), from: 'preset kubevirt', kubevirt: true });
  }
  const presets = guessPresets(paths);
  return ok({ roleOf: (path) => mixedRole(presets, path), from: `preset ${presets.join(' and ')}`, kubevirt: false });
}

function isKubevirt(paths: readonly string[]): boolean {
  return paths.some((path) => path.startsWith('cmd/virt-controller/'));
}

const SIGNS: readonly (readonly [PresetName, RegExp])[] = [
  ['go', /(?:^|\/)go\.(?:mod|work)$/],
  ['typescript', /(?:^|\/)package\.json$/],
  ['python', /(?:^|\/)(?:pyproject\.toml|setup\.py|setup\.cfg)$/],
];
const LANGUAGE: readonly (readonly [PresetName, RegExp])[] = [
  ['go', /\.go$|(?:^|\/)go\.(?:mod|sum|work)$|(?:^|\/)(?:vendor|testdata)\//],
  ['typescript', /\.[mc]?[jt]sx?$|(?:^|\/)(?:package(?:-lock)?\.json|tsconfig[^/]*\.json)$|\.snap$/],
  ['python', /\.pyi?$|(?:^|\/)(?:pyproject\.toml|setup\.(?:py|cfg)|conftest\.py|requirements[^/]*\.txt)$/],
];

function guessPresets(paths: readonly string[]): PresetName[] {
  const found = SIGNS.filter(([, sign]) => paths.some((path) => sign.test(path))).map(([name]) => name);
  return found.length > 0
    ? found
    : LANGUAGE.filter(([, own]) => paths.some((path) => own.test(path))).map(([name]) => name);
}

function mixedRole(presets: readonly PresetName[], path: string): PathRole | 'unclassified' {
  const own = LANGUAGE.find(([name, pattern]) => presets.includes(name) && pattern.test(path))?.[0];
  const asked = own === undefined ? presets : [own];
  for (const name of asked) {
    const role = classifyPath(withCommon(name), path);
    if (role !== 'unclassified') return role;
  }
  return classifyPath(COMMON, path);
}

/** What is no code in any repository, whatever the language. */
const COMMON: readonly PathRule[] = (
  [
    [
      'neutral',
      '*.md *.rst *.adoc *.txt docs/** doc/** .github/** .gitlab/** .circleci/** .gitlab-ci.yml .travis.yml .husky/**',
    ],
    [
      'neutral',
      'LICENSE* NOTICE* AUTHORS* CONTRIBUTORS* CODEOWNERS OWNERS .gitignore .gitattributes .editorconfig *.png *.svg *.gif',
    ],
    [
      'neutral',
      'CHANGES CHANGELOG* .pre-commit-config.yaml .readthedocs.y*ml renovate.json .renovaterc* .dependabot/** .codecov.yml',
    ],
  ] as const
).flatMap(([role, globs]) => globs.split(' ').map((glob) => ({ glob, role })));

const merged = new Map<PresetName, readonly PathRule[]>();

function withCommon(name: PresetName): readonly PathRule[] {
  const known = merged.get(name) ?? [...COMMON, ...PRESETS[name]];
  merged.set(name, known);
  return known;
}
