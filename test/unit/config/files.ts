import type { ReadFile } from '../../../src/config/load.ts';
import { renderMistake } from '../../../src/config/mistake.ts';
import type { Finding, Result } from '../../../src/domain/failure.ts';
import type { Config } from '../../../src/domain/scenario.ts';

/** A repository as a record of its files. */
export function reader(files: Readonly<Record<string, string>>): ReadFile {
  return async (path) => (Object.hasOwn(files, path) ? files[path] : undefined);
}

export const CONFIG: Config = {
  base: 'main',
  scenarios: 'scenarios',
  clusters: 'clusters',
  paths: [],
  policy: { grade: 'C' },
  redact: [],
};

/** The smallest scenario without a mistake. */
export const SCENARIO = `apiVersion: redfirst.dev/v1
feature: pause
kind: feature
problem: Guests cannot be paused.
criteria:
  - id: AC-1
    text: A paused guest does not run.
suites:
  contract:
    runner: go-test
    select: {files: [./api/...]}
  integration:
    runner: vitest
    select:
      files: [test/pause.test.ts]
`;

export const SCENARIO_PATH = 'scenarios/pause/scenario.yaml';

/** What a person sees of a refused file, mistake by mistake. */
export function seen(result: Result<unknown>): string[] {
  if (result.ok) return [];
  return (result.failure.details ?? []).map((finding: Finding) => renderMistake(finding));
}
