import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Sha256 } from '../domain/brand.ts';
import type { ArtifactRef } from '../domain/event.ts';
import { EXIT } from '../domain/failure.ts';
import { StreamRedactor } from './redact-stream.ts';
import type { Redactor } from './redaction.ts';
import { codeOfError } from './sqlite.ts';
import { StoreError } from './store.ts';

/** The folder beside the database; `ab/cdef…` within it is gzip of the content whose SHA-256 is `abcdef…`. */
export const ARTIFACTS = 'artifacts';
/** What is being written lies here; a crash leaves it behind, and the next day's first writer removes it. */
const UNFINISHED = 'unfinished';
const ABANDONED_AFTER_MS = 24 * 3600 * 1000;
const CHUNK_BYTES = 1024 * 1024;

/** @throws {TypeError} for anything but 64 lower-case hex digits, so that no path is ever made of foreign text. */
export function artifactPath(directory: string, sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError('not a SHA-256 in hex');
  return join(directory, ARTIFACTS, sha256.slice(0, 2), sha256.slice(2));
}

/**
 * Streams a file or a text into the folder: redacted, hashed, compressed, synced, then renamed into place. Memory does
 * not grow with the source. The artifact is on disk when the promise resolves.
 * @throws {StoreError} where the source is no regular file or the disk refuses.
 */
export async function writeArtifact(
  directory: string,
  redactor: Redactor,
  name: string,
  source: { readonly path: string } | { readonly text: string },
): Promise<ArtifactRef> {
  const unfinished = join(directory, ARTIFACTS, UNFINISHED);
  await mkdir(unfinished, { recursive: true });
  const temporary = join(unfinished, randomUUID());
  const redaction = new StreamRedactor(redactor);
  const digest = createHash('sha256');
  let bytes = 0;
  async function* content(): AsyncGenerator<Buffer> {
    const take = (kept: Buffer): Buffer => {
      digest.update(kept);
      bytes += kept.length;
      return kept;
    };
    for await (const chunk of chunksOf(source)) {
      const kept = redaction.push(chunk);
      if (kept.length > 0) yield take(kept);
    }
    yield take(redaction.end());
  }
  try {
    // Level 1: logs shrink nearly as much as at 6, for a third of the time. `flush` syncs before the file is closed.
    await pipeline(content, createGzip({ level: 1 }), createWriteStream(temporary, { flags: 'wx', flush: true }));
    const sha256 = digest.digest('hex') as Sha256;
    const path = artifactPath(directory, sha256);
    const folder = join(path, '..');
    // Renamed even where it exists already: that heals an artifact that was damaged.
    if ((await mkdir(folder, { recursive: true })) !== undefined) await syncFolder(join(directory, ARTIFACTS));
    await rename(temporary, path);
    await syncFolder(folder);
    return { name: name.toWellFormed(), sha256, bytes, cuts: redaction.cuts() };
  } finally {
    await rm(temporary, { force: true });
  }
}

async function* chunksOf(source: { readonly path: string } | { readonly text: string }): AsyncIterable<Buffer> {
  if ('text' in source) {
    yield Buffer.from(source.text, 'utf8');
    return;
  }
  // A named pipe or a device would never end.
  if (!(await stat(source.path)).isFile()) {
    throw new StoreError({
      reason: 'store-failed',
      what: `${source.path} is no regular file and cannot be stored`,
      next: 'let the suite write a file there',
      exit: EXIT.environment,
    });
  }
  yield* createReadStream(source.path, { highWaterMark: CHUNK_BYTES });
}

/** Reads an artifact back. Digest and length are checked on the way; @throws {StoreError} where they differ. */
export async function* readArtifact(directory: string, sha256: string): AsyncGenerator<Uint8Array> {
  const problem = yield* streamArtifact(directory, sha256);
  if (problem === undefined) return;
  throw new StoreError({
    reason: problem.missing ? 'not-found' : 'store-integrity',
    what: `artifact ${sha256} ${problem.what}`,
    next: 'restore it from a backup or a bundle; without it the events that name it prove nothing',
    exit: EXIT.integrity,
  });
}

/** What is wrong with the stored form of an artifact. */
export interface ArtifactProblem {
  readonly what: string;
  readonly missing: boolean;
}

/** Yields the content and returns what is wrong with it, after the last byte. At most `limitBytes` are decompressed. */
export async function* streamArtifact(
  directory: string,
  sha256: string,
  limitBytes = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array, ArtifactProblem | undefined> {
  const digest = createHash('sha256');
  let bytes = 0;
  const path = artifactPath(directory, sha256);
  try {
    const found = await stat(path);
    if (!found.isFile()) return { what: 'is no file', missing: false };
    const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    const content = createGunzip({ chunkSize: CHUNK_BYTES });
    file.once('error', (error) => content.destroy(error));
    file.pipe(content);
    try {
      for await (const chunk of content as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > limitBytes) return { what: `is longer than the ${limitBytes} bytes recorded`, missing: false };
        digest.update(chunk);
        yield chunk;
      }
    } finally {
      file.destroy();
    }
    // gunzip ignores what follows its data; nothing of ours does.
    if (content.bytesWritten !== found.size) return { what: 'is followed by foreign bytes', missing: false };
  } catch (error) {
    if (codeOfError(error) === 'ENOENT') return { what: 'is missing', missing: true };
    return { what: `cannot be read: ${error instanceof Error ? error.message : String(error)}`, missing: false };
  }
  const found = digest.digest('hex');
  return found === sha256 ? undefined : { what: `has other content: its SHA-256 is ${found}`, missing: false };
}

/** Removes what crashed writers left behind a day ago or longer. */
export async function removeAbandoned(directory: string): Promise<void> {
  const unfinished = join(directory, ARTIFACTS, UNFINISHED);
  for (const entry of await readdir(unfinished).catch(() => [])) {
    const path = join(unfinished, entry);
    const age = await stat(path).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > ABANDONED_AFTER_MS) await rm(path, { force: true });
  }
}

/** A rename lasts only when its folder is synced. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
