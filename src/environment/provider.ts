import type { EnvironmentIdentity, Health } from '../domain/environment.ts';
import type { ComponentState } from '../domain/event.ts';
import type { Finding, Result } from '../domain/failure.ts';
import type { Profile, SystemUnderTest } from '../domain/profile.ts';

export interface ProvisionContext {
  /** The repository's root: relative paths in a profile begin there. */
  readonly root: string;
  /** Whether what is made outlives this invocation (`--keep`, `cluster up`). */
  readonly keep: boolean;
  /** What the invocation does, told to whoever waits for the environment: `redfirst red pause-vm`. */
  readonly purpose: string;
  /** Private, empty folder of this run for sockets, logs and disks; short enough for a unix socket (under 60 characters). */
  readonly runtimeDir: string;
  /** Random word that every process of the run carries in its environment as REDFIRST_TOKEN, so that none can be lost. */
  readonly token: string;
  readonly signal: AbortSignal;
  /** Called with what is being waited for. */
  readonly progress: (what: string) => void;
  /** Nothing is made, started or deployed: what is there is used as it is, or refused. */
  readonly existingOnly?: boolean;
  /** What is under test in place of what the profile deploys; only clusters take one. */
  readonly system?: SystemUnderTest;
  /** Registers a clean-up before the thing that needs it is started; run last in, first out. */
  readonly onCleanup: (what: string, undo: () => Promise<void>, deadlineMs?: number) => void;
}

/** What one attempt has for itself. */
export interface AttemptPlace {
  /** Variables beside those of `suiteVariables`: `REDFIRST_NAMESPACE`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Why it could not be had whole; the attempt's window is unhealthy then. */
  readonly health: Health;
  /** Removes it with all in it. */
  close(): Promise<void>;
}

/** Feature gates that can be switched while the environment lives. */
export interface GateSwitch {
  /** Switches a gate, and waits until every component has it. `$REDFIRST_GATE` says the state to suites from then on. */
  set(gate: string, state: 'on' | 'off'): Promise<Result<void>>;
  /** The pods of the components, to tell a restart. */
  components(): Promise<Result<readonly ComponentState[]>>;
}

/** A provisioned environment. */
export interface Environment {
  readonly identity: EnvironmentIdentity;
  /** Variables for a suite (`REDFIRST_QEMU`, `REDFIRST_ACCEL`, `KUBECONFIG` …). */
  suiteVariables(): Readonly<Record<string, string>>;
  /** Opens what an attempt has for itself; absent where that is nothing. @param name fit for a DNS label. */
  readonly openAttempt?: (name: string) => Promise<AttemptPlace>;
  /** Absent where there are no gates, or where they are not ours to switch. */
  readonly gates?: GateSwitch;
  health(): Promise<Health>;
  /** Starts watching; `stop` says what was seen since. */
  watch(): { stop(): Promise<Health> };
  /** Back to how it was after provisioning, for the next scenario. */
  reset(): Promise<void>;
  /**
   * Files worth keeping when a suite failed: absolute path → artifact name.
   * @param complaints what the health witness said of the attempt: what it saw may be over when it is asked
   */
  diagnose(complaints?: readonly string[]): Promise<Readonly<Record<string, string>>>;
}

export interface EnvironmentProvider<P extends Profile = Profile> {
  /**
   * Checks the machine for what the profile needs, without changing it. Every finding says how to mend it.
   * @param root the repository's root: relative paths in a profile begin there; the working folder unless named
   */
  preflight(profile: P, signal: AbortSignal, root?: string): Promise<Finding[]>;
  /**
   * What provisioning would make or change that outlives it; undefined where it would use what is there. Changes nothing. Absent where
   * provisioning is no more than a look.
   */
  readonly foresee?: (
    profile: P,
    context: Pick<ProvisionContext, 'root' | 'signal'>,
  ) => Promise<Result<Finding | undefined>>;
  provision(profile: P, context: ProvisionContext): Promise<Result<Environment>>;
}
