import { dirname } from 'node:path/posix';
import type { SuiteSpec } from '../domain/scenario.ts';
import type { PathRole } from '../domain/vocabulary.ts';

/** One path that a change touches, with its role. */
export interface RoledPath {
  readonly path: string;
  readonly role: PathRole | 'unclassified';
  readonly status: 'added' | 'deleted' | 'modified' | 'mode-changed' | 'type-changed';
}

/** Runners of test files that `pr` can start. */
export type ChangeRunner = 'go-test' | 'vitest' | 'node-test' | 'pytest';

/** What one invocation of a runner tests: a Go package, or a test file of the others. */
export interface TargetPlan {
  readonly target: string;
  readonly runner: ChangeRunner;
  /** The suite of a scenario that it belongs to; absent where nobody wrote a scenario. */
  readonly spec?: SuiteSpec;
}

export interface ChangePlan {
  /** Sorted, each once. */
  readonly targets: readonly TargetPlan[];
  /** Touched tests that are not run, and why, one sentence each. */
  readonly notRun: readonly string[];
  /** Paths that no rule names; they count as implementation. */
  readonly unclassified: readonly string[];
  /** Set where nothing can be run: one sentence that says why. */
  readonly nothing?: { readonly reason: string; readonly untestedCode: boolean };
}

/** Tests that need a cluster or machines: `pr` runs on the host alone. */
const NEEDS_CLUSTER = /^(?:tests|test\/(?:e2e|integration-cluster)|e2e|tests\/e2e)(?:\/|$)/;

/**
 * The targets of a change: the folders of touched Go tests, the touched test files of other languages, and only those. A fixture
 * below `testdata/` stands for the package around it.
 *
 * @param hasGoTests whether a folder holds test files of Go at B or H.
 * @param runnerOf which runner a test file of another language is for; a sentence where it cannot be run.
 * @param clusterTests whether tests of Go in folders such as `tests/` are taken for what they are in KubeVirt: tests of a cluster.
 */
export function planCorners(
  paths: readonly RoledPath[],
  hasGoTests: (folder: string) => boolean,
  runnerOf: (path: string) => ChangeRunner | { readonly not: string } | undefined,
  clusterTests = true,
): ChangePlan {
  const targets = new Map<string, TargetPlan>();
  const notRun = new Set<string>();
  for (const { path, role } of paths) {
    if (role !== 'tests') continue;
    const folder = goFolder(path, hasGoTests);
    if (folder !== undefined) {
      if (clusterTests && NEEDS_CLUSTER.test(folder)) notRun.add(`${folder} is not run: its tests need a cluster`);
      else targets.set(folder, { target: folder, runner: 'go-test' });
      continue;
    }
    const runner = runnerOf(path);
    if (typeof runner === 'string') targets.set(path, { target: path, runner });
    else if (runner !== undefined) notRun.add(`${path} is not run: ${runner.not}`);
  }
  const unclassified = paths.filter(({ role }) => role === 'unclassified').map(({ path }) => path);
  const sorted = [...targets.values()].sort((a, b) => (a.target < b.target ? -1 : 1));
  const plan = { targets: sorted, notRun: [...notRun].sort(), unclassified };
  return sorted.length > 0 ? plan : { ...plan, nothing: describeNothing(paths, plan.notRun) };
}

/** The package that a test path of Go belongs to. */
function goFolder(path: string, hasGoTests: (folder: string) => boolean): string | undefined {
  if (path.endsWith('_test.go')) return dirname(path);
  const fixture = /^(.*?)(?:^|\/)testdata\//.exec(path);
  if (fixture === null) return undefined;
  const folder = fixture[1] === '' ? '.' : (fixture[1] as string);
  return hasGoTests(folder) ? folder : undefined;
}

const WHAT_ROLES_ARE = [
  ['neutral', 'documents and project files'],
  ['support', 'dependencies, build and CI files'],
  ['generated', 'generated files'],
  ['tests', 'test helpers and fixtures'],
] as const;

function describeNothing(
  paths: readonly RoledPath[],
  notRun: readonly string[],
): { readonly reason: string; readonly untestedCode: boolean } {
  if (paths.length === 0) return { reason: 'the change is empty', untestedCode: false };
  const code = paths.filter(({ role }) => role === 'implementation' || role === 'unclassified').length;
  if (notRun.length > 0)
    return { reason: `no test that could run here is touched: ${notRun[0]}`, untestedCode: code > 0 };
  if (code > 0) {
    const files = `${code} ${code === 1 ? 'file' : 'files'} of code`;
    return { reason: `it changes ${files} and touches no test`, untestedCode: true };
  }
  const kinds = WHAT_ROLES_ARE.filter(([role]) => paths.some((path) => path.role === role)).map(([, words]) => words);
  return {
    reason: `it changes ${kinds.join(', ')} and no code: there is nothing for a test to show`,
    untestedCode: false,
  };
}
