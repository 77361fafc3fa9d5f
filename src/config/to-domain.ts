import type { FeatureName } from '../domain/brand.ts';
import type { Config, PathRule, RedContract, Scenario, SuiteSpec, SystemSource } from '../domain/scenario.ts';
import { GRADE_ATTEMPTS, type PathRole, type SuiteName } from '../domain/vocabulary.ts';
import { defaultEvidence } from './check-scenario.ts';
import { durationMs } from './duration.ts';
import { PRESETS } from './presets.ts';
import type { ConfigFile, ScenarioFile, SuiteFile } from './schema.ts';
import { toWaits } from './to-profile.ts';

/** What a checked `redfirst.yaml` means. */
export function toConfig(file: ConfigFile): Config {
  const { base, scenarios, clusters, policy, redact } = file;
  return { base, scenarios, clusters, paths: toPathRules(file.paths), policy, redact };
}

/**
 * What a checked `scenario.yaml` means under `config`. Path rules: the repository's, the scenario's, and last (so that no preset
 * makes an implementation of them) redfirst's own files, which are tests.
 *
 * @param suiteOrder names of the suites in the file's order
 */
export function toScenario(file: ScenarioFile, config: Config, suiteOrder: readonly string[]): Scenario {
  return {
    feature: file.feature as FeatureName,
    kind: file.kind,
    problem: file.problem,
    stories: file.stories,
    criteria: file.criteria,
    nonFunctional: file.nonFunctional,
    integrationPoints: file.integrationPoints,
    paths: [...config.paths, ...toPathRules(file.paths), ...ownRules(config)],
    setup: file.setup.map(({ deadline, ...step }) => ({ ...step, deadlineMs: durationMs(deadline) })),
    suites: suiteOrder.flatMap((name) => {
      const suite = file.suites[name as SuiteName];
      return suite === undefined ? [] : [toSuite(name as SuiteName, suite)];
    }),
    ...(file.gate !== undefined && { gate: file.gate }),
    ...(file.system !== undefined && { system: toSystemSource(file.system) }),
    runDeadlineMs: durationMs(file.deadline),
  };
}

function toSystemSource({ red, green, build }: NonNullable<ScenarioFile['system']>): SystemSource {
  if (build === undefined) return { named: { red: red ?? '', green: green ?? '' } };
  const { deadline, wait, ...rest } = build;
  return { build: { ...rest, wait: toWaits(wait), deadlineMs: durationMs(deadline) } };
}

function toSuite(suite: SuiteName, file: SuiteFile): SuiteSpec {
  const evidence = file.evidence ?? defaultEvidence(suite);
  const { red, green } = GRADE_ATTEMPTS[evidence];
  return {
    suite,
    runner: file.runner,
    select: { files: file.select.files, ...(file.select.cases !== undefined && { cases: file.select.cases }) },
    ...(file.command !== undefined && { command: file.command }),
    ...(file.runner === 'command' && { reportFormat: file.reportFormat ?? 'junit' }),
    profile: file.profile,
    grade: file.grade,
    ...(file.red !== undefined && { red: toContract(file.red) }),
    contracts: file.contracts.map((contract) => ({ match: contract.match, ...toContract(contract) })),
    controls: file.controls,
    roles: file.roles,
    deadlineMs: durationMs(file.deadline),
    evidence,
    attempts: { red: file.attempts?.red ?? red, green: file.attempts?.green ?? green },
    env: file.env,
    wrapper: file.wrapper,
  };
}

function toContract(file: { class: RedContract['class']; pattern?: string | undefined }): RedContract {
  return { class: file.class, ...(file.pattern !== undefined && { pattern: file.pattern }) };
}

function toPathRules(entries: ConfigFile['paths']): PathRule[] {
  return entries.flatMap(({ preset, ...roles }) => {
    if (preset !== undefined) return PRESETS[preset];
    return Object.entries(roles).flatMap(([role, globs]) =>
      (globs ?? []).map((glob) => ({ glob, role: role as PathRole })),
    );
  });
}

function ownRules(config: Config): PathRule[] {
  const globs = [`/${config.scenarios}/**`, `/${config.clusters}/**`, '/redfirst.yaml'];
  return globs.map((glob) => ({ glob, role: 'tests' }));
}
