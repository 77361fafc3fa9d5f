import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../domain/failure.ts';
import type { Profile, SystemRequest } from '../domain/profile.ts';
import type { Environment } from '../environment/provider.ts';
import { providerFor } from '../environment/providers.ts';
import { resolveSystem } from '../environment/resolve-system.ts';
import type { CleanupStack } from './cleanup-stack.ts';

/** Environments by profile: provisioned once, used by one feature after the other, torn down by the cleanup stack. */
export interface EnvironmentPool {
  /** Provisions at first use, and again for another system under test; what failed once keeps failing in this invocation. */
  use(profile: Profile, system?: SystemRequest): Promise<Result<Environment>>;
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

interface Known {
  readonly system: SystemRequest | undefined;
  readonly environment: Promise<Result<Environment>>;
}

export function createEnvironmentPool(options: EnvironmentPoolOptions): EnvironmentPool {
  const known = new Map<string, Known>();
  let made = 0;
  const provision = async (profile: Profile, system: SystemRequest | undefined): Promise<Result<Environment>> => {
    const resolved = resolveSystem(profile, system);
    if (!resolved.ok) return resolved;
    const runtimeDir = join(options.runtimeDir, `e${made++}`);
    mkdirSync(runtimeDir, { recursive: true });
    return providerFor(profile).provision(profile, {
      root: options.root,
      keep: options.keep,
      purpose: options.purpose,
      runtimeDir,
      token: options.token,
      signal: options.signal,
      progress: options.progress,
      ...(resolved.value === undefined ? {} : { system: resolved.value }),
      onCleanup: options.cleanup.push,
    });
  };
  return {
    use: (profile, system) => {
      const found = known.get(profile.name);
      // Only clusters take a system: to anything else it makes no difference.
      const wanted = 'systems' in profile ? system : undefined;
      if (found !== undefined && found.system === wanted) return found.environment;
      const environment = provision(profile, wanted);
      known.set(profile.name, { system: wanted, environment });
      return environment;
    },
    resetAll: async () => {
      for (const { environment } of known.values()) {
        const provisioned = await environment;
        if (provisioned.ok) await provisioned.value.reset();
      }
    },
  };
}
