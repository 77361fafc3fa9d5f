import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadProfile } from '../../../../src/config/load.ts';
import type { Profile } from '../../../../src/domain/profile.ts';
import { toolFolder } from '../../../../src/environment/find-tool.ts';
import { isLacking, neededTools } from '../../../../src/environment/tools/needed-tools.ts';
import {
  fillIn,
  PINNED_RELEASES,
  type PinnedRelease,
  thisPlatform,
} from '../../../../src/environment/tools/pinned-releases.ts';
import { type Supplied, supplyTools } from '../../../../src/environment/tools/supply-tools.ts';
import { type Registry, startRegistry } from '../../../fixtures/registry.ts';

const PROGRAM = '#!/bin/sh\n';
let registry: Registry;
let home: string;
let env: Record<string, string>;

beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'rf-home-'));
  mkdirSync(join(home, 'bin'));
  env = { HOME: home, PATH: join(home, 'bin'), REDFIRST_TOOLS_MIRROR: registry.url };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function profile(text: string): Promise<Profile> {
  const read = async () => `apiVersion: redfirst.dev/v1\n${text}\n`;
  const loaded = await loadProfile(read, 'lab', { clusters: 'clusters' } as never, () => undefined);
  if (!loaded.ok) throw new Error(loaded.failure.what);
  return loaded.value.value;
}
const KIND = 'provider: kind\nimage: kindest/node:v1.36.1';
const KUBEVIRT = `${KIND}\nkubevirt: { version: v1.9.2 }`;

/** Programs as the releases have them, each with the checksum of what the registry sends. */
const releases: PinnedRelease[] = PINNED_RELEASES.filter(({ member }) => member === undefined).map((release) => ({
  ...release,
  sha256: { [thisPlatform()]: createHash('sha256').update(PROGRAM).digest('hex') },
}));

function supply(of: Profile, more: Partial<Parameters<typeof supplyTools>[1]> = {}): Promise<Supplied> {
  return supplyTools(of, { signal: new AbortController().signal, progress: () => undefined, env, releases, ...more });
}

/** Puts a program on PATH. */
function put(name: string): void {
  writeFileSync(join(home, 'bin', name), PROGRAM);
  chmodSync(join(home, 'bin', name), 0o755);
}

describe('what is pinned', () => {
  it.each(PINNED_RELEASES)(
    '$name: a checksum each for the platforms that redfirst is for',
    ({ sha256, url, version }) => {
      expect(Object.keys(sha256).sort()).toEqual(['darwin-amd64', 'darwin-arm64', 'linux-amd64', 'linux-arm64']);
      for (const digest of Object.values(sha256)) expect(digest).toMatch(/^[0-9a-f]{64}$/);
      expect(new Set(Object.values(sha256)).size).toBe(4);
      const filled = fillIn(url, version, 'linux-amd64');
      expect(new URL(filled).protocol).toBe('https:');
      expect(filled).toContain(version);
      expect(filled).not.toMatch(/[{}]/);
    },
  );

  it('no checksum stands for two releases', () => {
    const all = PINNED_RELEASES.flatMap(({ sha256 }) => Object.values(sha256));
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('what a profile needs', () => {
  const names = (of: Profile): string[] => neededTools(of, env).map(({ name }) => name);

  it.each([
    ['host', 'provider: host', []],
    ['qemu', 'provider: qemu', []],
    ['kind', KIND, ['kind', 'kubectl']],
    ['kind with KubeVirt', KUBEVIRT, ['kind', 'kubectl', 'virtctl']],
    ['an existing cluster', 'provider: kubeconfig\nkubeconfig: k', ['kubectl']],
    ['envtest', 'provider: envtest', ['etcd', 'kube-apiserver', 'kubectl']],
    ['envtest with a folder of its own', 'provider: envtest\nassets: bin', ['kubectl']],
  ])('%s', async (_, text, expected) => {
    expect(names(await profile(text))).toEqual(expected);
  });

  it('envtest with KUBEBUILDER_ASSETS: they have to be there', async () => {
    env['KUBEBUILDER_ASSETS'] = '/elsewhere';
    expect(names(await profile('provider: envtest'))).toEqual(['kubectl']);
  });

  it('lacks nothing that is on PATH or in the tool folder', () => {
    const kind = { tool: 'kind', name: 'kind', isOptional: false } as const;
    expect(isLacking(kind, env)).toBe(true);
    put('kind');
    expect(isLacking(kind, env)).toBe(false);
    rmSync(join(home, 'bin', 'kind'));
    mkdirSync(toolFolder(env), { recursive: true });
    writeFileSync(join(toolFolder(env), 'kind'), PROGRAM, { mode: 0o755 });
    expect(isLacking(kind, env)).toBe(false);
  });

  it('an etcd on PATH is not the one that envtest starts', async () => {
    put('etcd');
    put('kubectl');
    const lacking = neededTools(await profile('provider: envtest'), env).filter((needed) => isLacking(needed, env));
    expect(
      lacking.map(({ name }) => name).filter((name) => !existsSync(join('/usr/local/kubebuilder/bin', name))),
    ).toEqual(lacking.map(({ name }) => name));
    expect(lacking.map(({ name }) => name)).not.toContain('kubectl');
    expect(existsSync('/usr/local/kubebuilder/bin/etcd') || lacking.some(({ name }) => name === 'etcd')).toBe(true);
  });
});

describe('supplying', () => {
  it('installs only what is lacking, and the second time nothing', async () => {
    put('kubectl');
    registry.answer((response) => response.end(PROGRAM));
    const kind = await profile(KIND);
    const path = join(toolFolder(env), 'kind');
    expect(await supply(kind)).toEqual({
      installed: [{ tool: 'kind', version: 'v0.32.0', path }],
      findings: [],
      lacking: [],
    });
    expect(existsSync(join(toolFolder(env), 'kubectl'))).toBe(false);
    const asked = registry.asked.length;
    expect(await supply(kind)).toEqual({ installed: [], findings: [], lacking: [] });
    expect(registry.asked.length).toBe(asked);
  });

  it('goes on with the next after one that cannot be had, and says which is still lacking', async () => {
    registry.answer((response, asked) =>
      asked.includes('kubectl') ? response.writeHead(503).end() : response.end(PROGRAM),
    );
    const { installed, findings, lacking } = await supply(await profile(KIND));
    expect(installed.map(({ tool }) => tool)).toEqual(['kind']);
    expect(findings).toMatchObject([{ severity: 'error', what: expect.stringContaining('503 Service Unavailable') }]);
    expect(lacking).toEqual(['kubectl']);
  });

  it('puts nothing where the profile names a path of its own', async () => {
    put('kubectl');
    const of = await profile(`${KIND}\nkind: ${home}/opt/kind`);
    expect(await supply(of)).toEqual({
      installed: [],
      lacking: [`${home}/opt/kind`],
      findings: [
        {
          severity: 'error',
          what: `the profile names ${home}/opt/kind for kind, which is not there and not redfirst's to put there`,
          next: 'put it there, or write `kind: kind` in the profile and run `redfirst doctor --fix` again',
        },
      ],
    });
  });

  it('a virtctl of another minor is not what is needed: its URL is named, as a warning', async () => {
    put('kind');
    put('kubectl');
    const of = await profile(`${KIND}\nkubevirt: { version: v1.8.4 }`);
    const { installed, findings } = await supply(of, { releases: PINNED_RELEASES });
    expect(installed).toEqual([]);
    expect(findings).toEqual([
      {
        severity: 'warning',
        what: 'virtctl v1.8.4 was not installed: its checksum is not known here, only that of v1.9.0',
        next: `download https://github.com/kubevirt/kubevirt/releases/download/v1.8.4/virtctl-v1.8.4-${thisPlatform()} by hand, check it against what its publisher says, and name its path in the profile (\`virtctl\`)`,
      },
    ]);
  });

  it('a lying registry gets nothing past the real checksums', async () => {
    registry.answer((response) => response.end(PROGRAM));
    const { installed, findings, lacking } = await supply(await profile(KUBEVIRT), { releases: PINNED_RELEASES });
    expect(installed).toEqual([]);
    expect(lacking).toEqual(['kind', 'kubectl', 'virtctl']);
    expect(findings.map(({ severity }) => severity)).toEqual(['error', 'error', 'warning']);
    for (const { what } of findings) expect(what).toContain('is what was published');
    expect(existsSync(join(toolFolder(env), 'kind'))).toBe(false);
  });
});
