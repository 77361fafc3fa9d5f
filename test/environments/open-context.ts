import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvisionContext } from '../../src/environment/provider.ts';

export interface OpenContext {
  readonly context: ProvisionContext;
  /** Runs the registered clean-ups as the engine does: last in, first out. */
  close(): Promise<void>;
}

/** What a command that keeps its cluster (`cluster up`) hands to a provider. */
export function openContext(): OpenContext {
  const runtimeDir = mkdtempSync(join(tmpdir(), 'rf-'));
  const undos: (() => Promise<void>)[] = [];
  return {
    context: {
      root: join(import.meta.dirname, '../..'),
      keep: true,
      purpose: 'a test',
      runtimeDir,
      token: `test-${process.pid}-${Math.random().toString(36).slice(2)}`,
      signal: new AbortController().signal,
      progress: () => undefined,
      onCleanup: (_, undo) => void undos.push(undo),
    },
    close: async () => {
      for (const undo of undos.splice(0).reverse()) await undo();
      rmSync(runtimeDir, { recursive: true, force: true });
    },
  };
}
