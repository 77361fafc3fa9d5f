import type { Profile } from '../domain/profile.ts';
import { envtestProvider } from './envtest-provider.ts';
import { hostProvider } from './host-provider.ts';
import { kindProvider } from './kind/kind-provider.ts';
import { kubeconfigProvider } from './kubeconfig-provider.ts';
import type { EnvironmentProvider } from './provider.ts';
import { qemuProvider } from './qemu-provider.ts';

/** The provider that a profile names. The configuration refuses names that have none. */
export function providerFor(profile: Profile): EnvironmentProvider {
  switch (profile.provider) {
    case 'host':
      return hostProvider as EnvironmentProvider;
    case 'qemu':
      return qemuProvider as EnvironmentProvider;
    case 'kind':
      return kindProvider as EnvironmentProvider;
    case 'envtest':
      return envtestProvider as EnvironmentProvider;
    case 'kubeconfig':
      return kubeconfigProvider as EnvironmentProvider;
  }
}
