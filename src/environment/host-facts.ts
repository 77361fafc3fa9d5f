import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { cpus, release, type as systemType } from 'node:os';
import { join } from 'node:path';
import type { Sha256 } from '../domain/brand.ts';
import { canonicalJson } from '../domain/canonical.ts';
import type { Health } from '../domain/environment.ts';
import type { Profile } from '../domain/profile.ts';

const LEAST_FREE_MIB = 64;

/** Facts about the machine that every environment has: `host.kernel`, `host.cpu`, `host.os`, `node.version`. */
export function hostFacts(): Record<string, string> {
  return {
    'host.kernel': `${systemType()} ${release()}`,
    'host.cpu': cpus()[0]?.model.trim() || `unknown ${process.arch}`,
    'host.os': readOsName() ?? `${process.platform} ${process.arch}`,
    'node.version': process.version,
  };
}

/** `PRETTY_NAME` of os-release(5), where there is one. */
function readOsName(): string | undefined {
  try {
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** SHA-256 of a profile's canonical content. */
export function digestProfile(profile: Profile): Sha256 {
  return createHash('sha256').update(canonicalJson(profile)).digest('hex') as Sha256;
}

/** SHA-256 of a file, streamed. @throws what reading throws. */
export async function digestFile(path: string): Promise<Sha256> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex') as Sha256;
}

/** Whether a folder can be written to and its disk has 64 MiB left: without either no report can be believed. */
export async function checkFolder(dir: string): Promise<Health> {
  const probe = join(dir, '.health');
  try {
    await writeFile(probe, 'redfirst\n');
    await rm(probe);
    const { bavail, bsize } = await statfs(dir);
    const freeMib = Math.floor((Number(bavail) * Number(bsize)) / (1024 * 1024));
    if (freeMib >= LEAST_FREE_MIB) return { healthy: true };
    return { healthy: false, reason: `the disk of ${dir} has ${freeMib} MiB left, fewer than ${LEAST_FREE_MIB}` };
  } catch (error) {
    return { healthy: false, reason: `the runtime folder ${dir} cannot be written to: ${(error as Error).message}` };
  }
}
