import type { Sha256 } from './brand.ts';
import type { Finding } from './failure.ts';
import type { GradeMember } from './vocabulary.ts';

/** What an environment was found to be; facts are flat so that two identities can be compared and their differences listed. */
export interface EnvironmentIdentity {
  readonly profile: string;
  readonly provider: string;
  /** SHA-256 of the profile's canonical content. */
  readonly profileDigest: Sha256;
  /** Found by probes, closed (see `closeGrade`), never claimed. */
  readonly grade: readonly GradeMember[];
  /** Sorted by key when recorded, e.g. `qemu.version`, `qemu.binary.sha256`, `accelerator`, `host.kernel`, `host.cpu`. */
  readonly facts: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
}

/** The facts that must agree for red and green to be comparable (P09); the others are listed when they differ. */
export const COMPARABLE_FACTS = ['accelerator', 'kubernetes.minor', 'kubevirt.minor', 'qemu.machine'] as const;

/** One look at an environment's health. */
export type Health = { readonly healthy: true } | { readonly healthy: false; readonly reason: string };
