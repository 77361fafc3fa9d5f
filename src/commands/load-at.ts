import type { LookUp } from '../config/expand-variables.ts';
import { loadConfig, loadProfile, loadScenario, type ReadFile } from '../config/load.ts';
import { type Finding, ok, type Result } from '../domain/failure.ts';
import type { Profile } from '../domain/profile.ts';
import type { Config, Scenario } from '../domain/scenario.ts';
import type { PathRoles } from '../git/path-roles.ts';

/** A feature's files as they stand at one place: a commit's tree or the work tree. */
export interface FeatureFiles {
  readonly config: Config;
  readonly scenario: Scenario;
  readonly scenarioText: string;
  readonly roles: PathRoles;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly warnings: readonly Finding[];
}

/**
 * Loads configuration, scenario and the profiles that its suites name. The first file with mistakes reports all of them.
 * @param variables what a profile's variables stand for on this machine, given where the repository keeps its profiles.
 */
export async function loadFeature(
  read: ReadFile,
  feature: string,
  variables: (config: Config) => LookUp,
): Promise<Result<FeatureFiles>> {
  const config = await loadConfig(read);
  if (!config.ok) return config;
  const scenario = await loadScenario(read, feature, config.value.value);
  if (!scenario.ok) return scenario;
  const profiles = new Map<string, Profile>();
  for (const { profile } of scenario.value.value.suites) {
    if (profiles.has(profile)) continue;
    const loaded = await loadProfile(read, profile, config.value.value, variables(config.value.value));
    if (!loaded.ok) return loaded;
    profiles.set(profile, loaded.value.value);
  }
  return ok({
    config: config.value.value,
    scenario: scenario.value.value,
    scenarioText: scenario.value.text,
    roles: { rules: scenario.value.value.paths, scenarioPath: scenario.value.path },
    profiles,
    warnings: [...config.value.warnings, ...scenario.value.warnings],
  });
}
