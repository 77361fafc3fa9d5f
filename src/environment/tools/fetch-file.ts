import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import * as http from 'node:http';
import type { Sha256 } from '../../domain/brand.ts';
import { fail, ok, type Result } from '../../domain/failure.ts';

export interface FetchRequest {
  readonly url: string;
  /** Written anew; must not be there. What a failure leaves in it is worth nothing, and is removed by the caller. */
  readonly path: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** For the whole. */
  readonly deadlineMs?: number;
  /** Without one more byte. */
  readonly silenceMs?: number;
}

/** A slow line needs its time for 100 MiB; one that is silent for half a minute has nothing more to say. */
const DEADLINE_MS = 15 * 60_000;
const SILENCE_MS = 30_000;

/**
 * Downloads one file, bounded in size and time, and tells the SHA-256 of what arrived. Redirects are followed, since releases lie behind some.
 * @returns why not, in words, where it did not arrive whole.
 */
export async function fetchFile(request: FetchRequest): Promise<Result<Sha256, string>> {
  const { url, path, maxBytes, signal, deadlineMs = DEADLINE_MS, silenceMs = SILENCE_MS } = request;
  useProxyOfEnvironment();
  const ended = new AbortController();
  const over = setTimeout(() => ended.abort(`it took longer than ${deadlineMs / 1000} s`), deadlineMs);
  const hush = setTimeout(() => ended.abort(`nothing came for ${silenceMs / 1000} s`), silenceMs);
  const hash = createHash('sha256');
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, ended.signal]),
      // A server that packs an archive once more would be unpacked on the way, and the checksum be of something else.
      headers: { 'accept-encoding': 'identity' },
    });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return fail(`the answer was ${response.status} ${response.statusText}`.trim());
    }
    const tooLarge = `it is larger than ${Math.round(maxBytes / (1024 * 1024))} MiB, which it cannot be`;
    let held = 0;
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        hush.refresh();
        held += chunk.length;
        if (held > maxBytes) return fail(tooLarge);
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      // A crash after the rename must not leave a program of zeros.
      await file.sync();
    } finally {
      await file.close();
    }
    return ok(hash.digest('hex') as Sha256);
  } catch (error) {
    if (signal.aborted) return fail(`it was interrupted (${String(signal.reason ?? 'stopped')})`);
    return fail(ended.signal.aborted ? String(ended.signal.reason) : describe(error as Error));
  } finally {
    clearTimeout(over);
    clearTimeout(hush);
  }
}

/** `fetch` says "fetch failed" or "terminated", and why only in the cause. */
function describe(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const why = cause === undefined ? error.message : cause.message || (cause as NodeJS.ErrnoException).code || '';
  return error.message === 'terminated' ? `it ended before it was whole (${why})` : why;
}

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'] as const;
const { setGlobalProxyFromEnv } = http as { setGlobalProxyFromEnv?: () => unknown };
let isProxied = false;

/** Node's `fetch` heeds the proxy of the environment only when it is told to, and only since 24.14. */
function useProxyOfEnvironment(): void {
  if (isProxied || !PROXY_VARIABLES.some((name) => process.env[name])) return;
  setGlobalProxyFromEnv?.();
  isProxied = true;
}

/** The variable that names a proxy which this Node goes round; undefined where there is none, or where it is heeded. */
export function unheededProxy(): string | undefined {
  if (setGlobalProxyFromEnv !== undefined || process.env['NODE_USE_ENV_PROXY'] === '1') return undefined;
  return PROXY_VARIABLES.find((name) => process.env[name]);
}
