import type { Health } from '../domain/environment.ts';
import { ok } from '../domain/failure.ts';
import type { Profile } from '../domain/profile.ts';
import { checkFolder, digestProfile, hostFacts } from './host-facts.ts';
import type { EnvironmentProvider } from './provider.ts';

type HostProfile = Extract<Profile, { provider: 'host' }>;

/** Processes on this machine: the empty grade, nothing to provision. Unhealthy when the runtime folder is not usable. */
export const hostProvider: EnvironmentProvider<HostProfile> = {
  preflight: async () => [],
  provision: async (profile, { runtimeDir }) => {
    const health = (): Promise<Health> => checkFolder(runtimeDir);
    return ok({
      identity: {
        profile: profile.name,
        provider: 'host',
        profileDigest: digestProfile(profile),
        grade: [],
        facts: hostFacts(),
        findings: [],
      },
      suiteVariables: () => ({ REDFIRST_RUNTIME: runtimeDir }),
      health,
      watch: () => ({ stop: health }),
      reset: () => Promise.resolve(),
      diagnose: async () => ({}),
    });
  },
};
