import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Installed,
  type InstallRequest,
  installRelease,
} from '../../../../src/environment/tools/install-release.ts';
import type { PinnedRelease } from '../../../../src/environment/tools/pinned-releases.ts';
import { type Registry, startRegistry } from '../../../fixtures/registry.ts';

const PLATFORM = 'linux-amd64';
const PROGRAM = Buffer.from(`#!/bin/sh\necho kind v0\n${'# filler\n'.repeat(20_000)}`);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const RELEASE: PinnedRelease = {
  name: 'kind',
  version: 'v0.0.1',
  url: 'https://example.invalid/{version}/kind-{os}-{arch}',
  tools: ['kind'],
  sha256: { [PLATFORM]: sha256(PROGRAM) },
  maxBytes: 1024 * 1024,
};

let registry: Registry;
let folder: string;
let progress: string[];

beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.close());
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'rf-tools-')), 'tools');
  progress = [];
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

function install(release: PinnedRelease = RELEASE, more: Partial<InstallRequest> = {}): Promise<Installed> {
  return installRelease({
    release,
    tools: release.tools,
    platform: PLATFORM,
    folder,
    signal: new AbortController().signal,
    progress: (what) => progress.push(what),
    mirror: registry.url,
    ...more,
  });
}

/** What a refusal says; fails the test where there is none. */
async function refusal(installing: Promise<Installed>): Promise<{ what: string; next: string }> {
  const installed = await installing;
  if (installed.ok) throw new Error('it was installed');
  expect(installed.finding.severity).toBe('error');
  return installed.finding;
}

const left = (): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const BY_HAND = (path: string): string =>
  `download https://example.invalid/v0.0.1/kind-linux-amd64 by hand, check that its SHA-256 is ${sha256(PROGRAM)}, and put it there as ${path}/kind (chmod 755)`;

describe('a release is installed', () => {
  it('whole, executable, from the mirror, with nothing beside it', async () => {
    registry.answer((response) => response.end(PROGRAM));
    expect(await install()).toEqual({ ok: true, tools: [{ tool: 'kind', path: join(folder, 'kind') }] });
    expect(registry.asked.at(-1)).toBe('/example.invalid/v0.0.1/kind-linux-amd64');
    expect(progress).toEqual([
      `kind v0.0.1 to be downloaded from ${registry.url}/example.invalid/v0.0.1/kind-linux-amd64`,
    ]);
    expect(left()).toEqual(['kind']);
    expect(statSync(join(folder, 'kind')).mode & 0o777).toBe(0o755);
    expect(execFileSync(join(folder, 'kind'), { encoding: 'utf8' })).toBe('kind v0\n');
  });

  it('through redirects, as releases are served', async () => {
    registry.answer((response, asked) => {
      if (asked === '/elsewhere') response.end(PROGRAM);
      else response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await install()).toMatchObject({ ok: true });
  });

  it('in place of one that is there, and removes what a killed process left', async () => {
    mkdirSync(join(folder, '.kind-999999999-0123abcd'), { recursive: true });
    mkdirSync(join(folder, `.kind-${process.ppid}-0123abcd`), { recursive: true });
    writeFileSync(join(folder, 'kind'), 'old');
    registry.answer((response) => response.end(PROGRAM));
    expect(await install()).toMatchObject({ ok: true });
    expect(left().sort()).toEqual([`.kind-${process.ppid}-0123abcd`, 'kind']);
    expect(readFileSync(join(folder, 'kind')).equals(PROGRAM)).toBe(true);
  });

  it('out of an archive: the programs that are asked for, and no other', async () => {
    const archive = tarball({
      'controller-tools/envtest/etcd': 'etcd',
      'controller-tools/envtest/kube-apiserver': 'api',
    });
    registry.answer((response) => response.end(archive));
    const release: PinnedRelease = {
      ...RELEASE,
      tools: ['etcd', 'kube-apiserver'],
      member: 'controller-tools/envtest/{tool}',
      sha256: { [PLATFORM]: sha256(archive) },
    };
    expect(await install(release, { tools: ['etcd'] })).toMatchObject({ ok: true });
    expect(left()).toEqual(['etcd']);
    expect(await install(release)).toMatchObject({ ok: true });
    expect(left().sort()).toEqual(['etcd', 'kube-apiserver']);
    expect(readFileSync(join(folder, 'kube-apiserver'), 'utf8')).toBe('api');
    expect(statSync(join(folder, 'kube-apiserver')).mode & 0o777).toBe(0o755);
  });
});

describe('nothing is installed and nothing is left behind', () => {
  afterEach(() => expect(left()).toEqual([]));

  it('when the checksum is another, and both are named', async () => {
    const other = Buffer.from('<html>log in</html>');
    registry.answer((response) => response.end(other));
    const { what, next } = await refusal(install());
    const url = `${registry.url}/example.invalid/v0.0.1/kind-linux-amd64`;
    expect(what).toBe(
      `kind v0.0.1 was not installed: ${url} has the SHA-256 ${sha256(other)}, and ${sha256(PROGRAM)} is what was published`,
    );
    expect(next).toBe(
      `see who answers there (a proxy, a login page, a mirror that lags behind); or ${BY_HAND(folder)}`,
    );
  });

  it('when there is no such file', async () => {
    registry.answer((response) => response.writeHead(404).end('no'));
    const { what, next } = await refusal(install());
    expect(what).toContain('/kind-linux-amd64: the answer was 404 Not Found');
    expect(next).toBe(`see that the mirror (REDFIRST_TOOLS_MIRROR) has it and can be reached; or ${BY_HAND(folder)}`);
    const direct = await refusal(
      install({ ...RELEASE, url: `${registry.url}/{version}/kind-{os}-{arch}` }, { mirror: undefined }),
    );
    expect(direct.next).toContain(`try again where ${new URL(registry.url).host} can be reached`);
  });

  it('when the body ends early, said to be longer', async () => {
    registry.answer((response) => {
      response.writeHead(200, { 'content-length': PROGRAM.length });
      response.write(PROGRAM.subarray(0, 1000), () => response.destroy());
    });
    expect((await refusal(install())).what).toMatch(/: it ended before it was whole \(.+\)$/);
  });

  it('when a body without a length is cut', async () => {
    registry.answer((response) => {
      response.write(PROGRAM.subarray(0, 1000), () => response.destroy());
    });
    expect((await refusal(install())).what).toMatch(/: it ended before it was whole \(.+\)$/);
  });

  it('when it ends politely and is too short: the checksum says so', async () => {
    registry.answer((response) => response.end(PROGRAM.subarray(0, 1000)));
    expect((await refusal(install())).what).toContain(`has the SHA-256 ${sha256(PROGRAM.subarray(0, 1000))}`);
  });

  it('when it falls silent in the middle', async () => {
    registry.answer((response) => response.write(PROGRAM.subarray(0, 1000)));
    const { what } = await refusal(install(RELEASE, { limits: { silenceMs: 200 } }));
    expect(what).toMatch(/: nothing came for 0\.2 s$/);
  });

  it('when nobody answers at all', async () => {
    registry.answer(() => undefined);
    const { what } = await refusal(install(RELEASE, { limits: { silenceMs: 200 } }));
    expect(what).toMatch(/: nothing came for 0\.2 s$/);
  });

  it('when it trickles for ever', async () => {
    registry.answer((response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const { what } = await refusal(install(RELEASE, { limits: { deadlineMs: 300 } }));
    expect(what).toMatch(/: it took longer than 0\.3 s$/);
  });

  it('when it does not end', async () => {
    registry.answer((response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => void (response.write(chunk) ? setImmediate(more) : response.once('drain', more));
      response.on('error', () => undefined);
      more();
    });
    expect((await refusal(install())).what).toMatch(/: it is larger than 1 MiB, which it cannot be$/);
  });

  it('when it is packed once more on the way', async () => {
    registry.answer((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync('something else'));
    });
    expect((await refusal(install())).what).toContain('has the SHA-256');
  });

  it('when nothing listens there', async () => {
    const gone = await startRegistry();
    await gone.close();
    const { what } = await refusal(install(RELEASE, { mirror: gone.url }));
    expect(what).toContain(`: connect ECONNREFUSED ${new URL(gone.url).host}`);
  });

  it('when the archive has no such member', async () => {
    const archive = tarball({ 'other/kind': 'x' });
    registry.answer((response) => response.end(archive));
    const release = { ...RELEASE, member: 'virtctl/{tool}-{os}-{arch}', sha256: { [PLATFORM]: sha256(archive) } };
    const { what, next } = await refusal(install(release));
    expect(what).toContain('tar does not find virtctl/kind-linux-amd64 in it: exit code 2');
    expect(next).toContain(`and put its virtctl/kind-linux-amd64 there as ${folder}/kind`);
  });

  it('when it is interrupted', async () => {
    const interrupt = new AbortController();
    registry.answer((response) => {
      response.write(PROGRAM.subarray(0, 1000));
      interrupt.abort('SIGINT');
    });
    expect((await refusal(install(RELEASE, { signal: interrupt.signal }))).what).toContain(
      'it was interrupted (SIGINT)',
    );
  });

  it('when its checksum for the platform is not known: nobody is asked, and the URL is named', async () => {
    const before = registry.asked.length;
    const { what, next } = await refusal(install(RELEASE, { platform: 'linux-s390x' }));
    expect(registry.asked.length).toBe(before);
    expect(what).toBe('kind v0.0.1 was not installed: its checksum for linux-s390x is not known here');
    expect(next).toBe(
      `download https://example.invalid/v0.0.1/kind-linux-s390x by hand, check it against what its publisher says, and put it there as ${folder}/kind (chmod 755)`,
    );
  });
});

it('a folder that cannot be written to is named', async () => {
  registry.answer((response) => response.end(PROGRAM));
  writeFileSync(folder, 'a file stands in the way');
  chmodSync(folder, 0o644);
  const { what, next } = await refusal(install());
  expect(what).toMatch(/^kind v0\.0\.1 was not installed: E(NOTDIR|EXIST)/);
  expect(next).toMatch(/^see that .*\/tools can be written to and its disk has room; or download /);
});

/** A gzipped tar archive with these files. */
function tarball(files: Readonly<Record<string, string>>): Buffer {
  const dir = mkdtempSync(join(tmpdir(), 'rf-tarball-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(dir, path, '..'), { recursive: true });
      writeFileSync(join(dir, path), text);
    }
    execFileSync('tar', ['-czf', 'all.tgz', ...Object.keys(files)], { cwd: dir });
    return readFileSync(join(dir, 'all.tgz'));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
