import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { Profile } from '../domain/profile.ts';
import type { Environment } from '../environment/provider.ts';
import { providerFor } from '../environment/providers.ts';
import type { CleanupStack } from './cleanup-stack.ts';

/** Environments by profile: provisioned once, used by one feature after the other, torn down by the cleanup stack. */
export interface EnvironmentPool {
  /** Provisions at first use; a profile that failed once keeps failing in this invocation. */
  use(profile: Profile): Promise<Result<Environment>>;
  /** Between scenarios. */
  resetAll(): Promise<void>;
}

export interface EnvironmentPoolOptions {
  /** The repository's root. */
  readonly root: string;
  /** Whether what is made outlives the invocation. */
  readonly keep: boolean;
  /** What the invocation does, for whoever waits. */
  readonly purpose: string;
  readonly runtimeDir: string;
  readonly token: string;
  readonly signal: AbortSignal;
  readonly cleanup: CleanupStack;
  readonly progress: (what: string) => void;
}

export function createEnvironmentPool(options: EnvironmentPoolOptions): EnvironmentPool {
  const known = new Map<string, Promise<Result<Environment>>>();
  const provision = async (profile: Profile): Promise<Result<Environment>> => {
    const runtimeDir = join(options.runtimeDir, `e${known.size}`);
    mkdirSync(runtimeDir, { recursive: true });
    const provisioned = await providerFor(profile).provision(profile, {
      root: options.root,
      keep: options.keep,
      purpose: options.purpose,
      runtimeDir,
      token: options.token,
      signal: options.signal,
      progress: options.progress,
      onCleanup: options.cleanup.push,
    });
    return provisioned.ok ? ok(provisioned.value) : fail<Failure>(provisioned.failure);
  };
  return {
    use: (profile) => {
      const environment = known.get(profile.name) ?? provision(profile);
      known.set(profile.name, environment);
      return environment;
    },
    resetAll: async () => {
      for (const environment of known.values()) {
        const provisioned = await environment;
        if (provisioned.ok) await provisioned.value.reset();
      }
    },
  };
}
