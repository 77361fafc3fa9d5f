import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '../../src/domain/failure.ts';
import type { Profile } from '../../src/domain/profile.ts';
import type { Environment, ProvisionContext } from '../../src/environment/provider.ts';
import { providerFor } from '../../src/environment/providers.ts';

export type QemuProfile = Extract<Profile, { provider: 'qemu' }>;

export const QEMU_PROFILE: QemuProfile = {
  name: 'qemu',
  provider: 'qemu',
  binary: 'qemu-system-x86_64',
  accelerator: 'tcg',
  machine: 'pc',
  probeDeadlineMs: 3000,
};

export interface Provisioned {
  readonly result: Result<Environment>;
  readonly runtimeDir: string;
  readonly token: string;
  readonly waitedFor: readonly string[];
  /** Runs the registered clean-ups as the engine does: last in, first out. Returns what they were. */
  cleanUp(): Promise<string[]>;
  remove(): void;
}

/** Provisions a profile as the engine does. @param onProgress told what is waited for, while it is. */
export async function provisionProfile(
  profile: Profile,
  signal = new AbortController().signal,
  onProgress: (what: string) => void = () => undefined,
  more: Pick<ProvisionContext, 'system'> & { readonly keep?: boolean } = {},
): Promise<Provisioned> {
  const runtimeDir = mkdtempSync(join(tmpdir(), 'rf-'));
  const token = randomBytes(6).toString('hex');
  const undos: { what: string; undo: () => Promise<void> }[] = [];
  const waitedFor: string[] = [];
  const result = await providerFor(profile).provision(profile, {
    root: join(import.meta.dirname, '../..'),
    keep: false,
    purpose: 'a test',
    runtimeDir,
    token,
    signal,
    progress: (what) => {
      waitedFor.push(what);
      onProgress(what);
    },
    onCleanup: (what, undo) => undos.push({ what, undo }),
    ...more,
  });
  return {
    result,
    runtimeDir,
    token,
    waitedFor,
    cleanUp: async () => {
      const done: string[] = [];
      // One that fails is not tried again: the next call goes on with the others.
      for (let step = undos.pop(); step !== undefined; step = undos.pop()) {
        await step.undo();
        done.push(step.what);
      }
      return done;
    },
    remove: () => rmSync(runtimeDir, { recursive: true, force: true }),
  };
}
