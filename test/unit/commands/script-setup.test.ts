import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { throughCorepack } from '../../../src/commands/script-setup.ts';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A PATH of one folder that holds programs of these names. */
function pathOf(...programs: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rf-corepack-'));
  made.push(folder);
  for (const program of programs) {
    writeFileSync(join(folder, program), '#!/bin/sh\n');
    chmodSync(join(folder, program), 0o755);
  }
  return folder;
}

describe('a package manager that is not on PATH', () => {
  const pnpm = ['pnpm', 'install', '--frozen-lockfile'];

  it('is taken from corepack where that is', () => {
    expect(throughCorepack(pnpm, `/nowhere${delimiter}${pathOf('corepack')}`)).toEqual(['corepack', ...pnpm]);
  });

  it('is called by itself where it is there, where corepack is not, and where it is npm', () => {
    expect(throughCorepack(pnpm, pathOf('corepack', 'pnpm'))).toEqual(pnpm);
    expect(throughCorepack(pnpm, pathOf())).toEqual(pnpm);
    expect(throughCorepack(['npm', 'ci'], pathOf('corepack'))).toEqual(['npm', 'ci']);
  });
});
