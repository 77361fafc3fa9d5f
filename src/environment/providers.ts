import type { Profile } from '../domain/scenario.ts';
import { hostProvider } from './host-provider.ts';
import type { EnvironmentProvider } from './provider.ts';
import { qemuProvider } from './qemu-provider.ts';

/** The provider that a profile names. The configuration refuses names that have none. */
export function providerFor(profile: Profile): EnvironmentProvider {
  switch (profile.provider) {
    case 'host':
      return hostProvider as EnvironmentProvider;
    case 'qemu':
      return qemuProvider as EnvironmentProvider;
  }
}
