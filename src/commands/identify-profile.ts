import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentIdentity } from '../domain/environment.ts';
import { ok, type Result } from '../domain/failure.ts';
import type { Profile } from '../domain/profile.ts';
import { createCleanupStack } from '../engine/cleanup-stack.ts';
import { cleanLeftovers, makeRuntimeDir } from '../environment/leftovers.ts';
import { providerFor } from '../environment/providers.ts';
import type { CommandInput } from './command.ts';

/** A cluster that `--provision` made takes its time to go. */
const CLEANUP_STEP_MS = 120_000;

/** Provisions once, and lets go of it. */
export async function identifyProfile(
  { options, signal }: CommandInput,
  profile: Profile,
  root: string,
): Promise<Result<EnvironmentIdentity>> {
  const token = randomBytes(6).toString('hex');
  const runtimeDir = join(makeRuntimeDir(token), 'e0');
  mkdirSync(runtimeDir, { recursive: true });
  const cleanup = createCleanupStack(CLEANUP_STEP_MS);
  try {
    const provisioned = await providerFor(profile).provision(profile, {
      root,
      keep: false,
      existingOnly: options['provision'] !== true,
      purpose: `redfirst doctor ${profile.name}`,
      runtimeDir,
      token,
      signal,
      progress: (what) => process.stderr.write(`  waiting for ${what}\n`),
      onCleanup: cleanup.push,
    });
    return provisioned.ok ? ok(provisioned.value.identity) : provisioned;
  } finally {
    const { failed } = await cleanup.unwind();
    await cleanLeftovers(token);
    for (const what of failed) process.stderr.write(`  clean-up failed: ${what}\n`);
  }
}
