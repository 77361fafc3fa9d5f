import type { AttemptFacts } from '../../classify/attempt-problem.ts';
import type { CornerName } from '../../domain/vocabulary.ts';
import type { TargetPlan } from '../../plan/plan-corners.ts';

/** A corner that is checked out and whose targets are built as far as they can be. */
export interface CornerSite {
  /** Every command that was run, in order. */
  readonly commands: (readonly string[])[];
  /** Milliseconds that building took. */
  readonly buildMs: number;
  /** One run of a target's cases, or of some of them alone. Never throws for what a test does. */
  run(target: TargetPlan, request: SiteAttempt): Promise<AttemptFacts>;
}

export interface SiteAttempt {
  readonly attempt: number;
  readonly order: AttemptFacts['order'];
  readonly seed: number;
  readonly only?: readonly string[];
}

/** What every corner is opened with. */
export interface SiteRequest {
  readonly corner: CornerName;
  readonly worktree: string;
  readonly targets: readonly TargetPlan[];
  /** Empty, private folder of this corner. */
  readonly folder: string;
  /** Marks every process of this corner. */
  readonly token: string;
  /** Of one target's cases. */
  readonly timeoutMs: number;
  readonly caller: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** The host is where `pr` runs; nothing watches it. */
export const HEALTHY = {
  before: { healthy: true },
  during: { healthy: true },
  after: { healthy: true },
} as const;
