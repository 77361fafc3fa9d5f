import type { FeatureName } from '../domain/brand.ts';
import { EXIT, type Failure, type Finding, fail, ok, type Result } from '../domain/failure.ts';
import type { Profile } from '../domain/profile.ts';
import type { Config, Scenario } from '../domain/scenario.ts';
import { checkProfile } from './check-profile.ts';
import { checkPaths, checkScenario } from './check-scenario.ts';
import { type Expanded, expandVariables, type LookUp } from './expand-variables.ts';
import { explainIssue, valueAt } from './explain-issue.ts';
import type { CornerFile, TouchedFile } from './judge-schema.ts';
import { type Mistake, showValue, sortMistakes } from './mistake.ts';
import { locate, type Problem } from './problem.ts';
import type { ProfileFile } from './profile-schema.ts';
import { readYaml } from './read-yaml.ts';
import type { ConfigFile, ScenarioFile } from './schema.ts';
import { SCHEMAS, type SchemaName } from './schema-json.ts';
import { LABEL } from './schema-leaves.ts';
import { toConfig, toScenario } from './to-domain.ts';
import { toProfile } from './to-profile.ts';

/** The content of a repository-relative path, from a git tree or from disk; undefined where there is no such file. */
export type ReadFile = (path: string) => Promise<string | undefined>;

/** Repository-relative paths of all files below a folder, from a git tree or from disk; none where there is no such folder. */
export type ListFiles = (folder: string) => Promise<readonly string[]>;

/** What was read, with the file as it stood. */
export interface Loaded<T> {
  readonly value: T;
  readonly path: string;
  /** Empty for what is built in. */
  readonly text: string;
  readonly warnings: readonly Finding[];
}

/** More mistakes than this in one file are counted, and not listed. */
const MAX_DETAILS = 200;

export const CONFIG_PATH = 'redfirst.yaml';

/** Whether `name` can be a feature's (a DNS-1123 label); anything else must not become part of a path. */
export function isFeatureName(name: string): name is FeatureName {
  return LABEL.test(name);
}

/** Where a feature's scenario lies. */
export function scenarioPath(feature: string, config: Pick<Config, 'scenarios'>): string {
  return `${config.scenarios}/${feature}/scenario.yaml`;
}

/** Where a profile lies. */
export function profilePath(name: string, config: Pick<Config, 'clusters'>): string {
  return `${config.clusters}/${name}.yaml`;
}

/**
 * Reads `redfirst.yaml`. Fails with `configuration-missing` where there is none and with `configuration-invalid` (all mistakes
 * in `details`, sorted by position) where it is wrong; both exit 2.
 */
export async function loadConfig(read: ReadFile): Promise<Result<Loaded<Config>>> {
  const next = 'run `redfirst init` in the root of the repository';
  const file = await loadFile<ConfigFile>(read, CONFIG_PATH, 'config', next, (value) =>
    checkPaths(valueAt(value, ['paths'])),
  );
  return file.ok ? ok({ ...file.value, value: toConfig(file.value.value) }) : file;
}

/**
 * Reads `<scenarios>/<feature>/scenario.yaml`, and looks whether the profiles that it names exist. Fails as `loadConfig` does;
 * with `usage` where `feature` is no feature name at all.
 */
export async function loadScenario(read: ReadFile, feature: string, config: Config): Promise<Result<Loaded<Scenario>>> {
  if (!isFeatureName(feature)) return fail(badName('feature', feature));
  const path = scenarioPath(feature, config);
  const next = `run \`redfirst init ${feature}\` to write a first one`;
  const check = async (value: unknown): Promise<Problem[]> => [
    ...checkScenario(value, feature),
    ...(await checkProfiles(read, value, config)),
  ];
  let order: readonly string[] = [];
  const file = await loadFile<ScenarioFile>(read, path, 'scenario', next, (value) => {
    order = Object.keys((valueAt(value, ['suites']) as object | null | undefined) ?? {});
    return check(value);
  });
  return file.ok ? ok({ ...file.value, value: toScenario(file.value.value, config, order) }) : file;
}

/**
 * Reads `<clusters>/<name>.yaml`, with the machine's own values in it. The profile `host` needs no file. Fails as `loadScenario` does.
 * @param lookUp what variables stand for here; without it only defaults are known.
 */
export async function loadProfile(
  read: ReadFile,
  name: string,
  config: Config,
  lookUp: LookUp = () => undefined,
): Promise<Result<Loaded<Profile>>> {
  if (!LABEL.test(name)) return fail(badName('profile', name));
  const path = profilePath(name, config);
  const next = `write ${path}, or name another profile`;
  const expand = (value: unknown): Expanded => expandVariables(value, lookUp);
  const file = await loadFile<ProfileFile>(read, path, 'profile', next, checkProfile, expand);
  if (file.ok) return ok({ ...file.value, value: toProfile(file.value.value, name) });
  if (name === 'host' && file.failure.reason === 'configuration-missing') {
    return ok({ value: { name: 'host', provider: 'host' }, path, text: '', warnings: [] });
  }
  return file;
}

/** Reads what ran at one corner, for `judge`. Fails as `loadScenario` does, with every mistake and its place. */
export function loadCorner(read: ReadFile, path: string): Promise<Result<Loaded<CornerFile>>> {
  return loadFile<CornerFile>(read, path, 'corner', 'see docs/judge.md for what it holds', () => []);
}

/** Reads the lines that a change touches, for `judge`. Fails as `loadCorner` does. */
export function loadTouched(read: ReadFile, path: string): Promise<Result<Loaded<TouchedFile>>> {
  return loadFile<TouchedFile>(read, path, 'touched', 'see docs/judge.md for what it holds', () => []);
}

/** Names of the features that have a scenario, sorted; folders whose name is no feature name are findings. */
export async function listScenarios(
  list: ListFiles,
  config: Config,
): Promise<{ readonly features: readonly FeatureName[]; readonly findings: readonly Finding[] }> {
  const prefix = `${config.scenarios}/`;
  const names = (await list(config.scenarios))
    .filter((path) => path.startsWith(prefix) && path.endsWith('/scenario.yaml'))
    .map((path) => path.slice(prefix.length, -'/scenario.yaml'.length))
    .filter((name) => !name.includes('/'))
    .sort();
  const findings = names
    .filter((name) => !isFeatureName(name))
    .map((name): Finding => {
      const { what, next } = badName('feature', name);
      return { severity: 'error', what, next, where: { file: `${prefix}${name}/scenario.yaml` } };
    });
  return { features: names.filter(isFeatureName), findings };
}

async function checkProfiles(read: ReadFile, value: unknown, config: Config): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const suite of ['contract', 'integration', 'e2e', 'unit']) {
    const path = ['suites', suite, 'profile'];
    const name = valueAt(value, path);
    if (typeof name !== 'string' || name === 'host' || !LABEL.test(name)) continue;
    if (await exists(read, profilePath(name, config))) continue;
    const next = `write ${profilePath(name, config)}, or use the profile host`;
    problems.push({ path, at: 'value', severity: 'error', what: `there is no profile ${showValue(name)}`, next });
  }
  return problems;
}

/** A file that cannot be read is there; what is wrong with it is said when it is needed. */
async function exists(read: ReadFile, path: string): Promise<boolean> {
  try {
    return (await read(path)) !== undefined;
  } catch {
    return true;
  }
}

/** Reads and checks one file; every mistake in it is found in one go. */
async function loadFile<T>(
  read: ReadFile,
  path: string,
  which: SchemaName,
  nextWhenMissing: string,
  check: (value: unknown) => Problem[] | Promise<Problem[]>,
  expand: (value: unknown) => Expanded = (value) => ({ value, problems: [] }),
): Promise<Result<Loaded<T>>> {
  let text: string | undefined;
  try {
    text = await read(path);
  } catch (error) {
    const what = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return fail(invalid(path, [{ severity: 'error', what, where: { file: path } }]));
  }
  if (text === undefined) {
    return fail({
      reason: 'configuration-missing',
      what: `there is no ${path}`,
      next: nextWhenMissing,
      exit: EXIT.usage,
      where: { file: path },
    });
  }
  const yaml = readYaml(path, text);
  if (yaml.value === undefined) return fail(invalid(path, yaml.mistakes));
  const expanded = expand(yaml.value);
  const parsed = SCHEMAS[which].safeParse(expanded.value);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => explainIssue(which, yaml, issue))),
    ...(await check(expanded.value)),
  ];
  // What the reader refused became null, and a variable without a value nothing: a complaint about that says nothing new.
  const first = [...yaml.mistakes, ...expanded.problems.map((problem) => locate(yaml, problem))];
  const refused = new Set(first.map(({ where }) => `${where.line}:${where.column}`));
  const located = problems
    .map((problem) => locate(yaml, problem))
    .filter(({ where }) => !refused.has(`${where.line}:${where.column}`));
  const all = sortMistakes([...first, ...located]);
  const errors = all.filter((mistake) => mistake.severity === 'error');
  if (!parsed.success || errors.length > 0) return fail(invalid(path, errors));
  return ok({ value: parsed.data as T, path, text, warnings: all });
}

function invalid(path: string, mistakes: readonly Mistake[]): Failure {
  const sorted = sortMistakes(mistakes);
  const first = sorted[0];
  return {
    reason: 'configuration-invalid',
    what: `${path} has ${sorted.length === 1 ? 'a mistake' : `${sorted.length} mistakes`}`,
    next: 'mend what is named here; nothing was run',
    exit: EXIT.usage,
    ...(first !== undefined && { where: first.where }),
    details: sorted.slice(0, MAX_DETAILS),
  };
}

function badName(kind: 'feature' | 'profile', name: string): Failure {
  return {
    reason: 'usage',
    what: `${showValue(name)} is not the name of a ${kind}`,
    next: 'a name has lower-case letters, digits and inner hyphens, 63 at most',
    exit: EXIT.usage,
  };
}
