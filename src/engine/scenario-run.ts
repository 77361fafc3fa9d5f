import type { RunId, Sha256 } from '../domain/brand.ts';
import type { ArtifactRef, Checkpoint, Corner } from '../domain/event.ts';
import type { Observation } from '../domain/observation.ts';
import type { Profile, SystemRequest } from '../domain/profile.ts';
import type { Scenario } from '../domain/scenario.ts';
import type { CaseVerdict } from '../domain/verdict.ts';
import type { Phase } from '../domain/vocabulary.ts';
import type { SuitePlan } from '../plan/plan-run.ts';
import type { EnvironmentPool } from './environment-pool.ts';

/** A tree that the suites run in. */
export interface RunTree {
  readonly path: string;
  /** Tracked files that changed, and files that appeared, since it was handed out. */
  changed(): Promise<readonly string[]>;
}

export interface ScenarioRun {
  readonly run: RunId;
  readonly phase: Phase;
  readonly scenario: Scenario;
  readonly scenarioArtifact: ArtifactRef;
  readonly corner: Corner;
  readonly corners: readonly Corner[];
  readonly draft: boolean;
  readonly testDigest: Sha256;
  readonly patchId: string;
  readonly refs: readonly string[];
  readonly changedTests: ReadonlySet<string> | undefined;
  /** Whether a path has the role `tests`. */
  readonly isTestPath: (path: string) => boolean;
  /** Whether B..R touches an observed case's text; absent where nothing but the file is known. */
  readonly isTouched?: (observation: Observation) => boolean;
  /** Of one attempt's cases that miss names: by case, why the tests themselves are at fault. Asked at red alone. */
  readonly findTestFaults?: (observations: readonly Observation[]) => Promise<ReadonlyMap<string, string>>;
  readonly plan: readonly SuitePlan[];
  readonly seed: number;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly tree: RunTree;
  /** Verdicts of the red run that this green run answers. */
  readonly redVerdicts: readonly CaseVerdict[] | undefined;
  readonly environments: EnvironmentPool;
  /** What is under test in a cluster, where the scenario says so. */
  readonly system?: SystemRequest;
  readonly runtimeDir: string;
  readonly recorderProcess: { readonly pid: number; readonly startedAtTicks: number; readonly token: string };
  readonly tool: string;
  readonly buildsOn: readonly Checkpoint[];
  /** Go on after a suite that does not hold. Red does so unless `failFast`; green stops unless told otherwise. */
  readonly keepGoing: boolean;
  readonly signal: AbortSignal;
}
