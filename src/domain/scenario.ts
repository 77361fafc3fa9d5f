import type { FeatureName } from './brand.ts';
import type { AddonWait } from './profile.ts';
import type { EvidenceGrade, FeatureKind, GradeMember, PathRole, RunnerName, SuiteName } from './vocabulary.ts';

/** What a red case must fail with. `assertion` is the default class; a pattern is RE2, unanchored, on the normalised message. */
export const RED_CLASSES = [
  'assertion',
  'unknown-field',
  'not-found',
  'no-such-kind',
  'admission-denied',
  'gate-disabled',
  'command-missing',
  'panic',
] as const;
export type RedClass = (typeof RED_CLASSES)[number];

export interface RedContract {
  readonly class: RedClass;
  readonly pattern?: string;
}

/** A red contract for the cases of a suite whose name `match` (RE2, unanchored) finds. */
export interface CaseContract extends RedContract {
  readonly match: string;
}

/** A role that a case is declared to have before it is run. */
export type DeclaredRole = 'guard' | 'characterization';

export interface CaseRole {
  readonly match: string;
  readonly role: DeclaredRole;
}

export interface SuiteSpec {
  readonly suite: SuiteName;
  readonly runner: RunnerName;
  readonly select: {
    /** Files or packages handed to the runner, relative to the repository's root. */
    readonly files: readonly string[];
    /** RE2 on the case's full name: only these belong to the feature; the others are recorded and ignored. */
    readonly cases?: string;
  };
  /** argv of runner `command`; it writes JUnit, TAP or ginkgo's JSON report to `$REDFIRST_REPORT`. */
  readonly command?: readonly string[];
  readonly reportFormat?: 'junit' | 'tap' | 'ginkgo';
  /** Name of a profile in `clusters/`. */
  readonly profile: string;
  readonly grade: readonly GradeMember[];
  readonly red?: RedContract;
  readonly contracts: readonly CaseContract[];
  /** RE2 patterns on full names; these cases pass without the feature. */
  readonly controls: readonly string[];
  readonly roles: readonly CaseRole[];
  readonly deadlineMs: number;
  /** Attempts fixed beforehand; from `evidence` unless named. */
  readonly evidence: EvidenceGrade;
  readonly attempts: { readonly red: number; readonly green: number };
  readonly env: Readonly<Record<string, string>>;
  /** argv prefix that the runner is started through. */
  readonly wrapper: readonly string[];
}

export interface Criterion {
  readonly id: string;
  readonly text: string;
  readonly cases: readonly { readonly suite: SuiteName; readonly match: string }[];
}

/** One gitignore glob and the role it gives; the last match of the list wins. */
export interface PathRule {
  readonly glob: string;
  readonly role: PathRole;
}

/** A set-up command, run once per digest of its inputs; its outputs are cached and laid into the worktree. */
export interface SetupStep {
  readonly name: string;
  readonly run: readonly string[];
  /** Paths (files or folders) whose content at the corner decides the cache key, with `run` and the platform. */
  readonly inputs: readonly string[];
  /** Paths the command makes; untracked, kept out of the clean check. */
  readonly outputs: readonly string[];
  readonly deadlineMs: number;
}

export interface Story {
  readonly as: string;
  readonly want: string;
  readonly so: string;
}

export interface Scenario {
  readonly feature: FeatureName;
  readonly kind: FeatureKind;
  readonly problem: string;
  readonly stories: readonly Story[];
  readonly criteria: readonly Criterion[];
  readonly nonFunctional: readonly string[];
  readonly integrationPoints: readonly string[];
  /** Presets first, then the scenario's own rules. */
  readonly paths: readonly PathRule[];
  readonly setup: readonly SetupStep[];
  /** In the file's order; `plan/` sorts them. */
  readonly suites: readonly SuiteSpec[];
  /** The feature gate it stands behind, where there is one. */
  readonly gate?: { readonly name: string; readonly default: 'off' };
  /** How what is under test gets into a cluster; absent where the suites bring it themselves. */
  readonly system?: SystemSource;
  readonly runDeadlineMs: number;
}

/** Named: a system of the profile for each phase. Built: a command at the corner makes images and manifests. */
export type SystemSource =
  | { readonly named: Readonly<Record<'red' | 'green', string>> }
  | {
      readonly build: {
        readonly run: readonly string[];
        /** Names that the container engine has afterwards; `{commit}` stands for the corner's. */
        readonly images: readonly string[];
        /** Files below `$REDFIRST_BUILD`. */
        readonly manifests: readonly string[];
        readonly wait: readonly AddonWait[];
        readonly deadlineMs: number;
      };
    };

/** `redfirst.yaml` at the repository's root. */
export interface Config {
  /** Revision that features branch from; B is the merge base with it unless `--base` names another. */
  readonly base: string;
  readonly scenarios: string;
  readonly clusters: string;
  /** Path rules for every scenario, before the scenario's own. */
  readonly paths: readonly PathRule[];
  /** The least evidence grade that `prove` accepts without exit code 4. */
  readonly policy: { readonly grade: EvidenceGrade };
  /** Names of environment variables whose values are cut from everything stored. */
  readonly redact: readonly string[];
}
