import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../domain/failure.ts';
import { describeEnd } from '../../domain/process-end.ts';
import { isAlive } from '../../process/process-group.ts';
import { runProcess } from '../../process/run-process.ts';
import { type FetchRequest, fetchFile, unheededProxy } from './fetch-file.ts';
import { fillIn, type PinnedRelease, type PinnedTool, type Platform } from './pinned-releases.ts';

export interface InstallRequest {
  readonly release: PinnedRelease;
  /** Which of the release's programs. */
  readonly tools: readonly PinnedTool[];
  readonly platform: Platform;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
  /** In place of the release's host, a mirror that has the same paths below its own (`REDFIRST_TOOLS_MIRROR`). */
  readonly mirror?: string | undefined;
  readonly limits?: Pick<FetchRequest, 'deadlineMs' | 'silenceMs'>;
}

/** A finding that says how to mend it. */
export type MendableFinding = Finding & { readonly next: string };

/** What became of the wish: the programs that are there now, or why not and what a person can do. */
export type Installed =
  | { readonly ok: true; readonly tools: readonly { readonly tool: PinnedTool; readonly path: string }[] }
  | { readonly ok: false; readonly finding: MendableFinding };

/** `.kubectl-PID-RANDOM`. */
const WORK_FOLDER = /^\.[a-z-]+-(\d+)-[0-9a-f]{8}$/;
const UNPACK_DEADLINE_MS = 120_000;

/**
 * Downloads a pinned release, checks it, and puts its programs into the folder. Each program appears at once and whole, or not at all:
 * everything before the renames happens in a private folder beside it, which is removed whatever happens.
 */
export async function installRelease(request: InstallRequest): Promise<Installed> {
  const { release, tools, platform, folder, signal, mirror } = request;
  const pinned = release.sha256[platform];
  const published = fillIn(release.url, release.version, platform);
  if (pinned === undefined) return { ok: false, finding: unpinned(release, platform, published, folder) };
  const url = mirror === undefined || mirror === '' ? published : mirrored(published, mirror);
  const refuse = (why: string, first: string): Installed => ({
    ok: false,
    finding: {
      severity: 'error',
      what: `${release.name} ${release.version} was not installed: ${why}`,
      next: `${first}; or ${byHand(release, platform, published, folder, `check that its SHA-256 is ${pinned}`)}`,
    },
  });
  const work = join(folder, `.${release.name}-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await removeStale(folder);
    await mkdir(work, { recursive: true, mode: 0o700 });
    request.progress(`${release.name} ${release.version} to be downloaded from ${url}`);
    const download = join(work, 'download');
    const { maxBytes } = release;
    const got = await fetchFile({ url, path: download, maxBytes, signal, ...request.limits });
    if (!got.ok) return refuse(`${url}: ${got.failure}`, again(url, published));
    if (got.value !== pinned) {
      const why = `${url} has the SHA-256 ${got.value}, and ${pinned} is what was published`;
      return refuse(why, 'see who answers there (a proxy, a login page, a mirror that lags behind)');
    }
    for (const tool of tools) {
      const unpacked = await unpack(request, tool, download, join(work, tool));
      if (unpacked !== undefined) return refuse(unpacked, 'see that tar and gzip are on this machine');
    }
    const done: { tool: PinnedTool; path: string }[] = [];
    for (const tool of tools) {
      const path = join(folder, tool);
      await chmod(join(work, tool), 0o755);
      await rename(join(work, tool), path);
      done.push({ tool, path });
    }
    return { ok: true, tools: done };
  } catch (error) {
    return refuse((error as Error).message, `see that ${folder} can be written to and its disk has room`);
  } finally {
    await rm(work, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Private folders of processes that were killed; those of living ones are in use. */
async function removeStale(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) {
    const pid = WORK_FOLDER.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid), 0)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Makes `path` of the download. @returns why not. */
async function unpack(
  { release, platform, signal }: InstallRequest,
  tool: PinnedTool,
  download: string,
  path: string,
): Promise<string | undefined> {
  if (release.member === undefined) {
    await rename(download, path);
    return undefined;
  }
  const member = fillIn(release.member, release.version, platform, tool);
  const { end } = await runProcess({
    argv: ['tar', '-xzOf', download, member],
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '' },
    deadlineMs: UNPACK_DEADLINE_MS,
    signal,
    stdoutPath: path,
    stderrPath: `${path}.err`,
  });
  const { size } = await stat(path);
  if (end.cause === 'exited' && end.code === 0 && size > 0) return undefined;
  return `tar does not find ${member} in it: ${describeEnd(end)}`;
}

/** `https://dl.k8s.io/release/…` below `https://mirror.example` is `https://mirror.example/dl.k8s.io/release/…`. */
function mirrored(url: string, mirror: string): string {
  const { host, pathname } = new URL(url);
  return `${mirror.replace(/\/+$/, '')}/${host}${pathname}`;
}

function again(url: string, published: string): string {
  if (url !== published) return 'see that the mirror (REDFIRST_TOOLS_MIRROR) has it and can be reached';
  const proxy = unheededProxy();
  const hint =
    proxy === undefined ? '' : ` (${proxy} is set, and Node ${process.version} goes round it; 24.14 does not)`;
  return `try again where ${new URL(url).host} can be reached${hint}`;
}

/** How a person does the same. */
function byHand(release: PinnedRelease, platform: Platform, url: string, folder: string, check: string): string {
  const places = release.tools.map((tool) => {
    const path = join(folder, tool);
    if (release.member === undefined) return `put it there as ${path} (chmod 755)`;
    return `put its ${fillIn(release.member, release.version, platform, tool)} there as ${path}`;
  });
  return `download ${url} by hand, ${check}, and ${places.join(', ')}`;
}

function unpinned(release: PinnedRelease, platform: Platform, url: string, folder: string) {
  return {
    severity: 'error' as const,
    what: `${release.name} ${release.version} was not installed: its checksum for ${platform} is not known here`,
    next: byHand(release, platform, url, folder, 'check it against what its publisher says'),
  };
}
