import { join } from 'node:path';
import type { SuiteSpec } from '../domain/scenario.ts';
import type { GradeMember, Phase } from '../domain/vocabulary.ts';

export interface SuiteVariablesInput {
  readonly spec: SuiteSpec;
  readonly phase: Phase;
  readonly attempt: number;
  readonly seed: number;
  readonly grade: readonly GradeMember[];
  /** Private folders of the attempt. */
  readonly home: string;
  readonly tmp: string;
  readonly artifacts: string;
  readonly report: string;
  /** Marks every process of the attempt. */
  readonly token: string;
  /** What the environment offers (`REDFIRST_QEMU` …). */
  readonly environment: Readonly<Record<string, string>>;
  /** What the adapter adds. */
  readonly runner: Readonly<Record<string, string>>;
  /** The caller's environment, of which only the allow-list is read. */
  readonly caller: Readonly<Record<string, string | undefined>>;
}

const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ'] as const;

/**
 * The whole environment of a suite (design 3, what a suite is given): an allow-list, never the caller's own.
 * No agent, no credentials; below grade `api` KUBECONFIG is /dev/null, so that no test reaches a cluster by accident.
 */
export function suiteVariables(input: SuiteVariablesInput): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = input.caller[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const toolCaches = input.spec.runner === 'go-test' || input.spec.runner === 'ginkgo' ? goCaches(input.caller) : {};
  return {
    ...Object.fromEntries(passed),
    HOME: input.home,
    TMPDIR: input.tmp,
    ...toolCaches,
    ...(input.grade.includes('api') ? {} : { KUBECONFIG: '/dev/null' }),
    ...input.spec.env,
    ...input.environment,
    ...input.runner,
    REDFIRST_PHASE: input.phase,
    REDFIRST_SUITE: input.spec.suite,
    REDFIRST_ATTEMPT: String(input.attempt),
    REDFIRST_SEED: String(input.seed),
    REDFIRST_ARTIFACTS: input.artifacts,
    REDFIRST_REPORT: input.report,
    REDFIRST_TOKEN: input.token,
  };
}

/** A private HOME would mean cold caches: Go's two are named, since they are keyed by content. */
function goCaches(caller: SuiteVariablesInput['caller']): Record<string, string> {
  const home = caller['HOME'] ?? '/root';
  const gopath = caller['GOPATH'] ?? join(home, 'go');
  const named = ['GOPROXY', 'GOFLAGS', 'GOTOOLCHAIN', 'GONOSUMDB', 'GOSUMDB'].flatMap((name) =>
    caller[name] === undefined ? [] : [[name, caller[name] as string] as const],
  );
  return {
    ...Object.fromEntries(named),
    GOPATH: gopath,
    GOCACHE: caller['GOCACHE'] ?? join(home, '.cache', 'go-build'),
    GOMODCACHE: caller['GOMODCACHE'] ?? join(gopath, 'pkg', 'mod'),
  };
}
